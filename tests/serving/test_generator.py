import io

import numpy as np
import pytest
from PIL import Image

from mnist_models import weights as cards
from mnist_models.images import encoding
from mnist_models.latent import walks
from mnist_models.latent.address import from_address
from mnist_models.serving import generator
from tests import generators


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return generators.write(tmp_path_factory.mktemp("weights"), ("digit_gan", "face_gan"))


@pytest.fixture(scope="module")
def digit_gan(weights):
    return cards.trained("digit_gan", weights)


@pytest.fixture(scope="module")
def face_gan(weights):
    return cards.trained("face_gan", weights)


def some_vectors(count):
    return walks.sample(count, generators.LATENT_DIM, seed=4)


class TestPictures:
    @pytest.mark.parametrize(("name", "shape"), [("digit_gan", (28, 28, 1)), ("face_gan", (64, 64, 3))])
    def test_are_bytes_of_the_generators_shape(self, name, shape, weights):
        images = generator.pictures(cards.trained(name, weights), some_vectors(3))
        assert images.shape == (3, *shape)
        assert images.dtype == np.uint8
        assert images.std() > 10

    def test_of_an_address_are_those_of_its_vector(self, digit_gan):
        address = generator.addresses(3, digit_gan, seed=1)[2]
        image = generator.picture(digit_gan, address)
        vector = from_address(address, generators.LATENT_DIM)
        np.testing.assert_array_equal(image, generator.pictures(digit_gan, [vector])[0])

    def test_come_closer_to_one_another_with_truncation(self, digit_gan):
        spread = [
            generator.pictures(
                digit_gan,
                [
                    from_address(address, generators.LATENT_DIM)
                    for address in generator.addresses(20, digit_gan, 1, truncation)
                ],
            )
            .std(axis=0)
            .mean()
            for truncation in (0.2, 1.0)
        ]
        assert spread[0] < 0.5 * spread[1]

    def test_of_a_network_that_is_not_there_get_a_sentence(self, tmp_path):
        with pytest.raises(cards.CardError, match="not trained yet"):
            generator.pictures(cards.trained("digit_gan", tmp_path), some_vectors(1))


def test_a_slider_moves_along_its_direction_and_nowhere_else():
    vector, direction = some_vectors(2)
    direction /= np.linalg.norm(direction)
    moved = walks.moved_to(vector, direction, 1.5)
    assert moved @ direction == pytest.approx(1.5, abs=1e-5)
    across = [z - (z @ direction) * direction for z in (vector, moved)]
    np.testing.assert_allclose(*across, atol=1e-5)


class TestOpinion:
    def test_rates_every_picture(self, face_gan):
        images = generator.pictures(face_gan, some_vectors(5))
        ratings = generator.ratings(face_gan, images)
        assert ratings.shape == (5,)
        assert len(set(ratings.tolist())) == 5

    def test_compares_with_a_crowd(self, face_gan):
        crowd = generator.crowd_ratings(face_gan)
        assert len(crowd) == 100
        assert "more than it gives 0 of 100" in generator.opinion(-0.01, crowd)
        assert "more than it gives 100 of 100" in generator.opinion(1.01, crowd)
        assert "63 % for being real" in generator.opinion(0.63, crowd)


class TestFiles:
    @pytest.mark.parametrize("name", ["digit_gan", "face_gan"])
    def test_png_holds_the_picture_with_hard_pixels(self, name, weights):
        image = generator.pictures(cards.trained(name, weights), some_vectors(1))[0]
        file = np.asarray(Image.open(io.BytesIO(encoding.png(image))))
        assert file.shape[:2] == (448, 448)
        scale = 448 // len(image)
        np.testing.assert_array_equal(
            file[scale // 2 :: scale, scale // 2 :: scale].squeeze(), image.squeeze()
        )
        assert len(np.unique(file)) <= 256

    def test_gif_moves_and_never_ends(self, face_gan):
        address = generator.addresses(1, face_gan, seed=2)[0]
        gif = Image.open(io.BytesIO(encoding.gif(generator.tour(face_gan, address))))
        assert gif.n_frames == generator.FRAMES
        assert gif.info["loop"] == 0
        assert gif.size == (448, 448)

    def test_a_morph_goes_to_the_other_picture_and_back(self, digit_gan):
        start, end = generator.addresses(2, digit_gan, seed=2)
        frames = generator.morph(digit_gan, start, end).astype(int)
        assert len(frames) == generator.FRAMES
        for frame, address in ((frames[0], start), (frames[len(frames) // 2], end)):
            assert abs(frame - generator.picture(digit_gan, address)).max() <= 1
        np.testing.assert_array_equal(frames[1], frames[-1])
