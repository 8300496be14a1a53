"""What a benchmark reports."""

import math
import statistics
from dataclasses import dataclass

HEADER = "| what | median | lowest to highest | goal |\n| --- | --: | --: | :-- |"


@dataclass(frozen=True)
class Row:
    """Measurements of one candidate, as a row of a Markdown table.

    Attributes:
        name: of the candidate.
        values: one a turn; infinity where what was waited for never came.
        unit: of the values.
        goal: what we aim at, a value in the same unit, or None.
        more_is_better: True when the goal is a least value.
    """

    name: str
    values: list[float]
    unit: str
    goal: float | None = None
    more_is_better: bool = False

    @property
    def median(self):
        return statistics.median(self.values)

    def __str__(self):
        spread = ""
        if len(self.values) > 1:
            spread = f"{_figure(min(self.values))} to {_figure(max(self.values))}, n = {len(self.values)}"
        goal = ""
        if self.goal is not None:
            is_reached = self.median >= self.goal if self.more_is_better else self.median <= self.goal
            goal = f"{_figure(self.goal)} {self.unit}: {'reached' if is_reached else 'MISSED'}"
        return f"| {self.name} | {_figure(self.median)} {self.unit} | {spread} | {goal} |"


def percentile95(values):
    """The value that 95 % of the values do not exceed: of 40, the third highest."""
    return sorted(values)[math.ceil(0.95 * len(values)) - 1]


def _figure(value):
    """Three digits that count, such as 0.412, 6.61 or 1,240; "never" for infinity."""
    if math.isinf(value):
        return "never"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:#.3g}"
