"""A sharper bound under limits: whole plans near the best of each facility, branched on when a work is begun.

Every facility takes one plan of its list, all within the limits. Cuts from single limits and years raise what mixtures
of plans reach; then cases close it in: a work is begun by a certain year or not. The open case with the lowest bound is
split next, so its bound holds at any time; plans that are in no list are no better than what their list says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from time import perf_counter

import numpy as np
from scipy.sparse import csr_array

from model.optimise.facility_schedule.covers import Cuts
from model.optimise.facility_schedule.problem import MILLION, BoolArray, FloatArray, IntArray
from model.optimise.facility_schedule.shortlist import Rows, Shortlist

#: Splits tried before one is made; each in another facility.
_TRIED = 6
#: Plans that enter the program at a time.
_AT_ONCE = 200
#: Plans in the program at the start: up to this far above the best [million JPY].
_FIRST = 3.0
#: Charge that keeps the program feasible: far above any plan [million JPY].
_ABSENT = 1e5
#: Weight below which a plan is not in the mixture, and reduced cost from which on it may help [million JPY].
_NOTHING, _HELPS = 1e-6, -1e-6
#: Part of the time for cuts, and by how much a round of them must raise the bound to stay [million JPY].
_CUTTING, _RAISED = 0.5, 0.1
#: Cases looked at after which the bound must have risen by a part of the distance that is left.
_PATIENCE, _RISE = 60, 0.02


@dataclass(frozen=True)
class _Split:
    """A work of a facility begun by a year or not."""

    facility: int
    work: int
    year: int
    balance: float


@dataclass(frozen=True)
class _Case:
    """A case: plans that are left, dims (plan), and the splits of its mixture."""

    left: BoolArray
    splits: list[_Split]


@dataclass(frozen=True)
class _Single:
    """Cuts of one limit, plans that hold its items, dims (plan, item), and the item of works, dims (work, start)."""

    cuts: Cuts
    holds: csr_array
    places: Sequence[IntArray]


class Branching:
    """The program of mixtures over lists of plans.

    Args:
        lists: list of each facility.
        rows: rows at the prices at which lists were made.
        limits: how many of the rows are limits; the others are cuts.
        constant: what is added to all plans [JPY].
    """

    def __init__(self, lists: Sequence[Shortlist], rows: Rows, limits: int, constant: float) -> None:
        self._works = max(one.starts.shape[1] for one in lists)
        self._of = np.repeat(np.arange(len(lists)), [len(one.charge) for one in lists])
        last = np.iinfo(np.int64).max
        self._starts = np.full((len(self._of), self._works), last)
        for f, one in enumerate(lists):
            self._starts[self._of == f, : one.starts.shape[1]] = np.where(one.starts < 0, last, one.starts)
        self._base = np.array([one.charge.min() for one in lists])
        self._cost = (np.concatenate([one.charge for one in lists]) - self._base[self._of]) / MILLION
        self._given, self._scale = rows, np.maximum(rows.most, 1.0)
        self._needs = np.concatenate([one.needs for one in lists]) / self._scale
        self._room = rows.most / self._scale
        self._constant = constant + float(self._base.sum())
        charged = self._cost + self._needs @ (rows.price * self._scale / MILLION)
        listed, away = self._least(charged), (np.array([one.beyond for one in lists]) - self._base) / MILLION
        least = np.minimum(listed, away)
        paid = float(self._room @ (rows.price * self._scale)) / MILLION
        #: Value of the root at the prices of the lists, and of any schedule with a plan that is in no list [JPY].
        self.start = (float(least.sum()) - paid) * MILLION + self._constant
        self.beyond = self.start + float(np.min(away - least)) * MILLION
        self._open: list[tuple[float, int, _Case]] | None = None
        self._order, self._known = count(), dict[tuple[int, int], float]()
        self._inside: list[int] = []
        self._single = self._items(limits)
        #: Prices of all rows in the case that was solved last, and in all cases together [million JPY].
        self._price = self._of_all = rows.price * self._scale / MILLION
        self._root = -np.inf
        #: Cuts added here: the limit, and weights of its items.
        self._cuts: list[tuple[int, FloatArray]] = []
        self._build(np.flatnonzero(charged <= listed[self._of] + _FIRST))

    @property
    def root(self) -> float:
        """Bound of all cases together, before any split [JPY]."""
        return max(self._root * MILLION + self._constant, self.start)

    def _least(self, values: FloatArray) -> FloatArray:
        """Return the least value among the plans of each facility, infinite where none is left."""
        found = np.full(len(self._base), np.inf)
        np.minimum.at(found, self._of, values)
        return found

    def _build(self, first: IntArray) -> None:
        """Put rows, a way out for every facility, and first plans into the solver."""
        from highspy import Highs, HighsLp, MatrixFormat

        rows, facilities = len(self._room), len(self._base)
        program = HighsLp()
        program.num_row_, program.num_col_ = rows + facilities, facilities
        program.col_cost_ = np.full(facilities, _ABSENT)
        program.col_lower_, program.col_upper_ = np.zeros(facilities), np.full(facilities, np.inf)
        program.row_lower_ = np.concatenate([np.ones(facilities), np.full(rows, -np.inf)])
        program.row_upper_ = np.concatenate([np.ones(facilities), self._room])
        program.a_matrix_.format_ = MatrixFormat.kColwise
        program.a_matrix_.start_ = np.arange(facilities + 1, dtype=np.int32)
        program.a_matrix_.index_ = np.arange(facilities, dtype=np.int32)
        program.a_matrix_.value_ = np.ones(facilities)
        self._solver: Highs = Highs()  # type: ignore[no-untyped-call]
        for name, value in (("output_flag", False), ("threads", 1), ("presolve", "off")):
            self._solver.setOptionValue(name, value)
        self._solver.passModel(program)
        self._enter(first)

    def _enter(self, plans: IntArray) -> None:
        """Put plans into the program."""
        index, value, starts = [], [], [0]
        for place in plans.tolist():
            used = np.flatnonzero(self._needs[place])
            index.append(np.append(len(self._base) + used, self._of[place]))
            value.append(np.append(self._needs[place, used], 1.0))
            starts.append(starts[-1] + len(used) + 1)
        none, free = np.zeros(len(plans)), np.full(len(plans), np.inf)
        self._solver.addCols(
            len(plans), self._cost[plans], none, free, starts[-1], np.array(starts[:-1], dtype=np.int32),
            np.concatenate(index).astype(np.int32), np.concatenate(value),
        )  # fmt: skip
        self._inside += plans.tolist()

    # The bound of a case is taken from the prices alone, so it does not hang on what the solver calls optimal.
    def _solve(self, left: BoolArray) -> tuple[float, IntArray, FloatArray]:
        """Return the bound of a case [million JPY], plans in the program and their weights."""
        facilities = len(self._base)
        inside, best = np.array(self._inside), -np.inf
        while True:
            upper = np.where(left[inside], np.inf, 0.0)
            places = np.arange(facilities, facilities + len(inside), dtype=np.int32)
            self._solver.changeColsBounds(len(inside), places, np.zeros(len(inside)), upper)
            self._solver.run()
            solution = self._solver.getSolution()
            dual = np.array(solution.row_dual)
            price = np.maximum(-dual[facilities:], 0.0)
            charged = self._cost + self._needs @ price
            least = self._least(np.where(left, charged, np.inf))
            value = float(least.sum() - self._room @ price)
            if value > best:
                best, self._price = value, price
            helps = left & (charged - dual[self._of] < _HELPS)
            helps[inside] = False
            new = np.flatnonzero(helps)
            if not len(new):
                break
            new = new[np.argsort(charged[new] - dual[self._of[new]], kind="stable")[:_AT_ONCE]]
            self._enter(new)
            inside = np.array(self._inside)
        return best, inside, np.array(solution.col_value)[facilities:]

    def _splits(self, inside: IntArray, weights: FloatArray) -> list[_Split]:
        """Return for each facility that mixes plans the splits that divide its mixture, most even first."""
        used = np.flatnonzero(weights > _NOTHING)
        plans, weight, found = inside[used], weights[used], []
        of = self._of[plans]
        for f in np.flatnonzero(np.bincount(of, minlength=len(self._base)) > 1).tolist():
            own = of == f
            starts, share = self._starts[plans[own]], weight[own]
            for work in range(self._works):
                for year in np.unique(starts[:, work])[:-1].tolist():
                    part = float(share[starts[:, work] <= year].sum())
                    found.append(_Split(f, work, year, 0.5 - abs(part - 0.5)))
        return sorted(found, key=lambda one: -one.balance)

    def _items(self, limits: int) -> list[_Single]:
        """Return for every limit its cuts and which plans hold which items: works with what they need of it."""
        found = []
        listed = [np.flatnonzero(self._of == f) for f in range(len(self._base))]
        for row in range(limits):
            plans, items, amounts, places, count = [], [], list[FloatArray](), [], 0
            for own, needs in zip(listed, self._given.needs, strict=True):
                need = np.round(needs[:, :, row])
                asks = need > 0
                kinds, kind = np.unique(np.stack([np.nonzero(asks)[0], need[asks]]), axis=1, return_inverse=True)
                place = np.full((len(need), need.shape[1] + 1), -1)
                place[:, :-1][asks] = count + kind
                count += kinds.shape[1]
                amounts.append(kinds[1])
                places.append(place)
                works = np.arange(len(need))
                held = place[works, np.minimum(self._starts[own][:, works], need.shape[1])]
                holding, work = np.nonzero(held >= 0)
                plans.append(own[holding])
                items.append(held[holding, work])
            if count:
                cuts = Cuts(np.concatenate(amounts), float(self._scale[row]))
                ones = np.ones(sum(len(one) for one in plans))
                holds = csr_array((ones, (np.concatenate(plans), np.concatenate(items))), shape=(len(self._of), count))
                found.append(_Single(cuts, holds, [place[:, :-1] for place in places]))
        return found

    def mix(self) -> None:
        """Solve all cases together without further cuts."""
        self._root, _, _ = self._solve(np.ones(len(self._cost), dtype=np.bool_))
        self._of_all = self._price

    def rows(self) -> Rows:
        """Return all rows with the cuts found, at the prices of all cases together."""
        needs = list(self._given.needs)
        for number, weights in self._cuts:
            with_none = np.append(weights, 0.0)
            for f, place in enumerate(self._single[number].places):
                needs[f] = np.concatenate([needs[f], with_none[place][:, :, np.newaxis]], axis=2)
        most = np.concatenate([self._given.most, np.ones(len(self._cuts))])
        return Rows(needs, most, self._of_all * MILLION / np.maximum(most, 1.0))

    def _cut(self, every: BoolArray, top: float, until: float) -> tuple[float, IntArray, FloatArray]:
        """Return the bound of all cases with cuts added as long as they raise it."""
        value, inside, weights = self._solve(every)
        while value < top and perf_counter() < until:
            added = []
            for number, one in enumerate(self._single):
                found = one.cuts.found(np.asarray(weights @ one.holds[inside]).ravel())
                if found is not None:
                    added.append((number, found))
            if not added:
                break
            self._add(added)
            before, (value, inside, weights) = value, self._solve(every)
            if value < before + _RAISED:
                self._drop(np.arange(len(self._room) - len(added), len(self._room)))
                value, inside, weights = self._solve(every)
                break
        # Cuts that cost nothing only make every case slower.
        self._drop(len(self._given.most) + np.flatnonzero(self._price[len(self._given.most) :] <= 0))
        self._of_all, self._root = self._price, value
        return value, inside, weights

    def _drop(self, rows: IntArray) -> None:
        """Take away cuts that were added here."""
        self._solver.deleteRows(len(rows), (len(self._base) + rows).astype(np.int32))
        kept = np.setdiff1d(np.arange(len(self._room)), rows)
        self._needs, self._room, self._price = self._needs[:, kept], self._room[kept], self._price[kept]
        self._cuts = [self._cuts[row - len(self._given.most)] for row in kept[len(self._given.most) :]]

    def _add(self, cuts: list[tuple[int, FloatArray]]) -> None:
        """Add cuts: rows of at most one."""
        rows = np.array([np.asarray(self._single[number].holds @ weights).ravel() for number, weights in cuts])
        inside = np.array(self._inside)
        for row in rows:
            used = np.flatnonzero(row[inside])
            places = (len(self._base) + used).astype(np.int32)
            self._solver.addRow(-np.inf, 1.0, len(used), places, row[inside[used]])
        self._needs = np.concatenate([self._needs, rows.T], axis=1)
        self._room = np.concatenate([self._room, np.ones(len(rows))])
        self._cuts += cuts

    def bound(self, enough: float, seconds: float) -> float:
        """Return a value that no schedule is below [JPY]; called again, it goes on from where it ended.

        Args:
            enough: value at which the search ends [JPY].
            seconds: time limit [s].
        """
        until = perf_counter() + seconds
        top = (min(self.beyond, enough) - self._constant) / MILLION
        if self._open is None:
            every = np.ones(len(self._cost), dtype=np.bool_)
            value, inside, weights = self._cut(every, top, perf_counter() + _CUTTING * seconds)
            value = max(value, (self.start - self._constant) / MILLION)
            self._open = [(value, next(self._order), _Case(every, self._splits(inside, weights)))]
        heap = self._open
        looked, before = 0, heap[0][0] if heap else top
        while heap and heap[0][0] < top and heap[0][2].splits and perf_counter() < until:
            value, _, case = heappop(heap)
            for lower, half in self._divided(value, case, self._known):
                if half.left.any():
                    heappush(heap, (max(lower, value), next(self._order), half))
            looked += 1
            if looked % _PATIENCE == 0:
                now = heap[0][0] if heap else top
                if now - before < _RISE * (top - before):
                    break
                before = now
        reached = heap[0][0] if heap else np.inf
        return max(min(reached * MILLION + self._constant, self.beyond), self.start)

    def _divided(self, value: float, case: _Case, known: dict[tuple[int, int], float]) -> list[tuple[float, _Case]]:
        """Return both halves of a case by the split that raises the bound most, of those that look best."""
        usual = float(np.mean(list(known.values()))) if known else 1.0
        ranked = sorted(
            {one.facility: one for one in reversed(case.splits)}.values(),
            key=lambda one: -known.get((one.facility, one.work), usual) * (one.balance + 0.05),
        )
        best: tuple[float, list[tuple[float, _Case]]] | None = None
        for one in ranked[:_TRIED]:
            own, by = self._of == one.facility, self._starts[:, one.work] <= one.year
            halves = [(*self._solve(left), left) for left in (case.left & ~(own & ~by), case.left & ~(own & by))]
            rises = sorted(max(bound - value, 1e-3) for bound, *_ in halves)
            merit = rises[0] * rises[1] ** 0.3
            known[one.facility, one.work] = 0.5 * (known.get((one.facility, one.work), merit) + merit)
            if best is None or merit > best[0]:
                best = (
                    merit,
                    [(bound, _Case(left, self._splits(inside, weights))) for bound, inside, weights, left in halves],
                )
        assert best is not None
        return best[1]
