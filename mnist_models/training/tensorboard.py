"""A run's metrics for TensorBoard: `python -m mnist_models.training.tensorboard FILE`, with JSON as input.

The app, whose process has no TensorFlow, starts it when somebody downloads them.
"""

import json
import sys

import tensorflow as tf


def write(path, points):
    """Write scalars as TensorBoard reads them.

    `tf.summary.scalar` would need TensorBoard itself, which TensorFlow does not bring along.

    Args:
        path: of the file; TensorBoard looks for "tfevents" in its name.
        points: list of (time, step, figures), not empty: seconds since 1970, int, and a dict from a name,
            such as "epochs/loss", to a float.
    """
    event, summary = tf.compat.v1.Event, tf.compat.v1.Summary
    with tf.io.TFRecordWriter(str(path)) as file:
        file.write(event(wall_time=points[0][0], file_version="brain.Event:2").SerializeToString())
        for time, step, figures in points:
            values = [summary.Value(tag=name, simple_value=value) for name, value in figures.items()]
            file.write(event(wall_time=time, step=step, summary=summary(value=values)).SerializeToString())


if __name__ == "__main__":
    write(sys.argv[1], json.load(sys.stdin))
