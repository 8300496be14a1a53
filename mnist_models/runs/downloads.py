"""The files that a run leaves for people."""

import io
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

from mnist_models.serving import usage

_EVENTS = "events.out.tfevents.*"
_TENSORBOARD = "Unpack it and open its folder in TensorBoard."


@dataclass(frozen=True)
class File:
    """A file to download.

    Attributes:
        title: for a button.
        path: where it is; a folder becomes a zip file.
        download_as: its name for whoever saves it, with the run's.
        hint: a line on how to use it; often empty.
    """

    title: str
    path: Path
    download_as: str
    hint: str = ""

    def content(self):
        """What is saved: bytes."""
        if self.path.is_dir():
            return _zipped(self.path, Path(self.download_as).stem)
        return self.path.read_bytes()


def files(settings, run):
    """What there is of a run: weights, ONNX file, history, film, TensorBoard files and configuration.

    Args:
        settings: settings.Settings.
        run: database.Run.

    Returns:
        list of File.
    """
    folder = settings.folder(run.id)
    weights = folder / "weights"
    candidates = (
        ("Weights (.keras)", weights / f"{run.network}.keras"),
        ("Weights (.npz)", weights / f"{run.network}.npz"),
        ("Network (.onnx)", weights / f"{run.network}.onnx"),
        ("Encoder (.onnx)", weights / f"{run.network}.encoder.onnx"),
        ("Decoder (.onnx)", weights / f"{run.network}.decoder.onnx"),
        ("Discriminator (.onnx)", weights / f"{run.network}.discriminator.onnx"),
        ("Model card (.json)", weights / f"{run.network}.json"),
        ("History (.csv)", folder / "history.csv"),
        ("Pictures (.gif)", folder / "pictures.gif"),
        ("Configuration (.json)", folder / "configuration.json"),
    )
    stem = re.sub(r"[^\w.-]+", "_", run.name).strip("_.") or run.id
    found = [
        File(
            title,
            path,
            f"{stem}{''.join(path.suffixes) if path.parent == weights else '_' + path.name}",
            usage.how_to_use(run.network, stem) if path.suffix in (".keras", ".npz") else "",
        )
        for title, path in candidates
        if path.is_file()
    ]
    events = folder / "tensorboard"
    if any(events.glob(_EVENTS)):
        found.append(File("TensorBoard (.zip)", events, f"{stem}_tensorboard.zip", _TENSORBOARD))
    return found


def _zipped(folder, name):
    """TensorBoard's files of a folder as a zip file that holds a folder of that name."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, path in enumerate(sorted(folder.glob(_EVENTS))):
            # Without the end of the name, which earlier versions made of the server's.
            moment = path.name.removeprefix("events.out.tfevents.").split(".")[0]
            archive.write(path, f"{name}/events.out.tfevents.{moment}.{number}")
    return file.getvalue()
