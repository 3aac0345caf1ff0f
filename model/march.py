"""The yearly march of the stock: demolish, renovate, build, one year after the other, the balance checked in each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields

import numpy as np

from model.axes import PROJECTION_FROM, Axes
from model.base_stock import base_stock
from model.demand import Sizes
from model.faults import BadInput
from model.inputs import Data
from model.levels import Levels
from model.levers import Levers
from model.lifetimes import Lifetimes
from model.policy.acting import Works
from model.stock import (
    BALANCE_TOLERANCE,
    Construction,
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
class _Flows:
    """What happens to the stock in every year, in its own unit [year, segment, region]; areas in m².

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

    def record(self, index: int, built: Construction, taken_area: Array | float) -> None:
        """Write what a year's construction came to."""
        self.built[index], self.first_year[index] = built.built, built.demolished_first_year
        self.oldest[index], self.vacant[index] = built.demolished_oldest, built.vacant
        self.taken_area[index] = taken_area


def march(
    data: Data,
    levers: Levers,
    axes: Axes,
    life: Lifetimes,
    size: Sizes,
    wanted: Array,
    course: Works,
    progress: Progress | None = None,
) -> StockYears:
    """Return the stock of every year.

    Args:
        data: input tables.
        levers: levers of the stock.
        axes: axes of the run.
        life: survival curves.
        size: what one unit of the stock is.
        wanted: what shall stand at the end of each year, in the unit of the stock [year, segment, region].
        course: new and renovated buildings, after the programmes that act on them.
        progress: told after every year.

    Raises:
        BadInput: stock exceeds demand and the scenario says to stop there.
        BalanceError: the balance of a cell does not close, a fault of the program.
    """
    ahead = int(np.searchsorted(axes.years, PROJECTION_FROM))
    hazards = [*hazard_table(life.of_segments(axes), axes.vintages, axes.years[:ahead]),
               *hazard_table(life.of_segments_later(axes), axes.vintages, axes.years[ahead:])]  # fmt: skip
    levels = Levels(data, levers, axes, course)
    stock = base_stock(data, axes, life, wanted[0])
    result, flows = _empty(axes), _Flows.none(wanted.shape)
    units = np.stack([getattr(size, name) for name in _UNITS], axis=-1)
    _record(result, flows, units, stock, levels, 0)
    for index in range(1, len(axes.years)):
        year, position = int(axes.years[index]), axes.vintage_index(int(axes.years[index]))
        flows.lost_area[index] = np.matmul(stock, (hazards[index] * size.floor_area)[:, :, None])[:, :, 0]
        flows.lost[index] = demolish_in_place(stock, hazards[index])
        if year >= PROJECTION_FROM:
            raised = levels.renovate(stock.sum(axis=1) * size.floor_area, index, year)
            result.values["renovated_floor_area"][index] = raised.area
            result.values["renovated_floor_area_by_standard"][index] = raised.by_level
            levels.build(index, position)
        built = _build(stock, wanted[index], position, hazards[index], size, levers, axes)
        flows.record(index, *built)
        result.falling += [(index, int(segment), int(region)) for segment, region in built[0].falling_cells]
        result.values["built_floor_area_by_standard"][index] = levels.of_vintage(position)
        _record(result, flows, units, stock, levels, index)
        if progress is not None:
            progress(index, len(axes.years) - 1)
    result.largest_residual = _check_balance(flows, axes)
    _record_flows(result, size, flows, axes)
    _record_vintages(result, axes, size)
    return result


def _build(
    stock: Array, wanted: Array, position: int, hazard: Array, size: Sizes, levers: Levers, axes: Axes
) -> tuple[Construction, Array | float]:
    """Close the gap to demand; return what was built, and the floor area taken down beyond the hazard [m²].

    A falling stock that the scenario does not allow becomes a fault of the input.
    """
    takes = levers.stock.falling == "demolish_oldest"
    before = _in_floor_area(stock, size, position) if takes else 0.0
    try:
        built = build_to_demand_in_place(
            stock, wanted, position, 1.0 - hazard[:, position], levers.stock.falling  # type: ignore[arg-type]
        )  # fmt: skip
    except FallingStockError as falling:
        vintages = axes.vintages.tolist()
        raise BadInput([falling.as_fault("stock.falling", vintages, axes.segments, axes.regions)]) from None
    return built, before - _in_floor_area(stock, size, position) if takes else 0.0


def _in_floor_area(stock: Array, size: Sizes, position: int) -> Array:
    """Return floor area of the vintages before `position` [m²] [segment, region]."""
    return np.asarray(np.matmul(stock[:, :, :position], size.floor_area[:, :position, None])[:, :, 0])


def _check_balance(flows: _Flows, axes: Axes) -> float:
    """Return the largest relative residual of the balance in any cell and year, each checked to close."""
    out = flows.lost + flows.first_year + flows.oldest
    residual = balance_residual(flows.standing[:-1], flows.standing[1:], flows.built[1:], out[1:])
    for index in np.flatnonzero(~(residual <= BALANCE_TOLERANCE).all(axis=(1, 2))):
        check_balance(residual[index], int(axes.years[index + 1]))
    return float(residual.max(initial=0.0))


def _empty(axes: Axes) -> StockYears:
    years, segments, regions = len(axes.years), len(axes.segments), len(axes.regions)
    values = {name: np.zeros((years, segments, regions)) for name in _UNITS}
    values |= {f"{name}_by_vintage_class": np.zeros((years, segments, len(axes.vintage_classes))) for name in _UNITS}
    for name in ("floor_area_by_standard", "built_floor_area_by_standard", "renovated_floor_area_by_standard"):
        values[name] = np.zeros((years, segments, len(axes.standards)))
    values["renovated_floor_area"] = np.zeros((years, segments))
    return StockYears(values, np.zeros((years, segments, len(axes.vintages))), np.zeros((years, segments)))


def _record(result: StockYears, flows: _Flows, units: Array, stock: Array, levels: Levels, index: int) -> None:
    """Write the stock at the end of a year in all its units [segment, vintage, unit], floor area the first."""
    by_vintage = result.by_vintage[index] = stock.sum(axis=1)
    flows.standing[index] = stock.sum(axis=2)
    counted = np.matmul(stock, units)
    for number, name in enumerate(_UNITS):
        result.values[name][index] = counted[:, :, number]
    result.values["floor_area_by_standard"][index] = levels.of_area(by_vintage * units[:, :, 0])


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
