"""TensorBoard's event files, written with what TensorFlow itself brings."""

import time

import tensorflow as tf


class Events:
    """Scalars of a run for TensorBoard: `tensorboard --logdir FOLDER`.

    Args:
        folder: pathlib.Path, made if need be. Every Events adds a file to it.
    """

    def __init__(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        # TensorFlow itself would write this machine's name, which is nobody's business who downloads it.
        name = f"events.out.tfevents.{time.time():.0f}.run"
        self.file = tf.io.TFRecordWriter(str(folder / name))
        self._write(tf.compat.v1.Event(wall_time=time.time(), file_version="brain.Event:2"))

    def add(self, step, figures, group):
        """Add figures under "GROUP/NAME".

        Args:
            step: int.
            figures: dict from str to float.
            group: str, such as "epoch".
        """
        values = [
            tf.compat.v1.Summary.Value(tag=f"{group}/{name}", simple_value=value)
            for name, value in figures.items()
        ]
        summary = tf.compat.v1.Summary(value=values)
        self._write(tf.compat.v1.Event(wall_time=time.time(), step=step, summary=summary))
        self.file.flush()

    def close(self):
        self.file.close()

    def _write(self, event):
        self.file.write(event.SerializeToString())
