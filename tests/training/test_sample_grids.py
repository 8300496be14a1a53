import numpy as np
import pytest
from PIL import Image

from mnist_models.errors import DigitLabError
from mnist_models.training import sample_grids


def test_tiles_stand_in_rows_of_four_with_hard_pixels():
    pictures = np.linspace(0, 1, 5, dtype=np.float32)[:, None, None, None] * np.ones(
        (1, 32, 32, 1), np.float32
    )
    sheet = sample_grids.tile(pictures)
    assert sheet.shape == (2 * 32 * 4, 4 * 32 * 4)
    assert [sheet[0, column * 128 + 60] for column in range(4)] == [0, 64, 128, 191]
    assert sheet[200, 60] == 255
    assert sheet[200, 200] == 0  # no picture there


def test_colours_stay_apart():
    sheet = sample_grids.tile(np.ones((1, 64, 64, 3), np.float32) * [1.0, 0.5, 0.0])
    assert sheet[5, 5].tolist() == [255, 128, 0]


def test_epochs_are_kept_and_old_timed_grids_thinned(tmp_path, monkeypatch):
    monkeypatch.setattr(sample_grids, "MOST_TIMED", 4)
    picture = np.zeros((1, 8, 8, 1), np.float32)
    sample_grids.save(tmp_path, 1, picture, epoch=1)
    for step in range(2, 7):
        sample_grids.save(tmp_path, step, picture)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["000000001-epoch-0001.png", "000000002.png", "000000004.png", "000000006.png"]


def test_the_animation_ends_with_the_last_grid(tmp_path):
    for step in range(10):
        sample_grids.save(tmp_path, step, np.full((1, 8, 8, 1), step / 9, np.float32))
    path = tmp_path / "training.gif"
    sample_grids.animate(tmp_path, path, frames=4)
    with Image.open(path) as gif:
        assert gif.n_frames == 4
        gif.seek(3)
        assert gif.convert("L").getpixel((5, 5)) == 255


def test_nothing_to_animate_says_so(tmp_path):
    with pytest.raises(DigitLabError, match="no pictures"):
        sample_grids.animate(tmp_path, tmp_path / "training.gif")
