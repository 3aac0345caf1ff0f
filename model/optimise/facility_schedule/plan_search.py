"""Whole plans under limits looked for as long as there is time, beside lists and bounds where a second core is there.

Works are packed into the limits of all years around the heaviest plans of the master's mixture; once there are lists,
plans of the cheapest mixture are fixed one after the other. What is found so hangs on the seed, and which valley a
search ends in on that, so several are made. Each is a valley: works are moved, those of some years are chosen anew, and
groups of facilities choose anew from lists, in the lowest valley that still gets lower.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Final, Self

import numpy as np

from model.optimise.beside import Beside, can_run_beside
from model.optimise.facility_schedule.beginnings import Packing
from model.optimise.facility_schedule.choice import Standing
from model.optimise.facility_schedule.decomposition import Decomposition
from model.optimise.facility_schedule.fixing import Fixing
from model.optimise.facility_schedule.master import Master
from model.optimise.facility_schedule.near import Near
from model.optimise.facility_schedule.problem import IntArray
from model.optimise.facility_schedule.settled_trade import trade_seconds
from model.optimise.facility_schedule.turns import Turns
from model.optimise.facility_schedule.windows import FIRST
from model.optimise.solver import SolverOptions
from model.optimise.until import Until

#: Name of a valley: whether it was begun beside, and a number.
_Name = tuple[bool, int]

#: Plans that are begun with before the lowest valley is followed, and turns and beginnings in a row without lower plans
#: after which the search ends, and ends of mixtures in a row after which the best of them is gone on from.
_BEGINNINGS, _VAIN = 4, 8
#: Works in all up to which there is nothing to gain by searching beside.
_FEW: Final = 200
#: Parts of the time of the whole search for one packing, for moves, for years, and for groups that choose anew [1].
_PACKING, _MOVING, _WINDOWS, _REGROUPING = 0.03, 0.015, 0.05, 0.05
#: Part of the time of the whole search in which trade of settled works is solved at most [1].
_TRADE = 0.1
#: How often works are moved in one turn.
_MOVES = 3
#: Gain of moves from which on they come again before all else, against what plans cost [1].
_MUCH = 1e-4
#: Turns in vain after which a valley is left, and gain from which on a turn was not in vain [JPY].
_PATIENCE, _WORTH_IT = 2, 1e5


@dataclass
class _Valley:
    """Plans that are being improved.

    Args:
        standing: the plans.
        vain: turns in a row that were in vain.
        here: whether they are improved here rather than beside.
    """

    standing: Standing
    vain: int = 0
    here: bool = True


@dataclass
class _Valleys:
    """All plans that are being improved, by a name of each that is the same here and beside."""

    known: dict[_Name, _Valley] = field(default_factory=dict)

    @property
    def lowest(self) -> Standing | None:
        """The best plans of all."""
        return min((one.standing for one in self.known.values()), key=lambda one: one.value, default=None)

    def follow(self) -> _Name | None:
        """Return the lowest valley that still gets lower; None: there is none."""
        left = {name: one.standing.value for name, one in self.known.items() if one.here and one.vain < _PATIENCE}
        return min(left, key=left.__getitem__, default=None)

    def put(self, name: _Name, standing: Standing, vain: int, here: bool) -> None:
        """Keep plans of a valley, if they are better than those known of it, and how many turns were in vain."""
        if name not in self.known:
            self.known[name] = _Valley(standing, here=here)
        self.known[name].vain = vain
        if standing.value < self.known[name].standing.value:
            self.known[name].standing = standing


#: Name of a valley, its plans, and turns that were in vain.
_Found = tuple[_Name, Standing, int]


class PlanSearch:
    """Looks for whole plans under limits.

    Args:
        work: facilities.
        master: the master after pricing.
        gap: gap of a packing [1].
        seconds: time of the whole search [s].
        seed: seed from which all others are drawn.
        alone: do not search beside other work; by default where there is no second core for it.
    """

    def __init__(
        self, work: Decomposition, master: Master, gap: float, seconds: float, seed: int, alone: bool | None = None
    ) -> None:
        answer = master.solve()
        heaviest: dict[int, IntArray] = {}
        for column in np.argsort(answer.weights, kind="stable"):
            facility, plan = master.columns[column]
            heaviest[facility] = plan.starts
        starts = [heaviest[facility] for facility in range(work.problem.facilities)]
        free = np.ones((len(starts), len(work.problem.years)), dtype=np.bool_)
        most = max(len(own) for own in work.problem.works)
        self._packing = Packing.around(work, starts, answer.prices, free, most)
        trade = trade_seconds(work.problem.facilities, _TRADE * seconds)
        self._turns = Turns(work, master, answer.prices, seconds=trade)
        self._gap, self._seconds = gap, seconds
        self._seeds = np.random.SeedSequence(seed)
        self._fixing: Fixing | None = None
        self._widths = np.full(len(work.problem.years), min(FIRST, len(work.problem.years)))
        self._valleys, self._begun, self._enough = _Valleys(), 0, -np.inf
        few = sum(len(own) for own in work.problem.works) <= _FEW
        self._alone = (few or not can_run_beside()) if alone is None else alone
        self._beside: Beside[_Found] | None = None

    def __enter__(self) -> Self:
        self._part(lambda place: False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._beside is not None:
            self._beside.leave()

    def choose_from(self, listed: Near) -> None:
        """Let groups of facilities choose from plans near the best of every facility."""
        self._turns, self._fixing, self._begun = replace(self._turns, listed=listed), None, 0
        for one in self._valleys.known.values():
            one.vain = 0
        self._part(lambda place: False)

    @property
    def best(self) -> Standing:
        """The best plans found so far."""
        self._look()
        while self._valleys.lowest is None:
            if self._beside is None:
                next(self._steps(self._seeds.spawn(1)[0], Until(), beside=False))
            else:
                self._look(self._seconds)
        return self._valleys.lowest

    def reached(self, enough: float) -> bool:
        """Say whether plans that are good enough are known by now [JPY]."""
        self._look()
        lowest = self._valleys.lowest
        return lowest is not None and lowest.value <= enough

    def improve(self, enough: float, until: Until) -> Standing:
        """Return the best plans found after searching here too, until nothing has come of it for long.

        Args:
            enough: value at which the search ends [JPY].
            until: when it ends.
        """
        if self.best.value <= enough or until.over:
            return self.best
        self._enough = enough
        self._part(lambda place: place % 2 > 0)
        for _ in self._steps(self._seeds.spawn(1)[0], until, beside=False):
            if self.best.value <= enough:
                break
        self._enough = -np.inf
        self._part(lambda place: False)
        return self.best

    def _part(self, is_here: Callable[[int], bool]) -> None:
        """Search beside from here on, in some of the valleys; those here are told by their place in order of value."""
        if self._beside is not None:
            self._take(self._beside.leave())
        ranked = sorted(self._valleys.known.values(), key=lambda one: one.standing.value)
        for place, one in enumerate(ranked):
            one.here = self._alone or is_here(place)
        if self._alone:
            return
        seeds = self._seeds.spawn(1)[0]
        self._beside = Beside(lambda: self._steps(seeds, Until(), beside=True))
        self._beside.begin()

    def _look(self, seconds: float = 0.0) -> None:
        """Take over what was found beside, waiting for it for some time [s] where there is nothing."""
        if self._beside is not None:
            self._take(self._beside.found(seconds))

    def _take(self, found: Sequence[_Found]) -> None:
        """Take over what was found beside."""
        for name, standing, vain in found:
            self._begun += name not in self._valleys.known
            self._valleys.put(name, standing, vain, here=False)

    def _steps(self, seeds: np.random.SeedSequence, until: Until, beside: bool) -> Iterator[_Found]:
        """Yield valleys that are new or lower: several to begin with, then the lowest one that still gets lower.

        Args:
            seeds: what random choices are drawn from.
            until: when it ends.
            beside: whether this runs beside other work.
        """
        draw, valleys = np.random.default_rng(seeds), self._valleys
        if beside:
            for one in valleys.known.values():
                one.here = not one.here
        vain, lowest = 0, valleys.lowest
        while not until.over and vain < _VAIN:
            vain, lowest = (vain + 1, lowest) if valleys.lowest is lowest else (0, valleys.lowest)
            name = valleys.follow()
            if self._begun < _BEGINNINGS or name is None:
                self._begun += 1
                name = beside, int(draw.integers(2**40))
                valleys.put(name, self._beginning(draw, until), 0, here=True)
                yield name, valleys.known[name].standing, 0
                continue
            chosen = valleys.known[name]
            before = chosen.standing.value
            # Moves bring most for their time, and each time from where they came to, so they come several times, and
            # nothing else comes before they bring little.
            for turn in (*(self._moved,) * _MOVES, self._rewindowed, self._regrouped):
                if turn == self._rewindowed and before - chosen.standing.value > _MUCH * abs(before):
                    break
                now = turn(chosen.standing, int(draw.integers(2**20)), until)
                if now.value < chosen.standing.value:
                    chosen.standing = now
                    yield name, now, chosen.vain
            chosen.vain = 0 if before - chosen.standing.value >= _WORTH_IT else chosen.vain + 1
            yield name, chosen.standing, chosen.vain

    def _beginning(self, draw: np.random.Generator, until: Until) -> Standing:
        """Return plans with works moved: packed from nothing, or the best of some fixed one after the other."""
        seed = int(draw.integers(2**20))
        if self._turns.listed is None:
            return self._moved(self._packed(seed, until), seed, until)
        if self._fixing is None:
            self._fixing = self._turns.fixing()
        best, some, vain = self._turns.begun(self._fixing, seed, until), until.within(_PACKING * self._seconds), 0
        while not some.over and vain < _VAIN and best.value > self._enough:
            other = self._turns.begun(self._fixing, int(draw.integers(2**20)), until)
            best, vain = (other, 0) if other.value < best.value else (best, vain + 1)
        return self._moved(best, seed, until)

    def _packed(self, seed: int, until: Until) -> Standing:
        """Return plans that are packed from nothing."""
        options = SolverOptions(min(_PACKING * self._seconds, until.left), self._gap, seed=seed)
        return self._turns.standing(self._packing.solve(options))

    def _moved(self, now: Standing, seed: int, until: Until) -> Standing:
        """Return plans after works were moved."""
        return self._turns.moved(now, seed, self._enough, until.within(_MOVING * self._seconds))

    def _rewindowed(self, now: Standing, seed: int, until: Until) -> Standing:
        """Return plans after works that begin in some years were chosen anew."""
        if self._turns.listed is None:
            return now
        until = until.within(_WINDOWS * self._seconds)
        return self._turns.rewindowed(now, self._widths, seed, self._enough, until)

    def _regrouped(self, now: Standing, seed: int, until: Until) -> Standing:
        """Return plans after groups chose anew, also from what facilities do in the other valleys."""
        if self._turns.listed is None:
            return now
        others = [one.standing for one in self._valleys.known.values() if one.standing is not now]
        return self._turns.regrouped(now, others, seed, self._enough, until.within(_REGROUPING * self._seconds))
