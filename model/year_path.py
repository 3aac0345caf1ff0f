"""Values that change over the years: linear between the years given, flat before the first and after the last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

#: Years that a path may name.
FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2060

T = TypeVar("T")


@dataclass(frozen=True)
class YearPath:
    """A number for every year.

    Args:
        points: year and value, ascending; one point is a constant.
    """

    points: tuple[tuple[int, float], ...]

    @classmethod
    def of(cls, values: Mapping[int, float]) -> YearPath:
        """Return the path through `values`; one value alone is a constant, whatever its year."""
        if len(values) == 1:
            return cls(((FIRST_YEAR, _plain_zero(next(iter(values.values())))),))
        return cls(tuple((year, _plain_zero(value)) for year, value in sorted(values.items())))


@dataclass(frozen=True)
class SharePath:
    """Shares over labels for every year.

    Args:
        points: year and (label, share) pairs in order of label, ascending by year; shares of zero are left out.
    """

    points: tuple[tuple[int, tuple[tuple[str, float], ...]], ...]

    @classmethod
    def of(cls, shares: Mapping[int, Mapping[str, float]]) -> SharePath:
        """Return the path through `shares`; one year alone is constant, whatever its year."""
        years = {FIRST_YEAR: next(iter(shares.values()))} if len(shares) == 1 else shares
        return cls(
            tuple(
                (year, tuple((label, share) for label, share in sorted(years[year].items()) if share))
                for year in sorted(years)
            )
        )


class ByLabel(Mapping[str, T], Generic[T]):
    """A mapping by label that cannot change, can be hashed and travels between processes."""

    def __init__(self, values: Mapping[str, T]) -> None:
        self._values = dict(values)

    def __getitem__(self, label: str) -> T:
        return self._values[label]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash(tuple(sorted(self._values.items(), key=lambda item: item[0])))

    def __repr__(self) -> str:
        return f"ByLabel({self._values!r})"


def path_values(path: YearPath, years: NDArray[Any]) -> NDArray[np.float64]:
    """Return the value of a path in each year.

    Args:
        path: the path, in its own unit.
        years: fiscal years, dims (year,).

    Returns:
        value in each year, dims (year,): linear between the years given, flat outside them.
    """
    given, values = zip(*path.points, strict=True)
    result: NDArray[np.float64] = np.interp(np.asarray(years, dtype=float), given, values)
    return result


def share_path_values(path: SharePath, years: NDArray[Any], labels: Sequence[str]) -> NDArray[np.float64]:
    """Return the shares of a share path in each year.

    Args:
        path: the share path.
        years: fiscal years, dims (year,).
        labels: every label of the dimension, in its order.

    Returns:
        shares [1], dims (year, label): each label linear between the years given, so that every year still sums to
        what the years around it sum to; flat outside.

    Raises:
        KeyError: the path holds a label that is not among `labels`.
    """
    return _share_path_values(path, np.asarray(years, dtype=float).tobytes(), tuple(labels)).copy()


@lru_cache(maxsize=256)
def _share_path_values(path: SharePath, years: bytes, labels: tuple[str, ...]) -> NDArray[np.float64]:
    """Return what `share_path_values` does: samples of a scenario ask for the same path again and again."""
    position = {label: number for number, label in enumerate(labels)}
    given = np.array([year for year, _ in path.points], dtype=float)
    shares = np.zeros((len(path.points), len(labels)))
    for row, (_, pairs) in enumerate(path.points):
        for label, share in pairs:
            shares[row, position[label]] = share
    wanted = np.frombuffer(years)
    return np.stack([np.interp(wanted, given, shares[:, column]) for column in range(len(labels))], axis=-1)


def _plain_zero(value: float) -> float:
    """Return -0.0 as 0.0, so that equal paths have equal texts."""
    return float(value) + 0.0
