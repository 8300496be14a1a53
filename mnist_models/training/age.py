"""Train the network that guesses ages, on faces with known ages."""

import time

import keras
import numpy as np

from mnist_models import weights
from mnist_models.data import datasets
from mnist_models.networks import age_judge
from mnist_models.training import export, hardware, optimizers, precision
from mnist_models.training.averaging import RunningAverage
from mnist_models.training.classifier import parameter_count

SHIFT = 4  # pixels, at most, to every side
CONTRAST = 0.3  # share by which brightness, contrast and every colour are changed, at most


def train(network, recipe, faces, folder, watch):
    """Train, export and describe the network.

    Args:
        network: catalog.Network.
        recipe: recipes.ClassifierRecipe.
        faces: datasets.FaceData.
        folder: pathlib.Path that gets `age_judge.onnx` (N×64×64×3 in [0, 1] → N×1 years), `.keras`
            and `.json`, made if need be.
        watch: training.progress.Watch.

    Returns:
        dict, the model card as written.

    Raises:
        datasets.DataError: when nobody knows the ages.
        export.ExportError: when ONNX Runtime computes something else than Keras.
    """
    if faces.age_train is None:
        raise datasets.DataError("The photographs of faces here are without ages; age_judge needs both.")
    folder.mkdir(parents=True, exist_ok=True)
    begun = time.perf_counter()
    model = _fit(recipe, faces, watch)
    seconds = time.perf_counter() - begun
    paths = [folder / f"age_judge{ending}" for ending in (".keras", ".onnx")]
    model.save(paths[0], include_optimizer=False)
    difference = export.to_onnx(model, paths[1], ["years"], faces.x_test[:200] / np.float32(255))
    source = datasets.SOURCES["faces"]
    card = export.card_facts(network) | {
        "parameters": parameter_count(model),
        "data": {
            "sets": list(network.data),
            "licences": [source.licence],
            "training_images": len(faces.x_train),
            "never_trained_on": "every tenth photograph, on which it is tested",
        },
        "recipe": recipe.model_dump(),
        "epochs_trained": recipe.epochs,
        "training_seconds": round(seconds),
        "largest_difference_of_onnx": difference,
        "files": {path.name: weights.sha256(path) for path in paths},
    }
    weights.write(network.name, card, folder)
    return card


def distort(images, rng):
    """Mirror, shift and recolour faces, so that age is not read from the light or the crop.

    Args:
        images: uint8 N×64×64×3.
        rng: numpy.random.Generator.

    Returns:
        float32 N×64×64×3 in [0, 1].
    """
    count, side = images.shape[:2]
    padded = np.pad(images, ((0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT), (0, 0)), mode="edge")
    top, left = rng.integers(0, 2 * SHIFT + 1, (2, count, 1))
    columns = left + np.arange(side)
    columns = np.where(rng.random((count, 1)) < 0.5, columns, columns[:, ::-1])
    index = np.arange(count)[:, None, None]
    moved = padded[index, (top + np.arange(side))[:, :, None], columns[:, None]] / np.float32(255)
    gain = 1 + CONTRAST * rng.uniform(-1, 1, (count, 1, 1, 3)) / 2
    gain = gain * (1 + CONTRAST * rng.uniform(-1, 1, (count, 1, 1, 1)))
    lift = CONTRAST / 2 * rng.uniform(-1, 1, (count, 1, 1, 1))
    return np.clip((moved - 0.5) * gain + 0.5 + lift, 0, 1).astype(np.float32)


def _fit(recipe, faces, watch):
    keras.utils.set_random_seed(recipe.seed)
    with precision.of(recipe):
        model = age_judge.build(recipe)
        batches = _Distorted(faces, recipe)
        model.compile(
            optimizer=optimizers.build(recipe, len(batches) * recipe.epochs),
            loss="mean_absolute_error",
            jit_compile=hardware.xla_pays(),
        )
        average = RunningAverage(recipe.weight_average)
        model.fit(batches, epochs=recipe.epochs, callbacks=[average, _Reporter(watch, recipe)], verbose=0)
    with precision.policy("float32"):  # what gets exported
        finished = age_judge.build(recipe)
    finished.set_weights(average.current_weights())
    return finished


class _Reporter(keras.callbacks.Callback):
    """Passes what happens to the watch."""

    def __init__(self, watch, recipe):
        super().__init__()
        self.watch, self.recipe = watch, recipe

    def on_train_begin(self, logs=None):
        self.watch.on_start(self.recipe.epochs, self.params["steps"], self.recipe.batch_size)

    def on_train_batch_end(self, batch, logs=None):
        self.watch.on_step(batch + 1, {"loss": logs["loss"]})

    def on_epoch_end(self, epoch, logs=None):
        self.watch.on_epoch(epoch + 1, {"loss": float(logs["loss"])})

    def on_train_end(self, logs=None):
        self.watch.on_end()


class _Distorted(keras.utils.PyDataset):
    """Batches in a new order and with new distortions every epoch, made in a thread of their own."""

    def __init__(self, faces, recipe):
        super().__init__(workers=1, max_queue_size=8)
        self.faces, self.recipe, self.epoch = faces, recipe, 0
        self.on_epoch_end()

    def __len__(self):
        return -(-len(self.faces.x_train) // self.recipe.batch_size)

    def __getitem__(self, index):
        size = self.recipe.batch_size
        chosen = np.sort(self.order[index * size : (index + 1) * size])
        rng = np.random.default_rng([self.recipe.seed, self.epoch, index])
        ages = self.faces.age_train[chosen].astype(np.float32)[:, np.newaxis]
        return distort(self.faces.x_train[chosen], rng), ages

    def on_epoch_end(self):
        self.epoch += 1
        rng = np.random.default_rng([self.recipe.seed, self.epoch])
        self.order = rng.permutation(len(self.faces.x_train))
