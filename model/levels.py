"""Performance levels of the stock over the years: what was built at each level, and what renovation raises.

The shares of the levels in a cohort hang on how its segment is built and renovated, never on how much of it stands. So
segments that are built and renovated alike have the same shares for ever, and are followed once, as one kind; and so
are the vintages, as one cohort, that were built at the same levels and may be renovated from the first year on.

Samples whose segments fall into the same kinds, and vintages into the same cohorts, are followed together: their kinds
stand one sample after the other on one axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from model.axes import PROJECTION_FROM, Axes
from model.base_stock import base_standards
from model.inputs import Data
from model.levers import Levers
from model.policy.acting import Works
from model.stock import renovate, renovation_flow
from model.survival_families import Array
from model.year_path import share_path_values


class Raised(NamedTuple):
    """What a year's renovation came to."""

    area: Array
    """Floor area by which the better levels of its cohorts grew [m²] [segment]."""
    by_level: Array
    """Floor area brought to each level [m²] [segment, standard]."""


@dataclass(frozen=True)
class Renovations:
    """How kinds of segments are built and renovated.

    Args:
        rate: share of a level renovated a year in cohorts of the minimum age, at most 1 [kind, year, standard before],
            years of the projection.
        transition: where that goes [kind, year, standard before, standard after].
        flow: what it takes from and brings to each level, as `model.stock.renovation_flow` gives it.
        minimum_age: [years] [kind].
        new_mix: levels of new floor area [kind, year, standard].
    """

    rate: Array
    transition: Array
    flow: Array
    minimum_age: Array
    new_mix: Array


@dataclass(frozen=True)
class Kinds:
    """Segments and vintages of one sample that share their levels for ever.

    Args:
        renovations: how each kind is built and renovated.
        shares: levels of each cohort in the base year [kind, cohort, standard].
        of_segment: kind of each segment [segment].
        first: first vintage of each cohort [cohort].
        cohort: cohort of each vintage [vintage].
    """

    renovations: Renovations
    shares: Array
    of_segment: npt.NDArray[np.intp]
    first: npt.NDArray[np.intp]
    cohort: npt.NDArray[np.intp]

    @property
    def pattern(self) -> tuple[bytes, bytes]:
        """Return what samples have in common whose levels may be followed together."""
        return self.of_segment.tobytes(), self.first.tobytes()


class Levels:
    """Shares of the performance levels in every cohort, at the end of the year that the march has reached.

    Segments here are those of all samples, one sample after the other, and so are kinds.

    Args:
        samples: kinds of each sample, all of one pattern.
        axes: axes of the run.
    """

    def __init__(self, samples: Sequence[Kinds], axes: Axes) -> None:
        one, kinds = samples[0], len(samples[0].shares)
        members, place = _rectangle(one.of_segment)
        before = np.arange(len(samples))[:, None]
        self._renovations = Renovations(
            *(
                np.concatenate([getattr(each.renovations, part.name) for each in samples])
                for part in fields(Renovations)
            )
        )
        self._kind = (before * kinds + one.of_segment).ravel()
        self._members = (before[:, :, None] * len(one.of_segment) + members).reshape(-1, members.shape[1])
        self._place = (before * members.size + place).ravel()
        self._first, self._cohort, self._built = one.first, one.cohort, axes.vintages[one.first]
        self._shares = np.concatenate([each.shares for each in samples])
        self._ahead = int(np.searchsorted(axes.years, PROJECTION_FROM))

    def of_area(self, area: Array) -> Array:
        """Return floor area by level [m²] [segment, standard] of floor area by vintage [m²] [segment, vintage]."""
        return self._by_level(np.add.reduceat(area, self._first, axis=1))

    def of_vintage(self, position: int) -> Array:
        """Return the shares of the levels in one vintage [1] [segment, standard]."""
        return np.asarray(self._shares[self._kind, self._cohort[position]])

    def renovate(self, area: Array, index: int, year: int) -> Raised:
        """Raise the levels of the cohorts as a year's renovation does.

        Args:
            area: floor area of each vintage that stands [m²] [segment, vintage].
            index: position of the year, one of the projection.
            year: the year.
        """
        course, of_cohort = self._renovations, np.add.reduceat(area, self._first, axis=1)
        index -= self._ahead
        eligible = year - self._built + 0.5 >= course.minimum_age[:, None]
        renovated = self._by_level(of_cohort * eligible[self._kind]) * course.rate[self._kind, index]
        by_level = np.matmul(renovated[:, None, :], course.transition[self._kind, index])[:, 0]
        done = renovate(self._shares, course.flow[:, index], eligible)
        raised = np.maximum(done.moved, 0.0) @ np.ones(self._shares.shape[2])
        self._shares = done.standard_share
        return Raised((of_cohort * raised[self._kind]).sum(axis=1), by_level)

    def build(self, index: int, position: int) -> None:
        """Give the vintage of a year of the projection the levels that new buildings have then."""
        self._shares[:, self._cohort[position]] = self._renovations.new_mix[:, index - self._ahead]

    def _by_level(self, of_cohort: Array) -> Array:
        """Return floor area by level [m²] [segment, standard] of floor area by cohort [m²] [segment, cohort]."""
        # One product a kind, of all its segments at once: copying the shares to every segment would take longer. It is
        # added up in one order: a matrix product rounds a segment's area differently with others beside it.
        by_kind = np.einsum("kpc,kcs->kps", of_cohort[self._members], self._shares)
        return np.asarray(by_kind.reshape(-1, by_kind.shape[-1])[self._place])


def _cohorts(
    shares: Array, vintages: npt.NDArray[np.int64], minimum_age: float
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return the first vintage of each cohort, and the cohort of each vintage.

    Vintages in a row make one cohort where every kind built them at the same levels and all of them are old enough to
    be renovated when the projection begins; every other vintage is a cohort of its own.

    Args:
        shares: of the levels in the base year [kind, vintage, standard].
        vintages: years of construction.
        minimum_age: highest age from which a kind is renovated [years].
    """
    old = PROJECTION_FROM - vintages + 0.5 >= minimum_age
    new = ~old | (np.diff(shares, axis=1, prepend=np.nan) != 0.0).any(axis=(0, 2))
    return np.flatnonzero(new), np.cumsum(new) - 1


def _rectangle(kind: npt.NDArray[np.intp]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return the segments of each kind side by side [kind, place], and where each segment stands in it, row by row.

    Kinds of fewer segments repeat the first segment of all; nothing looks at what is computed there.
    """
    width = int(np.bincount(kind).max())
    members = np.zeros((int(kind.max()) + 1, width), dtype=np.intp)
    place = np.empty(len(kind), dtype=np.intp)
    for number in range(len(members)):
        inside = np.flatnonzero(kind == number)
        members[number, : len(inside)] = inside
        place[inside] = number * width + np.arange(len(inside))
    return members, place


def kinds_of(data: Data, levers: Levers, axes: Axes, course: Works) -> Kinds:
    """Return the kinds of segments and the cohorts of vintages of a sample.

    Of each level the rate of the year times the factor of the level is renovated, and goes to the better levels of the
    target in proportion; the rest of the target would lower it, so that part stays as it is.

    Args:
        data: input tables.
        levers: levers of renovation.
        axes: axes of the run.
        course: new and renovated buildings, after the programmes that act on them.
    """
    groups, lever = axes.attribute("policy_group"), levers.renovation
    ahead = int(np.searchsorted(axes.years, PROJECTION_FROM))
    years = axes.years[ahead:]
    targets = {name: share_path_values(lever.target[name], years, axes.standards) for name in dict.fromkeys(groups)}
    of_segments = (
        base_standards(data, axes),
        course.renovation_rate[ahead:].T,
        np.stack([targets[name] for name in groups]),
        np.array([lever.minimum_age[name] for name in groups], dtype=np.float64),
        course.new_mix[ahead:].transpose(1, 0, 2),
    )
    number: dict[tuple[bytes, ...], int] = {}
    alike = [tuple(each[segment].tobytes() for each in of_segments) for segment in range(len(groups))]
    kind = np.array([number.setdefault(key, len(number)) for key in alike])
    first = np.unique(kind, return_index=True)[1]
    shares, rate, target, minimum_age, new_mix = (np.ascontiguousarray(each[first]) for each in of_segments)
    of_level = np.minimum(rate[:, :, None] * [lever.rate_of_level[name] for name in axes.standards], 1.0)
    transition = np.triu(np.repeat(target[:, :, None], target.shape[2], axis=2), k=1)
    flow = renovation_flow(of_level, transition)
    of_vintage, cohort = _cohorts(shares, axes.vintages, float(minimum_age.max()))
    renovations = Renovations(of_level, transition, flow, minimum_age, new_mix)
    return Kinds(renovations, shares[:, of_vintage], kind, of_vintage, cohort)
