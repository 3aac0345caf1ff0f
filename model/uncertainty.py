"""How uncertain inputs are, and the levers and data of a run at one point of their ranges.

A factor stands at u from −1 to 1, each value as likely as any other. Of what it moves, a value v with the half-range h
becomes v · (1 + u · h). Data have the half-range of the quality of their row. Levers are judgement, so they have that
of an estimate; their range opens evenly from nothing in the last published year to its full width in a year that data
give. Factors are independent. What leaves the range that a table or a lever allows is held at its end. Shares stay
shares: where a factor multiplies the odds of some labels, all labels of the set are scaled back to their former sum.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from model.axes import LAST_PUBLISHED_YEAR
from model.inputs import Data, read_data
from model.labels import classification
from model.levers import LEVER_FAMILIES, Levers
from model.row_checks import SETS_OF_SHARES
from model.schema import QUALITIES
from model.survival_families import Array
from model.table_labels import CLASSIFIED
from model.tables import TABLES
from model.uncertain_factors import Condition, Factor, Form, Uncertainty, factors
from model.year_path import ByLabel, YearPath, path_values

#: Where the ranges stand, and what a lever's value rests on.
_RANGES: Final = "uncertainty/ranges"
_QUALITY_OF_LEVERS: Final = "estimate"


@dataclass(frozen=True)
class Ranges:
    """How wide each factor is.

    Args:
        by_quality: half-range by quality, as a share of the value.
        by_factor: half-range of factors that have one of their own.
        full_year: year in which the range of a factor on levers has its full width.
    """

    by_quality: Mapping[str, float]
    by_factor: Mapping[str, float]
    full_year: Mapping[str, float]

    def half(self, factor: str, quality: str) -> float:
        """Return the half-range of an input of a factor."""
        return self.by_factor.get(factor, self.by_quality[quality])


def ranges(asked: Uncertainty) -> Ranges:
    """Return the ranges of the shipped table with what a scenario sets put in their place."""
    data = read_data(None, ("uncertainty",))

    def known(quantity: str, dim: str, names: Mapping[str, Any]) -> dict[str, float]:
        values = data.along(_RANGES, quantity, dim, names, missing=np.nan)
        return {name: float(value) for name, value in zip(names, values, strict=True) if np.isfinite(value)}

    return Ranges(
        known("half_range", "of_quality", QUALITIES) | dict(asked.by_quality),
        known("half_range", "factor", factors()) | dict(asked.by_factor),
        known("full_year", "factor", factors()),
    )


@dataclass(frozen=True)
class _Rows:
    """Rows of one quantity that a factor moves: where they stand, by how much, and in which set of shares."""

    table: str
    quantity: str
    positions: npt.NDArray[np.intp]
    half: Array
    form: Form
    sets: npt.NDArray[np.intp]

    def moved(self, values: Array, u: float) -> Array:
        """Return all values of the quantity with these rows moved to u."""
        change = 1.0 + u * self.half
        new = values.copy()
        if self.form == "effect":
            new[self.positions] = 1.0 - (1.0 - values[self.positions]) * change
        else:
            new[self.positions] *= change
        if self.form == "odds":
            inside = self.sets >= 0
            numbers = self.sets[inside]
            before, after = (np.bincount(numbers, each[inside]) for each in (values, new))
            new[inside] *= np.divide(before, after, out=np.ones_like(before), where=after > 0)[numbers]
        kind = TABLES[self.table].quantities[self.quantity]
        return np.clip(new, kind.lower, kind.upper)


@dataclass(frozen=True)
class _Path:
    """A path of a lever that a factor moves, from the last published year on."""

    family: str
    label: str
    years: tuple[int, ...]
    values: Array
    half: Array

    def moved(self, u: float) -> YearPath:
        """Return the path at u, with a point for every year."""
        lever = LEVER_FAMILIES[self.family]
        new = np.clip(self.values * (1.0 + u * self.half), lever.lower, lever.upper)
        return YearPath(tuple(zip(self.years, new.tolist(), strict=True)))


@dataclass(frozen=True)
class Spread:
    """The levers and data of a scenario with the ranges of their uncertain factors.

    Args:
        levers: the scenario's own.
        data: the tables as they stand.
        width: ranges of the factors.
    """

    levers: Levers
    data: Data
    width: Ranges

    @cached_property
    def _moves(self) -> dict[str, list[_Rows | _Path]]:
        """What each factor moves that has a range at all."""
        found: dict[str, list[_Rows | _Path]] = {}
        for factor in factors().values():
            moves: list[_Rows | _Path] = [*self._rows(factor)] if factor.kind == "data" else [*self._paths(factor)]
            if any(move.half.any() for move in moves):
                found[factor.name] = moves
        return found

    @property
    def factors(self) -> tuple[str, ...]:
        """Names of the factors that have a range, in the order of a point."""
        return tuple(self._moves)

    def at(self, point: Array) -> tuple[Levers, Data]:
        """Return levers and data at a point: u from −1 to 1 for each of `factors`."""
        values: dict[tuple[str, str], Array] = {}
        paths: dict[str, dict[str, YearPath]] = {}
        for u, moves in zip(point.tolist(), self._moves.values(), strict=True):
            for move in moves if u else ():
                if isinstance(move, _Rows):
                    name = (move.table, move.quantity)
                    before = values[name] if name in values else self.data.column(*name, "value")
                    values[name] = move.moved(before.astype(np.float64), u)
                else:
                    paths.setdefault(move.family, {})[move.label] = move.moved(u)
        return _with_paths(self.levers, paths), self.data.with_values(values) if values else self.data

    def _rows(self, factor: Factor) -> list[_Rows]:
        """Return the rows of data that a factor moves."""
        found = []
        for target in factor.targets:
            table, _, quantity = target.rpartition(".")
            chosen = np.ones(len(self.data.column(table, quantity, "value")), dtype=bool)
            for condition in factor.where:
                chosen &= _holds(condition, self.data.column(table, quantity, condition.column))
            found.append((table, quantity, np.flatnonzero(chosen)))
        words = list(QUALITIES)
        weakest = words[max((words.index(word) for each in found for word in self._qualities(*each)), default=0)]
        moves = []
        for table, quantity, positions in found:
            own = self._qualities(table, quantity, positions)
            each = own if factor.form in ("scale", "effect") else [weakest] * len(own)
            half = np.array([self.width.half(factor.name, quality) for quality in each])
            sets = self._sets(table, quantity, positions) if factor.form == "odds" else np.empty(0, dtype=np.intp)
            moves.append(_Rows(table, quantity, positions, half, factor.form, sets))
        return moves

    def _qualities(self, table: str, quantity: str, positions: npt.NDArray[np.intp]) -> list[str]:
        return [str(word) for word in self.data.column(table, quantity, "quality")[positions]]

    def _sets(self, table: str, quantity: str, positions: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
        """Return the number of the set of shares that each row of a quantity belongs to; −1 where nothing moves."""
        dim, attribute = next(
            (dim, attribute) for name, what, dim, attribute in SETS_OF_SHARES if (name, what) == (table, quantity)
        )
        columns = [self.data.column(table, quantity, other) for other in TABLES[table].dims if other != dim]
        labels = self.data.column(table, quantity, dim)
        if attribute is not None:
            rows = classification(CLASSIFIED[dim])
            columns.append(np.array([rows[str(label)][attribute] for label in labels], dtype=object))
        keys = [tuple(map(str, key)) for key in zip(*columns, strict=True)] if columns else [()] * len(labels)
        moved = {keys[position] for position in positions}
        numbers = {key: number for number, key in enumerate(dict.fromkeys(key for key in keys if key in moved))}
        return np.array([numbers.get(key, -1) for key in keys], dtype=np.intp)

    def _paths(self, factor: Factor) -> list[_Path]:
        """Return the paths of levers that a factor moves."""
        years = np.arange(LAST_PUBLISHED_YEAR, self.levers.years.last + 1)
        full = self.width.full_year[factor.name] - LAST_PUBLISHED_YEAR
        half = self.width.half(factor.name, _QUALITY_OF_LEVERS)
        opened = half * np.clip((years - LAST_PUBLISHED_YEAR) / full, 0.0, 1.0)
        return [
            _Path(family, label, tuple(years.tolist()), path_values(path, years), opened)
            for family in factor.targets
            for label, path in _paths_of(self.levers, family).items()
        ]


def _holds(condition: Condition, column: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Return the rows for which a condition holds."""
    if condition.sign == ">":
        return np.asarray(column.astype(np.float64) > float(condition.labels[0]))
    named = np.isin(column.astype(str), condition.labels)
    return named if condition.sign == "=" else ~named


def _paths_of(levers: Levers, family: str) -> dict[str, YearPath]:
    """Return the paths of a lever by label; under an empty label where it has none."""
    value: Any = levers
    for part in family.split("."):
        value = getattr(value, part)
    return dict(value) if isinstance(value, ByLabel) else {"": value}


def _with_paths(levers: Levers, paths: Mapping[str, Mapping[str, YearPath]]) -> Levers:
    """Return levers with other paths; the levers themselves cannot change."""
    sections: dict[str, dict[str, Any]] = {}
    for family, given in paths.items():
        section, _, name = family.partition(".")
        old = _paths_of(levers, family)
        sections.setdefault(section, {})[name] = given[""] if "" in old else ByLabel({**old, **given})
    update = {section: getattr(levers, section).model_copy(update=new) for section, new in sections.items()}
    return levers.model_copy(update=update)
