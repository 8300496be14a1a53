from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from mnist_models import catalog, cli
from mnist_models import weights as cards
from mnist_models.errors import DigitLabError
from mnist_models.images.normalize import as_input
from mnist_models.serving import sessions
from mnist_models.training import autoencoder, export, progress
from tests.training.test_autoencoder_loop import NETWORK, RECIPE

TINY = RECIPE.replace(images=64, epochs=1, batch_size=32)


@pytest.fixture(params=["denoiser", "vae"])
def name(request):
    return request.param


@pytest.fixture
def run(monkeypatch, tmp_path, name):
    """The command line, with tiny parts under the name of a denoiser or a variational autoencoder."""
    changes = {"loss": "cross_entropy", "kl_weight": 1.0, "noise": 0.0} if name == "vae" else {}
    recipe = TINY.replace(**changes)
    tiny = replace(NETWORK, name=name, recipe=recipe, quick=recipe.replace(epochs=2))
    for table in (catalog.AUTOENCODERS, catalog.NETWORKS):
        monkeypatch.setitem(table, name, tiny)

    def run(command, *arguments):
        folders = ["--run", str(tmp_path / "run"), "--output", str(tmp_path / "weights")]
        return cli.main([command, name, *folders, *arguments])

    return run


@pytest.fixture
def card(tmp_path, name):
    return lambda: cards.read(name, tmp_path / "weights")


def test_train_then_resume_with_more_epochs(run, card, capsys):
    assert run("train", "--epochs", "2") == 0
    first = card()
    assert first["epochs_trained"] == 2
    assert first["data"]["embedded_sample"]
    assert run("train", "--resume", "--epochs", "1") == 0
    resumed = card()
    assert resumed["epochs_trained"] == len(resumed["history"]) == 3
    assert resumed["history"][:2] == first["history"]
    out = capsys.readouterr().out
    assert "embedded sample" in out
    assert "epoch 3: loss" in out


def test_the_quick_preset_is_used(run, card):
    assert run("train", "--quick") == 0
    assert card()["epochs_trained"] == 2


def test_the_parts_fit_together(run, card, tmp_path, name, sample):
    """ONNX Runtime computes what Keras does, from weights in 16 bits."""
    assert run("train") == 0
    files = card()["files"]
    assert set(files) == {f"{name}{end}" for end in (".encoder.onnx", ".decoder.onnx", ".keras")}
    digits = as_input(sample.x_test[:20])
    weights = tmp_path / "weights"

    def answer(part, inputs):
        session = sessions.session(cards.trained(name, weights), part)
        return session.run(None, {session.get_inputs()[0].name: inputs})[0]

    codes = answer(".encoder", digits)
    assert codes.shape == (20, 2)
    pictures = answer(".decoder", codes)
    encoder, decoder = export.load_pair(weights / f"{name}.keras", "encoder", "decoder")
    np.testing.assert_allclose(np.asarray(encoder(digits))[:, :2], codes, atol=1e-4)
    np.testing.assert_allclose(np.asarray(decoder(codes)), pictures, atol=1e-4)


def test_training_can_begin_with_earlier_weights(run, card, tmp_path, name):
    assert run("train", "--epochs", "3") == 0
    after = card()["history"]
    start = tmp_path / "start"
    (tmp_path / "weights").rename(start)
    (tmp_path / "run").rename(tmp_path / "old")
    assert run("train", "--epochs", "1", "--start-from", str(start)) == 0
    assert card()["history"][0]["loss"] < after[0]["loss"]
    origin = {"file": f"{name}.keras", "sha256": cards.sha256(start / f"{name}.keras")}
    assert card()["started_from"] == origin
    assert run("train", "--resume", "--epochs", "1") == 0
    assert card()["started_from"] == origin
    (tmp_path / "run").rename(tmp_path / "older")
    # The file of any network with the same layers will do.
    other = start / "other.keras"
    (start / f"{name}.keras").rename(other)
    assert run("train", "--epochs", "1", "--start-from", str(other)) == 0
    assert card()["started_from"]["file"] == "other.keras"


def test_the_pictures_become_an_animation(run, tmp_path, name):
    assert run("train", "--epochs", "2") == 0
    path = tmp_path / "training.gif"
    assert cli.main(["gif", name, "--run", str(tmp_path / "run"), "--output", str(path)]) == 0
    with Image.open(path) as gif:
        assert gif.n_frames == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--resume"], "There is no checkpoint to go on from"),
        (["--hidden", "64"], "--hidden is not a setting of"),
        (["--dropout", "0.5"], "--dropout is not a setting of"),
    ],
)
def test_a_mistake_gets_a_sentence(run, capsys, arguments, sentence):
    assert run("train", "--epochs", "1", *arguments) == 1
    assert sentence in capsys.readouterr().err


def test_a_training_that_diverges_says_so(tmp_path, name):
    wild = TINY.model_copy(update={"learning_rate": 1e38})
    with pytest.raises(DigitLabError, match="Training diverged"):
        autoencoder.train(NETWORK, wild, tmp_path / "weights", tmp_path / "run", progress.Silence())


def test_the_card_says_how_many_images_were_trained_on(run, card):
    assert run("train") == 0
    assert card()["data"]["training_images"] == TINY.images


def test_trainings_to_two_folders_do_not_meet(run, tmp_path, name):
    for folder in ("one", "other"):
        assert cli.main(["train", name, "--output", str(tmp_path / folder)]) == 0
        assert any((tmp_path / folder / f"{name}.run").glob("checkpoint-*"))
