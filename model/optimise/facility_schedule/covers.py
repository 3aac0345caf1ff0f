"""Cuts from the budget of a single year: works that a year pays for in parts are held to what it can pay for in whole.

For one limit in one year every work counts with what it needs there. A row whose weights no set of works within the
limit passes, but a mixture does, is looked for with the sets met so far; the fullest set at given weights, found by
recurrence over whole steps of the limit, is added until none passes. Needs are rounded down, which only lets more sets
in. Works outside the mixture get the greatest weight that keeps the row true, one after the other.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from model.optimise.facility_schedule.problem import BoolArray, FloatArray, IntArray
from model.optimise.solver import ArrayModel, SolverOptions, solve_arrays

#: Steps into which a limit is divided.
_STEPS = 1500
#: Works at most that one cut is looked for among, sets met at most, and what a mixture must pass a row by.
_WORKS, _SETS, _PASSED = 40, 40, 1e-3
#: Share of a work in a mixture from which on it counts.
_PRESENT = 1e-6


class Cuts:
    """Looks for cuts of one limit in one year.

    Args:
        needs: what each item needs of the limit, none of it nothing, dims (item).
        most: the limit.
    """

    def __init__(self, needs: FloatArray, most: float) -> None:
        self._steps = np.floor(needs / most * _STEPS).astype(np.int64)
        #: Sets of items that the limit pays for, met while cuts were looked for.
        self._met: list[BoolArray] = []

    def found(self, share: FloatArray) -> FloatArray | None:
        """Return weights of items whose sum is at most one for whatever the limit pays for; None: none is passed.

        Args:
            share: share of each item in the mixture, dims (item).
        """
        inside = np.flatnonzero((share > _PRESENT) & (self._steps > 0))
        if len(inside) > _WORKS:
            inside = np.sort(inside[np.argsort(-share[inside], kind="stable")[:_WORKS]])
        steps, part = self._steps[inside], share[inside]
        if not len(inside) or float(steps @ part) < _STEPS * 0.9:
            return None
        known = [one[inside] for one in self._met]
        sets = np.concatenate([np.eye(len(inside)), np.array(known, dtype=np.float64).reshape(-1, len(inside))])
        for _ in range(_SETS):
            weights = _heaviest(sets, part)
            if weights is None or float(weights @ part) < 1.0 + _PASSED:
                return None
            value, best = _fullest(steps, weights)
            if value <= 1.0 + 1e-7:
                return self._lifted(inside, weights / max(value, 1.0), share)
            sets = np.concatenate([sets, best[np.newaxis].astype(np.float64)])
            whole = np.zeros(len(share), dtype=np.bool_)
            whole[inside] = best
            self._met.append(whole)
        return None

    def _lifted(self, inside: IntArray, weights: FloatArray, share: FloatArray) -> FloatArray:
        """Return weights of all items from those of some."""
        every = np.zeros(len(share))
        every[inside] = weights
        value = np.zeros(_STEPS + 1)
        for need, weight in zip(self._steps[inside].tolist(), weights.tolist(), strict=True):
            value = _with(value, need, weight)
        others = np.setdiff1d(np.flatnonzero(self._steps > 0), inside)
        for place in others[np.argsort(-self._steps[others], kind="stable")].tolist():
            need = min(int(self._steps[place]), _STEPS)
            weight = 1.0 - value[_STEPS - need]
            if weight > 1e-9:
                every[place] = weight
                value = _with(value, need, weight)
        return every


def _with(value: FloatArray, need: int, weight: float) -> FloatArray:
    """Return the greatest weight of sets by steps used at most, with one more item to choose from."""
    grown = value.copy()
    if need <= _STEPS:
        np.maximum(value[need:], value[: _STEPS + 1 - need] + weight, out=grown[need:])
    return grown


def _fullest(steps: IntArray, weights: FloatArray) -> tuple[float, BoolArray]:
    """Return the greatest weight of a set of items within the limit, and the set."""
    value, taken = np.zeros(_STEPS + 1), []
    for need, weight in zip(steps.tolist(), weights.tolist(), strict=True):
        grown = _with(value, need, weight)
        taken.append(grown > value)
        value = grown
    best: npt.NDArray[np.bool_] = np.zeros(len(steps), dtype=np.bool_)
    left = _STEPS
    for place in range(len(steps) - 1, -1, -1):
        if taken[place][left]:
            best[place] = True
            left -= int(steps[place])
    return float(value[-1]), best


def _heaviest(sets: FloatArray, share: FloatArray) -> FloatArray | None:
    """Return weights that the mixture passes by most while no set passes one, dims (item)."""
    from scipy.sparse import csc_array

    count = len(share)
    model = ArrayModel(
        share, np.zeros(count), np.ones(count), np.zeros(count, dtype=np.bool_), csc_array(sets),
        np.full(len(sets), -np.inf), np.ones(len(sets)), maximise=True,
    )  # fmt: skip
    answer = solve_arrays(model, SolverOptions(further={"presolve": "off"}))
    return np.clip(answer.values, 0.0, 1.0) if answer.proof.has_answer else None
