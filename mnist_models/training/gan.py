"""Train a generator from the command line.

python -m mnist_models.training.gan digit_gan --epochs 5 --folder runs/digit_gan
python -m mnist_models.training.gan digit_gan --resume --epochs 25 --folder runs/digit_gan
"""

import argparse
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before the first import of TensorFlow

import numpy as np

from mnist_models import cards, catalog, datasets, evaluation_generated
from mnist_models.training import adversarial, checkpoints, generator_export


def load_images(network):
    """What a network learns from: uint8 N×H×W×C, without test images.

    Raises:
        datasets.DataError: when it is missing or damaged.
    """
    if network.data == "faces":
        return datasets.load_faces().x_train
    return datasets.load(network.data).x_train[..., np.newaxis]


class _Printed:
    """A watch that prints a line an epoch, and one every half minute."""

    def on_start(self, epochs, steps_per_epoch, batch_size):
        self.steps, self.batch = steps_per_epoch, batch_size
        self.last, self.last_step = time.perf_counter(), 0

    def on_step(self, step, loss):
        if step < self.last_step:
            self.last_step = 0
        elapsed = time.perf_counter() - self.last
        if elapsed > 30:
            speed = (step - self.last_step) * self.batch / elapsed
            print(f"  step {step}/{self.steps}, D loss {loss:.3f}, {speed:.0f} images/s", flush=True)
            self.last, self.last_step = time.perf_counter(), step

    def on_epoch(self, epoch, metrics):
        figures = ", ".join(f"{name} {value:.3f}" for name, value in metrics.items())
        print(f"epoch {epoch}: {figures}", flush=True)

    def on_end(self):
        pass


def main():
    """Train from the command line; see the module's docstring."""
    parser = argparse.ArgumentParser(prog="python -m mnist_models.training.gan")
    parser.add_argument("name", choices=sorted(catalog.ADVERSARIAL))
    parser.add_argument("--folder", type=Path, required=True, help="checkpoints, pictures and history")
    parser.add_argument("--epochs", type=int, help="how many, or how many more with --resume")
    parser.add_argument("--resume", action="store_true", help="go on from the newest checkpoint")
    parser.add_argument("--quick", action="store_true", help="something to see within three minutes")
    parser.add_argument("--start", type=Path, help="a .keras file with both players to begin with")
    parser.add_argument("--export", type=Path, help="a folder for the trained players")
    parser.add_argument("--measure", action="store_true", help="measure what was exported, into its card")
    options = parser.parse_args()
    network = catalog.ADVERSARIAL[options.name]
    try:
        fitted = adversarial.fit(
            network,
            network.quick if options.quick else network.recipe,
            load_images(network),
            _Printed(),
            options.folder,
            resume=options.resume,
            epochs=options.epochs,
            start=generator_export.load_players(options.start) if options.start else None,
        )
    except (
        datasets.DataError,
        checkpoints.NoCheckpoint,
        FileExistsError,
        adversarial.TrainingFailed,
    ) as error:
        sys.exit(str(error))
    for note in fitted.notes:
        print(note)
    state = "Interrupted" if fitted.interrupted else "Done"
    print(f"{state} after {fitted.progress.epoch} epochs, {fitted.progress.seconds:.0f} s.")
    if options.export:
        card = generator_export.save(network, fitted, options.export)
        print(f"{', '.join(card['files'])} in {options.export}")
        if options.measure:
            card["test"] = evaluation_generated.evaluate(network, options.export)
            cards.write(network.name, card, options.export)
            for name, figure in card["test"].items():
                print(f"{name}: {figure}")


if __name__ == "__main__":
    main()
