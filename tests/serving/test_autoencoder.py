import shutil
from functools import partial

import numpy as np
import pytest

from mnist_models import weights
from mnist_models.evaluation import autoencoder as evaluation_reconstruction
from mnist_models.images import corruption
from mnist_models.images.normalize import as_input
from mnist_models.latent import plane
from mnist_models.serving import autoencoder, classifier


@pytest.fixture(scope="module")
def digits(sample):
    return as_input(sample.x_held_out)


class TestShippedNetworks:
    """Bounds on the 2,000 held-out digits; the cards hold the figures of the 10,000 test digits."""

    def test_the_autoencoder_gives_digits_back(self, digits):
        assert autoencoder.error(digits, autoencoder.reconstruct("autoencoder", digits)) <= 0.008

    def test_its_code_is_at_most_32_numbers(self, digits):
        assert autoencoder.encode("autoencoder", digits[:1]).shape[1] <= 32

    def test_the_denoiser_cuts_the_error_six_fold(self, digits, rng):
        noisy = corruption.add_noise(digits, 0.5, rng)
        before = autoencoder.error(digits, noisy)
        assert before == pytest.approx(0.115, abs=0.002)
        assert autoencoder.error(digits, autoencoder.reconstruct("denoiser", noisy)) <= before / 6

    def test_the_denoiser_fills_holes(self, digits, rng):
        holes = corruption.strokes_of_rubber(len(digits), rng)
        filled = autoencoder.reconstruct("denoiser", corruption.erase(digits, holes))
        bare = np.zeros_like(digits)
        assert autoencoder.error(digits, filled, holes) <= autoencoder.error(digits, bare, holes) / 2

    def test_all_ten_digits_are_on_the_plane(self):
        found = evaluation_reconstruction.measure_plane(
            partial(autoencoder.decode, "vae"),
            partial(classifier.predict, "judge"),
            plane.edge(autoencoder.gallery("vae").codes),
        )
        assert min(found["plane_shares"]) > 0

    @pytest.mark.parametrize("name", ["autoencoder", "denoiser", "vae"])
    def test_the_card_promises_no_more_than_was_asked(self, name):
        test = weights.read(name)["test"]
        assert test["images"] == 10_000
        if name == "autoencoder":
            assert test["error"] <= 0.008 < test["error_pca"]
        if name == "denoiser":
            assert test["denoised_error"] <= test["noisy_error"] / 6
        if name == "vae":
            assert len(test["plane_shares"]) == 10
            assert min(test["plane_shares"]) > 0

    @pytest.mark.parametrize("name", ["autoencoder", "denoiser", "vae"])
    def test_its_keras_file_answers_alike(self, name, digits):
        pytest.importorskip("keras")
        from mnist_models.training import export

        encoder, decoder = export.load_pair(weights.checked_file(name, f"{name}.keras"), "encoder", "decoder")
        codes = autoencoder.encode(name, digits[:100])
        latent_dim = codes.shape[1]
        np.testing.assert_allclose(np.asarray(encoder(digits[:100]))[:, :latent_dim], codes, atol=1e-3)
        pictures = autoencoder.decode(name, codes)
        np.testing.assert_allclose(np.asarray(decoder(codes)), pictures, atol=1e-4)
        np.testing.assert_allclose(autoencoder.reconstruct(name, digits[:100]), pictures, atol=1e-4)


class TestGallery:
    def test_a_held_out_digit_is_its_own_nearest(self, digits):
        held_out = autoencoder.gallery("autoencoder")
        code = autoencoder.encode("autoencoder", digits[7:8])[0]
        nearest = held_out.nearest(code)
        assert nearest[0] == 7
        assert len(set(nearest)) == 10

    def test_neighbours_are_mostly_of_the_same_class(self):
        held_out = autoencoder.gallery("autoencoder")
        same = [
            held_out.labels[held_out.nearest(held_out.codes[index])[1:]] == held_out.labels[index]
            for index in range(100)
        ]
        assert np.mean(same) > 0.7

    def test_every_number_of_a_code_counts_by_its_spread(self):
        codes = np.array([[0, 0], [100, 0], [0, 0.1], [-100, -0.1]], np.float32)
        held_out = autoencoder.Gallery(np.zeros((4, 28, 28)), np.arange(4), codes)
        assert held_out.nearest(np.array([90, 0.0], np.float32), 2).tolist() == [1, 0]
        assert held_out.reach() == 100


def test_a_blend_begins_and_ends_with_the_two_codes():
    first, second = np.zeros(3, np.float32), np.array([1, 2, 3], np.float32)
    way = autoencoder.blend(first, second, 5)
    np.testing.assert_array_equal(way[0], first)
    np.testing.assert_array_equal(way[-1], second)
    np.testing.assert_allclose(way[2], second / 2)


class TestRubber:
    def test_half_covered_pixels_are_rubbed_out(self):
        canvas = np.zeros((280, 280, 4), np.uint8)
        canvas[40:50, 70:80, 3] = 255  # one whole pixel
        canvas[100:110, 70:74, 3] = 255  # less than half of one
        hole = autoencoder.rubbed_out(canvas)
        assert hole.shape == (28, 28, 1)
        assert np.argwhere(hole).tolist() == [[4, 7, 0]]

    def test_without_a_canvas_nothing_is(self):
        assert not autoencoder.rubbed_out(None).any()


class TestErrors:
    def test_missing_ink_is_red_and_added_ink_blue(self):
        image, answer = np.zeros((2, 28, 28, 1), np.float32)
        image[0, 0] = 1
        answer[0, 1] = 1
        picture = autoencoder.error_picture(image, answer)
        red, _, blue = picture[0, 0]
        assert red > blue
        red, _, blue = picture[0, 1]
        assert blue > red
        assert not picture[5].any()

    def test_errors_can_be_looked_at_inside_a_hole_only(self):
        image = np.zeros((28, 28, 1), np.float32)
        answer = image.copy()
        answer[0, 0] = 0.5
        hole = np.zeros(image.shape, bool)
        hole[0, :2] = True
        assert autoencoder.error(image, answer) == pytest.approx(0.25 / 784)
        assert autoencoder.error(image, answer, hole) == pytest.approx(0.125)


def test_a_network_that_is_not_there_gets_a_sentence(tmp_path):
    with pytest.raises(weights.CardError, match="not trained yet"):
        autoencoder.gallery(weights.trained("autoencoder", tmp_path))


def test_other_weights_can_be_asked(tmp_path):
    for path in weights.folder().glob("vae*"):
        shutil.copy(path, tmp_path)
    codes = plane.grid(2, 3.0).reshape(-1, 2)
    np.testing.assert_array_equal(
        autoencoder.decode(weights.trained("vae", tmp_path), codes), autoencoder.decode("vae", codes)
    )


@pytest.mark.parametrize(
    ("name", "latent_dim", "role"),
    [
        ("autoencoder", 2, "autoencoder"),
        ("denoiser", 32, "denoiser"),
        ("vae", 2, "vae"),
        ("vae", 5, "autoencoder"),
    ],
)
def test_a_network_stands_in_for_what_it_can_do(name, latent_dim, role, tmp_path):
    network = weights.trained(name, tmp_path)
    assert autoencoder.role(network) == name  # while nobody knows better
    weights.write(name, {"recipe": {"latent_dim": latent_dim}}, tmp_path)
    assert autoencoder.role(network) == role
