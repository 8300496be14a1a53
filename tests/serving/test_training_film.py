import io

import numpy as np
import pytest
from PIL import Image

from mnist_models import weights as cards
from mnist_models.serving import training_film
from mnist_models.training import sample_grids


@pytest.fixture
def weights(tmp_path):
    """A generator's files, as far as films need them: three epochs, ever brighter."""
    return filmed(tmp_path, (1 / 3, 2 / 3, 1))


def filmed(tmp_path, brightness):
    """Write the files of a generator whose pictures were so bright after every epoch; returns the folder."""
    grids = tmp_path / "pictures"
    grids.mkdir()
    for epoch, value in enumerate(brightness, 1):
        picture = np.full((16, 28, 28, 1), value, np.float32)
        sample_grids.save(grids, 10 * epoch, picture, epoch)
    path = tmp_path / "digit_gan.training.webp"
    epochs = sample_grids.keep_epochs(grids, path, width=28)
    card = {"files": {path.name: cards.sha256(path)}, "epochs_of_pictures": epochs}
    cards.write("digit_gan", card, tmp_path)
    return tmp_path


def test_a_film_shows_every_kept_epoch(weights):
    film = training_film.read(cards.trained("digit_gan", weights))
    assert film.epochs == (1, 2, 3)
    assert film.frames.shape == (3, 4 * 28, 4 * 28)
    assert film.frames[:, 5, 5].tolist() == [85, 170, 255]


@pytest.mark.parametrize("brightness", [(0.2, 0.2), (0, 1, 1, 1, 0.2), (1, 1, 0.2, 0.2, 0), (0.2,)])
def test_epochs_with_the_same_pictures_have_a_frame_each(tmp_path, brightness):
    film = training_film.read(cards.trained("digit_gan", filmed(tmp_path, brightness)))
    assert film.frames[:, 5, 5].tolist() == [round(255 * value) for value in brightness]


@pytest.mark.parametrize(("epoch", "brightness"), [(0, 85), (2, 170), (9, 255)])
def test_the_frame_of_an_epoch(weights, epoch, brightness):
    assert training_film.read(cards.trained("digit_gan", weights)).frame(epoch)[0, 0] == brightness


def test_a_network_without_a_film_has_none(tmp_path):
    cards.write("digit_gan", {"files": {}}, tmp_path)
    assert training_film.read(cards.trained("digit_gan", tmp_path)) is None


def test_an_altered_film_is_refused(weights):
    (weights / "digit_gan.training.webp").write_bytes(b"other")
    with pytest.raises(cards.CardError, match="is not the file its card describes"):
        training_film.read(cards.trained("digit_gan", weights))


def test_a_film_as_gif(weights):
    with Image.open(
        io.BytesIO(training_film.as_gif(training_film.read(cards.trained("digit_gan", weights))))
    ) as gif:
        assert (gif.n_frames, gif.size) == (3, (224, 224))
        gif.seek(2)
        assert gif.convert("L").getpixel((100, 100)) == 255
