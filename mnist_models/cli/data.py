"""Data sets: what is here, fetching what is missing, and bringing along one's own."""

import click

from mnist_models.cli import options
from mnist_models.cli.console import native_logs_muted
from mnist_models.data import datasets, upload_report


@click.group(invoke_without_command=True)
@click.pass_context
def data(context):
    """What data is here, and fetching what is not."""
    if context.invoked_subcommand is None:
        _show_data()


def _show_data():
    for name in datasets.SOURCES:
        print(datasets.describe(name))


@data.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
def fetch(names):
    """Download data sets that are missing; all when none is named."""
    from mnist_models.data import download

    unknown = set(names) - set(datasets.SOURCES)
    if unknown:
        raise datasets.DataError(
            f"There is no data set '{sorted(unknown)[0]}'. Known: {', '.join(datasets.SOURCES)}."
        )
    for name in names or datasets.SOURCES:
        if datasets.find(name) is None:
            print(f"Fetching {datasets.SOURCES[name].title} …")
            with native_logs_muted():
                download.fetch(name)
    _show_data()


@data.group()
def add():
    """Photographs of faces, or data of your own."""


@add.command()
@click.argument("folder")
def faces(folder):
    """A folder of photographs of faces, such as UTKFace."""
    from tqdm import tqdm

    from mnist_models.data import face_folder

    print(f"Saved {face_folder.add(folder, tqdm)}.")


@add.command()
@click.argument("path", type=options.PATH)
def own(path):
    """A folder or ZIP with a folder of pictures per class, or a CSV file."""
    from tqdm import tqdm

    from mnist_models.data import user_data
    from mnist_models.runs import uploads
    from mnist_models.runs.settings import Settings

    if path.is_dir():
        found = user_data.from_folder(path, tqdm)
    else:
        found = from_file(path, lambda file: user_data.from_file(path.name, file, tqdm))
    name = uploads.keep(Settings.load(), path.resolve().stem, found)
    counts = ", ".join(f"{label} {count:,}" for label, count in found.counts.items())
    for note in found.notes:
        print(note)
    print(f"Kept {len(found.x):,} images ({counts}) as {name}: choose it on the Train page.")


def from_file(path, read):
    """What `read` makes of a file's bytes; errors name the file."""
    try:
        return read(path.read_bytes())
    except datasets.DataError as error:
        raise datasets.DataError(f"{path}: " + "\n".join(upload_report.sentences(error))) from None
