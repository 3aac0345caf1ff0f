"""The cheapest way to a target for greenhouse gases, confirmed by the march of every municipality.

The search runs the march of Tokyo as one place. Where the run by municipality is a little off, or the last step a
little beyond a cap, the caps are tightened by as much and the search goes on. A shipped scenario under other
programmes that reaches the target for less becomes a start of its own, so the answer is never dearer than any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from model.levers import Levers
from model.optimise.least_cost.problem import MONEY, March, Problem, gases, point_of
from model.optimise.least_cost.search import Found, find
from model.optimise.least_cost.step import Caps, Frame
from model.optimise.solver import SolverOptions
from model.pathway import Pathway, run_pathway
from model.survival_families import Array

#: Charge on gases beyond a cap [JPY/t]: far above any measure, so that it is the last resort.
_CHARGE_PER_TONNE = 1e8
#: What is asked of the solver: money is large, so a small gap.
_OPTIONS = SolverOptions(relative_gap=1e-8)
#: Rounds of tightening the caps.
_ROUNDS = 6
#: Called with what is going on and how many runs are done.
Told = Callable[[int], None]


@dataclass(frozen=True)
class Answer:
    """The least-cost pathway.

    Args:
        problem: what was decided; its frame is that of the answer.
        found: where the search ended.
        levers: of the answer.
        run: the march by municipality at the answer.
        missed: beyond the caps [Mt/year] [year]; within the tolerance everywhere if the targets are reached.
        reached: whether they are.
        runs: runs of the march in all.
        frame_name: scenario whose programmes, demand and stock hold.
    """

    problem: Problem
    found: Found
    levers: Levers
    run: Pathway
    missed: Array
    reached: bool
    runs: int
    frame_name: str

    @property
    def cost(self) -> float:
        """Return the discounted cost [JPY]."""
        return point_of(self.problem.data, self.run).cost * MONEY

    def prices(self, discount: Array) -> Array:
        """Return what a tonne more in each year would save, in money of that year [JPY/t] [year]."""
        return self.found.prices * MONEY / 1e6 / discount


def least_cost(
    problem: Problem,
    frame_name: str,
    others: Sequence[tuple[str, Levers]] = (),
    told: Told | None = None,
    options: SolverOptions = _OPTIONS,
) -> Answer:
    """Return the least-cost pathway to the targets, or the nearest one to them.

    Args:
        problem: what is decided.
        frame_name: name of the scenario that frames it.
        others: scenarios by name that the answer must not be dearer than where they reach the targets too.
        told: called with the number of runs done.
        options: of the solver.
    """
    counted = 0

    def count(done: int) -> None:
        if told is not None:
            told(counted + done)

    answer = _search(problem, frame_name, count, options)
    counted = answer.runs
    for name, levers in others:
        run = run_pathway(levers, problem.data)
        counted += 1
        reaches = bool(_missed(problem, run).max() <= problem.tolerance())
        if not reaches or (answer.reached and _cost(problem, run) >= answer.cost):
            continue
        other = replace(problem, frame=levers, names=(*problem.names, name), scenarios=(*problem.scenarios, levers))
        again = _search(other, name, count, options)
        counted += again.runs
        if not answer.reached or again.cost < answer.cost:
            answer = again
    return replace(answer, runs=counted)


def _cost(problem: Problem, run: Pathway) -> float:
    return point_of(problem.data, run).cost * MONEY


def _missed(problem: Problem, run: Pathway) -> Array:
    """Return what a run is beyond the caps [Mt/year] [year]."""
    return np.maximum(gases(run.axes, run.values["greenhouse_gas_total"]) - problem.caps, 0.0)


def _search(problem: Problem, frame_name: str, told: Told, options: SolverOptions) -> Answer:
    """Return the answer within one frame: from the best scenario on, caps tightened until the march confirms them."""
    march = March(problem)
    runs, tightened, tolerance = 0, np.zeros(len(problem.years)), problem.tolerance()
    charge = _CHARGE_PER_TONNE * 1e6 / MONEY

    def frame(cost_counts: bool = True) -> Frame:
        return Frame(problem.region, Caps(problem.caps - tightened, charge), cost_counts, options)

    def count(done: int) -> None:
        told(runs + done)

    starts = [problem.position_of(number) for number in range(len(problem.scenarios))]
    merits = [frame().caps.merit(march(start)) for start in starts]
    runs += len(starts)
    position = starts[int(np.argmin(merits))]
    best: Answer | None = None
    for _ in range(_ROUNDS):
        found = find(march, frame(), position, told=count)
        runs += found.runs
        answer = _confirmed(problem, frame_name, found)
        if best is None or _better(answer, best):
            best = answer
        if answer.reached or found.prices.max() >= 0.99 * charge:
            break
        # Only what is beyond counts; half the tolerance more keeps the next answer clear of it.
        tightened = np.where(answer.missed > tolerance, tightened + answer.missed + tolerance / 2, tightened)
        position = found.position
    assert best is not None
    if not best.reached:
        nearest = find(march, frame(cost_counts=False), best.found.position, told=count)
        runs += nearest.runs
        closer = _confirmed(problem, frame_name, nearest)
        best = closer if closer.missed.sum() < best.missed.sum() else best
    return replace(best, runs=runs)


def _better(answer: Answer, other: Answer) -> bool:
    if answer.reached != other.reached:
        return answer.reached
    return answer.cost < other.cost if answer.reached else float(answer.missed.sum()) < float(other.missed.sum())


def _confirmed(problem: Problem, frame_name: str, found: Found) -> Answer:
    """Return the answer that the march by municipality gives at the end of a search."""
    levers = problem.levers(found.position)
    run = run_pathway(levers, problem.data)
    missed = _missed(problem, run)
    reached = bool(missed.max() <= problem.tolerance())
    return Answer(problem, found, levers, run, missed, reached, found.runs, frame_name)
