import pytest

from mnist_models import weights as cards
from mnist_models.ui.text import reconstruct as texts


@pytest.fixture
def weights(tmp_path):
    """Three cards with figures that no real network has."""
    test = {"error": 0.0123, "error_pca": 0.0456, "codes_read": 0.789}
    repairs = {
        "noise_sigma": 0.5,
        "noisy_error": 0.12,
        "denoised_error": 0.01,
        "hole_error": 0.05,
        "hole_error_bare": 0.3,
    }
    write_cards(tmp_path, test=test | repairs)
    return tmp_path


def write_cards(folder, **measured):
    for name in texts.NETWORKS:
        card = {
            "title": name.title(),
            "recipe": {"latent_dim": 17},
            "data": {"sets": ["mnist"], "licences": ["a licence"]},
            "limits": ["Draws nothing but digits."],
        }
        cards.write(name, card | measured, folder)


def test_an_error_stands_beside_that_of_test_digits(weights):
    assert texts.error_sentence(0.0042, cards.trained("autoencoder", weights)) == (
        "17 numbers keep this much: error **0.0042** (test digits: 0.0123)"
    )


def test_noise_and_holes_are_told_beside_the_damage():
    assert (
        texts.noise_sentence(0.12, 0.01) == "Error 0.120 with noise, **0.0100** cleaned up: 12.0 times less"
    )
    assert texts.noise_sentence(0, 0.01) == "Without noise the denoiser's error is **0.0100**"
    assert "**0.050**" in texts.hole_sentence(0.3, 0.05)
    assert "Rub a part" in texts.hole_sentence(None, None)


def test_everything_measured_is_told_with_data_and_limits(weights):
    about = texts.about(weights)
    for said in ("0.0123", "0.0456", "78.9 %", "17", "12 times less", "0.050", "a licence"):
        assert said in about
    assert about.count("Draws nothing but digits.") == 1
    assert "78.9 %" in texts.codes_read(cards.trained("autoencoder", weights))


def test_what_was_not_measured_is_not_made_up(tmp_path):
    write_cards(tmp_path)
    autoencoder, denoiser = (cards.trained(name, tmp_path) for name in ("autoencoder", "denoiser"))
    assert texts.error_sentence(0.0042, autoencoder) == "17 numbers keep this much: error **0.0042**"
    assert texts.codes_read(autoencoder) == texts.repairs(denoiser) == ""
    assert "not measured" in texts.about(tmp_path)
