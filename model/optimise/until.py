"""When a search ends."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from time import perf_counter
from typing import Self


@dataclass(frozen=True)
class Until:
    """When a search ends.

    Args:
        time: time on the clock of `perf_counter` [s].
    """

    time: float = inf

    @classmethod
    def after(cls, seconds: float) -> Self:
        """Return the end after some time [s]."""
        return cls(perf_counter() + seconds)

    @property
    def left(self) -> float:
        """Time that is left [s]."""
        return max(self.time - perf_counter(), 0.0)

    @property
    def over(self) -> bool:
        """Whether the search has to end."""
        return self.left <= 0

    def within(self, seconds: float) -> Self:
        """Return the same end, or the one after some time [s] where that comes first."""
        return type(self)(min(self.time, perf_counter() + seconds))
