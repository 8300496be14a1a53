"""Measure Digit Lab beside what people would otherwise use: `python -m benchmarks [PART …]`.

Everything is measured in one run, the candidates taking turns, since a machine's speed wanders;
figures are medians, printed as Markdown tables. Stop trainings meanwhile.
"""

import argparse
import signal
import sys
from importlib import import_module

from benchmarks import rows

PARTS = (
    "draw",
    "dream",
    "inference",
    "startup",
    "reloads",
    "thirty_sessions",
    "epoch",
    "worker_cost",
    "first_point",
    "metric_delay",
    "draw_beside_training",
    "time_to_accuracy",
)


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all without one")
    parser.add_argument("--turns", type=int, help="of every candidate, instead of each part's own number")
    arguments = parser.parse_args()
    chosen = arguments.parts or PARTS
    unknown = {part.split(":")[0] for part in chosen} - set(PARTS)
    if unknown:
        parser.error(f"there is no part {', '.join(sorted(unknown))}; known: {', '.join(PARTS)}")
    # What is ended politely takes its servers, browsers and workers with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    for part in chosen:
        part, *only = part.split(":")
        module = import_module(f"benchmarks.{part}")
        if arguments.turns:
            module.TURNS = arguments.turns
        print(f"\n{module.__doc__.strip()}\n\n{rows.HEADER}", flush=True)
        for row in module.measure(*only):
            print(row, flush=True)


if __name__ == "__main__":
    main()
