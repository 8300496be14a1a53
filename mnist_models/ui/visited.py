"""Back and forward through the pictures someone has looked at."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Visited:
    """Pictures someone has looked at, as addresses, and the one in sight.

    Attributes:
        addresses: tuple of str, the oldest first.
        place: index of the one in sight.
    """

    addresses: tuple[str, ...]
    place: int = 0

    @property
    def address(self):
        return self.addresses[self.place]

    @property
    def can_go_back(self):
        return self.place > 0

    @property
    def can_go_forward(self):
        return self.place < len(self.addresses) - 1

    def visit(self, address):
        """With one more picture after the one in sight; what was ahead is forgotten."""
        if address == self.address:
            return self
        return Visited((*self.addresses[: self.place + 1], address), self.place + 1)

    def back(self):
        return replace(self, place=max(self.place - 1, 0))

    def forward(self):
        return replace(self, place=min(self.place + 1, len(self.addresses) - 1))
