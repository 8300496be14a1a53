"""A run's metrics for TensorBoard: `python -m mnist_models.training.tensorboard FOLDER`, with JSON as input.

The app, whose process has no TensorFlow, starts it when somebody downloads them.
"""

import json
import sys

import tensorflow as tf


def write(folder, points):
    """Write scalars that `tensorboard --logdir FOLDER` shows.

    Args:
        folder: of the files; made if need be.
        points: list of (group, step, figures), figures being a dict from a name to a float; they are called
            "GROUP/NAME" there.
    """
    with tf.summary.create_file_writer(str(folder)).as_default():
        for group, step, figures in points:
            for name, value in figures.items():
                tf.summary.scalar(f"{group}/{name}", value, step)


if __name__ == "__main__":
    write(sys.argv[1], json.load(sys.stdin))
