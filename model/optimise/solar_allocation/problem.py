"""Panels on a supplier's houses as arrays: one size a house, a few rows that tie the houses together.

A *slot* is one way to equip a house: a size, a way to pay, counted or left out of the count at the supplier's request.
Slot j puts multiple[j] × step_kw[i] on house i, or all that its roof takes. Costs have dims (slot, house); everything
else is a vector, so that a million houses fit into memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
SlotArray = npt.NDArray[np.int16]

#: Houses handled together, so that what is worked on stays in the processor's cache.
_BLOCK = 16_384


@dataclass(frozen=True)
class Row:
    """One rule that ties houses together: Σ (slope × measure + squared × kW² + intercept) ≥ at_least.

    Args:
        name: stable name of the rule.
        slope: weight of the measure by house.
        intercept: constant by house.
        at_least: right-hand side.
        measure: what of the slot counts: "kw" or one of the problem's amounts.
        counted_only: whether slots left out of the count contribute nothing.
        squared: weight of the square of the kW by house; None for none.
    """

    name: str
    slope: FloatArray
    intercept: FloatArray
    at_least: float
    measure: str = "kw"
    counted_only: bool = False
    squared: FloatArray | None = None


@dataclass(frozen=True)
class Slots:
    """The slots of a problem: size in steps, way to pay (position in `ways_of`; -1 for no panels), left out, heat.

    `heat` are the kinds of heat that are added, as bits (`HEAT_BY_BITS`); `full` slots take the whole roof.
    """

    multiple: FloatArray
    way: IntArray
    left_out: BoolArray
    heat: IntArray
    full: BoolArray


def size_kw(multiple: FloatArray, full: BoolArray, step_kw: FloatArray, full_kw: FloatArray) -> FloatArray:
    """Return the capacity of slots of houses [kW], in the dims of all together.

    Args:
        multiple: size in steps.
        full: whether the slot takes the whole roof instead.
        step_kw: one step of the house [kW].
        full_kw: what the roof of the house takes [kW].
    """
    if not full.any():
        return np.asarray(multiple * step_kw)
    return np.where(full, full_kw, multiple * step_kw)


@dataclass(frozen=True)
class Problem:
    """The choice of one slot a house at least cost within the rows.

    Args:
        cost: what is to be made small, dims (slot, house); infinite where the house has no such slot.
        multiple: size of a slot in steps of the house, dims (slot).
        left_out: which slots leave the house out of the count, dims (slot).
        step_kw: capacity of one step, dims (house) [kW].
        rows: rules that tie houses together.
        amounts: what rows other than on kW add up (outlay, changes of plan, …) by name, dims (slot, house); 0 where the
            house has no such slot.
        full: which slots take the whole roof instead, dims (slot); None for none.
        full_kw: what the whole roof takes, dims (house) [kW]; None where no slot takes it.
    """

    cost: FloatArray
    multiple: FloatArray
    left_out: BoolArray
    step_kw: FloatArray
    rows: tuple[Row, ...]
    amounts: Mapping[str, FloatArray] = field(default_factory=dict)
    full: BoolArray | None = None
    full_kw: FloatArray | None = None

    def kw(self, slots: npt.NDArray[np.integer], houses: npt.NDArray[np.int64] | slice) -> FloatArray:
        """Return the capacity of single slots of single houses [kW]."""
        if self.full is None or self.full_kw is None:
            return np.asarray(self.multiple[slots] * self.step_kw[houses])
        return size_kw(self.multiple[slots], self.full[slots], self.step_kw[houses], self.full_kw[houses])

    def size(self, slot: int) -> tuple[float, bool]:
        """Return of how many units a slot is, and whether the unit is the whole roof and not a step."""
        whole = self.full is not None and bool(self.full[slot])
        return (1.0 if whole else float(self.multiple[slot])), whole

    @property
    def houses(self) -> int:
        """Number of houses."""
        return int(self.step_kw.size)

    @property
    def slots(self) -> int:
        """Number of slots."""
        return int(self.multiple.size)

    @property
    def at_least(self) -> FloatArray:
        """Right-hand sides of the rows."""
        return np.array([row.at_least for row in self.rows])

    def part(self, houses: npt.NDArray[np.int64], share: float | None = None) -> Problem:
        """Return the problem of some houses only; right-hand sides shrink to `share` of theirs if it is given."""
        rows = tuple(
            replace(row, slope=row.slope[houses], intercept=row.intercept[houses],
                    at_least=row.at_least * (1.0 if share is None else share),
                    squared=None if row.squared is None else row.squared[houses])
            for row in self.rows
        )  # fmt: skip
        amounts = {name: values[:, houses] for name, values in self.amounts.items()}
        full_kw = None if self.full_kw is None else self.full_kw[houses]
        return replace(
            self, cost=self.cost[:, houses], step_kw=self.step_kw[houses], rows=rows, amounts=amounts, full_kw=full_kw
        )


@dataclass(frozen=True)
class Priced:
    """The best slot of every house when breaking a rule costs its price.

    Args:
        bound: no plan within the rows costs less.
        choice: slot by house.
        lowest: priced cost of that slot by house.
        runner_up: by how much the second best slot is dearer, by house; infinite where there is none.
        activity: left-hand side of each row under this choice.
    """

    bound: float
    choice: SlotArray
    lowest: FloatArray
    runner_up: FloatArray
    activity: FloatArray


@dataclass(frozen=True)
class _Weights:
    """Prices of all rows gathered by house, for all slots and for counted slots on top.

    Terms are on kW, on the square of kW, constant, and on the problem's amounts.
    """

    kw: FloatArray
    constant: FloatArray
    counted_kw: FloatArray
    counted_constant: FloatArray
    squared: FloatArray | None
    counted_squared: FloatArray | None
    amounts: Mapping[str, FloatArray]

    @classmethod
    def gather(cls, problem: Problem, prices: FloatArray) -> _Weights:
        """Return the weights that the prices put on the slots of each house."""
        zero = np.zeros(problem.houses)
        kw, constant = [zero, zero], [zero, zero]
        squared: list[FloatArray | None] = [None, None]
        amounts: dict[str, FloatArray] = {}
        for row, price in zip(problem.rows, prices, strict=True):
            if price == 0:
                continue
            counted = int(row.counted_only)
            if row.measure == "kw":
                kw[counted] = kw[counted] + price * row.slope
            else:
                amounts[row.measure] = amounts.get(row.measure, zero) + price * row.slope
            if row.squared is not None:
                so_far = squared[counted]
                squared[counted] = price * row.squared + (zero if so_far is None else so_far)
            constant[counted] = constant[counted] + price * row.intercept
        return cls(kw[0], constant[0], kw[1], constant[1], squared[0], squared[1], amounts)

    def of_unit(
        self, unit: FloatArray, houses: slice
    ) -> tuple[FloatArray, FloatArray, FloatArray | None, FloatArray | None]:
        """Return the weights of a unit of capacity: left out, counted, and on its square for all and for counted."""
        by_unit = self.kw[houses] * unit
        return (
            by_unit,
            by_unit + self.counted_kw[houses] * unit,
            None if self.squared is None else self.squared[houses] * unit**2,
            None if self.counted_squared is None else self.counted_squared[houses] * unit**2,
        )


# What a slot costs when every unit of a row is bought at the row's price.
def priced_costs(problem: Problem, prices: FloatArray, houses: slice | npt.NDArray[np.int64]) -> FloatArray:
    """Return cost − Σ price × contribution to the row, dims (slot, house), for some houses."""
    if not isinstance(houses, slice):
        return priced_costs(problem.part(houses), prices, slice(0, houses.size))
    return _priced(problem, _Weights.gather(problem, prices), houses)


def _priced(problem: Problem, weights: _Weights, houses: slice) -> FloatArray:
    """Return priced costs of a run of houses."""
    step = problem.step_kw[houses]
    of_step = weights.of_unit(step, houses)
    of_roof = of_step if problem.full_kw is None else weights.of_unit(problem.full_kw[houses], houses)
    constant = weights.constant[houses]
    constant_counted = constant + weights.counted_constant[houses]
    values = np.empty((problem.slots, step.size))
    for slot, left_out in enumerate(problem.left_out):
        value = values[slot]
        multiple, whole = problem.size(slot)
        by_unit, by_unit_counted, squared, counted_squared = of_roof if whole else of_step
        np.multiply(by_unit if left_out else by_unit_counted, -multiple, out=value)
        value += problem.cost[slot, houses]
        value -= constant if left_out else constant_counted
        if squared is not None:
            value -= squared * multiple**2
        if counted_squared is not None and not left_out:
            value -= counted_squared * multiple**2
        for name, weight in weights.amounts.items():
            value -= weight[houses] * problem.amounts[name][slot, houses]
    return values


# Without the rows that tie them, every house takes its cheapest slot; the sum is a lower bound of any plan.
def best_at(problem: Problem, prices: FloatArray) -> Priced:
    """Return every house's best slot under prices of the rows (one per row, none negative)."""
    weights = _Weights.gather(problem, prices)
    choice = np.empty(problem.houses, dtype=np.int16)
    lowest, runner_up = np.empty(problem.houses), np.empty(problem.houses)
    for start in range(0, problem.houses, _BLOCK):
        houses = slice(start, min(start + _BLOCK, problem.houses))
        values = _priced(problem, weights, houses)
        first = values[0].copy()
        second = np.full_like(first, np.inf)
        taken = np.zeros(first.size, dtype=np.int16)
        for slot in range(1, problem.slots):
            value = values[slot]
            np.copyto(taken, slot, where=value < first)
            np.minimum(second, np.maximum(first, value), out=second)
            np.minimum(first, value, out=first)
        choice[houses], lowest[houses] = taken, first
        runner_up[houses] = second - first
    bound = float(np.sum(lowest)) + float(prices @ problem.at_least)
    return Priced(bound, choice, lowest, runner_up, activity(problem, choice))


# The left-hand side of a row is the sum of what the chosen slots bring to it.
def activity(problem: Problem, choice: npt.NDArray[np.integer]) -> FloatArray:
    """Return the left-hand side of each row under a choice of slots."""
    kw = problem.kw(choice, slice(None))
    counted = ~problem.left_out[choice]
    return np.array([np.sum(_contribution(problem, row, choice, kw, counted)) for row in problem.rows])


def _contribution(
    problem: Problem, row: Row, choice: npt.NDArray[np.integer], kw: FloatArray, counted: BoolArray
) -> FloatArray:
    """Return what each house brings to a row."""
    brought = _measured(problem, row, np.arange(problem.houses), choice, kw) * row.slope + row.intercept
    if row.squared is not None:
        brought = brought + row.squared * kw**2
    return np.where(counted, brought, 0.0) if row.counted_only else brought


def coefficients(
    problem: Problem, houses: npt.NDArray[np.int64], slots: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Return what single slots of single houses bring to every row, dims (row, pair)."""
    kw = problem.kw(slots, houses)
    counted = ~problem.left_out[slots]
    found = np.empty((len(problem.rows), houses.size))
    for number, row in enumerate(problem.rows):
        brought = _measured(problem, row, houses, slots, kw) * row.slope[houses] + row.intercept[houses]
        if row.squared is not None:
            brought = brought + row.squared[houses] * kw**2
        found[number] = np.where(counted, brought, 0.0) if row.counted_only else brought
    return found


def contributions(problem: Problem, houses: slice | IntArray) -> FloatArray:
    """Return what every slot of some houses brings to the only row of a problem, dims (slot, house)."""
    (row,), step = problem.rows, problem.step_kw[houses]
    found = np.empty((problem.slots, step.size))
    slope, intercept = row.slope[houses], row.intercept[houses]
    units = (step, step if problem.full_kw is None else problem.full_kw[houses])
    by_units = [slope * unit for unit in units]
    squares = [None if row.squared is None else row.squared[houses] * unit**2 for unit in units]
    for slot, left_out in enumerate(problem.left_out):
        value = found[slot]
        multiple, whole = problem.size(slot)
        if row.counted_only and left_out:
            value[:] = 0.0
            continue
        if row.measure == "kw":
            np.multiply(by_units[whole], multiple, out=value)
        else:
            np.multiply(slope, problem.amounts[row.measure][slot, houses], out=value)
        value += intercept
        squared = squares[whole]
        if squared is not None:
            value += squared * multiple**2
    return found


def _measured(
    problem: Problem, row: Row, houses: npt.NDArray[np.int64], slots: npt.NDArray[np.integer], kw: FloatArray
) -> FloatArray:
    """Return what a row measures of slots of houses."""
    return kw if row.measure == "kw" else np.asarray(problem.amounts[row.measure][slots, houses])


# A plan costs what its slots cost.
def cost_of(problem: Problem, choice: npt.NDArray[np.integer]) -> float:
    """Return the cost of a choice of slots."""
    return float(np.sum(problem.cost[choice, np.arange(problem.houses)]))


def within_rows(problem: Problem, choice: npt.NDArray[np.integer], slack: Sequence[float] | FloatArray) -> bool:
    """Say whether a choice keeps every row, each up to a numerical slack in its own unit."""
    return bool(np.all(activity(problem, choice) >= problem.at_least - np.asarray(slack)))


# Houses that are alike in everything may change places in a plan; those with the first ids take the higher slots.
def in_order(problem: Problem, choice: SlotArray) -> SlotArray:
    """Return the plan among those that differ in houses alike only which depends on nothing but their ids."""
    random = np.random.default_rng(0)
    columns = [problem.step_kw, *(() if problem.full_kw is None else (problem.full_kw,))]
    columns += [*(np.where(np.isfinite(one), one, -1.0) for one in problem.cost)]
    columns += [one for values in problem.amounts.values() for one in values]
    for row in problem.rows:
        columns += [row.slope, row.intercept, *(() if row.squared is None else (row.squared,))]
    # One number a house that is the same for houses alike, and almost surely for no others.
    alike = np.zeros(problem.houses)
    for column, weight in zip(columns, random.random(len(columns)), strict=True):
        alike += weight * column
    order = np.argsort(alike, kind="stable")
    same = alike[order[1:]] == alike[order[:-1]]
    # In the order of groups, and of ids in each; most houses of a usual list are like no other.
    ids = order[np.append(same, False) | np.append(False, same)]
    ordered = choice.copy()
    ordered[ids] = choice[ids[np.lexsort((-choice[ids].astype(np.int64), alike[ids]))]]
    return ordered
