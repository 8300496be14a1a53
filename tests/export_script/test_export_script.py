"""Exported scripts: read, compared with what the package trains, and run as a student would."""

import os
import re
import subprocess
import sys
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from mnist_models import catalog, export_script
from mnist_models.data import datasets
from mnist_models.networks import layer_table
from mnist_models.runs import configuration as c
from mnist_models.training import augment, autoencoder, models, optimizers


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
# What a script says in another way than as a constant.
NOT_CONSTANTS = {"augment", "mirror", "mixed_precision", "optimizer", "schedule", "loss"}


def as_text(configuration):
    return "-".join(c.to_query(configuration).values())


@pytest.mark.parametrize("configuration", CONFIGURATIONS, ids=as_text)
class TestEveryScript:
    def test_it_names_its_hyperparameters(self, configuration):
        script, recipe = export_script.script(configuration), configuration.recipe
        compile(script, "script.py", "exec")
        for known in c.hyperparameters(configuration.network):
            value = getattr(recipe, known.name)
            if known.name in NOT_CONSTANTS or value in (0, False, ""):
                continue
            if known.name == "weight_decay" or value != getattr(type(recipe)(), known.name):
                assert re.search(rf"^{known.name.upper()} = ", script, re.MULTILINE), known.name
        constants = {}
        for name, value in re.findall(r"^([A-Z][A-Z_0-9]+) = (.+?)  # ", script, re.MULTILINE):
            if hasattr(recipe, name.lower()):
                constants[name.lower()] = eval(value)
        assert {"epochs", "batch_size", "seed"} <= set(constants)
        assert constants == {name: getattr(recipe, name) for name in constants}

    def test_nothing_of_this_package_is_left_in_it(self, configuration):
        script = export_script.script(configuration)
        assert "mnist_models" not in script
        assert not re.search(r"«|»|#[?!] |recipe", script)


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


def defined_by(script):
    """What a script defines before it looks for data."""
    before, _, _ = script.partition("\nif len(sys.argv)")
    names = {}
    exec(compile(before, "script.py", "exec"), names)
    return names


@pytest.mark.parametrize("network", sorted(set(c.NETWORKS) - {"strided_cnn"}))
def test_its_network_is_the_packages(network):
    configuration = replace(c.default(network), recipe=catalog.get(network).recipe)
    keras.backend.clear_session()
    built = defined_by(export_script.script(configuration))["build"]()
    keras.backend.clear_session()
    row = c.NETWORKS[network]
    if row.kind == "classifier":
        assert built.to_json() == models.build(row, configuration.recipe).to_json()
        return
    expected = models.build(row, configuration.recipe)
    assert [model.to_json() for model in built] == [model.to_json() for model in expected]


def test_its_data_are_asked_for_where_keras_has_none():
    for configuration in (c.default("face_gan"), replace(c.default("mlp"), data="own-1a2b3c4d")):
        script = export_script.script(configuration)
        assert "sys.exit" in script
        assert "keras.datasets" not in script
    assert "keras.datasets.mnist.load_data()" in export_script.script(configured("mlp", datasets.SAMPLE))
    assert "keras.datasets.fashion_mnist.load_data()" in export_script.script(c.default("fashion_gan"))


def test_it_distorts_as_far_as_training_does():
    digits, garments = (augment.KINDS[kind] for kind in ("digits", "garments"))
    script = export_script.script(configured("cnn", augment=True))
    assert f"np.deg2rad({digits.rotation:g})" in script
    assert f"slant = tf.random.normal((count,), stddev={digits.slant})" in script
    assert f"stddev={digits.scale}" in script
    assert f"-{digits.shift}, {digits.shift})" in script
    assert "elastic" in script
    script = export_script.script(configured("cnn", "fashion_mnist", augment=True))
    assert "deg2rad" not in script
    assert garments.scale == 0
    assert "stddev" not in script
    assert f"-{garments.shift:.1f}, {garments.shift:.1f})" in script
    assert f"< corners + {garments.erase})" in script


def test_distorted_digits_keep_their_middle():
    """A bar that points right from the middle still does, turned a little."""
    names = defined_by(export_script.script(configured("cnn", augment=True)))
    images = np.zeros((400, 28, 28, 1), np.float32)
    images[:, 12:16, 14:24] = 1
    tf.random.set_seed(1)
    changed, labels = names["distorted"](tf.constant(images), tf.range(400))
    changed = np.asarray(changed)
    assert labels.shape == (400,)
    assert (np.abs(changed - images).max(axis=(1, 2, 3)) > 0.1).all()
    mass = changed.sum(axis=(1, 2, 3))
    assert (changed[:, :, 14:].sum(axis=(1, 2, 3)) > mass / 2).all()
    height = (changed.sum(axis=(2, 3)) * np.arange(28)).sum(axis=1) / mass
    assert height.mean() == pytest.approx(13.5, abs=0.3)
    assert mass.mean() == pytest.approx(40, rel=0.1)


def test_distorted_garments_are_mirrored_shifted_by_whole_pixels_and_partly_painted_over(rng):
    names = defined_by(export_script.script(configured("cnn", "fashion_mnist", augment=True)))
    garment = rng.uniform(0.1, 1, (28, 28)).astype(np.float32)
    tf.random.set_seed(1)
    images = tf.constant(np.repeat(garment[np.newaxis, ..., np.newaxis], 400, axis=0))
    changed, labels = names["distorted"](images, tf.range(400))
    assert labels.shape == (400,)
    framed = [np.pad(one, 1) for one in (garment, garment[:, ::-1])]
    wanted = np.stack([one[y : y + 28, x : x + 28] for one in framed for y in range(3) for x in range(3)])
    different = np.abs(np.asarray(changed)[:, np.newaxis, ..., 0] - wanted).max(axis=(2, 3)) > 1e-5
    untouched = ~different.all(axis=1)
    assert 0.4 < untouched.mean() < 0.6
    assert set((~different[untouched]).argmax(axis=1)) == set(range(18))
    pixels = (np.abs(np.asarray(changed)[~untouched, np.newaxis, ..., 0] - wanted) > 1e-5).sum(axis=(2, 3))
    assert pixels.min(axis=1).max() <= 9 * 9


def test_an_autoencoders_learning_rate_is_that_of_training():
    configuration = c.default("denoiser")
    ours = defined_by(export_script.script(configuration))["learning_rate"]
    for done in (0.0, 0.01, 0.05, 0.5, 0.99):
        assert ours(done) == autoencoder.learning_rate(configuration.recipe, done)


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
    ],
    ids=("mlp", "cnn"),
)
def test_a_classifiers_script_learns(configuration, at_least, data_file, tmp_path):
    printed = run(configuration, data_file, tmp_path)
    (share,) = re.findall(r"Test accuracy: ([\d.]+)% of 200 images", printed)
    assert float(share) / 100 > at_least
    model = keras.models.load_model(tmp_path / f"{configuration.network}.keras")
    assert model.count_params() == layer_table.parameters(configuration)
    digits = np.load(data_file)
    read = np.argmax(model.predict(digits["x_test"][..., None] / np.float32(255), verbose=0), axis=1)
    assert np.mean(read == digits["y_test"]) == pytest.approx(float(share) / 100, abs=1e-3)
    # The learning rate has come down in the same way.
    steps = configuration.recipe.epochs * -(-(configuration.recipe.images or 1_350) // 32)
    expected = optimizers.build(configuration.recipe, steps)
    for optimizer in (model.optimizer, expected):
        optimizer.iterations.assign(steps // 2)
    assert float(model.optimizer.learning_rate) == pytest.approx(float(expected.learning_rate))


def test_the_script_of_raw_operations_learns(data_file, tmp_path):
    configuration = configured("strided_cnn", epochs=2, batch_size=32, augment=True, patience=1)
    printed = run(configuration, data_file, tmp_path)
    (share,) = re.findall(r"Test accuracy: ([\d.]+)% of 200 images", printed)
    assert float(share) > 60
    with np.load(tmp_path / "strided_cnn.npz") as arrays:
        assert sum(array.size for array in arrays.values()) == layer_table.parameters(configuration)


def test_a_gans_script_makes_pictures(data_file, tmp_path):
    configuration = configured(
        "digit_gan", epochs=2, batch_size=16, images=64, cool_down=1, augment=True, mirror=True
    )
    printed = run(configuration, data_file, tmp_path)
    assert re.findall(r"Epoch (\d): discriminator's loss \d", printed) == ["1", "2"]
    with Image.open(tmp_path / "digit_gan.png") as picture:
        assert picture.size == (8 * 28 * 4, 8 * 28 * 4)
    generator = keras.models.load_model(tmp_path / "digit_gan.keras")
    assert generator.count_params() == layer_table.parts(configuration)[0].parameters


def test_an_autoencoders_script_gives_digits_back(data_file, tmp_path):
    configuration = configured("vae", epochs=4, batch_size=32, kl_weight=0.1, noise=0.1, holes=0.1)
    printed = run(configuration, data_file, tmp_path)
    (error,) = re.findall(r"Mean squared error of 200 test pictures: ([\d.]+)", printed)
    digits = np.load(data_file)["x_test"] / np.float32(255)
    assert float(error) < 0.8 * np.mean(digits**2)  # better than empty pictures
    losses = [float(loss) for loss in re.findall(r"Epoch \d: loss ([\d.]+)", printed)]
    assert losses[-1] < 0.85 * losses[0]
    with Image.open(tmp_path / "vae.png") as picture:
        assert picture.size == (15 * 28 * 4, 15 * 28 * 4)
    model = keras.models.load_model(tmp_path / "vae.keras")
    assert model.count_params() == layer_table.parameters(configuration)


def test_neither_keras_nor_tensorflow_is_imported():
    code = (
        "import sys; from mnist_models import export_script;"
        "from mnist_models.runs import configuration as c;"
        "[export_script.script(c.default(name)) for name in c.NETWORKS];"
        "assert not {'keras', 'tensorflow'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
