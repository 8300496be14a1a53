"""Exported scripts: read, compared with what the package trains, and run as a student would."""

import os
import re
import subprocess
import sys
from dataclasses import replace

import keras
import numpy as np
import pytest
from PIL import Image

from mnist_models import catalog, export_script
from mnist_models.data import datasets
from mnist_models.networks import layer_table
from mnist_models.runs import configuration as c
from mnist_models.training import models, optimizers


def configured(network, data=None, **changes):
    default = c.default(network)
    return replace(default.with_recipe(**changes), data=data or default.data)


CONFIGURATIONS = [
    *(c.default(network) for network in c.NETWORKS),
    *(replace(c.default(network), recipe=catalog.get(network).recipe) for network in c.NETWORKS),
    configured("mlp", hidden=(), l2=0.01, optimizer="sgd", weight_decay=0.1, schedule="constant"),
    configured(
        "mlp", hidden=(300, 100), activation="gelu", optimizer="nadam", weight_average=0.0, patience=3
    ),
    configured("cnn", "fashion_mnist", augment=True, optimizer="adamw", weight_decay=0.004),
    configured("cnn", "fashion_mnist"),
    configured("strided_cnn", datasets.SAMPLE, augment=True, optimizer="rmsprop", schedule="constant"),
    configured("autoencoder", noise=0.3, loss="cross_entropy", images=0),
    configured("autoencoder", "fashion_mnist", holes=0.25),
    configured("vae", datasets.SAMPLE, latent_dim=5, kl_weight=0.0, noise=1.0, holes=1.0),
    configured("digit_gan", datasets.SAMPLE, cool_down=3, augment=True, mirror=True),
    *(configured(network, "own-1a2b3c4d") for network in ("mlp", "strided_cnn", "denoiser", "tutorial_gan")),
    configured("face_gan", mirror=False, augment=False, latent_dim=10),
]
# What a script says in another way than as a constant, in its layers for example, and what it leaves out.
NOT_CONSTANTS = {
    *("hidden", "activation", "dropout", "l2", "latent_dim", "loss", "optimizer", "schedule", "mirror"),
    *("augment", "weight_average", "cool_down", "mixed_precision"),
}


def as_text(configuration):
    return "-".join(c.to_query(configuration).values())


@pytest.mark.parametrize("configuration", CONFIGURATIONS, ids=as_text)
class TestEveryScript:
    def test_it_names_its_hyperparameters(self, configuration):
        script, recipe = export_script.script(configuration), configuration.recipe
        compile(script, "script.py", "exec")
        for known in c.hyperparameters(configuration.network):
            if known.name not in NOT_CONSTANTS and getattr(recipe, known.name):
                assert re.search(rf"^{known.name.upper()} = .*  # \w", script, re.MULTILINE), known.name
        constants = {}
        for name, value in re.findall(r"^([A-Z][A-Z_0-9]+) = (.+?)  # ", script, re.MULTILINE):
            if hasattr(recipe, name.lower()):
                constants[name.lower()] = eval(value)
        assert {"epochs", "batch_size", "seed"} <= set(constants)
        assert constants == {name: getattr(recipe, name) for name in constants}

    def test_nothing_of_this_package_is_left_in_it(self, configuration):
        script = export_script.script(configuration)
        assert "mnist_models" not in script
        assert not re.search(r"\{%|\{\{|recipe", script)

    def test_it_is_short(self, configuration):
        lines = [line for line in export_script.script(configuration).splitlines() if line.strip()]
        most = 110 if c.NETWORKS[configuration.network].kind == "gan" else 90
        assert len(lines) <= most


def test_scripts_are_tidy(tmp_path):
    for number, configuration in enumerate(CONFIGURATIONS):
        script = export_script.script(configuration)
        (tmp_path / f"{configuration.network}_{number}.py").write_text(script, encoding="utf-8")
    options = ["--isolated", "--line-length=110", "--no-cache", str(tmp_path)]
    for command in (["check", "--select=E,F,W,I,NPY"], ["format", "--diff"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, *options], capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr


def networks_of(script):
    """The networks that a script makes, without the data for which it asks first."""
    definitions, _, flow = script.partition("\nif len(sys.argv)")
    network = flow[flow.index("keras.utils.set_random_seed") : flow.rindex(".summary()")].rpartition("\n")[0]
    names = {}
    exec(compile(definitions, "script.py", "exec"), names)
    keras.backend.clear_session()
    exec(compile(network, "script.py", "exec"), names)
    parts = ("model", "encoder", "decoder", "generator", "discriminator")
    return [names[part] for part in parts if part in names]


@pytest.mark.parametrize(
    "configuration",
    [
        *(replace(c.default(network), recipe=catalog.get(network).recipe) for network in c.NETWORKS),
        configured("mlp", hidden=(300, 100), l2=0.01, activation="leaky_relu", dropout=0.0),
        configured("vae", latent_dim=5),
        configured("face_gan", latent_dim=10),
    ],
    ids=as_text,
)
def test_its_network_is_the_packages(configuration):
    written = networks_of(export_script.script(configuration))
    keras.backend.clear_session()
    expected = models.build(c.NETWORKS[configuration.network], configuration.recipe)
    expected = expected if isinstance(expected, tuple) else (expected,)
    assert [model.to_json() for model in written] == [model.to_json() for model in expected]


def test_its_data_are_asked_for_where_keras_has_none():
    for configuration in (c.default("face_gan"), replace(c.default("mlp"), data="own-1a2b3c4d")):
        script = export_script.script(configuration)
        assert "sys.exit" in script
        assert "keras.datasets" not in script
    assert "keras.datasets.mnist.load_data()" in export_script.script(configured("mlp", datasets.SAMPLE))
    assert "keras.datasets.fashion_mnist.load_data()" in export_script.script(c.default("fashion_gan"))


@pytest.fixture(scope="module")
def data_file(tmp_path_factory):
    digits = datasets.load_sample()
    path = tmp_path_factory.mktemp("data") / "digits.npz"
    np.savez(
        path,
        x_train=digits.x_train[:1_500],
        y_train=digits.y_train[:1_500],
        x_test=digits.x_test[:200],
        y_test=digits.y_test[:200],
    )
    return path


def run(configuration, data_file, folder):
    """What a script prints, run on its own, far away from this package."""
    path = folder / "exported.py"
    path.write_text(export_script.script(configuration), encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, path.name, data_file],
        cwd=folder,
        env=environment | {"TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    return done.stdout


@pytest.mark.parametrize(
    ("configuration", "at_least"),
    [
        (configured("mlp", epochs=3, batch_size=32), 0.8),
        (configured("cnn", epochs=2, batch_size=32, augment=True, patience=1, images=1_000), 0.6),
        (configured("strided_cnn", epochs=2, batch_size=32, augment=True, patience=1), 0.6),
    ],
    ids=("mlp", "cnn", "strided_cnn"),
)
def test_a_classifiers_script_learns(configuration, at_least, data_file, tmp_path):
    printed = run(configuration, data_file, tmp_path)
    (share,) = re.findall(r"Test accuracy: ([\d.]+)% of 200 images", printed)
    assert float(share) / 100 > at_least
    model = keras.models.load_model(tmp_path / f"{configuration.network}.keras")
    assert model.count_params() == held_by(configuration)
    digits = np.load(data_file)
    read = np.argmax(model.predict(digits["x_test"][..., None] / np.float32(255), verbose=0), axis=1)
    assert np.mean(read == digits["y_test"]) == pytest.approx(float(share) / 100, abs=1e-3)
    # The learning rate has come down in the same way.
    steps = configuration.recipe.epochs * -(-(configuration.recipe.images or 1_500) * 9 // 10 // 32)
    expected = optimizers.build(configuration.recipe, steps)
    for optimizer in (model.optimizer, expected):
        optimizer.iterations.assign(steps // 2)
    assert float(model.optimizer.learning_rate) == pytest.approx(float(expected.learning_rate))


def held_by(configuration):
    """How many numbers a configured network holds."""
    return layer_table.parameters(c.NETWORKS[configuration.network], configuration.recipe)


def test_a_gans_script_makes_pictures(data_file, tmp_path):
    configuration = configured("digit_gan", epochs=2, batch_size=16, images=64, cool_down=1, augment=True)
    printed = run(configuration, data_file, tmp_path)
    assert re.findall(r"Epoch (\d)/2", printed) == ["1", "2"]
    assert len(re.findall(r"discriminator_loss: \d.* generator_loss: \d", printed)) == 2
    with Image.open(tmp_path / "digit_gan.png") as picture:
        assert picture.size == (8 * 28 * 4, 8 * 28 * 4)
    generator = keras.models.load_model(tmp_path / "digit_gan.keras")
    parts = layer_table.parts(c.NETWORKS["digit_gan"], configuration.recipe)
    assert generator.count_params() == parts[0].parameters


def test_a_script_makes_faces(rng, tmp_path):
    np.savez(tmp_path / "faces.npz", x_train=rng.integers(0, 256, (24, 64, 64, 3), np.uint8))
    printed = run(configured("face_gan", epochs=1, batch_size=16), "faces.npz", tmp_path)
    assert "generator_loss" in printed
    with Image.open(tmp_path / "face_gan.png") as picture:
        assert picture.size == (8 * 64 * 4, 8 * 64 * 4)
        assert picture.mode == "RGB"


def test_an_autoencoders_script_gives_digits_back(data_file, tmp_path):
    configuration = configured("vae", epochs=4, batch_size=32, kl_weight=0.1, noise=0.1, holes=0.1)
    printed = run(configuration, data_file, tmp_path)
    (error,) = re.findall(r"Mean squared error of 200 test pictures: ([\d.]+)", printed)
    digits = np.load(data_file)["x_test"] / np.float32(255)
    assert float(error) < 0.8 * np.mean(digits**2)  # better than empty pictures
    losses = [float(loss) for loss in re.findall(r" loss: ([\d.]+)", printed)]
    assert losses[-1] < 0.85 * losses[0]
    with Image.open(tmp_path / "vae.png") as picture:
        assert picture.size == (15 * 28 * 4, 15 * 28 * 4)
    model = keras.models.load_model(tmp_path / "vae.keras")
    assert model.count_params() == held_by(configuration)


def test_a_denoisers_script_trains_on_few_images_of_ones_own(data_file, tmp_path):
    digits = np.load(data_file)
    np.savez(tmp_path / "own.npz", x=digits["x_train"][:60], y=digits["y_train"][:60])
    configuration = configured("denoiser", "own-1a2b3c4d", epochs=1, batch_size=8)
    assert "of 6 test pictures" in run(configuration, "own.npz", tmp_path)
    with Image.open(tmp_path / "denoiser.png") as picture:
        assert picture.size == (6 * 28 * 4, 2 * 28 * 4)
    assert keras.models.load_model(tmp_path / "denoiser.keras").count_params() == held_by(configuration)


def test_neither_keras_nor_tensorflow_is_imported():
    code = (
        "import sys; from mnist_models import export_script;"
        "from mnist_models.runs import configuration as c;"
        "[export_script.script(c.default(name)) for name in c.NETWORKS];"
        "assert not {'keras', 'tensorflow'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
