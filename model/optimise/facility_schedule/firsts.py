"""Whole plans under limits to begin with, packed beside other work: lists and bounds are made meanwhile.

Works are packed into the limits of all years around the heaviest plans of the master's mixture. Which packing is found
hangs on the seed, and which valley a search ends in on the packing, so several are made.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Final, Self

import numpy as np

from model.optimise.beside import Beside
from model.optimise.facility_schedule.beginnings import Packing
from model.optimise.facility_schedule.choice import Choice
from model.optimise.facility_schedule.decomposition import Decomposition
from model.optimise.facility_schedule.master import Master
from model.optimise.facility_schedule.problem import IntArray
from model.optimise.solver import SolverOptions

#: Plans that are begun with, and part of the time for packing each [1].
_BEGINNINGS: Final = 4
_SHARE: Final = 0.08


class Firsts:
    """Plans to begin with.

    Args:
        work: facilities.
        master: the master after pricing.
        gap: gap of a packing [1].
        seconds: time of the whole search [s].
        seed: seed from which those of the packings are drawn.
    """

    def __init__(self, work: Decomposition, master: Master, gap: float, seconds: float, seed: int) -> None:
        answer = master.solve()
        heaviest: dict[int, IntArray] = {}
        for column in np.argsort(answer.weights, kind="stable"):
            facility, plan = master.columns[column]
            heaviest[facility] = plan.starts
        starts = [heaviest[facility] for facility in range(work.problem.facilities)]
        free = np.ones((len(starts), len(work.problem.years)), dtype=np.bool_)
        most = max(len(own) for own in work.problem.works)
        self._packing = Packing.around(work, starts, answer.prices, free, most)
        seeds = np.random.default_rng(seed).integers(2**20, size=_BEGINNINGS).tolist()
        options = [SolverOptions(_SHARE * seconds, gap, seed=one) for one in seeds]
        self._beside = Beside(self._packing.model, options, self._packing.start)
        self._answers, self._met = self._beside.answers(), list[list[IntArray]]()
        self._problem, self._facilities = work.problem, work.facilities

    def __enter__(self) -> Self:
        self._beside.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._beside.__exit__(kind, error, trace)

    def plans(self) -> Iterator[list[IntArray]]:
        """Yield the works of every facility, one packing after the other; those met before are not made again."""
        yield from self._met
        for answer in self._answers:
            self._met.append(self._packing.works(answer))
            yield self._met[-1]

    def value(self) -> float:
        """Return what the first packing costs with all trade, yes and no in trade mixed [JPY]."""
        plans = [[own.bare(one)] for own, one in zip(self._facilities, next(self.plans()), strict=True)]
        return Choice(self._problem, plans).shared_prices()[0]
