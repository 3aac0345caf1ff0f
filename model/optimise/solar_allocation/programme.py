"""A range of deviations given to HiGHS whole: the cheapest plan that keeps a limit, with whole units as variables.

What is missing is made up in whole units, so that their number is a variable of the programme, and deviations that lie
outside the range are ruled out by rows of their own. Plans that the limit allows but that are not certain enough are
ruled out by a cut: more panels never make the requirement less likely to be met, so that a plan which is not certain
enough rules out all plans below it, too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array, hstack, vstack

from model.optimise.solar_allocation.finish import Finished
from model.optimise.solar_allocation.problem import (
    BoolArray,
    FloatArray,
    IntArray,
    Priced,
    Problem,
    SlotArray,
    coefficients,
    cost_of,
    priced_costs,
)
from model.optimise.solar_allocation.substitutes import Substitutes
from model.optimise.solar_allocation.sums import Limit, Sum, with_sums
from model.optimise.solver import ArrayModel, SolverOptions, solve_arrays

#: Numerical slack of a row, relative to its right-hand side, and of whole units.
_SLACK, _WHOLE = 1e-9, 1e-7
#: Largest programme: pairs of house and slot.
_LARGEST = 30_000
#: Slots that are tried on the way to a greater plan that is not certain enough either.
_LIFTS = 40


@dataclass(frozen=True)
class Asked:
    """A limit that all plans keep that matter and are certain enough, by ranges of deviations.

    Args:
        limit: with a constant of nothing.
        ranges: least and greatest deviations of the sums [kW], with the constant there, by combination of substitutes
            or one for all [kW].
        taken: what whole units take of the first sum's mean at least, which the constants count [kW].
    """

    limit: Limit
    ranges: list[tuple[FloatArray, FloatArray, FloatArray]]
    taken: float

    @property
    def ends(self) -> tuple[FloatArray, FloatArray]:
        """Least and greatest deviations of all plans that matter [kW]."""
        lowest, highest = (np.array([one[side] for one in self.ranges]) for side in (0, 1))
        return lowest.min(axis=0), highest.max(axis=0)

    def constants(self, lowest: FloatArray, highest: FloatArray) -> FloatArray:
        """Return the constants in a range [kW]; beyond any number where no plans in it matter."""
        found = [least for low, high, least in self.ranges if np.all((low <= highest) & (high >= lowest))]
        return np.asarray(np.min(found, axis=0)) if found else np.full(1, np.inf)

    def constant(self, lowest: FloatArray, highest: FloatArray) -> float:
        """Return the least constant in a range [kW]; beyond any number where no plans in it matter."""
        return float(self.constants(lowest, highest).min())

    def lines(self, lowest: FloatArray, highest: FloatArray) -> FloatArray:
        """Return by how much the line of each root lies below it at most in a range [kW]."""
        apart = (highest - lowest) ** 2 / (4 * (highest + lowest))
        return np.asarray(self.limit.weight * self.limit.deviations * apart)


@dataclass(frozen=True)
class Area:
    """A range of deviations with what plans in it keep.

    Args:
        problem: houses, slots and rows; the last rows are limits with lines in place of their roots.
        asked: those limits.
        sums: what must not be negative.
        parts: what they are made of.
        lowest, highest: deviations of the sums [kW].
        beyond: slots of which every plan needs one, cut by cut, dims (slot, house).
        constants: of those limits, by combination of substitutes or one for all [kW].
        substitutes: the combinations, if they are listed.
    """

    problem: Problem
    asked: list[Asked]
    sums: tuple[Sum, ...]
    parts: tuple[Sum, ...]
    lowest: FloatArray
    highest: FloatArray
    beyond: list[BoolArray]
    constants: list[FloatArray]
    substitutes: Substitutes | None

    @classmethod
    def read(
        cls, plain: Problem, asked: list[Asked], sums: tuple[Sum, ...], parts: tuple[Sum, ...], lowest: FloatArray,
        highest: FloatArray, beyond: list[BoolArray], substitutes: Substitutes | None,
    ) -> Area | None:  # fmt: skip
        """Return a range of a problem; None where no plans in it matter."""
        amounts, rows = dict(plain.amounts), []
        constants = [one.constants(lowest, highest) for one in asked]
        for number, (one, constant) in enumerate(zip(asked, constants, strict=True)):
            if np.isinf(constant.min()):
                return None
            limit, name = replace(one.limit, constant=float(constant.min())), f"certainty_{number}"
            amounts[name] = with_sums(plain, sums, parts, limit).amounts["certainty"]
            rows.append(replace(limit.chord(sums, lowest, highest), measure=name))
        problem = replace(plain, rows=(*plain.rows, *rows), amounts=amounts)
        return cls(problem, asked, sums, parts, lowest, highest, beyond, constants, substitutes)

    def constant(self, number: int, choice: npt.NDArray[np.integer]) -> float:
        """Return the constant of a limit for a plan [kW]."""
        if self.substitutes is None:
            return float(self.constants[number].min())
        kw = self.parts[1].kw[choice, np.arange(choice.size)]
        return float(self.constants[number][self.substitutes.number(kw)])

    def rows(self, house: IntArray, slot: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return what slots of houses bring to the rows of a programme, whole units apart, and units to them."""
        problem, sums = self.problem, self.sums
        first = len(problem.rows) - len(self.asked)
        brought = coefficients(problem, house, slot)
        units = np.zeros((len(problem.rows) + len(sums), len(sums)))
        sure = np.array([one.sure[slot, house] for one in sums])
        for number, one in enumerate(self.asked):
            # The mean counts in whole units: what is sure goes into their number.
            brought[first + number] -= one.limit.weight @ sure
            units[first + number] = [-w * part.unit for w, part in zip(one.limit.weight, sums, strict=True)]
        for number, part in enumerate(sums):
            units[len(problem.rows) + number, number] = part.unit
        variances = np.array([one.variance[slot, house] for one in self.parts])
        of_sums = variances if len(self.parts) == 1 else np.array([variances.sum(axis=0), variances[0]])
        beyond = np.array([one[slot, house] for one in self.beyond], dtype=np.float64)
        beyond = beyond.reshape(len(self.beyond), house.size)
        return np.vstack((brought, sure, of_sums, beyond)), units

    @property
    def limits(self) -> tuple[FloatArray, FloatArray]:
        """Lower and upper limits of those rows."""
        wanted = self.problem.at_least.copy()
        counted = [one.limit.weight[0] * one.taken for one in self.asked]
        wanted[wanted.size - len(counted) :] -= counted
        wanted -= _SLACK * np.maximum(1.0, np.abs(wanted))
        sure = np.array([-_WHOLE * one.unit for one in self.sums])
        slack = _SLACK * np.maximum(1.0, self.highest**2)
        lower = np.concatenate((wanted, sure, self.lowest**2 - slack, np.ones(len(self.beyond))))
        upper = np.full(lower.size, np.inf)
        upper[wanted.size + sure.size :][: slack.size] = self.highest**2 + slack
        return lower, upper


class _Combinations:
    """Combinations of substitutes as variables of a programme, one of which is taken.

    Args:
        area: what plans keep.
        base: slots of houses that are settled.
        house, slot: pairs that are not.
    """

    def __init__(self, area: Area, base: IntArray, house: IntArray, slot: IntArray) -> None:
        #: What they bring to the rows of the area, and how they are tied to pairs of house and slot.
        rows = area.limits[0].size
        self.rows, self.pairs, self.ties = csc_array((rows, 0)), csc_array((0, house.size)), csc_array((0, 0))
        #: Right-hand sides of those ties.
        self.tied = np.zeros(0)
        substitutes, every = area.substitutes, np.arange(area.problem.houses)
        if substitutes is None:
            return
        kw, settled = area.parts[1].kw, ~np.isin(substitutes.house, house)
        same = np.abs(substitutes.kw - kw[base, every][substitutes.house]) <= _WHOLE
        matters = np.all([np.isfinite(one) for one in area.constants], axis=0)
        some = np.flatnonzero(matters & same[:, settled].all(axis=1))
        above = np.zeros((rows, some.size))
        first = len(area.problem.rows) - len(area.asked)
        for number, one in enumerate(area.constants):
            above[first + number] = one.min() - one[some]
        pairs, ties = [np.zeros(house.size)], [np.ones(some.size)]
        for column in np.flatnonzero(~settled).tolist():
            own = house == substitutes.house[column]
            for size in np.unique(np.round(kw[slot[own], house[own]], 6)).tolist():
                pairs.append(own & (np.abs(kw[slot, house] - size) <= _WHOLE))
                ties.append(-1.0 * (np.abs(substitutes.kw[some, column] - size) <= _WHOLE))
        self.rows, self.pairs, self.ties = csc_array(above), csc_array(np.array(pairs) * 1.0), csc_array(np.array(ties))
        self.tied = np.append(1.0, np.zeros(len(ties) - 1))


def cheapest_within(
    area: Area, prices: FloatArray, priced: Priced, room: float, most: float, enough: float, seconds: float, seed: int
) -> Finished:
    """Return the cheapest plan of a range, with the bound of all plans there that lie within a room.

    Plans that cost more than `most` are not told apart: the plan may then be any, and the bound is no more than that.

    Args:
        area: what plans keep.
        prices: of the rows.
        priced: the best slot of every house under the prices.
        room: what plans may cost above the bound under prices.
        most: what plans that matter cost at most.
        enough: difference of cost and bound that is small enough.
        seconds: time limit [s].
        seed: seed of the solver.
    """
    problem, every = area.problem, np.arange(area.problem.houses)
    kept = priced_costs(problem, prices, slice(0, problem.houses)) - priced.lowest <= room
    base = priced.choice.astype(np.int64)
    kept[base, every] = True
    house, slot = np.nonzero((kept & (kept.sum(axis=0) > 1)).T)
    if house.size > _LARGEST:
        # The solver would not come back in time from so many.
        return Finished(np.zeros(0, dtype=np.int16), np.nan, -np.inf, problem.houses)
    houses = np.unique(house)
    settled = np.setdiff1d(every, houses)
    tied, units = area.rows(house, slot)
    lower, upper = area.limits
    done = area.rows(settled, base[settled])[0].sum(axis=1)
    one = (np.ones(house.size), (np.searchsorted(houses, house), np.arange(house.size)))
    one_each = csc_array(one, shape=(houses.size, house.size))
    combinations, ones = _Combinations(area, base, house, slot), np.ones(houses.size)
    count, others = units.shape[1], combinations.rows.shape[1]
    whole = np.vstack((units, np.zeros((tied.shape[0] - units.shape[0], count))))
    ties = hstack((combinations.pairs, csc_array((combinations.tied.size, count)), combinations.ties))
    first = hstack((csc_array(tied), csc_array(whole), combinations.rows))
    second = hstack((one_each, csc_array((houses.size, count + others))))
    model = ArrayModel(
        costs=np.append(problem.cost[slot, house], np.zeros(count + others)),
        lower=np.concatenate((np.zeros(house.size), np.full(count, -np.inf), np.zeros(others))),
        upper=np.concatenate((np.ones(house.size), np.full(count, np.inf), np.ones(others))),
        # With slots whole, there is one combination that they leave.
        integer=np.append(np.ones(house.size + count, dtype=bool), np.zeros(others, dtype=bool)),
        matrix=csc_array(vstack((first, second, ties))),
        row_lower=np.concatenate((lower - done, ones, combinations.tied)),
        row_upper=np.concatenate((upper - done, ones, combinations.tied)),
        offset=float(problem.cost[base[settled], settled].sum()),
    )
    # HiGHS leaves branches whose bound lies above this, and calls what it then knows of the others the best.
    # Small programmes only lose time with beginning anew.
    further = {"mip_allow_restart": False, **({"objective_bound": most} if np.isfinite(most) else {})}
    options = SolverOptions(seconds=seconds, relative_gap=0.0, absolute_gap=enough, seed=seed, further=further)
    answer = solve_arrays(model, options)
    if not answer.proof.has_answer:
        impossible = answer.proof.status == "infeasible"
        bound = most if impossible else min(answer.proof.bound, most)
        return Finished(np.zeros(0, dtype=np.int16), np.nan, bound, houses.size, impossible and np.isinf(most))
    taken = answer.values[: house.size] > 0.5
    base[house[taken]] = slot[taken]
    return Finished(base.astype(np.int16), cost_of(problem, base), min(answer.proof.bound, most), houses.size)


def beyond(
    sums: tuple[Sum, ...], choice: SlotArray, above: FloatArray, accepted: Callable[[SlotArray], bool]
) -> BoolArray:
    """Return slots of which each plan needs one that is certain enough, from a plan that is not, dims (slot, house).

    Args:
        sums: what must not be negative.
        choice: the plan.
        above: what slots lie above the best of their houses under prices, dims (slot, house).
        accepted: whether a plan is certain enough.
    """
    lifted, houses = choice.astype(np.int64), np.arange(choice.size)
    more = ~_below(sums, lifted) & np.isfinite(above)
    # Greater slots that change nothing but capacity, the cheapest first: those would be tried next.
    at_least = np.all([one.kw >= one.kw[lifted, houses] for one in sums], axis=0)
    at_least &= np.all([one.sure >= one.sure[lifted, houses] for one in sums], axis=0)
    slot, house = np.nonzero(more & at_least)
    order = np.lexsort((house, above[slot, house]))[:_LIFTS]
    for one in order.tolist():
        tried = lifted.copy()
        tried[house[one]] = slot[one]
        if np.all(_below(sums, tried)[lifted, houses]) and not accepted(tried.astype(np.int16)):
            lifted = tried
    return ~_below(sums, lifted)


def _below(sums: tuple[Sum, ...], choice: npt.NDArray[np.integer]) -> BoolArray:
    """Say which slots bring no more to any sum than those of a plan, whatever owners decide, dims (slot, house)."""
    houses = np.arange(choice.size)
    found = np.ones(sums[0].kw.shape, dtype=bool)
    for one in sums:
        found &= (one.kw <= one.kw[choice, houses] + _SLACK) & (one.sure <= one.sure[choice, houses] + _SLACK)
    return found
