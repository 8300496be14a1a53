"""Kaggle's digit-recognizer, from its files to a submission."""

from dataclasses import replace

import click

from mnist_models import catalog, weights
from mnist_models.cli import options
from mnist_models.cli.console import ProgressBar, native_logs_muted
from mnist_models.cli.data import from_file
from mnist_models.cli.training import NOTES_EVERY, recipe_of, trainer_of
from mnist_models.errors import DigitLabError
from mnist_models.files.atomic import atomic_write
from mnist_models.training import folders


@click.command()
@click.argument("train_csv", metavar="train.csv", type=options.PATH)
@click.argument("test_csv", metavar="test.csv", type=options.PATH)
@click.argument("submission_csv", metavar="submission.csv", type=options.PATH)
@click.option(
    "--network", default="cnn", metavar="NAME", callback=options.find, help="A classifier; default: cnn."
)
@options.epochs
@options.quick
@click.option("--seed", type=options.field("seed"))
@options.output
def kaggle(train_csv, test_csv, submission_csv, network, quick, output, **chosen):
    """Train on Kaggle's digit-recognizer and write a submission."""
    from mnist_models.data import kaggle_csv, user_data
    from mnist_models.serving import submission

    # What is wrong is better said before a training than after.
    if network.kind != "classifier":
        raise DigitLabError(f"{network.name} names no classes. Use one of {', '.join(catalog.CLASSIFIERS)}.")
    if not submission_csv.parent.is_dir():
        raise DigitLabError(f"There is no folder {submission_csv.parent}.")
    if submission_csv.is_dir():
        raise DigitLabError(f"{submission_csv} is a folder, not a file.")
    folders.check(output, "--output")
    recipe = recipe_of(network, quick, chosen)
    from_file(test_csv, kaggle_csv.read_test)
    own = user_data.as_dataset(from_file(train_csv, user_data.from_csv), "kaggle", train_csv.name)
    network = replace(network, limits=())  # they speak of its own data
    with native_logs_muted(), folders.held(output, network.name):
        card = trainer_of(network)(network, recipe, output, ProgressBar(NOTES_EVERY), own=own)
    if card["validation"]:
        count, accuracy = card["data"]["validation_images"], card["validation"]["accuracy"]
        print(f"Validation accuracy {accuracy:.2%} of {count:,} images that were not trained on.")
    lines = submission.submission(weights.trained(network.name, output), test_csv.read_bytes())
    with atomic_write(submission_csv) as draft:
        draft.write_bytes(lines)
    print(f"Saved {submission_csv}.")
