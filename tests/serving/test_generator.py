import io

import numpy as np
import pytest
from PIL import Image

from mnist_models import weights as cards
from mnist_models.data import datasets
from mnist_models.latent import walks
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


class TestAddress:
    def test_gives_back_the_vector_to_the_precision_of_a_slider(self):
        vector = some_vectors(1)[0]
        decoded = generator.decode(generator.encode(vector), len(vector))
        assert decoded.dtype == np.float32
        np.testing.assert_allclose(decoded, vector, atol=1 / 8000)

    def test_of_what_it_gave_back_is_the_same(self):
        address = generator.encode(some_vectors(1)[0])
        assert generator.encode(generator.decode(address, generators.LATENT_DIM)) == address

    def test_needs_no_escaping(self):
        for vector in some_vectors(50):
            assert generator.encode(vector).replace("-", "").replace("_", "").isalnum()

    def test_cuts_what_is_far_out(self):
        decoded = generator.decode(generator.encode([100.0, -100.0]), 2)
        np.testing.assert_allclose(decoded, [8, -8], atol=0.001)

    @pytest.mark.parametrize("text", ["", "A", "AAA", "AAAA", "not a vector!", "é" * 8, "%20", "A" * 267])
    def test_that_holds_something_else_gets_a_sentence(self, text):
        with pytest.raises(generator.BadAddress, match=r"^The address holds"):
            generator.decode(text, 4)


class TestVisited:
    def test_goes_back_and_forward(self):
        visited = generator.Visited(("a",)).visit("b").visit("c")
        assert visited.address == "c"
        assert not visited.can_go_forward
        assert visited.back().address == "b"
        assert visited.back().back().back().address == "a"
        assert not visited.back().back().can_go_back
        assert visited.back().forward().address == "c"

    def test_forgets_what_was_ahead(self):
        visited = generator.Visited(("a",)).visit("b").back().visit("c")
        assert visited.addresses == ("a", "c")

    def test_passes_over_the_picture_in_sight(self):
        visited = generator.Visited(("a", "b"), 0)
        assert visited.visit("a") == visited


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
        vector = generator.decode(address, generators.LATENT_DIM)
        np.testing.assert_array_equal(image, generator.pictures(digit_gan, [vector])[0])

    def test_come_closer_to_one_another_with_truncation(self, digit_gan):
        spread = [
            generator.pictures(
                digit_gan,
                [
                    generator.decode(address, generators.LATENT_DIM)
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
    moved = generator.moved_to(vector, direction, 1.5)
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


class TestQuiz:
    @pytest.fixture
    def real(self):
        return generator.unseen("mnist")

    def test_shows_both_kinds_and_knows_which_is_which(self, digit_gan, real):
        for seed in range(20):
            quiz = generator.quiz(digit_gan, real, seed)
            assert quiz.pictures.shape == (8, 28, 28, 1)
            assert 0 < quiz.is_generated.sum() < 8
            for image, is_generated in zip(quiz.pictures, quiz.is_generated, strict=True):
                assert (image == real).all(axis=(1, 2, 3)).any() != is_generated

    def test_counts_what_was_called_right(self, digit_gan, real):
        quiz = generator.quiz(digit_gan, real, 3)
        generated = set(np.flatnonzero(quiz.is_generated))
        assert quiz.score(generated) == 8
        assert quiz.score(set(range(8)) - generated) == 0
        assert quiz.score(set()) == 8 - len(generated)

    def test_says_of_every_picture_what_it_was(self, digit_gan, real):
        quiz = generator.quiz(digit_gan, real, 3)
        captions = generator.quiz_captions(quiz, set(range(8)))
        expected = ["generated, right" if generated else "real, wrong" for generated in quiz.is_generated]
        assert captions == expected

    def test_takes_digits_that_were_held_out(self, sample, real):
        held_out = sample.x_held_out.reshape(-1, 28 * 28)
        for digit in real[::50].reshape(-1, 28 * 28):
            assert (held_out == digit).all(axis=1).any()

    @pytest.mark.parametrize("data", ["faces", "fashion_mnist"])
    def test_says_which_real_pictures_are_missing(self, data):
        with pytest.raises(datasets.DataError, match="not on this machine"):
            generator.unseen(data)


class TestFiles:
    @pytest.mark.parametrize("name", ["digit_gan", "face_gan"])
    def test_png_holds_the_picture_with_hard_pixels(self, name, weights):
        image = generator.pictures(cards.trained(name, weights), some_vectors(1))[0]
        file = np.asarray(Image.open(io.BytesIO(generator.png(image))))
        assert file.shape[:2] == (448, 448)
        scale = 448 // len(image)
        np.testing.assert_array_equal(
            file[scale // 2 :: scale, scale // 2 :: scale].squeeze(), image.squeeze()
        )
        assert len(np.unique(file)) <= 256

    def test_gif_moves_and_never_ends(self, face_gan):
        address = generator.addresses(1, face_gan, seed=2)[0]
        gif = Image.open(io.BytesIO(generator.gif(generator.tour(face_gan, address))))
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
