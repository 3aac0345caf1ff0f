"""From prices to a plan with proof: most houses are settled by their prices, HiGHS decides the few that are left.

A slot whose priced cost lies above the best slot of its house by more than the distance between the plan in hand and
the bound cannot belong to a better plan. What remains is solved as a small mixed-integer programme; when nothing else
remains, its own bound is the bound of the whole. Houses that are alike share one whole-number variable a slot.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array

from model.optimise.solar_allocation.exact import keep_exactly
from model.optimise.solar_allocation.meet import meet
from model.optimise.solar_allocation.near import Near, plans_near
from model.optimise.solar_allocation.prices import Prices
from model.optimise.solar_allocation.problem import (
    FloatArray,
    Problem,
    SlotArray,
    activity,
    coefficients,
    cost_of,
    priced_costs,
    within_rows,
)
from model.optimise.solar_allocation.shifts import shifts_of
from model.optimise.solver import ArrayModel, SolverOptions, relative_gap, solve_arrays

IntArray = npt.NDArray[np.int64]

#: Houses that the first programme decides, and by how much the next ones are larger.
_FIRST = 60
_GROWTH = 4
#: Largest programme: pairs of house and slot.
_LARGEST = 40_000
#: Share of the time left that a programme may take unless it is the last one.
_SHARE_OF_TIME = 0.3
#: Largest portfolio whose plans near the bound are looked at before any programme; how many, and for what time.
_SMALL, _FIRST_SETS, _FIRST_LOOK = 5_000, 1e8, 0.1
#: Share of the gap asked for that one programme may leave.
_INNER_GAP = 0.2
#: Numerical slack of a row, relative to its right-hand side and what flows through it.
_SLACK = 1e-9


@dataclass(frozen=True)
class Finished:
    """A plan and what is proven about it.

    Args:
        choice: slot by house; empty where no plan was found.
        cost: cost of the plan; NaN where there is none.
        bound: no plan costs less.
        decided: houses that the last programme had to decide.
        impossible: whether it is proven that no plan keeps all rows.
    """

    choice: SlotArray
    cost: float
    bound: float
    decided: int
    impossible: bool = False

    @property
    def gap(self) -> float:
        """Relative distance of cost and bound [1]."""
        return relative_gap(self.cost, self.bound)


def finish(problem: Problem, prices: Prices, gap: float, seconds: float, seed: int = 0) -> Finished:
    """Return a plan whose gap meets the one asked for, or the best one that the time allows.

    Args:
        problem: houses, slots and rows.
        prices: prices of the rows.
        gap: relative gap asked for [1].
        seconds: time limit [s].
        seed: seed of the solver.
    """
    end = perf_counter() + seconds
    best = _with_one_row_exact(problem, prices)
    if not best.impossible and best.gap > gap and problem.houses <= _SMALL:
        best = _near(problem, prices, best, gap, _FIRST_LOOK * seconds, _FIRST_SETS)
    size, looked_near = _FIRST, False
    while not best.impossible:
        pairs, complete = _undecided(problem, prices, best, size)
        left = end - perf_counter()
        if left <= 0 or (best.choice.size and best.gap <= gap):
            break
        found = _decide(problem, prices, pairs, best, gap, left if complete else _SHARE_OF_TIME * left, seed)
        best = _better(best, found, complete)
        if complete:
            break
        if not looked_near and not best.gap <= gap:
            best, looked_near = _with_one_row_near(problem, prices, best), True
            best = _near_by_pairs(problem, prices, best, gap, _SHARE_OF_TIME * (end - perf_counter()), seed)
        size *= _GROWTH
    return best


def _near(problem: Problem, prices: Prices, best: Finished, gap: float, seconds: float, most: float) -> Finished:
    """Return what the plans near the bound prove."""
    near = plans_near(problem, prices, gap, Near(best.bound, best.choice, best.cost), seconds, most)
    return Finished(near.choice, near.cost, near.bound, best.decided)


def _near_by_pairs(problem: Problem, prices: Prices, best: Finished, gap: float, seconds: float, seed: int) -> Finished:
    """Return what many plans near the bound prove; a plan from pairs of sets of changes says how near is enough."""
    if best.gap <= gap:
        return best
    end = perf_counter() + seconds
    near = meet(problem, prices, Near(best.bound, best.choice, best.cost), 0.5 * seconds, seed)
    best = Finished(near.choice, near.cost, near.bound, best.decided)
    return best if best.gap <= gap else _near(problem, prices, best, gap, end - perf_counter(), np.inf)


def _with_one_row_exact(problem: Problem, prices: Prices) -> Finished:
    """Return what is known before any programme is solved: bound and perhaps plan with the dearest row kept exactly."""
    nothing = Finished(np.zeros(0, dtype=np.int16), np.nan, prices.priced.bound, 0)
    if not problem.rows or not prices.of_rows.any():
        return nothing
    found = keep_exactly(problem, prices.of_rows, _dearest(problem, prices))
    if found is None:
        return nothing
    if not found.choice.size:
        return replace(nothing, bound=np.inf, impossible=True)
    return _as_plan(problem, found.choice, max(nothing.bound, found.bound))


def _dearest(problem: Problem, prices: Prices) -> int:
    """Return the row whose price weighs most."""
    return int(np.argmax(prices.of_rows * np.array([np.sum(np.abs(row.slope)) for row in problem.rows])))


def _with_one_row_near(problem: Problem, prices: Prices, best: Finished) -> Finished:
    """Return a plan and bound no worse than before: the dearest row is kept exactly by the few houses that matter."""
    row = _dearest(problem, prices) if prices.of_rows.any() else -1
    room = np.inf if np.isnan(best.cost) else max(best.cost - prices.priced.bound, 0.0)
    shifts = None if row < 0 else shifts_of(problem, prices, row, room)
    if shifts is None:
        return best
    bound = max(best.bound, shifts.bound)
    best = replace(best, bound=bound if np.isnan(best.cost) else min(bound, best.cost))
    base = shifts.choice.astype(np.int64)
    part = problem.part(shifts.houses)
    brought = activity(problem, base) - activity(part, base[shifts.houses])
    rows = tuple(replace(one, at_least=one.at_least - done) for one, done in zip(part.rows, brought, strict=True))
    found = keep_exactly(replace(part, rows=rows), prices.of_rows, row)
    if found is None or not found.choice.size:
        return best
    base[shifts.houses] = found.choice
    return _better(best, _as_plan(problem, base.astype(np.int16), bound), complete=False)


def _as_plan(problem: Problem, choice: SlotArray, bound: float) -> Finished:
    """Return a choice with its bound if it keeps all rows, or else the bound alone."""
    if not within_rows(problem, choice, _SLACK * np.maximum(1.0, np.abs(problem.at_least))):
        return Finished(np.zeros(0, dtype=np.int16), np.nan, bound, 0)
    cost = cost_of(problem, choice)
    return Finished(choice, cost, min(bound, cost), 0)


def _better(best: Finished, found: Finished, complete: bool) -> Finished:
    """Return the cheaper plan with the higher bound; the bound of a programme holds for all if nothing was left out."""
    plan = found if not np.isnan(found.cost) and not found.cost >= best.cost else best
    bound = best.bound
    if complete:
        # Whatever was left out costs at least as much as the plan in hand.
        reached = found.bound if np.isnan(best.cost) else min(best.cost, found.bound)
        bound = max(bound, reached)
    bound = bound if np.isnan(plan.cost) else min(bound, plan.cost)
    return Finished(plan.choice, plan.cost, bound, found.decided, complete and np.isnan(plan.cost) and found.impossible)


def _undecided(problem: Problem, prices: Prices, best: Finished, size: int) -> tuple[IntArray, bool]:
    """Return pairs of house and slot to decide on, and whether no other slot can belong to a better plan."""
    runner_up = prices.priced.runner_up
    room = np.inf if np.isnan(best.cost) else best.cost - prices.priced.bound
    open_houses = np.flatnonzero(runner_up <= room)
    complete = open_houses.size <= size
    if not complete:
        nearest = np.argpartition(runner_up[open_houses], size - 1)[:size]
        open_houses = np.sort(open_houses[nearest])
    values = priced_costs(problem, prices.of_rows, open_houses)
    above = values - prices.priced.lowest[open_houses]
    # The slot that prices chose stays even if another one is as cheap.
    kept = np.isfinite(above) & (above <= room)
    if not complete and kept.sum() > 6 * size:
        kept &= above <= np.partition(above[kept], 6 * size - 1)[6 * size - 1]
    kept[prices.priced.choice[open_houses], np.arange(open_houses.size)] = True
    if complete and kept.sum() > _LARGEST:
        complete = False
    slots, places = np.nonzero(kept)
    order = np.lexsort((slots, places))
    return np.column_stack((open_houses[places[order]], slots[order])), complete


def _decide(
    problem: Problem, prices: Prices, pairs: IntArray, best: Finished, gap: float, seconds: float, seed: int
) -> Finished:
    """Return the best plan in which only the houses of the pairs leave the slot that prices chose."""
    choice = prices.priced.choice.astype(np.int64)
    if not pairs.size:
        # Any other slot of any house costs more than there is room for: what prices chose is all there is.
        only = _as_plan(problem, prices.priced.choice, np.inf)
        return replace(only, impossible=not only.choice.size)
    houses, starts = np.unique(pairs[:, 0], return_index=True)
    base = choice.copy()
    # Against the first slot of its house, so that houses with the same choices are alike whatever their constants.
    first = np.repeat(starts, np.diff(np.append(starts, pairs.shape[0])))
    tied = coefficients(problem, pairs[:, 0], pairs[:, 1])
    costs = problem.cost[pairs[:, 1], pairs[:, 0]]
    base[houses] = pairs[starts, 1]
    wanted = problem.at_least - activity(problem, base)
    offset = cost_of(problem, base)
    tied = np.round(tied - tied[:, first], 10)
    costs = costs - costs[first]
    groups = _alike(pairs, costs, tied, starts)
    scale = np.maximum(1.0, np.abs(problem.at_least))
    model = _programme(groups, costs, tied, wanted - _SLACK * scale, offset)
    size = abs(best.cost) if not np.isnan(best.cost) else abs(best.bound)
    options = SolverOptions(
        seconds=seconds, relative_gap=0.0, absolute_gap=max(_INNER_GAP * gap * size, 1e-6), seed=seed
    )
    answer = solve_arrays(model, options)
    if not answer.proof.has_answer:
        bound = np.inf if answer.proof.status == "infeasible" else answer.proof.bound
        return Finished(np.zeros(0, np.int16), np.nan, bound, houses.size, answer.proof.status == "infeasible")
    plan = base.copy()
    _hand_out(plan, pairs, groups, answer.values)
    return Finished(plan.astype(np.int16), cost_of(problem, plan), answer.proof.bound, houses.size)


@dataclass(frozen=True)
class _Groups:
    """Houses that are alike in everything, so that only the number with each slot matters.

    Args:
        pair: one pair of house and slot that stands for the variable, by variable.
        group: group by variable.
        members: houses of each group, in the order of their ids.
    """

    pair: IntArray
    group: IntArray
    members: list[IntArray]


def _alike(pairs: IntArray, costs: FloatArray, tied: FloatArray, starts: IntArray) -> _Groups:
    """Return the groups of houses with the same slots, costs and contributions."""
    ends = np.append(starts[1:], pairs.shape[0])
    found: dict[bytes, int] = {}
    members: list[list[int]] = []
    pair: list[IntArray] = []
    group: list[IntArray] = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        key = pairs[start:end, 1].tobytes() + costs[start:end].tobytes() + tied[:, start:end].tobytes()
        if key not in found:
            found[key] = len(members)
            members.append([])
            pair.append(np.arange(start, end))
            group.append(np.full(end - start, found[key]))
        members[found[key]].append(int(pairs[start, 0]))
    return _Groups(np.concatenate(pair), np.concatenate(group), [np.array(one) for one in members])


def _programme(groups: _Groups, costs: FloatArray, tied: FloatArray, wanted: FloatArray, offset: float) -> ArrayModel:
    """Return the programme: how many houses of each group take each slot."""
    count, rows = groups.pair.size, wanted.size
    sizes = np.array([one.size for one in groups.members], dtype=np.float64)
    row, column = np.nonzero(tied[:, groups.pair])
    matrix = coo_array(
        (
            np.concatenate((tied[:, groups.pair][row, column], np.ones(count))),
            (np.concatenate((row, rows + groups.group)), np.concatenate((column, np.arange(count)))),
        ),
        shape=(rows + sizes.size, count),
    ).tocsc()
    return ArrayModel(
        costs=costs[groups.pair],
        lower=np.zeros(count),
        upper=sizes[groups.group],
        integer=np.ones(count, dtype=bool),
        matrix=matrix,
        row_lower=np.concatenate((wanted, sizes)),
        row_upper=np.concatenate((np.full(rows, np.inf), sizes)),
        offset=offset,
    )


def _hand_out(plan: IntArray, pairs: IntArray, groups: _Groups, values: FloatArray) -> None:
    """Give the slots of a group to its houses: the higher slots to the first ids."""
    for number, members in enumerate(groups.members):
        variables = np.flatnonzero(groups.group == number)[::-1]
        slots = np.repeat(pairs[groups.pair[variables], 1], np.rint(values[variables]).astype(np.int64))
        plan[members] = slots
