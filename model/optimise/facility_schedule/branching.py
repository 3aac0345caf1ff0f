"""A sharper bound under limits: whole plans near the best of each facility, branched on when a work is begun.

Every facility takes one plan, all within the limits. Cuts from single limits and years raise what mixtures of plans
reach; then cases close it in: a work is begun by a certain year or not. The open case with the lowest bound is split
next, so its bound holds at any time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush
from itertools import count
from time import perf_counter

import numpy as np

from model.optimise.facility_schedule.covers import Cuts
from model.optimise.facility_schedule.mixtures import Mixtures, Split
from model.optimise.facility_schedule.problem import MILLION, FloatArray, IntArray
from model.optimise.facility_schedule.shortlist import Lister, Shortlist

#: Splits tried before one is made, each in another facility, and tries in vain in a row after which it is made.
_TRIED, _ENOUGH = 8, 3
#: Weight below which a plan is not in the mixture.
_NOTHING = 1e-6
#: Part of the time for cuts, and by how much a round of them must raise the bound to stay [million JPY].
_CUTTING, _RAISED = 0.5, 0.1
#: How far above the cheapest mixture plans are listed for cases, against its value [1].
_MARGIN = 0.006
#: Plans at least among which whole choices are looked for in a case; more by a factor where that is quick.
_FEWEST, _MORE = 3000, 2
#: How often a case is divided after whole choices took too long.
_WAIT = 3


@dataclass(frozen=True)
class _Case:
    """A case.

    Args:
        holds: splits that hold in it.
        splits: those that would divide its mixture with how even they are, best first; None: it was not looked at.
        most: plans at most among which whole choices are looked for next.
        wait: how often it is divided before that.
    """

    holds: tuple[Split, ...]
    splits: list[tuple[float, Split]] | None = None
    most: int = _FEWEST
    wait: int = 0


@dataclass(frozen=True)
class _Single:
    """Cuts of one limit, and the item of a work begun in a year, -1 for none, dims (facility, work, start)."""

    cuts: Cuts
    places: IntArray


class Branching:
    """Cases over mixtures of plans.

    Args:
        lister: lists plans of facilities.
        lists: list of each facility at the prices of the lister's limits.
    """

    def __init__(self, lister: Lister, lists: Sequence[Shortlist]) -> None:
        self.mixtures = Mixtures(lister, lists)
        self._limits = len(lister.limits.most)
        self._open: list[tuple[float, int, _Case]] | None = None
        self._order, self._known = count(), dict[tuple[int, int], float]()
        self._single = self._items()

    def _splits(self, inside: IntArray, weights: FloatArray) -> list[tuple[float, Split]]:
        """Return for each facility that mixes plans the splits that divide its mixture, most even first."""
        used, mixtures = np.flatnonzero(weights > _NOTHING), self.mixtures
        plans, weight, found = inside[used], weights[used], []
        of = mixtures.of[plans]
        for f in np.flatnonzero(np.bincount(of, minlength=mixtures.facilities) > 1).tolist():
            own = of == f
            starts, share = mixtures.starts[plans[own]], weight[own]
            for work in range(starts.shape[1]):
                for year in np.unique(starts[:, work])[:-1].tolist():
                    part = float(share[starts[:, work] <= year].sum())
                    found.append((0.5 - abs(part - 0.5), Split(f, work, year, True)))
        return sorted(found, key=lambda one: -one[0])

    def _items(self) -> list[_Single]:
        """Return for every limit its cuts and items: works of a facility with what they need of it."""
        found, mixtures = [], self.mixtures
        shape = mixtures.facilities, mixtures.starts.shape[1], mixtures.never + 1
        for row in range(self._limits):
            places, amounts, items = np.full(shape, -1), list[FloatArray](), 0
            for f, needs in enumerate(mixtures.each):
                need = np.round(needs[:, :, row])
                asks = need > 0
                kinds, kind = np.unique(np.stack([np.nonzero(asks)[0], need[asks]]), axis=1, return_inverse=True)
                places[f, : len(need), :-1][asks] = items + kind
                items += kinds.shape[1]
                amounts.append(kinds[1])
            if items:
                found.append(_Single(Cuts(np.concatenate(amounts), float(mixtures.most[row])), places))
        return found

    def _cut(self, top: float, until: float) -> None:
        """Add cuts as long as they raise the bound of all cases."""
        mixtures = self.mixtures
        value, inside, weights = mixtures.solve()
        while value < top and perf_counter() < until:
            used = inside[weights > _NOTHING]
            share, works = weights[weights > _NOTHING], np.arange(mixtures.starts.shape[1])
            added = []
            for one in self._single:
                held = one.places[mixtures.of[used][:, np.newaxis], works, mixtures.starts[used]]
                part = np.bincount(held[held >= 0], np.broadcast_to(share[:, np.newaxis], held.shape)[held >= 0])
                count = one.places.max() + 1
                found = one.cuts.found(np.append(part, np.zeros(count - len(part))))
                if found is not None:
                    added.append(np.append(found, 0.0)[one.places[:, :, :-1]])
            if not added:
                break
            before, cuts = value, len(mixtures.most)
            mixtures.cut(np.stack(added, axis=3))
            value, inside, weights = mixtures.solve()
            if value < before + _RAISED:
                mixtures.drop(np.arange(cuts, len(mixtures.most)))
                value, inside, weights = mixtures.solve()
                break
        # Cuts that cost nothing only make every case slower.
        mixtures.drop(self._limits + np.flatnonzero(mixtures.price[self._limits :] <= 0))

    def bound(self, enough: float, seconds: float) -> float:
        """Return a value that no schedule is below [JPY]; called again, it goes on from where it ended.

        Args:
            enough: value at which the search ends [JPY].
            seconds: time limit [s].
        """
        until, mixtures = perf_counter() + seconds, self.mixtures
        top = (enough - mixtures.constant) / MILLION
        if self._open is None:
            self.settle(top, _CUTTING * seconds, until)
        assert self._open is not None
        heap = self._open
        while heap and heap[0][0] < top and heap[0][2].splits != [] and perf_counter() < until:
            if heap[0][0] >= mixtures.beyond and not self._widened(until):
                break
            value, _, case = heappop(heap)
            for lower, part in self._looked_at(value, case, top, until):
                if lower < np.inf:
                    heappush(heap, (max(lower, value), next(self._order), part))
        reached = min(heap[0][0] if heap else np.inf, mixtures.beyond)
        return max(reached, mixtures.start) * MILLION + mixtures.constant

    def settle(self, top: float, cutting: float, until: float) -> None:
        """Add cuts, and list plans anew at prices that all plans bear out: all that comes before cases.

        Args:
            top: value at which cuts end [million JPY].
            cutting: time for cuts [s].
            until: when lists are made anew at last [s].
        """
        mixtures = self.mixtures
        self._cut(top, perf_counter() + cutting)
        mixtures.settle(_MARGIN * abs(mixtures.start + mixtures.constant / MILLION), until)
        self._open = [(mixtures.start, next(self._order), _Case(()))]

    # Cases that were closed in with fewer plans are looked at again.
    def _widened(self, until: float) -> bool:
        """List more plans until a time [s], and say whether lists reach further."""
        before = self.mixtures.beyond
        wider = self.mixtures.widen(until)
        assert self._open is not None
        self._open[:] = [(min(value, before), order, replace(case, splits=None)) for value, order, case in self._open]
        heapify(self._open)
        return wider

    # Whole choices are looked for below aims that are raised as long as that is quick; else the case is divided.
    def _looked_at(self, value: float, case: _Case, top: float, until: float) -> list[tuple[float, _Case]]:
        """Return a case with the value that was found for it, or both its halves."""
        if case.splits is not None and case.wait == 0:
            found, aim = self.mixtures.whole(case.holds, value, top, case.most, until)
            if found >= aim:
                return [(found, replace(case, most=_MORE * case.most))]
            if perf_counter() > until:
                return [(found, case)]
            value, case = found, replace(case, most=max(case.most // _MORE, _FEWEST), wait=_WAIT)
        return self._divided(value, case)

    def _divided(self, value: float, case: _Case) -> list[tuple[float, _Case]]:
        """Return both halves of a case by the split that raises the bound most, of those that look best.

        A case that was not looked at with the plans now listed is returned as it stands with them.
        """
        if case.splits is None:
            bound, inside, weights = self.mixtures.solve(case.holds)
            return [(bound, replace(case, splits=self._splits(inside, weights)))]
        known, usual = self._known, float(np.mean(list(self._known.values()))) if self._known else 1.0
        ranked = sorted(
            {one.facility: (even, one) for even, one in reversed(case.splits)}.values(),
            key=lambda pair: -known.get((pair[1].facility, pair[1].work), usual) * (pair[0] + 0.05),
        )
        best, vain, chosen = -np.inf, 0, list[tuple[Split, ...]]()
        for _, one in ranked[:_TRIED]:
            if vain >= _ENOUGH:
                break
            halves = self._halves(case, one)
            rises = sorted(max(self.mixtures.glance(half) - value, 1e-3) for half in halves)
            merit = rises[0] * rises[1] ** 0.3
            known[one.facility, one.work] = 0.5 * (known.get((one.facility, one.work), merit) + merit)
            vain += 1
            if merit > best:
                best, vain, chosen = merit, 0, halves
        found = []
        for half in chosen:
            bound, inside, weights = self.mixtures.solve(half)
            part = _Case(half, self._splits(inside, weights), case.most, max(case.wait - 1, 0))
            found.append((max(bound, value), part))
        return found

    def _halves(self, case: _Case, one: Split) -> list[tuple[Split, ...]]:
        """Return the splits that hold in both halves of a case."""
        return [(*case.holds, Split(one.facility, one.work, one.year, by)) for by in (False, True)]
