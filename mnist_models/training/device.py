"""What this machine has to train with, in which arithmetic it does, and images in its memory.

Training images are handed over once, as bytes; a step then brings only the numbers of the images it looks at:
256 bytes for 64 digits instead of 200 kB. Nothing changes on a CPU. On a GPU a small network would else wait
for its images.
"""

import os
import platform
from contextlib import contextmanager
from pathlib import Path

import keras
from keras import ops

from mnist_models.errors import DigitLabError

XLA_VARIABLE = "MNIST_MODELS_XLA"


def describe():
    """The machine in a few words, for people."""
    found = gpus()
    return ", ".join(found) if found else f"{os.cpu_count()} cores of {_processor()}, no GPU"


def gpus():
    """Names of the GPUs that the Keras backend sees."""
    if keras.backend.backend() == "jax":
        import jax

        return [device.device_kind for device in jax.devices() if device.platform == "gpu"]
    import tensorflow as tf

    devices = tf.config.list_physical_devices("GPU")
    return [tf.config.experimental.get_device_details(gpu).get("device_name", "GPU") for gpu in devices]


def has_fast_bfloat16():
    """Whether bfloat16 arithmetic pays: on GPUs, and on CPUs with instructions for it.

    Measured on a CPU with AVX-512 BF16: `reader` trains 2.0 times faster than in float32. Without
    such instructions bfloat16 is emulated, and slower.
    """
    return bool(gpus()) or bool({"avx512_bf16", "amx_bf16"} & set(_cpu_line("flags").split()))


def xla_pays():
    """Whether steps are compiled with XLA: on GPUs, unless `$MNIST_MODELS_XLA` says "on" or "off".

    Measured on a CPU of two cores: small convolutional networks train four times slower with it.

    Raises:
        DigitLabError: when the variable says something else.
    """
    chosen = os.environ.get(XLA_VARIABLE, "auto")
    if chosen not in ("auto", "on", "off"):
        raise DigitLabError(f"{XLA_VARIABLE} must be auto, on or off, not '{chosen}'.")
    return bool(gpus()) if chosen == "auto" else chosen == "on"


def precision_of(recipe):
    """While it lasts, models are built for the recipe: bfloat16 where asked for and fast, else float32."""
    mixed = recipe.mixed_precision and has_fast_bfloat16()
    return dtype_policy("mixed_bfloat16" if mixed else "float32")


@contextmanager
def dtype_policy(name):
    """While it lasts, models are built under that dtype policy of Keras."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def put(images):
    """Hand images (or labels) over to the device: array N×… → tensor of the Keras backend, of its dtype."""
    return ops.convert_to_tensor(images)


def look_up(images, chosen):
    """Some of the images, as networks take them; to be called within a compiled step.

    Args:
        images: uint8 tensor N×H×W×C, as from `put`.
        chosen: int tensor B.

    Returns:
        float32 tensor B×H×W×C in [0, 1].
    """
    return ops.cast(ops.take(images, chosen, axis=0), "float32") / 255


def _processor():
    return _cpu_line("model name") or platform.processor() or platform.machine()


def _cpu_line(key):
    """The value of a line in Linux's /proc/cpuinfo; empty elsewhere."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return ""
    values = (line.split(":", 1)[1].strip() for line in lines if line.startswith(key))
    return next(values, "")
