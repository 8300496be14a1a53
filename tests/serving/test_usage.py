"""What is handed out works without this project: .keras files in a fresh process, in a folder of its own."""

import json
import subprocess
import sys

import pytest

from mnist_models import catalog, weights
from mnist_models.serving import usage

# Loads every file it is given, and does with it what its card says. One process, since Keras takes seconds.
_SCRIPT = """
import json, sys
import keras, numpy as np

def calls(model):
    if len(model.inputs) == 1:
        return [model]
    return [layer for layer in model.layers if isinstance(layer, keras.Model)]

found = {}
for path in sys.argv[1:]:
    try:
        model = keras.models.load_model(path)
        found[path] = {each.name: list(np.shape(each(np.zeros((2, *each.input_shape[1:]), "float32"))))
                       for each in calls(model)}
    except Exception as error:
        found[path] = f"{type(error).__name__}: {error}"[:300]
assert "mnist_models" not in sys.modules
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A network that looks again, as a training exports it."""
    from mnist_models.training import export, models

    row = catalog.get("reader")
    folder = tmp_path_factory.mktemp("weights")
    export.save_classifier(row, models.build_finished(row, row.quick), folder)
    return folder / "reader.keras"


@pytest.fixture(scope="module")
def loaded(exported, tmp_path_factory):
    """path → what the fresh process found: dict of layer name to output shape, or a sentence."""
    paths = [str(exported), *map(str, sorted(weights.folder().resolve().glob("*.keras")))]
    answer = subprocess.run(
        [sys.executable, "-I", "-c", _SCRIPT, *paths],
        cwd=tmp_path_factory.mktemp("elsewhere"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr[-2_000:]
    return json.loads(answer.stdout.splitlines()[-1])


def test_a_network_that_looks_again_loads_in_plain_keras(exported, loaded):
    assert loaded[str(exported)] == {"reader": [2, 10]}


@pytest.mark.parametrize("name", sorted(path.stem for path in weights.folder().glob("*.keras")))
def test_every_shipped_file_loads_in_plain_keras_and_its_card_says_how(name, loaded):
    found = loaded[str(weights.folder().resolve() / f"{name}.keras")]
    assert isinstance(found, dict), found
    parts = {
        **{gan: {"generator", "discriminator"} for gan in catalog.ADVERSARIAL},
        **{autoencoder: {"encoder", "decoder"} for autoencoder in catalog.AUTOENCODERS},
    }
    assert found.keys() == parts.get(name, {name})
    line = weights.read(name)["how_to_use"]
    assert line == usage.how_to_use(name)
    assert f'keras.models.load_model("{name}.keras")' in line


@pytest.mark.parametrize("name", catalog.NETWORKS)
def test_the_line_is_one_sentence_or_two_for_everybody(name):
    line = usage.how_to_use(name)
    assert line.endswith(".")
    assert "\n" not in line
    assert "{" not in line
