"""The building stock: one function per event of a year, on plain arrays.

Order of events: age and demolish → renovate survivors → replace equipment (`model.equipment`) → build to close the gap.
Two arrays carry the stock at the end of a year:

- `area` [segment, region, vintage] in m²;
- `standard_share` [segment, vintage, standard], the share of each cohort's floor area by performance level. It has no
  region because hazards and renovation rates have none: every region's cohort then has the same shares, exactly.

The balance stock[y] − stock[y−1] = built − demolished holds in every cell: what is built during a year and lost before
its end counts as built and as demolished.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from model.faults import BadInput, Fault
from model.language import Text
from model.survival_families import Array

Cells: TypeAlias = npt.NDArray[np.intp]
Years: TypeAlias = npt.NDArray[np.integer[Any]]
FallingStock = Literal["stop", "vacant", "demolish_oldest"]

#: Largest relative residual of the balance that rounding explains; more is a fault of the program.
BALANCE_TOLERANCE = 1e-10
#: A surplus below this share of the survivors is rounding, not a falling stock.
SURPLUS_TOLERANCE = 1e-12


class FallingStockError(ValueError):
    """More stands than is demanded, and the scenario says to stop there.

    Args:
        year_index: position of the year on the vintage axis.
        cells: [cell, (segment, region)] positions.
        surplus: [m²] what stands beyond demand, [cell].
    """

    def __init__(self, year_index: int, cells: Cells, surplus: Array) -> None:
        self.year_index, self.cells, self.surplus = year_index, cells, surplus
        super().__init__(f"stock exceeds demand in {len(cells)} cells at year index {year_index}")

    def as_fault(self, place: str, years: Sequence[int], segments: Sequence[str], regions: Sequence[str]) -> Fault:
        """Return the error as a fault with the names of the year and of every cell."""
        year = years[self.year_index]
        named = [
            f"{segments[segment]} / {regions[region]}: {surplus:,.0f} m²"
            for (segment, region), surplus in zip(self.cells, self.surplus, strict=True)
        ]
        return Fault(
            place=place,
            problem=Text(
                f"in {year} more stands than is demanded; raise the demand or choose what to do with a falling stock",
                f"{year}年度に、残存床面積が必要床面積を上回ります。需要を見直すか、ストック減少時の扱いを選んでください",
            ),
            given="; ".join(named),
            allowed="vacant, demolish_oldest",
        )


class BalanceError(ArithmeticError):
    """The balance of a cell does not close: a fault of the program, never of its input."""


def demolish_in_place(area: Array, hazard: Array) -> Array:
    """Age the stock by a year: take from each cohort what its hazard takes.

    demolished[s, r] = Σ_v area[s, r, v] · hazard[s, v];  area[s, r, v] ← area[s, r, v] · (1 − hazard[s, v])

    Args:
        area: [m²] at the end of the year before [segment, region, vintage]; holds the survivors afterwards.
        hazard: share lost during the year [segment, vintage], as `model.survival.hazard_table` gives it.

    Returns:
        demolished [m²/year] [segment, region].
    """
    demolished: Array = np.matmul(area, hazard[:, :, None])[:, :, 0]
    area *= (1.0 - hazard)[:, None, :]
    return demolished


class Construction(NamedTuple):
    """What a year's construction did, each [segment, region] and in m²."""

    built: Array
    """Gross inflow of the year."""
    demolished_first_year: Array
    """The part of it that is gone before the year ends."""
    demolished_oldest: Array
    """Taken down beyond the hazard, oldest first, because stock exceeded demand."""
    vacant: Array
    """Standing beyond demand at the end of the year."""
    falling_cells: Cells
    """[cell, (segment, region)] where the survivors exceed demand."""


def build_to_demand_in_place(
    area: Array,
    demand: Array,
    year_index: int,
    first_year_survival: Array,
    falling: FallingStock = "stop",
) -> Construction:
    """Build what demand asks beyond the survivors, or treat what stands beyond demand.

    built[s, r] = max(0, demand − Σ_v survivors) / S(0.5): buildings of mid-year, of which S(0.5) sees the year's end.

    Args:
        area: survivors [m²] [segment, region, vintage]; holds the year-end stock afterwards.
        demand: floor area that shall stand at the end of the year [m²] [segment, region].
        year_index: position of the year on the vintage axis.
        first_year_survival: S(0.5) [segment].
        falling: where survivors exceed demand: `stop` raises, `vacant` lets the surplus stand and reports it,
            `demolish_oldest` takes down the oldest vintages first.

    Returns:
        flows and vacant area; stock at year end = demand + vacant.

    Raises:
        FallingStockError: survivors exceed demand and `falling` is `stop`.
    """
    survivors = area[:, :, :year_index].sum(axis=2)
    gap = demand - survivors
    surplus = np.where(-gap > SURPLUS_TOLERANCE * survivors, -gap, 0.0)
    falling_at = surplus > 0
    cells = np.argwhere(falling_at) if falling_at.any() else np.empty((0, 2), dtype=np.intp)
    taken = np.zeros_like(survivors)
    if len(cells) and falling == "stop":
        raise FallingStockError(year_index, cells, surplus[cells[:, 0], cells[:, 1]])
    if len(cells) and falling == "demolish_oldest":
        taken = _take_oldest_in_place(area[:, :, :year_index], surplus, cells)
        surplus = np.zeros_like(survivors)
    entering = np.maximum(gap, 0.0)
    area[:, :, year_index] = entering
    built = entering / first_year_survival[:, None]
    return Construction(built, built - entering, taken, surplus, cells)


def _take_oldest_in_place(area: Array, surplus: Array, cells: Cells) -> Array:
    """Take `surplus` [segment, region] out of `area` at `cells`, oldest vintage first, and return what was taken."""
    segment, region = cells.T
    cohorts = area[segment, region]
    younger_than = np.cumsum(cohorts, axis=1) - cohorts
    taken = np.clip(surplus[segment, region][:, None] - younger_than, 0.0, cohorts)
    area[segment, region] = cohorts - taken
    total = np.zeros_like(surplus)
    total[segment, region] = taken.sum(axis=1)
    return total


class Renovation(NamedTuple):
    """What a year's renovation did to the shares of each cohort."""

    standard_share: Array
    """Shares afterwards [segment, vintage, standard]."""
    moved: Array
    """Net change of each level's share [segment, vintage, standard]; sums to zero over `standard`."""


def renovation_flow(rate: Array, transition: Array) -> Array:
    """Return what renovation takes from and brings to each level, per share of the level before.

    flow[from, to] = rate[from] · transition[from, to] for a better level, flow[from, from] = −Σ of what it gives away

    Args:
        rate: share of the eligible area renovated during the year [..., standard before], levels from worst to best.
        transition: where renovated area goes [..., standard before, standard after]; only its part above the diagonal
            is used, so no renovation lowers a level and the shares keep their sum exactly.

    Returns:
        flow [..., standard before, standard after]; each row sums to zero.
    """
    better = np.triu(transition, k=1)
    return np.asarray(rate[..., None] * (better - better.sum(axis=-1)[..., None] * np.eye(better.shape[-1])))


def renovate(standard_share: Array, flow: Array, eligible: npt.NDArray[np.bool_]) -> Renovation:
    """Move floor area to better performance levels.

    moved[to] = Σ_from share[from] · flow[from, to] in the cohorts that are eligible

    Args:
        standard_share: shares of each cohort's area [segment, vintage, standard], levels from worst to best.
        flow: as `renovation_flow` gives it [segment, standard before, standard after].
        eligible: cohorts that may be renovated [segment, vintage].

    Returns:
        the shares afterwards and the net moves.
    """
    moved = np.matmul(standard_share, flow)
    moved *= eligible[:, :, None]
    return Renovation(standard_share + moved, moved)


def base_year_cohorts(
    total: Array,
    survivors: Array,
    vintages: npt.ArrayLike,
    period_first: npt.ArrayLike,
    period_last: npt.ArrayLike,
) -> Array:
    """Spread what stands from broad construction periods over single vintages, each period's sum kept.

    cohort[v] = total[period] · S(age of v) / Σ_{w in period} S(age of w): construction is uniform within a period, and
    each vintage has lost what its age implies. The open first period is a period of a stated number of years.

    Args:
        total: what stands at the end of the base year, any unit [..., period].
        survivors: S at the end of the base year [..., vintage], as `survival_table` gives it for that year; leading
            dims must broadcast against those of `total`.
        vintages: [vintage] years of construction.
        period_first: first year of each period [period].
        period_last: last year of each period [period].

    Returns:
        cohorts in the unit of `total` [..., vintage]; 0 outside the periods.

    Raises:
        BadInput: something stands from a period of which the curve leaves nothing, or that has no vintage.
    """
    year, first, last = np.asarray(vintages), np.asarray(period_first), np.asarray(period_last)
    inside = ((year >= first[:, None]) & (year <= last[:, None])).astype(np.float64)
    weight_sum = survivors @ inside.T
    empty = weight_sum == 0.0
    if np.any(empty & (total > 0.0)):
        raise BadInput([_nothing_left(total, empty, first, last)])
    return np.asarray(survivors * ((total / np.where(empty, 1.0, weight_sum)) @ inside))


def _nothing_left(total: Array, empty: npt.NDArray[np.bool_], first: Years, last: Years) -> Fault:
    """Return the fault of the first period from which something stands though the curve leaves nothing of it."""
    standing = np.where(empty, total, 0.0).reshape(-1, len(first)).max(axis=0)
    period = int(np.argmax(standing > 0.0))
    problem = Text(
        "something stands from this period, but the survival curve leaves nothing of it; lengthen the life",
        "この時期の建物が残っていますが、残存曲線では0になります。寿命を長くしてください",
    )
    place = f"base-year stock, built {first[period]}-{last[period]}"
    return Fault(place=place, problem=problem, given=f"{standing[period]:g}", allowed="0")


def balance_residual(before: Array, after: Array, built: Array, demolished: Array) -> Array:
    """Return how far stock[y] − stock[y−1] = built − demolished is from closing, per cell.

    Args:
        before: stock at the end of the year before.
        after: stock at the end of the year.
        built: gross inflow of the year.
        demolished: every outflow of the year.

    Returns:
        |after − before − built + demolished| over the largest of the four; 0 where all are 0.
    """
    largest = np.maximum(np.maximum(np.abs(before), np.abs(after)), np.maximum(np.abs(built), np.abs(demolished)))
    residual = np.abs((after - before) - (built - demolished))
    return np.divide(residual, largest, out=np.zeros_like(residual), where=largest > 0)


def check_balance(residual: Array, year: int) -> None:
    """Raise `BalanceError` with the year and the cells whose balance does not close to `BALANCE_TOLERANCE`."""
    closed = residual <= BALANCE_TOLERANCE
    if not closed.all():
        broken = np.argwhere(~closed)
        cells = ", ".join(str(tuple(map(int, cell))) for cell in broken)
        worst = residual[tuple(broken.T)].max()
        raise BalanceError(f"stock balance does not close in {year}: worst residual {worst:.3g}, cells {cells}")


class DynamicStock(NamedTuple):
    """A stock over years with its flows."""

    inflow: Array
    """[year, type, …]"""
    outflow: Array
    """[year, type, …], first-year losses included."""
    stock: Array
    """At the end of the year [year, type, …]."""
    cohorts: list[Array]
    """What stands of each vintage at the end of each year, for each year [vintage up to the year, type, …]."""


def stock_driven(demand: Array, survival: Array) -> DynamicStock:
    """Return the inflow that keeps the stock at demand, year by year, from nothing before the first year.

    inflow[y] = (demand[y] − Σ_{v<y} inflow[v] · S[y, v]) / S[y, y]; it turns negative where demand falls faster than
    survivors leave.

    Args:
        demand: stock at the end of each year [year, type, …]; further dims share the curve of their type.
        survival: [year, type, vintage] over the same years, as `model.survival.survival_table` gives it.

    Returns:
        inflow, outflow, stock and cohorts, in the unit of `demand`.
    """
    wanted = demand.reshape(*demand.shape[:2], -1)
    inflow, outflow = np.empty_like(wanted), np.empty_like(wanted)
    stock_before = np.zeros_like(wanted[0])
    for y in range(len(wanted)):
        share = survival[y, :, : y + 1]
        survivors = np.matmul(share[:, None, :y], inflow[:y].transpose(1, 0, 2))[:, 0]
        inflow[y] = (wanted[y] - survivors) / share[:, y, None]
        outflow[y] = stock_before - survivors + inflow[y] * (1.0 - share[:, y, None])
        stock_before = wanted[y]
    inflow = inflow.reshape(demand.shape)
    return DynamicStock(inflow, outflow.reshape(demand.shape), demand, _cohorts(inflow, survival))


def inflow_driven(inflow: Array, survival: Array) -> DynamicStock:
    """Return the stock that an inflow builds up, from nothing before the first year.

    stock[y] = Σ_{v≤y} inflow[v] · S[y, v];  outflow[y] = inflow[y] − (stock[y] − stock[y−1])

    Args:
        inflow: [year, type, …]; further dims share the curve of their type.
        survival: [year, type, vintage] over the same years.

    Returns:
        inflow, outflow, stock and cohorts, in the unit of `inflow`.
    """
    cohorts = _cohorts(inflow, survival)
    stock = np.stack([standing.sum(axis=0) for standing in cohorts])
    return DynamicStock(inflow, inflow - np.diff(stock, axis=0, prepend=0.0), stock, cohorts)


def _cohorts(inflow: Array, survival: Array) -> list[Array]:
    """Return inflow[v] · S[y, v] for each year y [vintage up to y, type, …].

    All years lie in one block, without the half that does not exist: writing it is what takes the time here.
    """
    years, types = inflow.shape[:2]
    block = np.empty((years * (years + 1) // 2, *inflow.shape[1:]))
    share = survival.transpose(0, 2, 1).reshape(years, years, types, *(1,) * (inflow.ndim - 2))
    cohorts = [block[y * (y + 1) // 2 : (y + 1) * (y + 2) // 2] for y in range(years)]
    for y, standing in enumerate(cohorts):
        np.multiply(inflow[: y + 1], share[y, : y + 1], out=standing)
    return cohorts
