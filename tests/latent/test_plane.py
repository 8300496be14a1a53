import numpy as np

from mnist_models.latent import plane


def test_the_grid_reads_like_a_chart():
    grid = plane.grid(5, 3.0)
    assert grid.shape == (5, 5, 2)
    assert grid.dtype == np.float32
    np.testing.assert_allclose(grid[0, 0], [-3, 3])  # top left
    np.testing.assert_allclose(grid[4, 4], [3, -3])
    np.testing.assert_allclose(grid[2, 2], [0, 0], atol=1e-6)


def test_a_sheet_keeps_every_picture_in_its_place():
    pictures = np.zeros((3, 3, 28, 28, 1), np.float32)
    pictures[0, 2, 0, 27] = 1  # the top right picture's top right corner
    pictures[2, 0] = 0.5
    sheet = plane.sheet(pictures)
    assert sheet.shape == (84, 84)
    assert sheet[0, 83] == 255
    assert (sheet[56:, :28] == 128).all()
    assert np.count_nonzero(sheet) == 1 + 28 * 28


def test_the_edge_leaves_out_only_the_farthest(rng):
    codes = rng.standard_normal((100_000, 2)).astype(np.float32)
    assert plane.edge(codes) == 2.0  # standard deviations, within which 95 % of a normal distribution lie
    assert plane.edge(2 * codes) == 3.9
