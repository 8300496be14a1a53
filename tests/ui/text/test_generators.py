import pytest

from mnist_models import weights as cards
from mnist_models.ui.text import generators as generator_texts
from tests import generators


@pytest.fixture
def weights(tmp_path):
    return generators.write(tmp_path)


def test_a_network_is_described_from_its_card(weights):
    text = generator_texts.about(cards.trained("digit_gan", weights))
    for fact in (
        "12,345 parameters",
        "a licence",
        "3 epochs in 10 minutes on two cores",
        "It knows nothing.",
    ):
        assert fact in text
    assert "Measured" not in text


def test_faces_are_said_not_to_exist(weights):
    assert "do not exist" in generator_texts.what_one_sees(cards.trained("face_gan", weights))


@pytest.mark.parametrize(
    ("name", "test", "expected"),
    [
        (
            "digit_gan",
            {"sure": 0.91, "class_shares": [0.07, 0.13], "frechet": 3.21, "frechet_real": 1.04},
            ["91 % of its pictures", "7 to 13 %", "3.2 (training pictures: 1.0)"],
        ),
        (
            "face_gan",
            {"swd": [50, 28, 42], "swd_real": [5, 4, 3], "diversity": 0.081, "diversity_real": 0.09},
            ["50 / 28 / 42", "5 / 4 / 3", "0.081"],
        ),
    ],
)
def test_what_was_measured_is_said(name, test, expected, weights):
    card = cards.read(name, weights) | {"test": test}
    cards.write(name, card, weights)
    for words in expected:
        assert words in generator_texts.about(cards.trained(name, weights))


def test_what_a_network_was_made_with_is_told(weights):
    card = cards.read("digit_gan", weights) | {"made_with": "A teacher helped."}
    cards.write("digit_gan", card, weights)
    assert "- A teacher helped." in generator_texts.about(cards.trained("digit_gan", weights))


def test_every_measured_stage_of_a_training_is_told_oldest_first():
    younger = {"epochs_trained": 50, "test": {"sure": 0.7, "frechet": 4.04}}
    card = {"earlier": [younger], "epochs_trained": 75, "test": {"sure": 0.8, "frechet": 3.0}}
    assert generator_texts.stages(card) == [
        (50, "70 % recognised, Fréchet distance 4.0"),
        (75, "80 % recognised, Fréchet distance 3.0"),
    ]
    assert generator_texts.stages({"epochs_trained": 3}) == []


def test_figures_of_another_judge_are_marked_among_the_stages():
    of_other, of_same = ({"sure": 0.7, "frechet": 12.0, "frechet_real": real} for real in (0.19, 0.54))
    earlier = [{"epochs_trained": 50, "test": of_other}, {"epochs_trained": 60, "test": of_same}]
    card = {"earlier": earlier, "epochs_trained": 75, "test": of_same | {"frechet": 7.0}}
    marked = ["by an earlier judge" in text for _, text in generator_texts.stages(card)]
    assert marked == [True, False, False]


def test_pictures_of_other_data_are_said_to_be_invented(weights):
    data = {"sets": ["own-1a2b3c4d"], "titles": ["My *cats*"], "licences": ["hers"]}
    cards.write("digit_gan", cards.read("digit_gan", weights) | {"data": data}, weights)
    about = generator_texts.about(cards.trained("digit_gan", weights))
    assert about.startswith("Every picture is invented from random numbers. The network")
    assert "My \\*cats\\*" in about
