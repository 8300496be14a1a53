"""The files that a run leaves for people."""

import csv
import io
import json
import re
import subprocess
import tempfile
import threading
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mnist_models import catalog
from mnist_models.runs import database, processes
from mnist_models.serving import usage

_TENSORBOARD = (
    "Made when you press it, which takes about ten seconds. Unpack it and open its folder in TensorBoard."
)
_AT_ONCE = 20_000  # points that are read
_one_imports_tensorflow = threading.Lock()  # it takes 600 MB, and a class may press together


@dataclass(frozen=True)
class File:
    """A file to download.

    Attributes:
        title: for a button.
        content: function that gives what is saved, bytes; it may take seconds.
        download_as: its name for whoever saves it, with the run's.
        hint: a line on how to use it; often empty.
    """

    title: str
    content: Callable[[], bytes]
    download_as: str
    hint: str = ""


def files(settings, db, run):
    """What there is of a run: weights, ONNX file, history, film, TensorBoard files and configuration.

    Args:
        settings: settings.Settings.
        db: database.Database.
        run: records.Run.

    Returns:
        list of File.
    """
    folder = settings.folder(run.id)
    weights = folder / "weights"
    stem = re.sub(r"[^\w.-]+", "_", run.name).strip("_.") or run.id
    hint = usage.how_to_use(run.network, stem) if run.network in catalog.NETWORKS else ""

    def there(title, path, download_as, hint=""):
        return [File(title, path.read_bytes, download_as, hint)] if path.is_file() else []

    def of_network(title, ending, hint=""):
        return there(title, weights / f"{run.network}{ending}", f"{stem}{ending}", hint)

    found = [
        *of_network("Weights (.keras)", ".keras", hint),
        *of_network("Weights (.npz)", ".npz", hint),
        *of_network("Network (.onnx)", ".onnx"),
        *of_network("Encoder (.onnx)", ".encoder.onnx"),
        *of_network("Decoder (.onnx)", ".decoder.onnx"),
        *of_network("Discriminator (.onnx)", ".discriminator.onnx"),
        *of_network("Model card (.json)", ".json"),
    ]
    if db.runs.points(run.id, whole=True, limit=1):
        found.append(File("History (.csv)", partial(history, settings, run.id), f"{stem}_history.csv"))
    found += there("Pictures (.gif)", folder / "pictures.gif", f"{stem}_pictures.gif")
    found += there("Configuration (.json)", folder / "configuration.json", f"{stem}_configuration.json")
    if db.runs.last_point(run.id):
        content = partial(tensorboard, settings, run, f"{stem}_tensorboard")
        found.append(File("TensorBoard (.zip)", content, f"{stem}_tensorboard.zip", _TENSORBOARD))
    return found


def history(settings, run_id):
    """The figures of every whole epoch as CSV: "epoch", "step", "seconds" and the metrics.

    Returns:
        bytes, UTF-8.
    """
    epochs = [point for point in _points(settings, run_id) if point.whole]
    names = list(dict.fromkeys(name for point in epochs for name in point.figures))
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(["epoch", "step", "seconds", *names])
    for point in epochs:
        figures = [point.figures.get(name, "") for name in names]
        writer.writerow([round(point.epoch), point.step, round(point.seconds, 2), *figures])
    return file.getvalue().encode()


def tensorboard(settings, run, name):
    """A run's metrics for TensorBoard, made by another process, which imports TensorFlow.

    Args:
        settings: settings.Settings.
        run: records.Run.
        name: of the folder in the zip file.

    Returns:
        bytes of a zip file.

    Raises:
        OSError, subprocess.SubprocessError: when that process cannot do it.
    """
    points = [_event(run, point) for point in _points(settings, run.id)]
    with _one_imports_tensorflow, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"events.out.tfevents.{run.created:.0f}.run"
        subprocess.run(
            processes.python("mnist_models.training.tensorboard", str(path)),
            input=json.dumps(points),
            text=True,
            capture_output=True,
            check=True,
            timeout=300,
            # Trainings need the GPUs, and for writing numbers nobody does.
            env=processes.environment(CUDA_VISIBLE_DEVICES="-1", TF_CPP_MIN_LOG_LEVEL="2"),
        )
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(path, f"{name}/{path.name}")
        return file.getvalue()


def _event(run, point):
    """(time, step, figures) as TensorBoard shows them: clocks that stand still while a run is paused."""
    group = "epochs" if point.whole else "steps"
    figures = {f"{group}/{name}": value for name, value in point.figures.items()}
    return run.created + point.seconds, point.step, figures


def _points(settings, run_id):
    """All of a run's points."""
    points = []
    with database.connect(settings, database.PAGE_SECONDS) as db:
        while more := db.runs.points(run_id, points[-1].row if points else 0, limit=_AT_ONCE):
            points += more
    return points
