"""The best trade where the works of every facility are settled, and how long it is looked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from model.optimise.apart import solve_apart
from model.optimise.facility_schedule.problem import IntArray
from model.optimise.solver import ArrayAnswer, ArrayModel, SolverOptions, solve_arrays

#: Time in which the trade of settled works is solved at most, by facility and in any case [s], and the gap of it [1].
TRADE_EACH, TRADE_SECONDS, TRADE_GAP = 0.03, 2.0, 3e-5
#: Facilities from which on it is solved owner by owner.
_MANY = 100


def trade_seconds(facilities: int, most: float = np.inf) -> float:
    """Return the time in which the trade of settled works is solved at most [s].

    Args:
        facilities: their number.
        most: most time that there is for it [s].
    """
    return max(TRADE_SECONDS, min(TRADE_EACH * facilities, most))


# Owners meet in credits that are on offer up to a limit, and in what works take of money and hands, which is settled.
def settled_trade(
    model: ArrayModel, tying: Sequence[IntArray], facilities: int, options: SolverOptions
) -> ArrayAnswer:  # fmt: skip
    """Return the best trade.

    Args:
        model: the program with one plan of works for each facility.
        tying: rows in which owners meet.
        facilities: their number.
        options: limits, gap, seed.
    """
    if facilities < _MANY:
        return solve_arrays(model, options)
    return solve_apart(model, np.concatenate(tying), options)
