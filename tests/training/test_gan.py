import re
from dataclasses import replace

import pytest
from PIL import Image

from mnist_models import catalog, cli
from mnist_models import weights as cards
from mnist_models.training import gan
from tests.training.test_gan_loop import RECIPE, images, network


@pytest.fixture
def run(monkeypatch, tmp_path):
    """The command line, with tiny players under the name digit_gan."""
    tiny = replace(network(), recipe=RECIPE, quick=RECIPE.replace(epochs=1, batch_size=10))
    for table in (catalog.ADVERSARIAL, catalog.NETWORKS):
        monkeypatch.setitem(table, "digit_gan", tiny)
    monkeypatch.setattr(gan, "load_images", lambda network: images())

    def run(command, *arguments):
        folders = ["--run", str(tmp_path / "run"), "--output", str(tmp_path / "weights")]
        return cli.main([command, "digit_gan", *folders, *arguments])

    return run


def card(tmp_path):
    return cards.read("digit_gan", tmp_path / "weights")


def test_train_then_resume_with_more_epochs(run, tmp_path, capsys):
    assert run("train", "--epochs", "2") == 0
    assert card(tmp_path)["epochs_trained"] == 2
    assert run("train", "--resume", "--epochs", "1") == 0
    resumed = card(tmp_path)
    assert resumed["epochs_trained"] == len(resumed["history"]) == 3
    assert "epoch 3: discriminator loss" in capsys.readouterr().out


def test_figures_of_the_younger_training_stay_in_the_card(run, tmp_path):
    run("train", "--epochs", "1")
    cards.write("digit_gan", card(tmp_path) | {"test": {"sure": 0.4}}, tmp_path / "weights")
    for epochs in (1, 0, 1):  # none of these states is measured
        run("train", "--resume", "--epochs", str(epochs))
        assert card(tmp_path)["earlier"] == [{"epochs_trained": 1, "test": {"sure": 0.4}}]


def test_figures_stay_in_the_card_when_training_goes_on_within_the_epoch(run, tmp_path):
    run("train", "--epochs", "1")
    younger = {"test": {"sure": 0.4}, "steps_trained": card(tmp_path)["steps_trained"] - 1}
    cards.write("digit_gan", card(tmp_path) | younger, tmp_path / "weights")
    run("train", "--resume", "--epochs", "0")
    assert card(tmp_path)["earlier"] == [{"epochs_trained": 1, "test": {"sure": 0.4}}]


def test_pictures_of_every_epoch_come_with_the_weights(run, tmp_path):
    run("train", "--epochs", "2")
    assert card(tmp_path)["epochs_of_pictures"] == [1, 2]
    path = cards.checked_file("digit_gan", "digit_gan.training.webp", tmp_path / "weights")
    with Image.open(path) as film:
        assert film.n_frames == 2
        assert film.size == (4 * 8, 4 * 8)


def test_quick_trains_the_quick_recipe(run, tmp_path):
    run("train", "--quick")
    assert card(tmp_path)["recipe"]["batch_size"] == 10
    assert card(tmp_path)["epochs_trained"] == 1


def test_training_goes_on_from_shipped_weights(run, tmp_path):
    run("train", "--epochs", "1")
    (tmp_path / "run").rename(tmp_path / "old_run")
    weights = tmp_path / "weights"
    assert run("train", "--epochs", "1", "--start-from", str(weights)) == 0
    assert run("train", "--resume", "--epochs", "1") == 0
    assert card(tmp_path)["epochs_trained"] == 2
    (origin,) = card(tmp_path)["started_from"]
    assert (origin["epochs_trained"], origin["recipe"]["batch_size"]) == (1, RECIPE.batch_size)


def test_a_gif_of_the_training(run, tmp_path, capsys):
    run("train", "--epochs", "2")
    gif = tmp_path / "training.gif"
    assert cli.main(["gif", "digit_gan", "--run", str(tmp_path / "run"), "--output", str(gif)]) == 0
    with Image.open(gif) as film:
        assert film.n_frames == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--resume"], "There is no checkpoint to go on from"),
        (["--dropout", "0.3"], "--dropout is not a setting of digit_gan"),
        (["--resume", "--batch-size", "8"], "A resumed training keeps its recipe"),
        (["--epochs", "0"], "Epochs must be from 1 to 1,000, not 0."),
    ],
)
def test_what_cannot_be_done_is_one_sentence(run, capsys, arguments, sentence):
    assert run("train", *arguments) == 1
    assert re.search(sentence, capsys.readouterr().err)
