import io

import numpy as np
import pytest
from PIL import Image

from mnist_models import cards, datasets, dreaming, latent
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
    return latent.sample(count, generators.LATENT_DIM, seed=4)


class TestAddress:
    def test_gives_back_the_vector_to_the_precision_of_a_slider(self):
        vector = some_vectors(1)[0]
        decoded = dreaming.decode(dreaming.encode(vector), len(vector))
        assert decoded.dtype == np.float32
        np.testing.assert_allclose(decoded, vector, atol=1 / 8000)

    def test_of_what_it_gave_back_is_the_same(self):
        address = dreaming.encode(some_vectors(1)[0])
        assert dreaming.encode(dreaming.decode(address, generators.LATENT_DIM)) == address

    def test_needs_no_escaping(self):
        for vector in some_vectors(50):
            assert dreaming.encode(vector).replace("-", "").replace("_", "").isalnum()

    def test_cuts_what_is_far_out(self):
        decoded = dreaming.decode(dreaming.encode([100.0, -100.0]), 2)
        np.testing.assert_allclose(decoded, [8, -8], atol=0.001)

    @pytest.mark.parametrize("text", ["", "A", "AAA", "AAAA", "not a vector!", "é" * 8, "%20", "A" * 267])
    def test_that_holds_something_else_gets_a_sentence(self, text):
        with pytest.raises(dreaming.BadAddress, match=r"^The address holds"):
            dreaming.decode(text, 4)


class TestVisited:
    def test_goes_back_and_forward(self):
        visited = dreaming.Visited(("a",)).visit("b").visit("c")
        assert visited.address == "c"
        assert not visited.can_go_forward
        assert visited.back().address == "b"
        assert visited.back().back().back().address == "a"
        assert not visited.back().back().can_go_back
        assert visited.back().forward().address == "c"

    def test_forgets_what_was_ahead(self):
        visited = dreaming.Visited(("a",)).visit("b").back().visit("c")
        assert visited.addresses == ("a", "c")

    def test_passes_over_the_picture_in_sight(self):
        visited = dreaming.Visited(("a", "b"), 0)
        assert visited.visit("a") == visited


class TestPictures:
    @pytest.mark.parametrize(("name", "shape"), [("digit_gan", (28, 28, 1)), ("face_gan", (64, 64, 3))])
    def test_are_bytes_of_the_generators_shape(self, name, shape, weights):
        images = dreaming.pictures(cards.trained(name, weights), some_vectors(3))
        assert images.shape == (3, *shape)
        assert images.dtype == np.uint8
        assert images.std() > 10

    def test_of_an_address_are_those_of_its_vector(self, digit_gan):
        address = dreaming.addresses(3, digit_gan, seed=1)[2]
        image = dreaming.picture(digit_gan, address)
        vector = dreaming.decode(address, generators.LATENT_DIM)
        np.testing.assert_array_equal(image, dreaming.pictures(digit_gan, [vector])[0])

    def test_come_closer_to_one_another_with_truncation(self, digit_gan):
        spread = [
            dreaming.pictures(
                digit_gan,
                [
                    dreaming.decode(address, generators.LATENT_DIM)
                    for address in dreaming.addresses(20, digit_gan, 1, truncation)
                ],
            )
            .std(axis=0)
            .mean()
            for truncation in (0.2, 1.0)
        ]
        assert spread[0] < 0.5 * spread[1]

    def test_of_a_network_that_is_not_there_get_a_sentence(self, tmp_path):
        with pytest.raises(cards.CardError, match="not trained yet"):
            dreaming.pictures(cards.trained("digit_gan", tmp_path), some_vectors(1))


def test_a_slider_moves_along_its_direction_and_nowhere_else():
    vector, direction = some_vectors(2)
    direction /= np.linalg.norm(direction)
    moved = dreaming.moved_to(vector, direction, 1.5)
    assert moved @ direction == pytest.approx(1.5, abs=1e-5)
    across = [z - (z @ direction) * direction for z in (vector, moved)]
    np.testing.assert_allclose(*across, atol=1e-5)


class TestOpinion:
    def test_rates_every_picture(self, face_gan):
        images = dreaming.pictures(face_gan, some_vectors(5))
        ratings = dreaming.ratings(face_gan, images)
        assert ratings.shape == (5,)
        assert len(set(ratings.tolist())) == 5

    def test_compares_with_a_crowd(self, face_gan):
        crowd = dreaming.crowd_ratings(face_gan)
        assert len(crowd) == 100
        assert "more than it gives 0 of 100" in dreaming.opinion(-0.01, crowd)
        assert "more than it gives 100 of 100" in dreaming.opinion(1.01, crowd)
        assert "63 % for being real" in dreaming.opinion(0.63, crowd)


class TestQuiz:
    @pytest.fixture
    def real(self):
        return dreaming.unseen("mnist")

    def test_shows_both_kinds_and_knows_which_is_which(self, digit_gan, real):
        for seed in range(20):
            quiz = dreaming.quiz(digit_gan, real, seed)
            assert quiz.pictures.shape == (8, 28, 28, 1)
            assert 0 < quiz.is_generated.sum() < 8
            for image, is_generated in zip(quiz.pictures, quiz.is_generated, strict=True):
                assert (image == real).all(axis=(1, 2, 3)).any() != is_generated

    def test_counts_what_was_called_right(self, digit_gan, real):
        quiz = dreaming.quiz(digit_gan, real, 3)
        generated = set(np.flatnonzero(quiz.is_generated))
        assert quiz.score(generated) == 8
        assert quiz.score(set(range(8)) - generated) == 0
        assert quiz.score(set()) == 8 - len(generated)

    def test_says_of_every_picture_what_it_was(self, digit_gan, real):
        quiz = dreaming.quiz(digit_gan, real, 3)
        captions = dreaming.quiz_captions(quiz, set(range(8)))
        expected = ["generated, right" if generated else "real, wrong" for generated in quiz.is_generated]
        assert captions == expected

    def test_takes_digits_that_were_held_out(self, sample, real):
        held_out = sample.x_held_out.reshape(-1, 28 * 28)
        for digit in real[::50].reshape(-1, 28 * 28):
            assert (held_out == digit).all(axis=1).any()

    @pytest.mark.parametrize("data", ["faces", "fashion_mnist"])
    def test_says_which_real_pictures_are_missing(self, data):
        with pytest.raises(datasets.DataError, match="not on this machine"):
            dreaming.unseen(data)


class TestFiles:
    @pytest.mark.parametrize("name", ["digit_gan", "face_gan"])
    def test_png_holds_the_picture_with_hard_pixels(self, name, weights):
        image = dreaming.pictures(cards.trained(name, weights), some_vectors(1))[0]
        file = np.asarray(Image.open(io.BytesIO(dreaming.png(image))))
        assert file.shape[:2] == (448, 448)
        scale = 448 // len(image)
        np.testing.assert_array_equal(
            file[scale // 2 :: scale, scale // 2 :: scale].squeeze(), image.squeeze()
        )
        assert len(np.unique(file)) <= 256

    def test_gif_moves_and_never_ends(self, face_gan):
        address = dreaming.addresses(1, face_gan, seed=2)[0]
        gif = Image.open(io.BytesIO(dreaming.gif(dreaming.tour(face_gan, address))))
        assert gif.n_frames == dreaming.FRAMES
        assert gif.info["loop"] == 0
        assert gif.size == (448, 448)

    def test_a_morph_goes_to_the_other_picture_and_back(self, digit_gan):
        start, end = dreaming.addresses(2, digit_gan, seed=2)
        frames = dreaming.morph(digit_gan, start, end).astype(int)
        assert len(frames) == dreaming.FRAMES
        for frame, address in ((frames[0], start), (frames[len(frames) // 2], end)):
            assert abs(frame - dreaming.picture(digit_gan, address)).max() <= 1
        np.testing.assert_array_equal(frames[1], frames[-1])
