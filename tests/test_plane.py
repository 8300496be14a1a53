import numpy as np

from mnist_models import plane


def test_the_grid_reads_like_a_chart():
    grid = plane.grid(5)
    assert grid.shape == (5, 5, 2)
    assert grid.dtype == np.float32
    np.testing.assert_allclose(grid[0, 0], [-plane.EDGE, plane.EDGE])  # top left
    np.testing.assert_allclose(grid[4, 4], [plane.EDGE, -plane.EDGE])
    np.testing.assert_allclose(grid[2, 2], [0, 0], atol=1e-6)
