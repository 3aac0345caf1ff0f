"""Very few owners who may refuse: every combination of their decisions stands in the programme by itself.

A combination counts if capacity reaches the requirement in it, and those that count must be likely enough together.
One owner more who accepts does no harm: a combination counts wherever one does in which fewer accept, and where those
in which fewer accept are too likely to fail without it, it must count.

Source: J. Luedtke, S. Ahmed and G. L. Nemhauser, An integer programming approach for linear programs with
probabilistic constraints, Mathematical Programming 122, 2010.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csc_array

from model.optimise.solar_allocation.finish import Finished
from model.optimise.solar_allocation.problem import BoolArray, FloatArray, Problem, coefficients, cost_of
from model.optimise.solver import ArrayModel, SolverOptions, solve_arrays

IntArray = npt.NDArray[np.int64]

#: Most owners who may refuse: their decisions make 512 combinations.
MOST_DECIDING = 9
#: Numerical slack of a row, relative to its right-hand side, of a probability, and of what a combination lacks [kW].
_SLACK, _EVEN, _NOTHING = 1e-9, 1e-12, 1e-9


@dataclass(frozen=True)
class Brought:
    """What the slots of all houses bring, one slot after another, to what must not fall short.

    Args:
        house: of the slot, dims (slot).
        slot: its number.
        refused: what it brings if its owner refuses, dims (row, slot) [kW].
        accepted: the same if the owner accepts.
        owed: what must be reached at least in each row [kW].
    """

    house: IntArray
    slot: IntArray
    refused: FloatArray
    accepted: FloatArray
    owed: FloatArray

    @property
    def deciding(self) -> IntArray:
        """Houses whose owners' decisions matter."""
        return np.unique(self.house[np.any(np.abs(self.accepted - self.refused) > _NOTHING, axis=0)])


def solve_every_decision(
    problem: Problem, brought: Brought, consent: FloatArray, certainty: float, options: SolverOptions
) -> Finished:
    """Return the best plan whose combinations of decisions that meet the requirement are likely enough.

    Args:
        problem: houses, slots and all rows that hold without probability.
        brought: what slots bring to the requirement.
        consent: probability of acceptance by house [1].
        certainty: probability asked for [1].
        options: limits, gap and seed of the solver.
    """
    deciding, count = brought.deciding, brought.house.size
    accepts = _subsets(deciding.size)
    likely = np.prod(np.where(accepts, consent[deciding], 1 - consent[deciding]), axis=1)
    must = _at_most(likely) > 1 - certainty + _EVEN
    made = _Rows(count, problem.houses, brought.owed.size, likely.size)
    _plain_rows(made, problem, brought)
    _combinations(made, brought, deciding, accepts)
    _sure_enough(made, likely, must, certainty)
    lower = np.full(made.columns, -np.inf)
    lower[: made.first + likely.size] = 0.0
    lower[made.first : made.first + likely.size] = must
    upper = np.where(np.isfinite(lower), 1.0, np.inf)
    costs = np.zeros(made.columns)
    costs[:count] = problem.cost[brought.slot, brought.house]
    model = ArrayModel(costs, lower, upper, np.isfinite(lower), made.matrix(), *made.sides())
    answer = solve_arrays(model, options)
    nothing = np.zeros(0, dtype=np.int16)
    if answer.proof.status == "infeasible":
        return Finished(nothing, np.nan, np.inf, problem.houses, impossible=True)
    bound = answer.proof.bound if np.isfinite(answer.proof.bound) else -np.inf
    if not answer.proof.has_answer:
        return Finished(nothing, np.nan, bound, problem.houses)
    choice = brought.slot[np.flatnonzero(answer.values[:count] > 0.5)].astype(np.int16)
    cost = cost_of(problem, choice)
    return Finished(choice, cost, min(bound, cost), problem.houses)


class _Rows:
    """Rows of the programme as they are added; columns are slots, combinations, and what houses bring.

    Args:
        slots: number of slots.
        houses: number of houses.
        rows: number of rows that must not fall short.
        combinations: number of combinations of decisions.
    """

    def __init__(self, slots: int, houses: int, rows: int, combinations: int) -> None:
        #: Column of the first combination.
        self.first = slots
        brings = slots + combinations + np.arange(2 * rows * houses).reshape(2, rows, houses)
        #: Columns of what a house brings if its owner refuses, and of what acceptance adds, dims (row, house).
        self.refused, self.added = brings
        self.columns = int(slots + combinations + brings.size)
        self._places: list[tuple[IntArray, FloatArray]] = []
        self._sides: list[tuple[float, float]] = []

    def add(self, columns: IntArray, values: FloatArray, least: float, most: float = np.inf) -> None:
        """Add a row."""
        self._places.append((columns, values))
        self._sides.append((least, most))

    def matrix(self) -> csc_array:
        """Return all rows."""
        row = np.repeat(np.arange(len(self._places)), [columns.size for columns, _ in self._places])
        column, value = (np.concatenate(part) for part in zip(*self._places, strict=True))
        return coo_array((value, (row, column)), shape=(len(self._places), self.columns)).tocsc()

    def sides(self) -> tuple[FloatArray, FloatArray]:
        """Return the least and the most of all rows."""
        least, most = np.array(self._sides).T
        return least, most


def _plain_rows(made: _Rows, problem: Problem, brought: Brought) -> None:
    """Add rows that hold without probability, one slot a house, and what each house brings."""
    everything, one = np.arange(brought.house.size), np.ones(brought.house.size)
    for values, least in zip(coefficients(problem, brought.house, brought.slot), problem.at_least, strict=True):
        made.add(everything, values, least - _SLACK * max(1.0, abs(least)))
    for house in range(problem.houses):
        own = np.flatnonzero(brought.house == house)
        made.add(own, one[own], 1.0, 1.0)
        for row in range(brought.owed.size):
            refused, accepted = brought.refused[row, own], brought.accepted[row, own]
            made.add(np.append(own, made.refused[row, house]), np.append(refused, -1.0), 0.0, 0.0)
            made.add(np.append(own, made.added[row, house]), np.append(accepted - refused, -1.0), 0.0, 0.0)


def _combinations(made: _Rows, brought: Brought, deciding: IntArray, accepts: BoolArray) -> None:
    """Add rows by which a combination counts only if what it brings reaches what is owed."""
    starts = np.flatnonzero(np.append(True, brought.house[1:] != brought.house[:-1]))
    for row, owed in enumerate(brought.owed.tolist()):
        refused, accepted = (np.minimum.reduceat(one[row], starts) for one in (brought.refused, brought.accepted))
        for number, who in enumerate(accepts):
            least = refused.copy()
            least[deciding[who]] = accepted[deciding[who]]
            # What the poorest choice of slots lacks in this combination.
            lacking = owed - float(least.sum())
            if lacking > _NOTHING:
                columns = [made.refused[row], made.added[row, deciding[who]], [made.first + number]]
                brings = np.append(np.ones(starts.size + int(who.sum())), -lacking)
                made.add(np.concatenate(columns), brings, owed - lacking - _SLACK * max(1.0, abs(owed)))


def _sure_enough(made: _Rows, likely: FloatArray, must: BoolArray, certainty: float) -> None:
    """Add the row of the certainty, and that a combination counts wherever one does in which fewer accept."""
    made.add(made.first + np.arange(likely.size), likely, certainty - _EVEN)
    for fewer, more in _one_more(likely.size):
        if not must[more]:
            made.add(made.first + np.array([fewer, more]), np.array([-1.0, 1.0]), 0.0)


def _subsets(size: int) -> BoolArray:
    """Return who accepts in every combination, dims (combination, owner)."""
    return np.asarray((np.arange(2**size)[:, np.newaxis] >> np.arange(size)) & 1, dtype=np.bool_)


def _one_more(combinations: int) -> Iterator[tuple[int, int]]:
    """Yield the combinations that differ in one owner more who accepts."""
    for number in range(combinations):
        owner = 1
        while owner < combinations:
            if not number & owner:
                yield number, number | owner
            owner *= 2


def _at_most(likely: FloatArray) -> FloatArray:
    """Return the probability that nobody accepts but those of a combination, dims (combination) [1]."""
    found = likely.copy()
    owner = 1
    while owner < found.size:
        pairs = found.reshape(-1, 2, owner)
        pairs[:, 1] += pairs[:, 0]
        owner *= 2
    return found
