"""What a benchmark reports."""

import statistics
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """Measurements of one candidate.

    Attributes:
        name: of the candidate.
        values: one a turn.
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
        text = f"  {self.name:52} {self.median:9.1f} {self.unit:3}"
        text += f" ({min(self.values):.1f} to {max(self.values):.1f}, n={len(self.values)})"
        if self.goal is None:
            return text
        is_reached = self.median >= self.goal if self.more_is_better else self.median <= self.goal
        verdict = "reached" if is_reached else "MISSED"
        return f"{text}  goal {self.goal:.1f}: {verdict}"
