"""The files that a run leaves for people."""

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class File:
    """A file to download.

    Attributes:
        title: for a button.
        path: where it is.
        download_as: its name for whoever saves it, with the run's.
    """

    title: str
    path: Path
    download_as: str


def files(settings, run):
    """What there is of a run: weights, ONNX file, history, film and configuration.

    Args:
        settings: settings.Settings.
        run: store.Run.

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
    return [
        File(title, path, f"{stem}{''.join(path.suffixes) if path.parent == weights else '_' + path.name}")
        for title, path in candidates
        if path.is_file()
    ]
