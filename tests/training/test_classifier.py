import json

import numpy as np
import pytest

from mnist_models import catalog, weights
from mnist_models.data import datasets
from mnist_models.errors import DigitLabError
from mnist_models.evaluation import classifier as evaluation
from mnist_models.images import normalize
from mnist_models.serving import classifier
from mnist_models.training import data, export, models, progress
from mnist_models.training.classifier import train


def quick(name, **changes):
    network = catalog.get(name)
    return network, network.recipe.replace(epochs=1, **changes)


READ_DIGITS = [name for name, network in catalog.CLASSIFIERS.items() if "mnist" in network.data]


@pytest.mark.parametrize("name", READ_DIGITS)
def test_an_epoch_on_the_sample_gives_a_network_that_reads(name, tmp_path, sample):
    network, recipe = quick(name, batch_size=64)
    said = []
    card = train(network, recipe, tmp_path, progress.Silence(), said.append)

    assert "embedded sample" in " ".join(said)
    assert weights.read(name, tmp_path) == json.loads(json.dumps(card))
    assert card["data"]["embedded_sample"]
    assert card["recipe"]["epochs"] == 1
    assert card["epochs_trained"] == card["best_epoch"] == 1
    assert evaluation.evaluate(name, sample, tmp_path).accuracy > 0.85
    digits = normalize.as_input(sample.x_train[:1_000])
    np.testing.assert_allclose(
        np.asarray(models.load(network, tmp_path)(digits)),
        classifier.predict(weights.trained(name, tmp_path), digits),
        atol=1e-4,
    )


def test_the_reader_without_strokes_says_so(tmp_path):
    network, recipe = quick("reader")
    prepared = data.prepare(network, recipe.seed)
    assert any("MNIST alone" in note for note in prepared.notes)
    assert prepared.description["sets"] == ["mnist"]
    assert prepared.y.ndim == 1


def test_the_reader_with_strokes_learns_from_drawings_and_scribbles(stroke_file):
    network, recipe = quick("reader")
    prepared = data.prepare(network, recipe.seed)
    drawn = 150 * data.VARIANTS
    assert prepared.description["training_strokes"] == 150
    assert len(prepared.x) == 7_200 + drawn + prepared.description["scribbles"]
    assert prepared.y.shape == (len(prepared.x), 10)
    np.testing.assert_allclose(prepared.y.sum(axis=1), 1, atol=1e-6)
    scribbles = prepared.y[-prepared.description["scribbles"] :]
    assert np.all(scribbles == np.float32(0.1))
    assert set(prepared.y_val[-3_000:]) == {1, 7}


def test_nothing_held_out_is_trained_or_validated_on():
    sample = datasets.load_sample()
    prepared = data.prepare(catalog.get("cnn"), seed=1)
    used = {digit.tobytes() for digit in np.concatenate([prepared.x, prepared.x_val])}
    assert not any(digit.tobytes() in used for digit in sample.x_held_out)
    assert len(prepared.x) == 7_200
    assert len(prepared.x_val) == 800


def test_the_same_seed_trains_the_same_network(tmp_path):
    network, recipe = quick("mlp", hidden=(16,), augment=False)
    first, second = (train(network, recipe, tmp_path / side, progress.Silence(), str) for side in "ab")
    assert first["validation"] == pytest.approx(second["validation"], abs=1e-3)


def test_early_stopping_keeps_the_best_epoch(tmp_path):
    # A learning rate that wrecks the network after its first steps: no later epoch is better.
    network, recipe = quick("mlp", hidden=(16,), learning_rate=5.0, patience=2, schedule="constant")
    card = train(network, recipe.replace(epochs=30), tmp_path, progress.Silence(), str)
    assert card["epochs_trained"] < 30
    assert card["best_epoch"] <= card["epochs_trained"] - 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"optimizer": "magic"}, "no optimizer 'magic'"),
        ({"schedule": "moon"}, "no schedule 'moon'"),
        ({"activation": "blah"}, "no activation 'blah'"),
    ],
)
def test_an_impossible_recipe_gets_a_sentence(tmp_path, change, message):
    network, recipe = quick("mlp")
    recipe = recipe.model_copy(update=change)
    with pytest.raises(DigitLabError, match=message):
        train(network, recipe, tmp_path, progress.Silence(), str)
    assert not list(tmp_path.iterdir())


def test_an_export_that_answers_otherwise_is_not_saved(tmp_path, monkeypatch):
    network, recipe = quick("mlp", hidden=(16,))
    monkeypatch.setattr(export, "TOLERANCE", -1.0)
    with pytest.raises(export.ExportError, match="differ"):
        train(network, recipe, tmp_path, progress.Silence(), str)
    assert not list(tmp_path.glob("*.onnx"))
    assert not list(tmp_path.glob("*.json"))


class _Ended(progress.Silence):
    ended = False

    def on_end(self):
        self.ended = True


def test_who_watches_hears_of_the_end_of_a_training_that_failed(tmp_path):
    network, recipe = quick("mlp")
    recipe = recipe.model_copy(update={"optimizer": "magic"})
    watch = _Ended()
    with pytest.raises(DigitLabError, match="magic"):
        train(network, recipe, tmp_path, watch, lambda sentence: None)
    assert watch.ended
