"""The command line: train, evaluate, predict, kaggle, gif, directions, list, data, worker.

TensorFlow is imported only by `train` (and by `data fetch`, through Keras), so that everything else
answers at once.
"""

import argparse
import dataclasses
import os
import signal
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from mnist_models import catalog, recipes
from mnist_models import weights as cards
from mnist_models.data import datasets, upload_report
from mnist_models.errors import DigitLabError, said
from mnist_models.files.atomic import atomic_write
from mnist_models.serving import submission
from mnist_models.training import folders
from mnist_models.training.progress import Watch

_RECIPES_WITH = {}  # by name of a field
for _kind in recipes.RECIPES:
    for _name in _kind.model_fields:
        _RECIPES_WITH.setdefault(_name, []).append(_kind)
NOTES_EVERY = 5  # epochs


def main(arguments=None):
    """Run a command. What a person can do nothing about goes through, with its traceback.

    Args:
        arguments: list of str; those of the process when None.

    Returns:
        int, the exit status: 0 done, 1 could not be done, 130 interrupted.
    """
    options = _parser().parse_args(arguments)
    try:
        return options.run(options) or 0
    except BrokenPipeError:  # the reader of our output, such as `head`, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (DigitLabError, OSError) as error:
        further = getattr(error, "on_the_command_line", "")
        print(*filter(None, [said(error, in_full=True), further]), file=sys.stderr)
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
    command.add_argument("action", nargs="?", choices=("show", "fetch", "add"), default="show")
    command.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="data sets to fetch; add: faces FOLDER, or own FOLDER, ZIP or CSV",
    )
    command.set_defaults(run=_data)

    command = commands.add_parser("train", help="train a network")
    _train_options(command)
    command.set_defaults(run=_train)

    command = commands.add_parser(
        "export", help="write the files of a network that was trained where TensorFlow is not installed"
    )
    command.add_argument("name", metavar="NAME")
    _run_option(command)
    _data_option(command)
    command.add_argument(
        "--output", type=Path, default=Path("trained"), metavar="FOLDER", help="default: trained/"
    )
    command.set_defaults(run=_export)

    command = commands.add_parser("evaluate", help="measure a trained network on its test images")
    command.add_argument("name", metavar="NAME")
    command.add_argument("--save", action="store_true", help="write the figures into the model card")
    _data_option(command)
    _weights_option(command)
    command.set_defaults(run=_evaluate)

    command = commands.add_parser("gif", help="the pictures of a training as an animation")
    command.add_argument("name", metavar="NAME")
    _run_option(command)
    command.add_argument("--output", type=Path, metavar="FILE", help="default: NAME.gif")
    command.set_defaults(run=_gif)

    command = commands.add_parser("directions", help="find what a generator's sliders can change")
    command.add_argument("name", metavar="NAME")
    _weights_option(command)
    command.set_defaults(run=_directions)

    command = commands.add_parser("worker", help="what the app starts to train a run of the Train page")
    command.add_argument("run_id", nargs="?", metavar="RUN_ID", help="waits for a run when none is given")
    command.add_argument("--slot", type=_whole_number, default=0, help="number of the worker, from 0")
    command.set_defaults(run=_worker)

    command = commands.add_parser("kaggle", help="train on Kaggle's digit-recognizer and write a submission")
    for file in ("train", "test", "submission"):
        command.add_argument(file, type=Path, metavar=f"{file}.csv")
    command.add_argument("--network", default="cnn", metavar="NAME", help="a classifier; default: cnn")
    command.add_argument("--epochs", type=_whole_number)
    command.add_argument("--quick", action="store_true", help="something to see within three minutes")
    command.add_argument("--seed", type=_read_as("seed"))
    command.add_argument(
        "--output", type=Path, default=Path("trained"), metavar="FOLDER", help="for the trained network"
    )
    command.set_defaults(run=_kaggle)

    command = commands.add_parser("predict", help="read image files")
    command.add_argument("name", metavar="NAME")
    command.add_argument("files", nargs="+", metavar="FILE", type=Path)
    _weights_option(command)
    command.set_defaults(run=_predict)
    return parser


def _train_options(command):
    command.add_argument("name", metavar="NAME")
    command.add_argument("--epochs", type=_whole_number, help="how many, or with --resume how many more")
    _recipe_options(command)
    command.add_argument("--log-every", type=_positive_int, metavar="N", help="epochs between notes")
    command.add_argument("--quick", action="store_true", help="something to see within three minutes")
    command.add_argument("--resume", action="store_true", help="go on from the newest checkpoint")
    _run_option(command)
    _data_option(command)
    command.add_argument(
        "--start-from",
        type=Path,
        metavar="FOLDER",
        help="begin with the weights of a trained network (an autoencoder also: FILE.keras)",
    )
    command.add_argument(
        "--output", type=Path, default=Path("trained"), metavar="FOLDER", help="default: trained/"
    )


def _recipe_options(command):
    """An option for every field of the recipes, with its meaning and range."""
    for name, kinds in _RECIPES_WITH.items():
        if name == "epochs":  # which also counts further ones
            continue
        known = [one for kind in kinds for one in recipes.hyperparameters(kind) if one.name == name]
        options = {"type": _read_as(name)}
        if known[0].kind == "switch":
            options = {"action": argparse.BooleanOptionalAction, "default": None}
        told = {}  # once where several kinds of recipes mean the same
        for one in known:
            told.setdefault(one.meaning, f"{one.meaning[:-1]} ({one.limits})." if one.limits else one.meaning)
        command.add_argument(
            f"--{name.replace('_', '-')}", dest=name, help=" ".join(told.values()), **options
        )


def _read_as(name):
    """What reads an option for a field of recipes, and refuses what no kind of recipe takes."""

    def read(text):
        wrong = []
        for kind in _RECIPES_WITH[name]:
            (known,) = (one for one in recipes.hyperparameters(kind) if one.name == name)
            try:
                value = known.parse(text)
            except ValueError:  # argparse would name our function
                raise argparse.ArgumentTypeError(f"must be {known.expected}, not '{text}'") from None
            wrong += recipes.wrong_values(kind, **{name: value}).values() or [""]
        if all(wrong):
            raise argparse.ArgumentTypeError(wrong[0])
        return value

    return read


def _run_option(command):
    command.add_argument(
        "--run",
        dest="run_folder",
        type=Path,
        metavar="FOLDER",
        help="checkpoints and pictures of a training; default: NAME.run in the folder of the networks",
    )


def _data_option(command):
    command.add_argument(
        "--data", type=Path, metavar="FOLDER", help=f"where data sets are; else ${datasets.DATA_VARIABLE}"
    )


def _weights_option(command):
    command.add_argument(
        "--weights", type=Path, metavar="FOLDER", help="trained networks; default: the shipped ones"
    )


def _read(kind, what, text):
    try:
        return kind(text)
    except ValueError:  # argparse would name our function
        raise argparse.ArgumentTypeError(f"must be {what}, not '{text}'") from None


def _integer(text):
    return _read(int, "a whole number", text)


def _positive_int(text):
    number = _integer(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _whole_number(text):
    number = _integer(text)
    if number < 0:
        raise argparse.ArgumentTypeError("must be 0 or more")
    return number


def _list(options):
    print(f"{'name':12} {'parameters':>11} {'measured':>14}  what it is")
    for network in catalog.NETWORKS.values():
        try:
            card = cards.read(network.name, options.weights)
        except cards.CardError:
            print(f"{network.name:12} {'not trained':>26}  {network.summary}")
            continue
        print(f"{network.name:12} {card['parameters']:>11,} {_figure(card):>14}  {network.summary}")


def _figure(card):
    """The figure that says most about a network, with what it is a share of."""
    test = card.get("test", {})
    if "accuracy" in test:
        return f"{test['accuracy']:.2%} right"
    if "error" in test:
        return f"error {test['error']:.4f}"
    if "mean_absolute_error" in test:
        return f"{test['mean_absolute_error']:.1f} years off"
    if "sure" in test:
        return f"{test['sure']:.1%} sure"
    if "swd" in test:
        return "SWD " + "/".join(f"{distance:.0f}" for distance in test["swd"])
    return "–"


def _data(options):
    if options.action == "add":
        return _add_data(options.names)
    unknown = set(options.names) - set(datasets.SOURCES)
    if unknown:
        raise datasets.DataError(
            f"There is no data set '{sorted(unknown)[0]}'. Known: {', '.join(datasets.SOURCES)}."
        )
    if options.action == "fetch":
        from mnist_models.data import download

        for name in options.names or datasets.SOURCES:
            if datasets.find(name) is None:
                print(f"Fetching {datasets.SOURCES[name].title} …")
                with _native_logs_muted():
                    download.fetch(name)
    for name in datasets.SOURCES:
        print(datasets.describe(name))


def _add_data(arguments):
    if len(arguments) != 2 or arguments[0] not in ("faces", "own"):
        raise datasets.DataError(
            "Add photographs with: python -m mnist_models data add faces FOLDER\n"
            "Add data of your own with: python -m mnist_models data add own FOLDER (or a ZIP or CSV file)"
        )
    from tqdm import tqdm

    if arguments[0] == "own":
        _add_own_data(Path(arguments[1]), tqdm)
        return

    from mnist_models.data import face_folder

    print(f"Saved {face_folder.add(arguments[1], tqdm)}.")


def _add_own_data(path, progress):
    from mnist_models.data import user_data
    from mnist_models.runs import uploads
    from mnist_models.runs.settings import Settings

    if path.is_dir():
        data = user_data.from_folder(path, progress)
    else:
        data = _from_file(path, lambda file: user_data.from_file(path.name, file, progress))
    name = uploads.keep(Settings.load(), path.resolve().stem, data)
    counts = ", ".join(f"{label} {count:,}" for label, count in data.counts.items())
    for note in data.notes:
        print(note)
    print(f"Kept {len(data.x):,} images ({counts}) as {name}: choose it on the Train page.")


def _kaggle(options):
    from mnist_models.data import kaggle_csv, user_data

    with _stopped_at_once():
        from mnist_models.training.classifier import train

    network = catalog.get(options.network)
    if network.name not in catalog.CLASSIFIERS:
        raise DigitLabError(f"{network.name} names no classes. Use one of {', '.join(catalog.CLASSIFIERS)}.")
    # What is wrong is better said before a training than after.
    if not options.submission.parent.is_dir():
        raise DigitLabError(f"There is no folder {options.submission.parent}.")
    if options.submission.is_dir():
        raise DigitLabError(f"{options.submission} is a folder, not a file.")
    folders.check(options.output, "--output")
    _from_file(options.test, kaggle_csv.read_test)
    train_data = _from_file(options.train, user_data.from_csv)
    data = user_data.as_dataset(train_data, "kaggle", options.train.name)
    recipe = _recipe(network, options)
    network = replace(network, limits=())  # they speak of its own data
    with _native_logs_muted(), folders.held(options.output, network.name):
        card = train(network, recipe, options.output, _ProgressBar(NOTES_EVERY), own=data)
    if card["validation"]:
        count, accuracy = card["data"]["validation_images"], card["validation"]["accuracy"]
        print(f"Validation accuracy {accuracy:.2%} of {count:,} images that were not trained on.")
    lines = submission.submission(cards.trained(network.name, options.output), options.test.read_bytes())
    with atomic_write(options.submission) as draft:
        draft.write_bytes(lines)
    print(f"Saved {options.submission}.")


def _from_file(path, read):
    """What `read` makes of a file's bytes; errors name the file."""
    try:
        return read(path.read_bytes())
    except OSError as error:
        raise datasets.DataError(f"{path}: {error.strerror or error}") from None
    except datasets.DataError as error:
        raise datasets.DataError(f"{path}: " + "\n".join(upload_report.sentences(error))) from None


def _use_data(options):
    if options.data is not None:
        if not options.data.is_dir():
            raise datasets.DataError(f"There is no folder {options.data}.")
        os.environ[datasets.DATA_VARIABLE] = str(options.data)


def _train(options):
    network = catalog.get(options.name)
    _use_data(options)
    folders.check(options.output, "--output")
    if options.run_folder:
        folders.check(options.run_folder, "--run")
    with _native_logs_muted():
        if network.kind == "classifier":
            card = _train_classifier(network, options)
        elif network.kind == "regressor":
            card = _train_age(network, options)
        else:
            card = _train_pictures(network, options)
    if card is None:
        return  # it is exported later
    if card.get("interrupted") and _keeps_checkpoints(network, options):
        print("--resume goes on.")
    print(f"Saved {', '.join(card['files'])} and the model card in {options.output}/.")
    _say_what_was_missing(network)
    print(f"Measure it: python -m mnist_models evaluate {network.name} --weights {options.output}")


def _export(options):
    if options.name in catalog.CLASSIFIERS or options.name in catalog.REGRESSORS:
        raise DigitLabError(f"{options.name} was exported when it was trained.")
    run_folder = _run_folder(options, options.output)
    arguments = ["train", options.name, "--resume", "--epochs", "0", "--run", str(run_folder)]
    if options.data:
        arguments += ["--data", str(options.data)]
    return _train(_parser().parse_args([*arguments, "--output", str(options.output)]))


def _say_what_was_missing(network):
    """How to get data that the training did without."""
    for name in network.data:
        if name in ("mnist", "strokes") and datasets.find(name) is None:
            print(f"{datasets.SOURCES[name].title}: get more with: {datasets.SOURCES[name].how_to_get}")


def _keeps_checkpoints(network, options):
    return network.name not in catalog.CLASSIFIERS or bool(options.resume or options.run_folder)


@contextmanager
def _stopped_at_once():
    """Let Ctrl-C end the process while TensorFlow is imported, which would swallow the exception."""

    def stop(number, frame):
        print("Stopped.", file=sys.stderr, flush=True)
        os._exit(130)

    try:
        before = signal.signal(signal.SIGINT, stop)
    except ValueError:  # not the main thread, which alone hears of signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _held(network, *chosen):
    """Keep other trainings out of all folders that this one writes to; None among them is passed over."""
    with ExitStack() as stack:
        for folder in dict.fromkeys(Path(folder).resolve() for folder in chosen if folder):
            stack.enter_context(folders.held(folder, network.name))
        yield


def _train_classifier(network, options):
    with _stopped_at_once():
        from mnist_models.training.classifier import train

    recipe = _recipe(network, options)
    if options.resume:
        recipe = _recipe_of_run(options)
    run_folder = _run_folder(options, options.output) if _keeps_checkpoints(network, options) else None
    with _held(network, options.output, run_folder):
        card = train(
            network,
            recipe,
            options.output,
            _ProgressBar(options.log_every or NOTES_EVERY),
            start_from=options.start_from,
            run_folder=run_folder,
            resume=options.resume,
            epochs=options.epochs if options.resume else None,
        )
    if card["validation"]:
        accuracy = card["validation"]["accuracy"]
        print(f"Validation accuracy {accuracy:.2%} after epoch {card['best_epoch']}.")
    return card


def _train_age(network, options):
    with _stopped_at_once():
        from mnist_models.training import age

    recipe = _whole_recipe(network, options)
    with _held(network, options.output):
        return age.train(
            network,
            recipe,
            datasets.load_faces(),
            options.output,
            _ProgressBar(options.log_every or NOTES_EVERY),
        )


def _whole_recipe(network, options):
    """The recipe of a training that cannot be resumed."""
    for option in ("quick", "resume", "run_folder"):
        if getattr(options, option):
            flag = "run" if option == "run_folder" else option
            raise DigitLabError(f"--{flag} cannot be used with {network.name}.")
    return _recipe(network, options)


def _train_pictures(network, options):
    """Train a network that makes pictures: an autoencoder, or a generator with its discriminator."""
    with _stopped_at_once():
        from mnist_models.training import autoencoder, gan

    recipe = _recipe(network, options)
    trainer = gan if network.kind == "gan" else autoencoder
    run_folder = _run_folder(options, options.output)
    try:
        with _held(network, options.output, run_folder):
            return trainer.train(
                network,
                recipe,
                options.output,
                run_folder,
                _ProgressBar(options.log_every or 1),
                resume=options.resume,
                epochs=options.epochs,
                start_from=options.start_from,
            )
    except OSError as error:
        raise DigitLabError(
            f"{said(error, in_full=True)}. What was learned is kept in {run_folder}: once that is mended, "
            f"write the network's files with --resume --epochs 0."
        ) from None


def _recipe_of_run(options):
    from mnist_models.training import loop

    return loop.recipe_of(_run_folder(options, options.output))


def _recipe(network, options):
    """The network's recipe with what the options change; as it is for a training that goes on.

    Raises:
        DigitLabError: with a sentence for every mistake.
    """
    given = {name: getattr(options, name, None) for name in _RECIPES_WITH}
    chosen = {name: value for name, value in given.items() if value is not None}
    if getattr(options, "resume", False):
        if options.quick or chosen.keys() - {"epochs"}:
            raise DigitLabError(
                "A resumed training keeps its recipe; only --epochs can be given with --resume."
            )
        return network.recipe
    possible = set(type(network.recipe).model_fields) - set(network.fixed)
    for name in sorted(chosen.keys() - possible):
        raise DigitLabError(f"--{name.replace('_', '-')} is not a setting of {network.name}.")
    recipe = (network.quick if options.quick else network.recipe).model_copy(update=chosen)
    if problems := recipes.mistakes(recipe):
        raise DigitLabError(" ".join(problems.values()))
    return recipe


def _run_folder(options, output=Path("trained")):
    return options.run_folder or output / f"{options.name}.run"


def _gif(options):
    network = catalog.get(options.name)
    from mnist_models.training import sample_grids

    path = options.output or Path(f"{network.name}.gif")
    if path.is_dir():
        raise DigitLabError(f"--output {path} is a folder, not a file.")
    sample_grids.animate(_run_folder(options) / "pictures", path)
    print(f"Saved {path}.")


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


def _worker(options):
    from mnist_models import worker

    worker.work(options.slot, options.run_id)


def _evaluate(options):
    network = catalog.get(options.name)
    _use_data(options)
    evaluate = {
        "classifier": _evaluate_classifier,
        "autoencoder": _evaluate_autoencoder,
        "gan": _evaluate_generator,
        "regressor": _evaluate_age,
    }[network.kind]
    figures = evaluate(network, options)
    if options.save:
        cards.write(network.name, cards.read(network.name, options.weights) | figures, options.weights)


def _refuse_sample(dataset, options):
    if options.save and dataset.is_sample:
        raise datasets.DataError("The card holds figures of the full test set only; fetch MNIST first.")


def _evaluate_classifier(network, options):
    from mnist_models.evaluation import classifier as evaluation

    dataset = datasets.load(network.data[0])
    report = evaluation.evaluate(network.name, dataset, options.weights)
    _print_report(report, datasets.SOURCES[dataset.name].labels)
    _refuse_sample(dataset, options)
    figures = {"test": dataclasses.asdict(report)}
    if "strokes" in network.data and datasets.find("strokes"):
        recorded, weights = datasets.load_strokes(), options.weights
        drawings, unsure = evaluation.evaluate_drawings(network.name, recorded, weights=weights)
        print()
        _print_report(drawings)
        print(f"unsure of {unsure:.2%}")
        figures["test_drawings"] = dataclasses.asdict(drawings) | {"unsure": unsure}
        figures["test_fat_pens"] = evaluation.evaluate_fat_pens(network.name, recorded, weights=weights)
        figures["test_photos"] = evaluation.evaluate_photos(network.name, weights=weights)
        for title in ("test_fat_pens", "test_photos"):
            print()
            for kind, found in figures[title].items():
                print(f"{kind:30}" + "".join(f"  {name} {value:.4g}" for name, value in found.items()))
    return figures


def _evaluate_generator(network, options):
    from mnist_models.evaluation import generator

    if network.data[0] != "faces":
        _refuse_sample(datasets.load(network.data[0]), options)
    figures = generator.evaluate(network, options.weights)
    _print_figures(figures)
    return {"test": figures}


def _evaluate_autoencoder(network, options):
    from mnist_models.evaluation import autoencoder as evaluation_reconstruction

    dataset = datasets.load(network.data[0])
    _refuse_sample(dataset, options)
    figures = evaluation_reconstruction.evaluate(network, dataset, options.weights)
    _print_figures(figures)
    return {"test": figures}


def _evaluate_age(network, options):
    from mnist_models.evaluation import age as evaluation_age

    figures = evaluation_age.evaluate(datasets.load_faces(), options.weights)
    _print_figures(figures)
    return {"test": figures}


def _print_figures(figures):
    for name, figure in figures.items():
        numbers = figure if isinstance(figure, list) else [figure]
        print(f"{name:20} {'  '.join(f'{number:.4g}' for number in numbers)}")


def _print_report(report, names=datasets.DIGITS):
    width = max(map(len, ("digit", *names)))
    print(f"{report.where}\naccuracy {report.accuracy:.2%}\n")
    print(f"{'digit' if names is datasets.DIGITS else 'class':{width}}  precision  recall")
    for name, precision, recall in zip(names, report.precision, report.recall, strict=True):
        print(f"{name:>{width}}  {precision:>9.2%}  {recall:>6.2%}")
    print("\nrows: true, columns: read as")
    print(" " * width + "".join(f"{name[:5]:>6}" for name in names))
    for name, row in zip(names, report.confusion, strict=True):
        print(f"{name:>{width}}" + "".join(f"{count:>6}" for count in row))


def _directions(options):
    from mnist_models.evaluation import sliders

    network = catalog.get(options.name)
    if network.name not in catalog.ADVERSARIAL:
        raise DigitLabError(f"Only generators have directions: {', '.join(catalog.ADVERSARIAL)}.")
    tested = sliders.find(network, options.weights)
    print(f"{sum(one.kept for one in tested)} of {len(tested)} kept; all figures are in the model card.")


def _predict(options):
    from mnist_models.images import normalize
    from mnist_models.serving import classifier

    network = catalog.get(options.name)
    if network.name not in catalog.CLASSIFIERS or network.data[0] != "mnist":
        raise DigitLabError(f"{network.name} reads no digits; try reader.")
    failed = False
    for path in options.files:
        try:
            image = normalize.photo_to_mnist(path.read_bytes())
        except (OSError, normalize.UnreadableImage, normalize.EmptyCanvas) as error:
            print(f"{path}: {error.strerror if isinstance(error, OSError) else error}", file=sys.stderr)
            failed = True
            continue
        reading = classifier.read(cards.trained(network.name, options.weights), image)
        doubt = "" if reading.is_sure else " (unsure)"
        print(f"{path}: {reading.digit} {reading.probabilities[reading.digit]:.1%}{doubt}")
    return 1 if failed else 0


class _ProgressBar(Watch):
    """Shows an epoch's progress with speed and time left, and a note every few epochs."""

    def __init__(self, log_every):
        self.log_every, self.bar = log_every, None

    def on_start(self, epochs, steps_per_epoch, batch_size, epochs_done=0):
        from tqdm import tqdm

        self.epochs, self.steps, self.batch_size = epochs, steps_per_epoch, batch_size
        self.epoch, self.started = epochs_done, time.perf_counter()
        self.bar = tqdm(
            total=epochs * steps_per_epoch * batch_size,
            initial=epochs_done * steps_per_epoch * batch_size,
            unit=" images",
            unit_scale=True,
            mininterval=0.1 if sys.stderr.isatty() else 30,  # a log file wants no ten lines a second
        )

    def on_step(self, step, means):
        loss = next(iter(means.values()))
        self.bar.set_description(f"epoch {self.epoch + 1}/{self.epochs}, loss {loss:.4f}", refresh=False)
        self.bar.update((self.epoch * self.steps + step) * self.batch_size - self.bar.n)

    def on_epoch(self, epoch, metrics):
        self.epoch = epoch
        if epoch % self.log_every == 0 or epoch == self.epochs:
            figures = ", ".join(_note(name, value) for name, value in metrics.items() if name != "seconds")
            self.bar.write(f"epoch {epoch}: {figures}, {time.perf_counter() - self.started:.0f} s")

    def on_end(self):
        if self.bar is not None:  # a training may fail before it begins
            self.bar.close()


def _note(name, value):
    words = name.replace("val_", "validation ").replace("_", " ")
    return f"{words} {value:.2%}" if "accuracy" in name else f"{words} {value:.4f}"
