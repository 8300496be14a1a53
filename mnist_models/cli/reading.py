"""Read image files with a trained network."""

import sys

import click

from mnist_models import weights as cards
from mnist_models.cli import options
from mnist_models.errors import DigitLabError


@click.command()
@options.network
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=options.PATH)
@options.weights
def predict(network, files, weights):
    """Read image files."""
    from mnist_models.images import normalize
    from mnist_models.serving import classifier

    if network.kind != "classifier" or network.data[0] != "mnist":
        raise DigitLabError(f"{network.name} reads no digits; try reader.")
    failed = False
    for path in files:
        try:
            image = normalize.photo_to_mnist(path.read_bytes())
        except (OSError, DigitLabError) as error:
            print(f"{path}: {error.strerror if isinstance(error, OSError) else error}", file=sys.stderr)
            failed = True
            continue
        reading = classifier.read(cards.trained(network.name, weights), image)
        doubt = "" if reading.is_sure else " (unsure)"
        print(f"{path}: {reading.digit} {reading.probabilities[reading.digit]:.1%}{doubt}")
    return 1 if failed else 0
