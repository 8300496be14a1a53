"""What the pages say of runs, in sentences."""

from mnist_models.data import datasets
from mnist_models.runs import configuration, uploads
from mnist_models.runs.settings import Settings

_NO_GPU = (
    "No GPU was found: networks train on this machine's processor. The presets are made for that and take "
    "up to about three minutes."
)


def hardware(gpus):
    """What runs will train on, and what that means.

    Args:
        gpus: as from `settings.gpus`.
    """
    if not gpus:
        return _NO_GPU
    return f"Trains on {' and '.join(gpus)}. The presets are made for a processor: choose more epochs."


def state(run, place=None):
    """Where a run stands, one sentence.

    Args:
        run: records.Run.
        place: its place in the queue, from 1, or None.
    """
    if run.state == "waiting":
        ahead = "next" if place in (None, 1) else _ordinal(place)
        return f"Waiting: {ahead} in the queue. It starts as soon as a worker is free."
    if run.state == "running":
        if run.command:
            return {"pause": "Pausing …", "stop": "Stopping …"}[run.command]
        return run.phase or f"Training, epoch {min(int(run.epochs_done) + 1, run.epochs)} of {run.epochs}."
    done = f"{run.epochs_done:.1f}" if run.epochs_done < run.epochs else str(run.epochs)
    after = f"after {done} of {_epochs(run.epochs)}"
    if run.state == "finished":
        return f"Finished, {_epochs(run.epochs)}."
    if run.state == "paused":
        return f"Paused {after}."
    if run.state == "stopped":
        return (
            f"Stopped {after}; the best weights are kept." if run.epochs_done else "Stopped before it began."
        )
    return f"{run.state.capitalize()} {after}. {run.reason}"


def progress(run):
    """How far and how fast, such as "2.3 of 5 epochs, 4,120 images/s, 23 s left"."""
    parts = [f"{run.epochs_done:.1f} of {_epochs(run.epochs)}"]
    if run.images_per_second:
        parts.append(f"{run.images_per_second:,.0f} images/s")
    if run.seconds_left is not None and run.state == "running":
        parts.append(f"{duration(run.seconds_left)} left")
    return ", ".join(parts)


def duration(seconds):
    """Such as "43 s", "2 min 5 s" or "1 h 12 min"."""
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min {seconds} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def figures(run):
    """The newest figures that say most, such as "validation accuracy 97.20 %"."""
    known, parts = run.figures, []
    if "best_val_accuracy" in known:
        parts.append(f"best validation accuracy {100 * known['best_val_accuracy']:.2f} %")
    if "val_error" in known:
        parts.append(f"validation error {known['val_error']:.4f}")
    if "d_real" in known:
        parts.append(
            f"real pictures taken for real {100 * known['d_real']:.0f} %, "
            f"generated ones {100 * known['d_generated']:.0f} %"
        )
    return ", ".join(parts)


def read_as_none(count):
    """About validation images that were read as none of the classes.

    Every classifier has ten outputs; those beyond the classes lose their weight only as training goes on.
    """
    images = "1 image was" if count == 1 else f"{count:,} images were"
    return f"{images} read as none of these classes. That ends with more epochs."


def data_title(name):
    """A data set for people, with a word where the embedded sample stands for it.

    No two that are here have the same.
    """
    if uploads.is_own(name):
        return _title_of_own(name)
    if name not in datasets.SOURCES and name != datasets.SAMPLE:
        return f"Unknown data ({name})"  # of another version of this app
    title = datasets.source(name).title
    if name == datasets.SAMPLE:
        return f"{title}: 8,000 embedded digits"
    if configuration.is_here(name):
        return title
    return f"{title}: embedded sample" if name == "mnist" else f"{title}: not on this machine"


def _ordinal(number):
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _epochs(count):
    return "1 epoch" if count == 1 else f"{count} epochs"


def class_names(name):
    """Names of a data set's classes: tuple of str; numbers where it was deleted meanwhile."""
    try:
        return configuration.source_of(name).labels
    except (datasets.DataError, KeyError):
        return datasets.DIGITS


def _title_of_own(name):
    try:
        return uploads.shown_title(Settings.load(), name)
    except datasets.DataError:
        return "Deleted data"
