"""The yearly march of the stock: demolish, renovate, build, one year after the other, the balance checked in each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from model.axes import PROJECTION_FROM, Axes, Mask
from model.base_stock import base_standards, base_stock
from model.demand import Sizes
from model.faults import BadInput
from model.inputs import Data
from model.levers import Levers
from model.lifetimes import Lifetimes
from model.policy.acting import Works
from model.stock import (
    Construction,
    FallingStockError,
    balance_residual,
    build_to_demand_in_place,
    check_balance,
    demolish_in_place,
    renovate,
)
from model.survival import hazard_table
from model.survival_families import Array
from model.year_path import share_path_values

#: Called with the number of years done and all years, for a progress bar.
Progress = Callable[[int, int], None]

#: Flows and stocks that the march records in every cell [year, segment, region].
_CELLS = (
    "floor_area", "built_floor_area", "demolished_floor_area", "surplus_demolished_floor_area",
    "surplus_vacant_floor_area", "dwellings", "built_dwellings", "buildings", "built_buildings",
)  # fmt: skip


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
class Renovations:
    """Renovation levers as arrays.

    Args:
        rate: share of eligible floor area a year [year, segment].
        rate_of_level: factor on it by the level before [standard].
        target: levels reached [year, segment, standard].
        minimum_age: [years] [segment].
    """

    rate: Array
    rate_of_level: Array
    target: Array
    minimum_age: Array

    def of_year(self, index: int, ages: npt.NDArray[np.floating]) -> tuple[Array, Array, Mask]:
        """Return rate [segment, standard], transition [segment, standard, standard] and who is eligible in a year.

        rate[s, k] = rate of the year · factor of the level before, at most 1; cohorts [segment, vintage] of the
        minimum age are eligible. Renovated area of a level goes to the better levels of the target in proportion; the
        rest of the target would lower it, so that part stays as it is.
        """
        segments, levels = self.target.shape[1:]
        rate = np.minimum(self.rate[index][:, None] * self.rate_of_level, 1.0)
        transition = np.broadcast_to(self.target[index][:, None, :], (segments, levels, levels))
        return rate, transition, ages[None, :] >= self.minimum_age[:, None]


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
    hazards = hazard_table(life.of_segments(axes), axes.vintages, axes.years)
    ahead = axes.years >= PROJECTION_FROM
    hazards[ahead] = hazard_table(life.of_segments_later(axes), axes.vintages, axes.years[ahead])
    renovations = _renovations(levers, axes, course.renovation_rate)
    stock = base_stock(data, axes, life, wanted[0])
    shares = base_standards(data, axes)
    result = _empty(axes)
    _record(result, size, stock, shares, 0)
    for index in range(1, len(axes.years)):
        year, position = int(axes.years[index]), axes.vintage_index(int(axes.years[index]))
        before = stock.sum(axis=2)
        lost_area = np.matmul(stock, (hazards[index] * size.floor_area)[:, :, None])[:, :, 0]
        lost = demolish_in_place(stock, hazards[index])
        if year >= PROJECTION_FROM:
            works = renovations.of_year(index, year - axes.vintages + 0.5)
            area = stock.sum(axis=1) * size.floor_area
            result.values["renovated_floor_area_by_standard"][index] = _reached(area, shares, *works)
            done = renovate(shares, *works)
            raised = np.maximum(done.moved, 0.0) @ np.ones(len(axes.standards))
            result.values["renovated_floor_area"][index] = (area * raised).sum(axis=1)
            shares = done.standard_share
            shares[:, position] = course.new_mix[index]
        old_area = _in_floor_area(stock[:, :, :position], size, position)
        built = _build(stock, wanted[index], position, hazards[index], levers, axes)
        taken_area = old_area - _in_floor_area(stock[:, :, :position], size, position)
        residual = balance_residual(
            before, stock.sum(axis=2), built.built, lost + built.demolished_first_year + built.demolished_oldest
        )
        check_balance(residual, year)
        result.largest_residual = max(result.largest_residual, float(residual.max()))
        result.falling += [(index, int(segment), int(region)) for segment, region in built.falling_cells]
        _record_flows(result, size, index, position, built, lost_area, taken_area)
        built_area = result.values["built_floor_area"][index].sum(axis=1)
        result.values["built_floor_area_by_standard"][index] = built_area[:, None] * shares[:, position]
        _record(result, size, stock, shares, index)
        if progress is not None:
            progress(index, len(axes.years) - 1)
    _record_vintages(result, axes, size)
    return result


def _reached(area: Array, shares: Array, rate: Array, transition: Array, eligible: Mask) -> Array:
    """Return the floor area that renovation brings to each level [m²] [segment, standard].

    Args:
        area: floor area of each cohort [m²] [segment, vintage].
        shares: of the levels in it before [segment, vintage, standard].
        rate, transition, eligible: as `Renovations.of_year` gives them.
    """
    renovated = np.matmul((area * eligible)[:, None, :], shares)[:, 0] * rate
    return np.asarray(np.matmul(renovated[:, None, :], np.triu(transition, k=1))[:, 0])


def _renovations(levers: Levers, axes: Axes, rate: Array) -> Renovations:
    groups, lever = axes.attribute("policy_group"), levers.renovation
    return Renovations(
        rate=rate,
        rate_of_level=np.array([lever.rate_of_level[name] for name in axes.standards]),
        target=np.stack([share_path_values(lever.target[name], axes.years, axes.standards) for name in groups], axis=1),
        minimum_age=np.array([lever.minimum_age[name] for name in groups]),
    )


def _build(stock: Array, wanted: Array, position: int, hazard: Array, levers: Levers, axes: Axes) -> Construction:
    """Close the gap to demand; a falling stock that the scenario does not allow becomes a fault of the input."""
    try:
        return build_to_demand_in_place(
            stock, wanted, position, 1.0 - hazard[:, position], levers.stock.falling  # type: ignore[arg-type]
        )  # fmt: skip
    except FallingStockError as falling:
        vintages = axes.vintages.tolist()
        raise BadInput([falling.as_fault("stock.falling", vintages, axes.segments, axes.regions)]) from None


def _in_floor_area(stock: Array, size: Sizes, position: int) -> Array:
    """Return floor area of the vintages before `position` [m²] [segment, region]."""
    return np.asarray(np.matmul(stock, size.floor_area[:, :position, None])[:, :, 0])


def _empty(axes: Axes) -> StockYears:
    years, segments, regions = len(axes.years), len(axes.segments), len(axes.regions)
    values = {name: np.zeros((years, segments, regions)) for name in _CELLS}
    for name in ("floor_area_by_vintage_class", "dwellings_by_vintage_class", "buildings_by_vintage_class"):
        values[name] = np.zeros((years, segments, len(axes.vintage_classes)))
    for name in ("floor_area_by_standard", "built_floor_area_by_standard", "renovated_floor_area_by_standard"):
        values[name] = np.zeros((years, segments, len(axes.standards)))
    values["renovated_floor_area"] = np.zeros((years, segments))
    return StockYears(values, np.zeros((years, segments, len(axes.vintages))), np.zeros((years, segments)))


def _record(result: StockYears, size: Sizes, stock: Array, shares: Array, index: int) -> None:
    """Write the stock at the end of a year in all its units."""
    by_vintage = result.by_vintage[index] = stock.sum(axis=1)
    for name, per_unit in (
        ("floor_area", size.floor_area),
        ("dwellings", size.dwellings),
        ("buildings", size.buildings),
    ):
        result.values[name][index] = np.matmul(stock, per_unit[:, :, None])[:, :, 0]
    area = (by_vintage * size.floor_area)[:, None, :]
    result.values["floor_area_by_standard"][index] = np.matmul(area, shares)[:, 0]


def _record_vintages(result: StockYears, axes: Axes, size: Sizes) -> None:
    """Write the stock of all years by period of construction, and the share that each year has built of it."""
    first, _ = axes.vintage_class_bounds()
    edges = np.searchsorted(axes.vintages, first)
    inside = np.flatnonzero(edges < len(axes.vintages))
    for name, per_unit in (
        ("floor_area", size.floor_area),
        ("dwellings", size.dwellings),
        ("buildings", size.buildings),
    ):
        sums = np.add.reduceat(result.by_vintage * per_unit, edges[inside], axis=2)
        result.values[f"{name}_by_vintage_class"][:, :, inside] = sums
    later = np.arange(1, len(axes.years))
    own = axes.vintage_index(int(axes.years[0])) + later
    built = result.by_vintage[later, :, own] * size.floor_area[:, own].T
    result.standing_new_share[1:] = built / result.values["floor_area_by_standard"][1:].sum(axis=2)


def _record_flows(
    result: StockYears, size: Sizes, index: int, position: int, built: Construction, lost: Array, taken: Array
) -> None:
    """Write a year's flows; what is built and lost within the year counts as both."""
    values = result.values
    per_unit = size.floor_area[:, position, None]
    values["built_floor_area"][index] = built.built * per_unit
    values["demolished_floor_area"][index] = lost + taken + built.demolished_first_year * per_unit
    values["surplus_demolished_floor_area"][index] = taken
    values["surplus_vacant_floor_area"][index] = built.vacant * per_unit
    values["built_dwellings"][index] = built.built * size.dwellings[:, position, None]
    values["built_buildings"][index] = built.built * size.buildings[:, position, None]
