"""Measure Digit Lab beside what people would otherwise use: `python -m benchmarks [PART …]`.

Everything is measured in one run, the candidates taking turns, since a machine's speed wanders;
figures are medians. Parts: draw, dream, inference, startup, epoch; all when none is named.
"""

import argparse
from importlib import import_module

PARTS = ("draw", "dream", "inference", "startup", "epoch")


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    chosen = parser.parse_args().parts or PARTS
    unknown = set(chosen) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {', '.join(sorted(unknown))}; known: {', '.join(PARTS)}")
    for part in chosen:
        module = import_module(f"benchmarks.{part}")
        print(f"\n{module.__doc__.strip().splitlines()[0]}", flush=True)
        for row in module.measure():
            print(row, flush=True)


if __name__ == "__main__":
    main()
