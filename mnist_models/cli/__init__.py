"""The command line: `python -m mnist_models COMMAND`, or `digit-lab COMMAND` where it is installed.

TensorFlow is imported only by what trains (and by `data fetch`, through Keras), so that everything else
answers at once.
"""

import sys

import click

from mnist_models.cli import data, kaggle, measuring, reading, training
from mnist_models.errors import DigitLabError, said

commands = click.Group(
    help="Networks that read and draw digits.",
    commands=[
        measuring.list_networks,
        measuring.evaluate,
        measuring.directions,
        reading.predict,
        training.train,
        training.export,
        training.gif,
        training.worker,
        kaggle.kaggle,
        data.data,
    ],
)


def main(arguments: list[str] | None = None) -> int:
    """Run a command. What a person can do nothing about goes through, with its traceback.

    Args:
        arguments: those of the process when None.

    Returns:
        The exit status: 0 done, 1 could not be done, 2 no such command or option, 130 interrupted.
    """
    try:
        return commands.main(arguments, standalone_mode=False) or 0
    except click.UsageError as error:
        error.show()
        return error.exit_code
    except (DigitLabError, OSError) as error:
        further = getattr(error, "on_the_command_line", "")
        print(*filter(None, [said(error, in_full=True), further]), file=sys.stderr)
        return 1
    except (click.Abort, KeyboardInterrupt) as end:
        if isinstance(end.__cause__, EOFError):  # a bug, which Click takes for Ctrl-D
            raise end.__cause__ from None
        print("Stopped.", file=sys.stderr)
        return 130
