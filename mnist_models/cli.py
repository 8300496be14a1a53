"""The command line: train, evaluate, predict, list, data.

TensorFlow is imported only by `train` (and by `data fetch`, through Keras), so that everything else
answers at once.
"""

import argparse
import dataclasses
import os
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from mnist_models import cards, catalog, datasets


def main(arguments=None):
    """Run a command.

    Args:
        arguments: list of str; those of the process when None.

    Returns:
        int, the exit status: 0 done, 1 could not be done, 130 interrupted.
    """
    options = _parser().parse_args(arguments)
    try:
        return options.run(options) or 0
    except (datasets.DataError, cards.CardError, catalog.UnknownNetwork, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader of our output, such as `head`, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130


def _parser():
    parser = argparse.ArgumentParser(
        prog="python -m mnist_models", description="Networks that read and draw digits."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("list", help="the catalog with each network's figures")
    _weights_option(command)
    command.set_defaults(run=_list)

    command = commands.add_parser("data", help="what data is here, and fetching what is not")
    command.add_argument("action", nargs="?", choices=("show", "fetch"), default="show")
    command.add_argument(
        "names", nargs="*", metavar="NAME", help="data sets to fetch; all when none is named"
    )
    command.set_defaults(run=_data)

    command = commands.add_parser("train", help="train a network")
    _train_options(command)
    command.set_defaults(run=_train)

    command = commands.add_parser("evaluate", help="measure a trained network on its test images")
    command.add_argument("name", metavar="NAME")
    command.add_argument("--save", action="store_true", help="write the figures into the model card")
    _data_option(command)
    _weights_option(command)
    command.set_defaults(run=_evaluate)

    command = commands.add_parser("predict", help="read image files")
    command.add_argument("name", metavar="NAME")
    command.add_argument("files", nargs="+", metavar="FILE", type=Path)
    _weights_option(command)
    command.set_defaults(run=_predict)
    return parser


def _train_options(command):
    command.add_argument("name", metavar="NAME")
    command.add_argument("--epochs", type=_positive_int)
    command.add_argument("--batch-size", type=_positive_int)
    command.add_argument("--learning-rate", type=_positive_float)
    command.add_argument("--optimizer", help="adam, adamw, nadam, rmsprop or sgd")
    command.add_argument("--hidden", type=_widths, metavar="256,128", help="widths of mlp's hidden layers")
    command.add_argument("--activation", help="of hidden layers, such as relu, gelu, tanh")
    command.add_argument("--dropout", type=_share)
    command.add_argument("--l2", type=float)
    command.add_argument("--patience", type=int, help="epochs without improvement; 0 never stops early")
    command.add_argument("--log-every", type=_positive_int, metavar="N", help="epochs between notes")
    command.add_argument("--seed", type=int)
    command.add_argument("--augment", action=argparse.BooleanOptionalAction, default=None)
    _data_option(command)
    command.add_argument(
        "--start-from", type=Path, metavar="FOLDER", help="begin with the weights of a trained network"
    )
    command.add_argument(
        "--output", type=Path, default=Path("trained"), metavar="FOLDER", help="default: trained/"
    )


def _data_option(command):
    command.add_argument(
        "--data", type=Path, metavar="FOLDER", help=f"where data sets are; else ${datasets.DATA_VARIABLE}"
    )


def _weights_option(command):
    command.add_argument(
        "--weights", type=Path, metavar="FOLDER", help="trained networks; default: the shipped ones"
    )


def _positive_int(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _positive_float(text):
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError("must be more than 0")
    return number


def _share(text):
    number = float(text)
    if not 0 <= number < 1:
        raise argparse.ArgumentTypeError("must be from 0 to below 1")
    return number


def _widths(text):
    return tuple(_positive_int(width) for width in text.split(",") if width.strip())


def _list(options):
    print(f"{'name':12} {'parameters':>11} {'test':>8}  what it is")
    for network in catalog.NETWORKS.values():
        try:
            card = cards.read(network.name, options.weights)
        except cards.CardError:
            print(f"{network.name:12} {'not trained':>20}  {network.summary}")
            continue
        test = card.get("test")
        accuracy = f"{test['accuracy']:.2%}" if test else "–"
        print(f"{network.name:12} {card['parameters']:>11,} {accuracy:>8}  {network.summary}")


def _data(options):
    unknown = set(options.names) - set(datasets.SOURCES)
    if unknown:
        raise datasets.DataError(
            f"There is no data set '{sorted(unknown)[0]}'. Known: {', '.join(datasets.SOURCES)}."
        )
    if options.action == "fetch":
        from mnist_models import fetching

        for name in options.names or fetching.AUTOMATIC:
            if datasets.find(name) is None:
                print(f"Fetching {datasets.SOURCES[name].title} …")
                with _native_logs_muted():
                    fetching.fetch(name)
    for name in datasets.SOURCES:
        print(datasets.describe(name))


def _use_data(options):
    if options.data is not None:
        if not options.data.is_dir():
            raise datasets.DataError(f"There is no folder {options.data}.")
        os.environ[datasets.DATA_VARIABLE] = str(options.data)


def _train(options):
    network = catalog.get(options.name)
    _use_data(options)
    changes = {
        field.name: value
        for field in dataclasses.fields(catalog.Recipe)
        if (value := getattr(options, field.name, None)) is not None
    }
    if "hidden" in changes and network.recipe.hidden is None:
        raise ValueError(f"--hidden is for mlp; the layers of {network.name} are fixed.")
    recipe = dataclasses.replace(network.recipe, **changes)
    with _native_logs_muted():
        from mnist_models.training.train import train

        watch = _ProgressBar(recipe.log_every)
        card = train(network, recipe, options.output, watch, start_from=options.start_from)
    figures = card["validation"]
    if figures:
        print(f"Validation accuracy {figures['accuracy']:.2%} after epoch {card['best_epoch']}.")
    print(f"Saved {', '.join(card['files'])} and the model card in {options.output}/.")
    print(f"Measure it: python -m mnist_models evaluate {network.name} --weights {options.output}")


@contextmanager
def _native_logs_muted():
    """Keep what TensorFlow's C++ side writes to the error channel off the screen.

    Python's own errors, warnings and the progress bar still get there.
    """
    channel, python_errors = os.dup(2), sys.stderr
    try:
        with open(os.devnull, "w") as nothing, os.fdopen(os.dup(channel), "w") as sys.stderr:
            os.dup2(nothing.fileno(), 2)
            yield
    finally:
        sys.stderr = python_errors
        os.dup2(channel, 2)
        os.close(channel)


def _evaluate(options):
    from mnist_models import evaluation

    network = catalog.get(options.name)
    _use_data(options)
    dataset = datasets.load(network.data[0])
    report = evaluation.evaluate(network.name, dataset, options.weights)
    _print_report(report)
    figures = {"test": dataclasses.asdict(report)}
    if "strokes" in network.data and datasets.find("strokes"):
        drawings, unsure = evaluation.evaluate_drawings(
            network.name, datasets.load_strokes(), weights=options.weights
        )
        print()
        _print_report(drawings)
        print(f"unsure of {unsure:.2%}")
        figures["test_drawings"] = dataclasses.asdict(drawings) | {"unsure": unsure}
    if options.save:
        if dataset.is_sample:
            raise datasets.DataError("The card holds figures of the full test set only; fetch MNIST first.")
        cards.write(network.name, cards.read(network.name, options.weights) | figures, options.weights)


def _print_report(report):
    print(f"{report.where}\naccuracy {report.accuracy:.2%}\n")
    print("digit  precision  recall")
    for digit, (precision, recall) in enumerate(zip(report.precision, report.recall, strict=True)):
        print(f"{digit:>5}  {precision:>9.2%}  {recall:>6.2%}")
    print("\nrows: true digit, columns: read as")
    print("     " + "".join(f"{digit:>6}" for digit in range(len(report.confusion))))
    for digit, row in enumerate(report.confusion):
        print(f"{digit:>5}" + "".join(f"{count:>6}" for count in row))


def _predict(options):
    from mnist_models import inference, preprocessing

    network = catalog.get(options.name)
    failed = False
    for path in options.files:
        try:
            image = preprocessing.photo_to_mnist(path.read_bytes())
        except (OSError, preprocessing.UnreadableImage, preprocessing.EmptyCanvas) as error:
            print(f"{path}: {error.strerror if isinstance(error, OSError) else error}", file=sys.stderr)
            failed = True
            continue
        reading = inference.read(network.name, image, options.weights)
        doubt = "" if reading.is_sure else " (unsure)"
        print(f"{path}: {reading.digit} {reading.probabilities[reading.digit]:.1%}{doubt}")
    return 1 if failed else 0


class _ProgressBar:
    """Shows an epoch's progress with speed and time left, and a note every few epochs."""

    def __init__(self, log_every):
        self.log_every = log_every

    def on_start(self, epochs, steps_per_epoch, batch_size):
        from tqdm import tqdm

        self.epochs, self.steps, self.batch_size = epochs, steps_per_epoch, batch_size
        self.bar = tqdm(total=epochs * steps_per_epoch * batch_size, unit=" images", unit_scale=True)
        self.epoch, self.started = 0, time.perf_counter()

    def on_step(self, step, loss):
        self.bar.n = (self.epoch * self.steps + step) * self.batch_size
        self.bar.set_description(f"epoch {self.epoch + 1}/{self.epochs}, loss {loss:.4f}", refresh=False)
        self.bar.update(0)

    def on_epoch(self, epoch, metrics):
        self.epoch = epoch
        if epoch % self.log_every == 0 or epoch == self.epochs:
            self.bar.write(
                f"epoch {epoch}: loss {metrics['loss']:.4f}, accuracy {metrics['accuracy']:.2%}, "
                f"validation loss {metrics['val_loss']:.4f}, accuracy {metrics['val_accuracy']:.2%}, "
                f"{time.perf_counter() - self.started:.0f} s"
            )

    def on_end(self):
        self.bar.close()
