"""Train the network that guesses ages, on faces with known ages."""

import keras
import numpy as np
from keras import ops

from mnist_models import weights
from mnist_models.data import datasets
from mnist_models.networks import age_judge
from mnist_models.training import device, export, loop, models
from mnist_models.training.keras_loop import KerasTrainer, in_advance
from mnist_models.training.loop import Run

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
    export.check_is_possible(network)
    faces.need_ages()
    folder.mkdir(parents=True, exist_ok=True)
    model, progress = _fit(recipe, faces, watch)
    paths = [folder / f"age_judge{ending}" for ending in (".keras", ".onnx")]
    export.save_keras(model, paths[0])
    difference = export.to_onnx(model, paths[1], "years", faces.x_test[:200] / np.float32(255))
    source = datasets.SOURCES["faces"]
    card = export.card_facts(network, progress) | {
        "parameters": models.parameter_count(model),
        "data": {
            "sets": list(network.data),
            "licences": [source.licence],
            "training_images": len(faces.x_train),
            "never_trained_on": "every tenth photograph, on which it is tested",
        },
        "recipe": recipe.model_dump(),
        "epochs_trained": recipe.epochs,
        "training_seconds": round(progress.seconds),
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


class AgeTrainer(KerasTrainer):
    """A network that guesses ages, and learns from distorted faces."""

    def __init__(self, recipe, faces, progress):
        super().__init__(age_judge.build(recipe, keras), recipe, len(faces.x_train), progress)
        self.faces = faces

    def batches(self, progress):
        epoch = progress.epoch + 1
        chosen = self.order(epoch)

        def distorted(step):
            rng = np.random.default_rng([self.recipe.seed, epoch, step])
            numbers = np.sort(chosen[step])
            ages = self.faces.age_train[numbers].astype(np.float32)[:, np.newaxis]
            return {"images": distort(self.faces.x_train[numbers], rng), "ages": ages}

        return in_advance(distorted, range(progress.step, self.steps))

    def loss(self, inputs):
        guesses = self.model(inputs["images"], training=True)
        return {"loss": ops.mean(ops.abs(guesses - inputs["ages"]))}


def _fit(recipe, faces, watch):
    """The trained model in float32, and its Progress."""
    run = Run(recipe)
    keras.utils.set_random_seed(recipe.seed)
    with device.precision_of(recipe):
        trainer = AgeTrainer(recipe, faces, run.progress)
        try:
            loop.train(run, trainer, watch)
        finally:
            watch.on_end()
    with device.dtype_policy("float32"):  # what gets exported
        finished = age_judge.build(recipe, keras)
    finished.set_weights(trainer.weights())
    return finished, run.progress
