"""Levers in groups that act together, and levers that lie between those of several scenarios.

What no group holds frames a run: its years, demand and stock. `switched` takes whole groups from one scenario or the
other; a `Mixer` takes a weighted mean of scenarios, with weights that change over the years.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, Final

import numpy as np

from model.labels import classification
from model.language import Text
from model.levers import FAMILY_OF, LEVER_FAMILIES, Levers, plain
from model.setting_checks import nested
from model.survival_families import Array
from model.year_path import FIRST_YEAR, path_values, share_path_values

#: Decimals that a mixed value keeps, so that a file that holds it gives the same run.
_DECIMALS: Final = 9


@dataclass(frozen=True)
class LeverGroup:
    """Levers that move together.

    Args:
        name: label.
        title: what it is called.
        levers: dotted names of its levers.
        lasting: what is reached is kept: the way from the base to the most ambitious value is never walked back.
        steady: one position for all years, because its levers hold for all years.
        of_supply: its levers leave buildings and panels as they are: supply, fuels and the other sectors.
    """

    name: str
    title: Text
    levers: tuple[str, ...]
    lasting: bool
    steady: bool
    of_supply: bool


@cache
def lever_groups() -> dict[str, LeverGroup]:
    """Return the groups of the classification table by label, in its order; the first that matches holds a lever."""
    left, groups = list(FAMILY_OF), {}
    for label, row in classification("lever_groups").items():
        patterns = row["levers"].split()
        held = tuple(name for name in left if any(fnmatchcase(name, pattern) for pattern in patterns))
        left = [name for name in left if name not in held]
        title = Text(row["name_en"], row["name_ja"])
        groups[label] = LeverGroup(
            label, title, held, row["lasting"] == "yes", row["steady"] == "yes", row["stage"] == "supply"
        )
    return groups


def flat(levers: Levers) -> dict[str, Any]:
    """Return the plain value of every single lever by its dotted name."""
    values = plain(levers)
    result = {}
    for name in FAMILY_OF:
        value = values
        for part in name.split("."):
            value = value[part]
        result[name] = value
    return result


def from_flat(values: Mapping[str, Any]) -> Levers:
    """Return the levers of plain values by dotted name, checked like those of a file."""
    return Levers.model_validate(nested(dict(values)))


def differing_groups(base: Levers, other: Levers) -> list[str]:
    """Return the groups in which two sets of levers differ."""
    first, second = flat(base), flat(other)
    return [
        label
        for label, group in lever_groups().items()
        if any(first[name] != second[name] for name in group.levers)
    ]  # fmt: skip


def switched(base: Levers, other: Levers, groups: Iterable[str]) -> Levers:
    """Return the levers of `base` with those of some groups taken from `other`."""
    first, second = flat(base), flat(other)
    taken = {name for label in groups for name in lever_groups()[label].levers}
    return from_flat({name: second[name] if name in taken else value for name, value in first.items()})


@dataclass(frozen=True)
class Weights:
    """Weights of scenarios at some years, straight lines between them, flat outside.

    Args:
        years: rising.
        values: each row at least 0 and summing to 1 [year, scenario].
    """

    years: tuple[int, ...]
    values: Array

    def at(self, years: Sequence[int]) -> Array:
        """Return the weights in each of some years [year, scenario]."""
        columns = [np.interp(years, self.years, column) for column in self.values.T]
        return np.stack(columns, axis=1)


class Mixer:
    """Mixes the levers of several scenarios again and again.

    Args:
        frame: levers outside the groups that are mixed.
        scenarios: what is mixed.
    """

    def __init__(self, frame: Levers, scenarios: Sequence[Levers]) -> None:
        self._frame, self._last = flat(frame), frame.years.last
        self._plain, self._objects = [flat(levers) for levers in scenarios], [_objects(levers) for levers in scenarios]

    def differ(self, group: str) -> bool:
        """Return whether the scenarios differ in a group."""
        first = self._plain[0]
        return any(other[name] != first[name] for name in lever_groups()[group].levers for other in self._plain[1:])

    def same(self, group: str, one: int, other: int) -> bool:
        """Return whether two scenarios, by number, agree in a group."""
        return all(self._plain[one][name] == self._plain[other][name] for name in lever_groups()[group].levers)

    def years_to_move(self, group: str) -> int:
        """Return by how many years the last years of a group move between scenarios; 0 where it has none."""
        kinds = [name for name in lever_groups()[group].levers if LEVER_FAMILIES[FAMILY_OF[name]].kind == "last_year"]
        ends = [[_last_or(of[name], self._last) for of in self._plain] for name in kinds]
        return max((max(years) - min(years) for years in ends), default=0)

    def mixed(self, weights: Mapping[str, Weights]) -> Levers:
        """Return levers between those of the scenarios.

        value[year] = Σ_s weight[s, year] · value[s, year] at every year that a scenario or the weights name. A lever
        that holds for all years takes the mean of the weights; a last year counts the end of the run for none; words,
        and what has no weights, are those of the frame.

        Args:
            weights: by group.
        """
        values = dict(self._frame)
        for label, weight in weights.items():
            for name in lever_groups()[label].levers:
                given = [source[name] for source in self._plain]
                if all(value == given[0] for value in given):
                    values[name] = given[0]
                else:
                    values[name] = _mixed(name, given, [of[name] for of in self._objects], weight, self._last)
        return from_flat(values)


def _objects(levers: Levers) -> dict[str, Any]:
    """Return the value of every single lever as the run uses it."""
    result = {}
    for name in FAMILY_OF:
        value: Any = levers
        for part in name.split("."):
            value = value[part] if isinstance(value, Mapping) else getattr(value, part)
        result[name] = value
    return result


def _last_or(value: int | None, last: int) -> int:
    """Return a last year, the end of the run where there is none."""
    return last if value is None else min(value, last)


def _mixed(name: str, given: list[Any], objects: list[Any], weight: Weights, last: int) -> Any:
    """Return the mixed value of one lever in plain form."""
    lever = LEVER_FAMILIES[FAMILY_OF[name]]
    mean = weight.values.mean(axis=0)
    match lever.kind:
        case "path" | "share_path":
            return _mixed_path(objects, weight, lever.shares_of)
        case "last_year":
            year = round(float(mean @ [_last_or(value, last) for value in given]))
            return None if year >= last else year
        case "number":
            return round(float(mean @ given), _DECIMALS)
        case "whole":
            return round(float(mean @ given))
        case _:
            return given[int(np.argmax(mean))]


def _mixed_path(paths: list[Any], weight: Weights, shares_of: str | None) -> Any:
    """Return a mixed path in plain form: a number or shares at each year that counts."""
    years = sorted({year for path in paths for year, _ in path.points if year > FIRST_YEAR} | set(weight.years))
    at = weight.at(years)
    if shares_of is None:
        values = np.einsum("ys,sy->y", at, np.stack([path_values(path, np.array(years)) for path in paths]))
        return {str(year): round(float(value), _DECIMALS) for year, value in zip(years, values, strict=True)}
    names = tuple(classification(_SHARED[shares_of]))
    each = np.stack([share_path_values(path, np.array(years), names) for path in paths])
    shares = np.einsum("ys,syk->yk", at, each)
    return {
        str(year): {name: round(float(share), _DECIMALS) for name, share in zip(names, row, strict=True) if share > 0}
        for year, row in zip(years, shares, strict=True)
    }


#: Classification table of what share paths share out.
_SHARED: Final = {"standard": "standards"}
