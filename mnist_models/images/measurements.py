"""Properties of pictures that can be measured: slant, line thickness, width, brightness, warmth …

Each function takes float32 N×H×W×C in [0, 1] and returns float64 N. All change smoothly with the pixels, so
that small steps through latent space show in them. NumPy only.
"""

import numpy as np

_FAINT = 1e-6  # of ink; keeps empty pictures from dividing by 0
# Rec. 601 luma, what the eye makes of red, green and blue.
_LUMA = np.array([0.299, 0.587, 0.114])


def slant(pictures):
    """How far a digit leans to the right, in degrees; 0 is upright, an empty picture's too.

    From the second moments of the ink: the angle of the line through the centres of its rows, the one
    that "deskewing" MNIST takes out.
    """
    _, variance_y, covariance = _moments(pictures)
    # y points down in a picture: leaning to the right, the upper rows lie further right.
    return np.degrees(np.arctan(-covariance / np.maximum(variance_y, _FAINT)))


def thickness(pictures):
    """Mean width of the lines, in pixels.

    Twice the ink over the length of its outline, which for grey pictures is the sum of the gradient's
    length (the coarea formula); how dark the ink is drops out.
    """
    grey = np.pad(_grey(pictures), ((0, 0), (1, 1), (1, 1)))
    down = np.diff(grey, axis=1)[:, :, :-1]
    right = np.diff(grey, axis=2)[:, :-1]
    outline = np.sqrt(down**2 + right**2).sum(axis=(1, 2))
    return 2 * grey.sum(axis=(1, 2)) / np.maximum(outline, _FAINT)


def width(pictures):
    """How wide a digit is once it is set upright, in pixels.

    That of the box with the same spread of ink across, √12 times its standard deviation; slant is taken
    out, which would make every tall digit wide.
    """
    variance_x, variance_y, covariance = _moments(pictures)
    upright = variance_x - covariance**2 / np.maximum(variance_y, _FAINT)
    return np.sqrt(12 * np.maximum(upright, 0))


def extent(pictures):
    """How wide a thing is as it stands, in pixels: as `width`, with slant left in."""
    variance_x, _, _ = _moments(pictures)
    return np.sqrt(12 * variance_x)


def brightness(pictures):
    """Mean brightness, from 0 (black) to 1."""
    return _grey(pictures).mean(axis=(1, 2))


def fabric(pictures):
    """Mean brightness of the thing itself without the black around it, from 0 to 1.

    Pixels count by their own brightness, so that the outline's place does not matter.
    """
    grey = _grey(pictures)
    return (grey**2).sum(axis=(1, 2)) / np.maximum(grey.sum(axis=(1, 2)), _FAINT)


def contrast(pictures):
    """Standard deviation of the brightness within a picture."""
    return _grey(pictures).std(axis=(1, 2))


def warmth(pictures):
    """Red minus blue, mean over the picture, from -1 (blue) to 1 (red)."""
    pictures = np.asarray(pictures, np.float64)
    return (pictures[..., 0] - pictures[..., 2]).mean(axis=(1, 2))


def light_from_right(pictures):
    """Mean brightness of the right half minus that of the left, from -1 to 1."""
    grey = _grey(pictures)
    half = grey.shape[2] // 2
    return grey[:, :, -half:].mean(axis=(1, 2)) - grey[:, :, :half].mean(axis=(1, 2))


def logits(probabilities):
    """What a classifier's softmax was computed from, with mean 0 in every row.

    Softmax loses a constant per row and nothing else. Unlike probabilities, logits do not stop at 0 and 1,
    where float32 cannot tell sure from surer.

    Args:
        probabilities: float32 N×K.

    Returns:
        float64 N×K. Probabilities that float32 holds as 0 count as its smallest number.
    """
    logarithms = np.log(np.maximum(np.asarray(probabilities, np.float64), np.finfo(np.float32).tiny))
    return logarithms - logarithms.mean(axis=1, keepdims=True)


def _grey(pictures):
    """Brightness as float64 N×H×W."""
    pictures = np.asarray(pictures, np.float64)
    return pictures @ _LUMA if pictures.shape[-1] == 3 else pictures[..., 0]


def _moments(pictures):
    """Variance of the ink across, down, and covariance of both, in pixels²."""
    grey = _grey(pictures)
    ink = np.maximum(grey.sum(axis=(1, 2)), _FAINT)
    columns, rows = grey.sum(axis=1), grey.sum(axis=2)
    x, y = np.arange(columns.shape[1]), np.arange(rows.shape[1])
    mean_x, mean_y = columns @ x / ink, rows @ y / ink
    variance_x = columns @ x**2 / ink - mean_x**2
    variance_y = rows @ y**2 / ink - mean_y**2
    covariance = np.einsum("nij,i,j->n", grey, y, x, optimize=True) / ink - mean_x * mean_y
    return np.maximum(variance_x, 0), np.maximum(variance_y, 0), covariance
