import sys
from dataclasses import replace

import pytest

from mnist_models import cards, catalog
from mnist_models.training import gan
from tests.training.test_adversarial import RECIPE, images, network


@pytest.fixture
def run(monkeypatch, tmp_path):
    """The command line, with tiny players under the name digit_gan."""
    tiny = replace(network(), recipe=RECIPE)
    monkeypatch.setitem(catalog.ADVERSARIAL, "digit_gan", tiny)
    monkeypatch.setattr(gan, "load_images", lambda network: images())

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["gan", "digit_gan", "--folder", str(tmp_path / "run"), *arguments])
        gan.main()

    return run


def test_train_then_resume_and_export(run, tmp_path, capsys):
    run("--epochs", "2")
    assert "Done after 2 epochs" in capsys.readouterr().out
    run("--resume", "--epochs", "1", "--export", str(tmp_path / "weights"))
    assert "Done after 3 epochs" in capsys.readouterr().out
    assert cards.read("digit_gan", tmp_path / "weights")["epochs_trained"] == 3


def test_what_cannot_be_done_is_one_sentence(run):
    with pytest.raises(SystemExit, match="There is no checkpoint to go on from"):
        run("--resume")
