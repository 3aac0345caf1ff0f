"""The yearly march of the stock: demolish, renovate, build, one year after the other, the balance checked in each.

The years follow one another, but samples do not: they march side by side, as one array. Inside the march the segments
of all samples stand on one axis, one sample after the other, so each equation has the same form for one run as for
many; and since no equation mixes segments, a sample has the same bits in any company.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, cast

import numpy as np

from model.axes import PROJECTION_FROM, Axes
from model.base_stock import base_stock
from model.demand import Sizes
from model.faults import BadInput
from model.inputs import Data
from model.levels import Kinds, Levels, kinds_of
from model.levers import Levers
from model.lifetimes import Lifetimes
from model.policy.acting import Works
from model.stock import (
    BALANCE_TOLERANCE,
    FallingStock,
    FallingStockError,
    balance_residual,
    build_to_demand_in_place,
    check_balance,
    demolish_in_place,
)
from model.survival import hazard_table
from model.survival_families import Array

#: Called with the number of years done and all years, for a progress bar.
Progress = Callable[[int, int], None]

#: Units in which the stock is counted, the first being that of its performance levels; attributes of `Sizes`.
_UNITS = ("floor_area", "dwellings", "buildings")


@dataclass
class StockYears:
    """The stock of every year, as the march fills it in.

    Args:
        values: result variables by name, each with the dims of `model.schema`.
        by_vintage: stock in its own unit at the end of the year [year, segment, vintage].
        standing_new_share: floor area built in the year over all floor area at its end [year, segment].
        largest_residual: largest relative residual of the balance in any cell and year.
        falling: (year, segment, region) positions where more stood than was demanded.
    """

    values: dict[str, Array]
    by_vintage: Array
    standing_new_share: Array
    largest_residual: float = 0.0
    falling: list[tuple[int, int, int]] = field(default_factory=list)


@dataclass(frozen=True)
class Sample:
    """What one march follows from.

    Args:
        data: input tables.
        levers: levers of the stock.
        life: survival curves.
        size: what one unit of the stock is.
        wanted: what shall stand at the end of each year, in the unit of the stock [year, segment, region].
        course: new and renovated buildings, after the programmes that act on them.
    """

    data: Data
    levers: Levers
    life: Lifetimes
    size: Sizes
    wanted: Array
    course: Works


@dataclass(frozen=True)
class _Flows:
    """What happens to the stock in every year, in its own unit [sample, year, segment, region]; areas in m².

    Args:
        standing: at the end of the year.
        lost: by hazard, and the same as an area.
        built, first_year, oldest, vacant: as `model.stock.Construction` has them.
        taken_area: floor area taken down beyond the hazard.
    """

    standing: Array
    lost: Array
    lost_area: Array
    built: Array
    first_year: Array
    oldest: Array
    vacant: Array
    taken_area: Array

    @classmethod
    def none(cls, shape: tuple[int, ...]) -> _Flows:
        """Return the flows of years in which nothing happened yet."""
        return cls(*(np.zeros(shape) for _ in fields(cls)))

    def of_sample(self, number: int) -> _Flows:
        """Return the flows of one sample [year, segment, region]."""
        return _Flows(*(getattr(self, each.name)[number] for each in fields(self)))


def march(samples: Sequence[Sample], axes: Axes, progress: Progress | None = None) -> list[StockYears]:
    """Return the stock of every year for each sample.

    Args:
        samples: what each march follows from.
        axes: axes of the runs.
        progress: told after every year.

    Raises:
        BadInput: in a sample stock exceeds demand and its scenario says to stop there.
        BalanceError: the balance of a cell does not close, a fault of the program.
    """
    kinds = [kinds_of(each.data, each.levers, axes, each.course) for each in samples]
    alike: dict[Any, list[int]] = {}
    for number, (sample, each) in enumerate(zip(samples, kinds, strict=True)):
        alike.setdefault((sample.levers.stock.falling, each.pattern), []).append(number)
    found: dict[int, StockYears] = {}
    for numbers in alike.values():
        together = _Together([samples[one] for one in numbers], [kinds[one] for one in numbers], axes)
        found |= dict(zip(numbers, together.march(progress), strict=True))
    return [found[number] for number in range(len(samples))]


class _Together:
    """Samples that march side by side; arrays that change from year to year have their segments on one axis.

    Args:
        samples: what each march follows from; all treat a falling stock alike.
        kinds: kinds of their segments and vintages, all of one pattern.
        axes: axes of the runs.
    """

    def __init__(self, samples: Sequence[Sample], kinds: Sequence[Kinds], axes: Axes) -> None:
        self._axes, self._samples = axes, samples
        ahead = int(np.searchsorted(axes.years, PROJECTION_FROM))
        before = [curve for each in samples for curve in each.life.of_segments(axes)]
        later = [curve for each in samples for curve in each.life.of_segments_later(axes)]
        self._hazards = [*hazard_table(before, axes.vintages, axes.years[:ahead]),
                         *hazard_table(later, axes.vintages, axes.years[ahead:])]  # fmt: skip
        self._levels = Levels(kinds, axes)
        self._wanted = np.concatenate([each.wanted for each in samples], axis=1)
        self._stock = np.concatenate([base_stock(each.data, axes, each.life, each.wanted[0]) for each in samples])
        self._units = np.stack(
            [np.concatenate([getattr(each.size, name) for each in samples]) for name in _UNITS], axis=-1
        )
        self._area = np.ascontiguousarray(self._units[:, :, 0])
        self._values, self._by_vintage = _empty(len(samples), axes)
        self._flows = _Flows.none((len(samples), len(axes.years), len(axes.segments), len(axes.regions)))
        self._falling = cast(FallingStock, samples[0].levers.stock.falling)
        self._cells: list[tuple[int, int, int]] = []

    def march(self, progress: Progress | None) -> list[StockYears]:
        """Return the stock of every year of each sample."""
        years = len(self._axes.years)
        self._record(0)
        for index in range(1, years):
            self._pass(index)
            self._record(index)
            if progress is not None:
                progress(index, years - 1)
        return [self._of_sample(number) for number in range(len(self._samples))]

    def _of_sample(self, number: int) -> StockYears:
        """Return the stock of every year of one sample."""
        axes, size, flows = self._axes, self._samples[number].size, self._flows.of_sample(number)
        segments = len(axes.segments)
        result = StockYears(
            values={name: values[number] for name, values in self._values.items()},
            by_vintage=self._by_vintage[number],
            standing_new_share=np.zeros((len(axes.years), segments)),
            largest_residual=_check_balance(flows, axes),
            falling=[(year, row % segments, region) for year, row, region in self._cells if row // segments == number],
        )
        _record_flows(result, size, flows, axes)
        _record_vintages(result, axes, size)
        return result

    def _pass(self, index: int) -> None:
        """Let a year pass: age and demolish, renovate survivors, build to close the gap."""
        axes, hazard, stock = self._axes, self._hazards[index], self._stock
        year, position = int(axes.years[index]), axes.vintage_index(int(axes.years[index]))
        flows = self._flows
        self._write(flows.lost_area, index, np.matmul(stock, (hazard * self._area)[:, :, None])[:, :, 0])
        self._write(flows.lost, index, demolish_in_place(stock, hazard))
        if year >= PROJECTION_FROM:
            raised = self._levels.renovate(stock.sum(axis=1) * self._area, index, year)
            self._write(self._values["renovated_floor_area"], index, raised.area)
            self._write(self._values["renovated_floor_area_by_standard"], index, raised.by_level)
            self._levels.build(index, position)
        self._build(index, position)
        self._write(self._values["built_floor_area_by_standard"], index, self._levels.of_vintage(position))

    def _build(self, index: int, position: int) -> None:
        """Close the gap to demand; a falling stock that the scenario does not allow becomes a fault of the input."""
        stock, takes = self._stock, self._falling == "demolish_oldest"
        before = self._in_floor_area(position) if takes else 0.0
        try:
            built = build_to_demand_in_place(
                stock, self._wanted[index], position, 1.0 - self._hazards[index][:, position], self._falling
            )
        except FallingStockError as falling:
            axes = self._axes
            segments = [*axes.segments] * len(self._samples)
            fault = falling.as_fault("stock.falling", axes.vintages.tolist(), segments, axes.regions)
            raise BadInput([fault]) from None
        flows = self._flows
        self._write(flows.built, index, built.built)
        self._write(flows.first_year, index, built.demolished_first_year)
        self._write(flows.oldest, index, built.demolished_oldest)
        self._write(flows.vacant, index, built.vacant)
        if takes:
            self._write(flows.taken_area, index, before - self._in_floor_area(position))
        self._cells += [(index, int(row), int(region)) for row, region in built.falling_cells]

    def _in_floor_area(self, position: int) -> Array:
        """Return floor area of the vintages before `position` [m²] [segment, region]."""
        return np.asarray(np.matmul(self._stock[:, :, :position], self._area[:, :position, None])[:, :, 0])

    def _record(self, index: int) -> None:
        """Write the stock at the end of a year in all its units [segment, vintage, unit], floor area the first."""
        by_vintage = self._stock.sum(axis=1)
        self._write(self._by_vintage, index, by_vintage)
        self._write(self._flows.standing, index, self._stock.sum(axis=2))
        counted = np.matmul(self._stock, self._units)
        for number, name in enumerate(_UNITS):
            self._write(self._values[name], index, counted[:, :, number])
        self._write(self._values["floor_area_by_standard"], index, self._levels.of_area(by_vintage * self._area))

    @staticmethod
    def _write(result: Array, index: int, values: Array) -> None:
        """Write values of a year [segment, …] into those of all years [sample, year, segment, …]."""
        year = result[:, index]
        year[:] = values.reshape(year.shape)


def _check_balance(flows: _Flows, axes: Axes) -> float:
    """Return the largest relative residual of the balance in any cell and year, each checked to close."""
    out = flows.lost + flows.first_year + flows.oldest
    residual = balance_residual(flows.standing[:-1], flows.standing[1:], flows.built[1:], out[1:])
    for index in np.flatnonzero(~(residual <= BALANCE_TOLERANCE).all(axis=(1, 2))):
        check_balance(residual[index], int(axes.years[index + 1]))
    return float(residual.max(initial=0.0))


def _empty(samples: int, axes: Axes) -> tuple[dict[str, Array], Array]:
    """Return room for the result variables and the stock by vintage of every sample [sample, year, segment, …]."""
    years, segments, regions = len(axes.years), len(axes.segments), len(axes.regions)
    of_standards = ("floor_area_by_standard", "built_floor_area_by_standard", "renovated_floor_area_by_standard")
    last: dict[str, tuple[int, ...]] = dict.fromkeys(_UNITS, (regions,))
    last |= {f"{name}_by_vintage_class": (len(axes.vintage_classes),) for name in _UNITS}
    last |= dict.fromkeys(of_standards, (len(axes.standards),)) | {"renovated_floor_area": ()}
    values = {name: np.zeros((samples, years, segments, *dims)) for name, dims in last.items()}
    return values, np.zeros((samples, years, segments, len(axes.vintages)))


def _record_vintages(result: StockYears, axes: Axes, size: Sizes) -> None:
    """Write the stock of all years by period of construction, and the share that each year has built of it."""
    first, _ = axes.vintage_class_bounds()
    inside = first <= axes.vintages[:, None]
    inside[:, :-1] &= ~inside[:, 1:]
    for name in _UNITS:
        per_unit = getattr(size, name)
        sums = np.matmul(result.by_vintage.transpose(1, 0, 2), per_unit[:, :, None] * inside)
        result.values[f"{name}_by_vintage_class"][:] = sums.transpose(1, 0, 2)
    later = np.arange(1, len(axes.years))
    own = axes.vintage_index(int(axes.years[0])) + later
    built = result.by_vintage[later, :, own] * size.floor_area[:, own].T
    result.standing_new_share[1:] = built / result.values["floor_area_by_standard"][1:].sum(axis=2)


def _record_flows(result: StockYears, size: Sizes, flows: _Flows, axes: Axes) -> None:
    """Write the flows of all years; what is built and lost within a year counts as both."""
    own = axes.vintage_index(int(axes.years[0])) + np.arange(len(axes.years))
    area, dwellings, buildings = (getattr(size, name)[:, own].T[:, :, None] for name in _UNITS)
    result.values |= {
        "built_floor_area": flows.built * area,
        "demolished_floor_area": flows.lost_area + flows.taken_area + flows.first_year * area,
        "surplus_demolished_floor_area": flows.taken_area,
        "surplus_vacant_floor_area": flows.vacant * area,
        "built_dwellings": flows.built * dwellings,
        "built_buildings": flows.built * buildings,
    }
    result.values["built_floor_area_by_standard"] *= result.values["built_floor_area"].sum(axis=2)[:, :, None]
