"""Train a network, and what a training leaves: its files, and an animation of its pictures."""

import pkgutil
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

from mnist_models import catalog
from mnist_models.cli import options
from mnist_models.cli.console import ProgressBar, interruptible_import, native_logs_muted
from mnist_models.data import datasets
from mnist_models.errors import DigitLabError, said
from mnist_models.training import folders
from mnist_models.training.changes import changed_recipe

NOTES_EVERY = 5  # epochs


@click.command()
@options.network
@options.epochs
@options.recipe
@click.option("--log-every", type=click.IntRange(1), metavar="N", help="Epochs between notes.")
@options.quick
@click.option("--resume", is_flag=True, help="Go on from the newest checkpoint.")
@options.run
@options.data
@click.option(
    "--start-from",
    type=options.PATH,
    metavar="FOLDER",
    help="Begin with the weights of a trained network (an autoencoder also: FILE.keras).",
)
@options.output
def train(network, output, run_folder, quick, resume, start_from, log_every, **chosen):
    """Train a network."""
    if network.kind == "regressor":
        _refuse(network, quick=quick, resume=resume, run=run_folder, start_from=start_from)
    if resume and (quick or any(value is not None for name, value in chosen.items() if name != "epochs")):
        raise DigitLabError("A resumed training keeps its recipe; only --epochs can be given with --resume.")
    recipe = network.recipe if resume else recipe_of(network, quick, chosen)
    more = {"resume": resume, "epochs": chosen["epochs"] if resume else None, "start_from": start_from}
    _train(network, recipe, output, run_folder, log_every, **more)


@click.command()
@options.network
@options.run
@options.data
@options.output
def export(network, run_folder, output):
    """Write the files of a network that was trained where TensorFlow is not installed."""
    if not network.makes_pictures:
        raise DigitLabError(f"{network.name} was exported when it was trained.")
    _train(network, network.recipe, output, run_folder, resume=True, epochs=0)


@click.command()
@options.network
@options.run
@click.option("--output", type=options.PATH, metavar="FILE", help="Default: NAME.gif.")
def gif(network, run_folder, output):
    """The pictures of a training as an animation."""
    from mnist_models.training import sample_grids

    path = output or Path(f"{network.name}.gif")
    if path.is_dir():
        raise DigitLabError(f"--output {path} is a folder, not a file.")
    sample_grids.animate((run_folder or folders.run_folder(network, Path("trained"))) / "pictures", path)
    print(f"Saved {path}.")


@click.command()
@click.argument("run_id", required=False)
@click.option("--slot", type=click.IntRange(0), default=0, help="Number of the worker, from 0.")
def worker(run_id, slot):
    """What the app starts to train a run of the Train page; it waits for one when none is given."""
    from mnist_models.worker import work

    work(slot, run_id)


def recipe_of(network, quick, chosen):
    """The network's recipe with what the options change: dict, None where one was not given.

    Raises:
        DigitLabError: with a sentence for every mistake.
    """
    changes = {name: value for name, value in chosen.items() if value is not None}
    return changed_recipe(network, quick, changes, lambda name: f"--{name.replace('_', '-')}")


def trainer_of(network):
    """The function that trains a network; TensorFlow is imported here."""
    with interruptible_import():
        return pkgutil.resolve_name(catalog.TRAINERS[network.kind])


def _refuse(network, **given):
    for name, value in given.items():
        if value:
            raise DigitLabError(f"--{name.replace('_', '-')} cannot be used with {network.name}.")


def _train(network, recipe, output, run_folder=None, log_every=None, **more):
    """Train, and say what comes next; `more` goes to trainers of networks whose training can go on."""
    folders.check(output, "--output")
    if run_folder:
        folders.check(run_folder, "--run")
    elif network.makes_pictures or more["resume"]:
        run_folder = folders.run_folder(
            network, output
        )  # classifiers keep checkpoints only where they are asked to
    watch = ProgressBar(log_every or (1 if network.makes_pictures else NOTES_EVERY))
    with native_logs_muted():
        trainer = trainer_of(network)
        if network.kind == "regressor":
            more = {"faces": datasets.load_faces()}
        else:
            more["run_folder"] = run_folder
        if network.kind == "classifier" and more["resume"]:
            recipe = _recipe_of_run(run_folder)
        with _held(network, output, run_folder), _saying_where_it_is_kept(network, run_folder):
            card = trainer(network, recipe, folder=output, watch=watch, **more)
    if card is None:
        return  # it is exported later
    if network.kind == "classifier" and card["validation"]:
        accuracy = card["validation"]["accuracy"]
        print(f"Validation accuracy {accuracy:.2%} after epoch {card['best_epoch']}.")
    if card.get("interrupted") and run_folder:
        print("--resume goes on.")
    print(f"Saved {', '.join(card['files'])} and the model card in {output}/.")
    for name in network.data:
        if name in ("mnist", "strokes") and datasets.find(name) is None:
            print(f"{datasets.SOURCES[name].title}: get more with: {datasets.SOURCES[name].how_to_get}")
    print(f"Measure it: python -m mnist_models evaluate {network.name} --weights {output}")


def _recipe_of_run(run_folder):
    from mnist_models.training import loop

    return loop.recipe_of(run_folder)


@contextmanager
def _held(network, *chosen):
    """Keep other trainings out of all folders that this one writes to; None among them is passed over."""
    with ExitStack() as stack:
        for folder in dict.fromkeys(Path(folder).resolve() for folder in chosen if folder):
            stack.enter_context(folders.held(folder, network.name))
        yield


@contextmanager
def _saying_where_it_is_kept(network, run_folder):
    """Where files cannot be written in the end, a training of pictures has a checkpoint."""
    try:
        yield
    except OSError as error:
        if not network.makes_pictures:
            raise
        raise DigitLabError(
            f"{said(error, in_full=True)}. What was learned is kept in {run_folder}: once that is mended, "
            "write the network's files with --resume --epochs 0."
        ) from None
