"""Where the ink is in a photo: the sheet on the table, the frame round the digit, the squares behind it.

Everything works on the photo as it is, at most 640 pixels wide and high, in all three colours: a yellow
pen on white paper shows in blue alone, a red one on green paper of the same brightness in red and green.
"""

import heapq
import math
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter
from scipy import ndimage

from mnist_models.errors import DigitLabError

NEAREST_INK = 0.08  # of full scale: weaker differences from the paper are grain and stains
SMALL_SIDE = 96  # pixels of the shorter side, at which the light on the paper is estimated
LONG_SIDE = 640  # pixels, at most, of the other one there
REACH = 21  # pixels there: wider than any stroke, so that no ink is left in the estimate
SHEET_SIDE = 160  # pixels of the longer side, at which sheets are looked for
SHEET_AREA = 0.05, 0.9  # of the photo
AT_EDGE = 0.2  # of the photo's edge, at most: a sheet may just be cut off
SHEET_FILLS = 0.82  # of the smallest rectangle round it; an ellipse, such as a filled 0, fills 0.785
FRAME_CONTRAST = 0.5  # of the threshold between ink and paper
LOOKED_INTO = 6  # frames, and holes in each
FRAMED = 0.2  # of a frame's longer side: what is inside and longer is the digit, not a speck or a dot
LINE_LENGTH = 0.6  # of the width: a straight line of the paper has ink along at least so much
AT_END = 0.05  # of the width: they have ink so close to both ends
LINE_SLOPES = np.linspace(-0.2, 0.2, 81)
DEPTH = 3  # frames within frames: a note, a table's cell on it, a circle in the cell


class NoInk(DigitLabError):
    """Nothing in the photo stands out from its background."""


@dataclass(frozen=True)
class Ink:
    """Ink found in a photo.

    Attributes:
        ink: float32 H×W in [0, 1], 0 where the paper is bare.
        box: left, top, right, bottom of the writing, pixels, right and bottom exclusive.
    """

    ink: np.ndarray
    box: tuple[int, int, int, int]


def find_ink(photo: np.ndarray) -> Ink:
    """Separate the writing in a photo from paper, table, frame and squares.

    Args:
        photo: float32 H×W×3 in [0, 1].

    Raises:
        NoInk: when nothing stands out.
    """
    region = _sheet(photo)
    if region is not None:
        try:
            return _within(photo, region)
        except NoInk:
            pass  # an empty sheet, or no sheet at all
    return _within(photo, np.ones(photo.shape[:2], bool))


def _within(photo, region, frames=DEPTH):
    """The writing in a part of the photo, without the frames around it."""
    part = ndimage.find_objects(region.astype(np.uint8))[0]  # strokes and light are judged by its size
    region = region[part]
    contrast = _contrast(photo[part], region)
    # Lines of a frame are often thinner and fainter than the digit's, and have gaps.
    lines = ndimage.binary_closing(contrast > FRAME_CONTRAST, iterations=2) & region
    inside = _inside_of_frame(lines) if frames else None
    found = _writing(contrast, region) if inside is None else _within(photo[part], inside, frames - 1)
    ink = np.zeros(photo.shape[:2], np.float32)
    ink[part] = found.ink
    left, top, right, bottom = found.box
    rows, columns = part
    return Ink(ink, (left + columns.start, top + rows.start, right + columns.start, bottom + rows.start))


def _sheet(photo):
    """The sheet of paper that lies wholly in view on something of another colour: bool H×W, or None."""
    height, width = photo.shape[:2]
    scale = min(1, SHEET_SIDE / max(height, width))
    size = max(8, round(width * scale)), max(8, round(height * scale))
    image = Image.fromarray(np.uint8(255 * photo)).resize(size, Image.Resampling.BOX)
    small = np.asarray(image.filter(ImageFilter.MedianFilter(3)), np.float32) / 255
    slope = np.max([np.hypot(*np.gradient(small[..., colour])) for colour in range(3)], axis=0)
    smooth = slope < max(0.02, 4 * np.median(slope))  # grain and weave are not
    areas, _ = ndimage.label(smooth)
    edge = np.concatenate([areas[0], areas[-1], areas[:, 0], areas[:, -1]])
    table = np.isin(areas, np.unique(edge[edge > 0]))
    parts, count = ndimage.label(ndimage.binary_opening(~table, iterations=2))
    if not count:
        return None
    sizes = np.bincount(parts.ravel())[1:]
    sheet = ndimage.binary_fill_holes(parts == 1 + sizes.argmax())
    share = sheet.mean()
    if not SHEET_AREA[0] < share < SHEET_AREA[1] or _at_edge(sheet) > AT_EDGE or _fill(sheet) < SHEET_FILLS:
        return None
    inner = ndimage.binary_erosion(sheet, iterations=3)  # without the blurred edge
    outside = table & ~ndimage.binary_dilation(sheet, iterations=2)
    if not inner.any() or not outside.any():
        return None
    difference = np.abs(np.median(small[inner], axis=0) - np.median(small[outside], axis=0)).max()
    if difference < NEAREST_INK:
        return None  # a frame drawn on the same paper
    return np.asarray(Image.fromarray(inner).resize((width, height), Image.Resampling.NEAREST))


def _at_edge(mask):
    """Share of the photo's edge that a mask takes."""
    return np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]]).mean()


def _fill(mask):
    """Area of a shape over that of the smallest rectangle around it, turned by 0 to 85°."""
    points = np.argwhere(mask ^ ndimage.binary_erosion(mask)).astype(float)
    angles = np.deg2rad(np.arange(0, 90, 5))
    along = points @ np.stack([np.cos(angles), np.sin(angles)])
    across = points @ np.stack([-np.sin(angles), np.cos(angles)])
    return mask.sum() / ((np.ptp(along, axis=0) + 1) * (np.ptp(across, axis=0) + 1)).min()


def _only(photo, region):
    """The photo with everything outside a region painted over by the nearest pixel inside."""
    if region.all():
        return photo
    nearest = ndimage.distance_transform_edt(~region, return_distances=False, return_indices=True)
    return photo[tuple(nearest)]


def _contrast(photo, region):
    """How far pixels are from the paper under uneven light: float32 H×W, 1 at the edges of strokes."""
    photo, inks = _only(photo, region), []
    # Colour by colour: red ink on green paper is brighter in red and darker in green.
    for colour, above, below in zip(*(np.moveaxis(x, 2, 0) for x in (photo, *_bounds(photo))), strict=True):
        darker, brighter = above - colour, colour - below
        inks.append(
            darker
            if _is_ink_darker(darker[region], brighter[region], above[region], below[region])
            else brighter
        )
    ink = _smooth(np.max(inks, axis=0))
    if ink[region].max() < NEAREST_INK:
        raise NoInk("Nothing stands out from the background.")
    return ink / _otsu(ink[region])


def _is_ink_darker(darker, brighter, above, below):
    """Whether ink is darker than paper, from differences to two estimates of paper, of one colour."""
    further = np.median(brighter) - np.median(darker)
    if abs(further) > NEAREST_INK / 2:  # close lines are in one of the estimates all over the page
        return further > 0
    return above.std() <= below.std()  # ink in the estimate makes it vary more


def _bounds(photo):
    """The brightest and the darkest that bare paper may be at every pixel, by colour: float32 H×W×3 each."""
    return _light(photo), 1 - _light(1 - photo)


def _light(photo):
    """What bare paper would look like at every pixel, by colour (a closing, then a blur): float32 H×W×3."""
    height, width = photo.shape[:2]
    scale = min(SMALL_SIDE / min(height, width), LONG_SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = Image.fromarray(np.uint8(255 * photo)).resize(size)
    small = small.filter(ImageFilter.MedianFilter(3))
    small = small.filter(ImageFilter.MaxFilter(REACH)).filter(ImageFilter.MinFilter(REACH))
    small = small.filter(ImageFilter.GaussianBlur(6)).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(small, np.float32) / 255


def _smooth(ink):
    """Take out the grain of a sensor and JPEG ringing, in proportion to the photo's size."""
    image = Image.fromarray(np.uint8(255 * np.clip(ink, 0, 1)))
    radius = max(ink.shape) / 320
    return np.asarray(image.filter(ImageFilter.GaussianBlur(radius)), np.float32) / 255


def _otsu(values, bins=128):
    """The threshold that best splits values into two groups (Otsu 1979)."""
    counts, edges = np.histogram(values, bins=bins)
    centres = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)
    above = below[-1] - below
    total = np.cumsum(counts * centres)
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = total / below - (total[-1] - total) / above
        between = below * above * gap**2
    return max(centres[np.nanargmax(between)], NEAREST_INK / 2)


def _inside_of_frame(mask):
    """The inside of a box, cell or circle that has something of its own size in it: bool H×W, or None."""
    parts, _ = ndimage.label(mask, np.ones((3, 3)))
    for frame, box in _largest_boxes(parts):
        lines = parts[box] == frame
        thickness = _thickness(lines)
        holes, _ = ndimage.label(ndimage.binary_fill_holes(lines) & ~lines)
        for hole, part in _largest_boxes(holes):
            within = holes[part] == hole
            writing = (parts[box][part] > 0) & ~lines[part] & within
            # What a digit leaves of the squares it crosses is thinner than the digit.
            if _longest(writing) > FRAMED * _length(within) and _thickness(writing) > 0.6 * thickness:
                inside = np.zeros_like(mask)
                inside[box][part] = ndimage.binary_erosion(within, iterations=2)
                return inside
    return None


def _largest_boxes(parts):
    """Number and place of the parts with the longest sides: list of (int, tuple of slices)."""
    boxes = enumerate(ndimage.find_objects(parts), start=1)
    return heapq.nlargest(LOOKED_INTO, boxes, key=lambda one: max(side.stop - side.start for side in one[1]))


def _writing(contrast, region):
    """The digit's ink: not what reaches the region's edge (table, squares), no dust."""
    ink = np.clip((contrast - 0.6) / 0.8, 0, 1)
    mask = _digit((ink > 0.5) & region, region)
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    # Let the soft rim of a stroke live, so that its edge stays smooth.
    soft = np.where(ndimage.binary_dilation(mask, iterations=2) & region, ink, 0)
    box = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
    return Ink(soft.astype(np.float32), tuple(int(edge) for edge in box))


def _digit(mask, region):
    """The part of a mask of ink that is the digit."""
    span = _length(region)
    mask = _without_straight_lines(mask, region)
    rim = region & ~ndimage.binary_erosion(region)
    for radius in range(1 + span // 60):
        # Lines of squares, and ruled ones, go from edge to edge and are thinner than the digit's.
        opened = _opened(mask, radius)
        if _longest(opened) > 0.9 * span:
            continue
        writing = _free_standing(opened, rim)
        if writing is not None and _length(writing) > 0.1 * span:
            return writing
    writing = _free_standing(mask, rim)
    return _largest(mask) if writing is None else writing


def _without_straight_lines(mask, region):
    """The mask without straight lines across the region that are thinner than the rest: bool H×W.

    Each line is found by the ink along it (a Hough transform of the slopes near both axes).
    """
    lines = _straight_lines(mask, region) | _straight_lines(mask.T, region.T).T
    if not lines.any():
        return mask
    radius = max(1, math.ceil(_thickness(lines) / 2))
    rest = mask & (~lines | ndimage.binary_opening(mask, _disc(radius)))
    if not rest.any():
        return mask
    # Close the gaps that crossing lines leave in thin strokes.
    return rest | mask & ndimage.binary_closing(rest, iterations=2 * radius)


def _straight_lines(mask, region):
    """Pixels of a mask that lie on long lines, horizontal or nearly so: bool H×W."""
    lines = np.zeros_like(mask)
    rows, columns = np.nonzero(mask)
    if not rows.size:
        return lines
    across = np.flatnonzero(region.any(axis=0))
    first, last = across[0], across[-1]
    end = AT_END * (last - first)
    at_left, at_right = columns < first + end, columns > last - end
    least = LINE_LENGTH * (last - first)
    for slope in LINE_SLOPES:
        heights = np.round(rows - slope * columns).astype(int)
        heights -= heights.min()
        ink, left, right = (
            np.bincount(heights[part], minlength=heights.max() + 1) for part in (..., at_left, at_right)
        )
        on_line = (ink > least) & (left > 0) & (right > 0)
        lines[rows, columns] |= on_line[heights]
    return lines


def _opened(mask, radius):
    """The mask without its parts that are thinner than a disc, but with its corners: bool H×W."""
    if not radius:
        return mask
    return mask & ndimage.binary_dilation(ndimage.binary_opening(mask, _disc(radius)), iterations=radius)


def _disc(radius):
    reach = np.arange(-radius, radius + 1)
    return reach[:, np.newaxis] ** 2 + reach**2 <= radius * (radius + 0.5)


def _free_standing(mask, rim):
    """The larger parts of a mask that do not touch a rim; None where there is none."""
    parts, count = ndimage.label(mask, np.ones((3, 3)))
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    sizes[0] = 0
    sizes[np.unique(parts[rim])] = 0
    if not sizes.any():
        return None
    return np.isin(parts, np.flatnonzero(sizes >= max(1, 0.08 * sizes.max())))


def _longest(mask):
    """The longer side of the longest part of a mask, pixels; 0 for an empty one."""
    parts, _ = ndimage.label(mask, np.ones((3, 3)))
    return max((side.stop - side.start for box in ndimage.find_objects(parts) for side in box), default=0)


def _thickness(mask):
    """Twice the largest distance of a pixel of a mask from its outside."""
    return 2 * ndimage.distance_transform_edt(np.pad(mask, 1)).max()


def _length(mask):
    return max(np.ptp(np.flatnonzero(mask.any(axis))) + 1 for axis in (0, 1))


def _largest(mask):
    parts, count = ndimage.label(mask)
    if not count:
        raise NoInk("Nothing stands out from the background.")
    return parts == 1 + np.bincount(parts.ravel())[1:].argmax()
