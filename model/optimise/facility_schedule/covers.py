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

#: Steps into which a limit is divided.
_STEPS = 1500
#: Works at most that one cut is looked for among, sets met at most, and what a mixture must pass a row by.
_WORKS, _SETS, _PASSED = 40, 40, 1e-3
#: Share of a work in a mixture from which on it counts, and weight below which it has none.
_PRESENT, _NOTHING = 1e-6, 1e-9


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
        # A set of one never passes the upper limit of its weight.
        known = np.array([one[inside] for one in self._met], dtype=np.bool_).reshape(-1, len(inside))
        heaviest = _Heaviest(part, np.unique(known[known.sum(axis=1) > 1], axis=0))
        for _ in range(_SETS):
            weights = heaviest.weights()
            if weights is None or float(weights @ part) < 1.0 + _PASSED:
                return None
            value, best = _fullest(steps, weights)
            if value <= 1.0 + 1e-7:
                return self._lifted(inside, weights / max(value, 1.0), share)
            heaviest.add(best)
            whole = np.zeros(len(share), dtype=np.bool_)
            whole[inside] = best
            self._met.append(whole)
        return None

    # Of works that need more than half of the limit only one fits, so they do not change each other's weights; and of
    # those with the same weight the smallest stands for all.
    def _lifted(self, inside: IntArray, weights: FloatArray, share: FloatArray) -> FloatArray:
        """Return weights of all items from those of some."""
        every = np.zeros(len(share))
        every[inside] = weights
        value = np.zeros(_STEPS + 1)
        for need, weight in zip(self._steps[inside].tolist(), weights.tolist(), strict=True):
            value = _with(value, need, weight)
        others = np.setdiff1d(np.flatnonzero(self._steps > 0), inside)
        needs = np.minimum(self._steps[others], _STEPS)
        large = others[needs > _STEPS // 2]
        every[large] = np.maximum(1.0 - value[_STEPS - np.minimum(self._steps[large], _STEPS)], 0.0)
        grown = value
        for weight in np.unique(every[large]).tolist():
            if weight > _NOTHING:
                grown = np.maximum(grown, _with(value, int(self._steps[large][every[large] == weight].min()), weight))
        value, small = grown, others[needs <= _STEPS // 2]
        for place in small[np.argsort(-self._steps[small], kind="stable")].tolist():
            weight = 1.0 - float(value[_STEPS - int(self._steps[place])])
            if weight > _NOTHING:
                every[place] = weight
                value = _with(value, int(self._steps[place]), weight)
        return every


class _Heaviest:
    """Weights that a mixture passes by most while no set met passes one.

    Args:
        share: share of each item in the mixture, dims (item).
        sets: sets met, dims (set, item).
    """

    def __init__(self, share: FloatArray, sets: BoolArray) -> None:
        from highspy import Highs, HighsLp

        program = HighsLp()
        program.num_row_, program.num_col_ = 0, len(share)
        program.col_cost_ = -share
        program.col_lower_, program.col_upper_ = np.zeros(len(share)), np.ones(len(share))
        program.a_matrix_.start_ = np.zeros(len(share) + 1, dtype=np.int32)
        self._solver: Highs = Highs()  # type: ignore[no-untyped-call]
        for name, value in (("output_flag", False), ("threads", 1), ("presolve", "off")):
            self._solver.setOptionValue(name, value)
        self._solver.passModel(program)
        of, places = np.nonzero(sets)
        starts = np.searchsorted(of, np.arange(len(sets))).astype(np.int32)
        least, most = np.full(len(sets), -np.inf), np.ones(len(sets))
        self._solver.addRows(len(sets), least, most, len(of), starts, places.astype(np.int32), np.ones(len(of)))

    def add(self, one: BoolArray) -> None:
        """Add a set met."""
        places = np.flatnonzero(one).astype(np.int32)
        self._solver.addRow(-np.inf, 1.0, len(places), places, np.ones(len(places)))

    def weights(self) -> FloatArray | None:
        """Return the weights, dims (item); None if the solver fails."""
        from highspy import HighsModelStatus

        self._solver.run()
        if self._solver.getModelStatus() != HighsModelStatus.kOptimal:
            return None
        return np.asarray(np.clip(np.array(self._solver.getSolution().col_value), 0.0, 1.0))


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
