"""Mixtures of listed plans within all limits and cuts, and what no schedule with a plan in no list costs less than.

Every facility mixes plans of its list. The prices that the cheapest mixture puts on limits and cuts show plans that
were in no list and cost less; once there are none, all plans near the best at those prices are listed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from model.optimise.facility_schedule.problem import MILLION, BoolArray, FloatArray, IntArray
from model.optimise.facility_schedule.shortlist import Lister, Rows, Shortlist
from model.optimise.facility_schedule.whole_choices import WholeChoices

#: Plans that enter the program at a time.
_AT_ONCE = 200
#: Plans in the program at the start: up to this far above the best [million JPY].
_FIRST = 3.0
#: Charge that keeps the program feasible: far above any plan [million JPY].
_ABSENT = 1e5
#: Reduced cost from which on a plan may help [million JPY].
_HELPS = -1e-6
#: How far the bound over all plans may stay below that over listed ones [million JPY], and rounds of listing at most.
_MISSING, _ROUNDS = 0.05, 8
#: Margin in which plans are listed meanwhile [JPY], and such plans at most.
_CLOSE, _FEW = 3e6, 1000
#: Plans at most in a list, factor to the next number where a list ends before the others, and plans in all lists.
_MOST, _LONGER, _PLANS = 1500, 2.0, 60_000
#: Time in which one plan more or less may be looked at in a choice of whole plans [s].
_SECONDS = 5e-4
#: Plans in all lists up to which they are made wider where they end the bound.
_ALL = 250_000


@dataclass(frozen=True)
class Split:
    """Plans of a facility with a work begun by a year, or those without.

    Args:
        facility: the facility; work: its work; year: position of the year.
        by: begun by that year rather than not.
    """

    facility: int
    work: int
    year: int
    by: bool


class Mixtures:
    """The program of mixtures over lists of plans.

    Args:
        lister: lists plans of facilities.
        lists: list of each facility at the prices of the lister's limits.
    """

    def __init__(self, lister: Lister, lists: Sequence[Shortlist]) -> None:
        rows = lister.limits
        self._lister, self._works = lister, max(one.starts.shape[1] for one in lists)
        #: Position of the year that stands for never.
        self.never = rows.needs[0].shape[1]
        #: What works need of every row where they can be begun, limits first, then cuts; and what there is.
        self.each = [needs * lister.possible(f)[:, :, np.newaxis] for f, needs in enumerate(rows.needs)]
        self.most, self._scale = rows.most, np.maximum(rows.most, 1.0)
        self._base = np.array([one.charge.min() for one in lists])
        #: What is added to all values [JPY].
        self.constant = lister.constant + float(self._base.sum())
        #: Prices of all rows in the case that was solved last [million JPY].
        self.price = rows.price * self._scale / MILLION
        self._centre, self._plans, self._margin = self.price, _PLANS, 0.0
        self._take(lists)
        #: Bound over all plans, and value of any schedule with a plan that is in no list [million JPY].
        self.start, self.beyond = self._over_all(lists)
        self._build()

    def _take(self, lists: Sequence[Shortlist]) -> None:
        """Take lists in place of those before."""
        self.lists = tuple(lists)
        #: Facility of each plan, and the year of each of its works, dims (plan, work).
        self.of = np.repeat(np.arange(len(lists)), [len(one.charge) for one in lists])
        self.starts = np.concatenate([self._padded(one.starts) for one in lists])
        self._cost = (np.concatenate([one.charge for one in lists]) - self._base[self.of]) / MILLION
        self._needs = np.concatenate([one.needs for one in lists]) / self._scale

    @property
    def facilities(self) -> int:
        """Number of facilities."""
        return len(self._base)

    @property
    def _room(self) -> FloatArray:
        """What there is of every row against its scale, dims (row)."""
        return np.asarray(self.most / self._scale)

    def _padded(self, starts: IntArray) -> IntArray:
        """Return the year of every work that any facility has, dims (plan, work)."""
        found = np.full((len(starts), self._works), self.never)
        found[:, : starts.shape[1]] = np.where(starts < 0, self.never, starts)
        return found

    def _least(self, values: FloatArray) -> FloatArray:
        """Return the least value among the plans of each facility, infinite where none is left."""
        found = np.full(self.facilities, np.inf)
        np.minimum.at(found, self.of, values)
        return found

    def _left(self, holds: Sequence[Split]) -> BoolArray:
        """Return which plans are left where splits hold, dims (plan)."""
        left = np.ones(len(self.of), dtype=np.bool_)
        for one in holds:
            left &= (self.of != one.facility) | ((self.starts[:, one.work] <= one.year) == one.by)
        return left

    def _build(self) -> None:
        """Put rows, a way out for every facility, and plans near the best into the solver."""
        from highspy import Highs, HighsLp, MatrixFormat

        rows, facilities = len(self.most), self.facilities
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
        self._inside: list[int] = []
        charged = self._cost + self._needs @ self.price
        self._enter(np.flatnonzero(charged <= self._least(charged)[self.of] + _FIRST))

    def _enter(self, plans: IntArray) -> None:
        """Put plans into the program."""
        index, value, starts = [], [], [0]
        for place in plans.tolist():
            used = np.flatnonzero(self._needs[place])
            index.append(np.append(self.facilities + used, self.of[place]))
            value.append(np.append(self._needs[place, used], 1.0))
            starts.append(starts[-1] + len(used) + 1)
        none, free = np.zeros(len(plans)), np.full(len(plans), np.inf)
        self._solver.addCols(
            len(plans), self._cost[plans], none, free, starts[-1], np.array(starts[:-1], dtype=np.int32),
            np.concatenate(index).astype(np.int32), np.concatenate(value),
        )  # fmt: skip
        self._inside += plans.tolist()

    def glance(self, holds: Sequence[Split]) -> float:
        """Return the value of the cheapest mixture where splits hold of plans in the program alone [million JPY]."""
        self._leave(self._left(holds), np.array(self._inside))
        self._solver.run()
        return float(self._solver.getInfo().objective_function_value)

    def _leave(self, left: BoolArray, inside: IntArray) -> None:
        """Leave in the program only plans that are left."""
        places = np.arange(self.facilities, self.facilities + len(inside), dtype=np.int32)
        upper = np.where(left[inside], np.inf, 0.0)
        self._solver.changeColsBounds(len(inside), places, np.zeros(len(inside)), upper)

    # The bound is taken from the prices alone, so it does not hang on what the solver calls optimal.
    def solve(self, holds: Sequence[Split] = ()) -> tuple[float, IntArray, FloatArray]:
        """Return a bound over listed plans where splits hold [million JPY], plans in the program, and their weights."""
        left, inside, best = self._left(holds), np.array(self._inside), -np.inf
        while True:
            self._leave(left, inside)
            self._solver.run()
            solution = self._solver.getSolution()
            dual = np.array(solution.row_dual)
            price = np.maximum(-dual[self.facilities :], 0.0)
            charged = self._cost + self._needs @ price
            value = float(self._least(np.where(left, charged, np.inf)).sum() - self._room @ price)
            if value > best:
                best, self.price = value, price
            helps = left & (charged - dual[self.of] < _HELPS)
            helps[inside] = False
            new = np.flatnonzero(helps)
            if not len(new):
                break
            new = new[np.argsort(charged[new] - dual[self.of[new]], kind="stable")[:_AT_ONCE]]
            self._enter(new)
            inside = np.array(self._inside)
        return best, inside, np.array(solution.col_value)[self.facilities :]

    def whole(
        self, holds: Sequence[Split], known: float, top: float, most: int, until: float
    ) -> tuple[float, float]:  # fmt: skip
        """Return a value that no choice of whole listed plans costs less than where splits hold, and what was aimed at.

        Args:
            holds: the splits.
            known: value that no such choice is known to cost less than [million JPY].
            top: value that is enough [million JPY].
            most: plans at most that can be part of a choice below what is aimed at.
            until: when the solver ends at last [s].
        """
        value, _, _ = self.solve(holds)
        choices = WholeChoices(self.of, self.facilities, self._cost, self._needs, self._room).only(self._left(holds))
        lower, more = choices.charged(self.price)
        aim = min(top, self.beyond, lower + float(np.partition(more, most)[most]) if most < len(more) else np.inf)
        if aim <= known:
            return known, aim
        # Where the last aim is within reach the solver gets all the time there is: nothing is left to do then.
        ends = until if aim >= top else min(perf_counter() + most * _SECONDS, until)
        return max(value, known, choices.bound(aim, self.price, ends)), aim

    # Prices of the cheapest mixture of listed plans may leave plans that are in no list far cheaper: they are listed
    # too, and the mixture is made anew, as long as that raises the bound.
    def settle(self, margin: float, until: float) -> None:
        """List plans anew, at prices of the cheapest mixture at which no plan that is in no list costs less.

        Args:
            margin: how far above the cheapest mixture all plans are listed at most [million JPY].
            until: time after which no further mixture is made [s].
        """
        best, price, self._margin = self.start, self._centre, margin
        for _ in range(_ROUNDS):
            if perf_counter() > until:
                break
            value, _, _ = self.solve()
            lists = self._all_listed(_CLOSE, np.full(self.facilities, _FEW), until)
            if lists is None:
                break
            bound, _ = self._over_all(lists)
            if bound > best:
                best, price = bound, self.price
            if bound >= value - _MISSING:
                break
            self._join(lists)
        self._centre, self.start = price, best
        # Where time is over, the lists stay as they are.
        if perf_counter() < until:
            self._list_anew(margin, until)

    def widen(self, until: float) -> bool:
        """List more plans at the same prices, and say whether lists reach further.

        Args:
            until: time after which no list is made longer [s].
        """
        before = self.beyond
        # One facility with very many plans can end the lists too, long before there are as many as all may have.
        self._plans *= 2
        if self._plans > _ALL:
            return False
        self._list_anew(max(2.0 * (before - self.start), self._margin), until)
        return self.beyond > before

    def _list_anew(self, margin: float, until: float) -> None:
        """List all plans near the best at the settled prices; the list that ends first is made longer."""
        self.price = self._centre = np.append(self._centre, np.zeros(len(self.most) - len(self._centre)))
        most = np.full(self.facilities, max(min(_MOST, self._plans // self.facilities), 2))
        lists = self._all_listed(margin * MILLION, most, until)
        # Lists of some facilities alone prove nothing, so those before stay.
        if lists is None:
            return
        reach, listed = np.array([self._reach(one) for one in lists]), sum(len(one.charge) for one in lists)
        while reach.min() < 0.99 * margin and listed < self._plans and perf_counter() < until:
            first = int(np.argmin(reach))
            most[first] = int(_LONGER * most[first])
            if most[first] > self._plans:
                break
            longer = self._list(first, margin * MILLION, int(most[first]))
            listed += len(longer.charge) - len(lists[first].charge)
            lists[first], reach[first] = longer, self._reach(longer)
        start, beyond = self._over_all(lists)
        self.start, self.beyond = max(self.start, start), beyond
        self._take(lists)
        self._build()

    def _all_listed(self, margin: float, most: IntArray, until: float) -> list[Shortlist] | None:
        """Return a list of every facility; None if time [s] is over before. Otherwise as `_list`."""
        lists = list[Shortlist]()
        for f, longest in enumerate(most.tolist()):
            if perf_counter() > until:
                return None
            lists.append(self._list(f, margin, longest))
        return lists

    def _list(self, facility: int, margin: float, most: int) -> Shortlist:
        """Return plans of a facility within a margin [JPY] of its best at the prices solved for last."""
        rows = Rows(self.each, self.most, self.price * MILLION / self._scale)
        return self._lister.listed(facility, rows, margin, most)

    def _least_of(self, one: Shortlist) -> float:
        """Return what no plan of a facility costs less than, at the prices of its list [JPY]."""
        price = self.price * MILLION / self._scale
        return min(float((one.charge + one.needs @ price).min()), one.beyond)

    def _reach(self, one: Shortlist) -> float:
        """Return how far above its best plan a facility's plans in no list are at least [million JPY]."""
        return (one.beyond - self._least_of(one)) / MILLION

    def _over_all(self, lists: Sequence[Shortlist]) -> tuple[float, float]:
        """Return a bound over all plans, and over schedules with a plan in none of some lists [million JPY].

        Args:
            lists: lists made at the prices at hand.
        """
        least = np.array([self._least_of(one) for one in lists])
        start = float((least - self._base).sum() / MILLION - self._room @ self.price)
        return start, start + float(np.min([one.beyond for one in lists] - least)) / MILLION

    def _join(self, lists: Sequence[Shortlist]) -> None:
        """Add plans of other lists."""
        for f, one in enumerate(lists):
            known = {starts.tobytes() for starts in self.starts[self.of == f]}
            starts = self._padded(one.starts)
            new = np.array([own.tobytes() not in known for own in starts], dtype=np.bool_)
            self.of = np.concatenate([self.of, np.full(new.sum(), f)])
            self.starts = np.concatenate([self.starts, starts[new]])
            self._cost = np.concatenate([self._cost, (one.charge[new] - self._base[f]) / MILLION])
            self._needs = np.concatenate([self._needs, one.needs[new] / self._scale])

    def drop(self, rows: IntArray) -> None:
        """Take away cuts by their place among all rows."""
        self._solver.deleteRows(len(rows), (self.facilities + rows).astype(np.int32))
        kept = np.setdiff1d(np.arange(len(self.most)), rows)
        self._needs, self.most, self._scale = self._needs[:, kept], self.most[kept], self._scale[kept]
        self.each, self.price = [one[:, :, kept] for one in self.each], self.price[kept]
        self._centre = self._centre[kept[kept < len(self._centre)]]

    def cut(self, weights: FloatArray) -> None:
        """Add cuts: rows of at most one.

        Args:
            weights: what works need of each, dims (facility, work, start, cut).
        """
        with_none = np.concatenate([weights, np.zeros_like(weights[:, :, :1])], axis=2)
        rows = sum(with_none[self.of, work, self.starts[:, work]] for work in range(self._works))
        inside = np.array(self._inside)
        for row in np.asarray(rows).T:
            used = np.flatnonzero(row[inside])
            places = (self.facilities + used).astype(np.int32)
            self._solver.addRow(-np.inf, 1.0, len(used), places, row[inside[used]])
        count = weights.shape[3]
        self._needs = np.concatenate([self._needs, rows], axis=1)
        self.most, self._scale = np.append(self.most, np.ones(count)), np.append(self._scale, np.ones(count))
        self.each = [np.concatenate([one, weights[f, : len(one)]], axis=2) for f, one in enumerate(self.each)]
        self.price = np.append(self.price, np.zeros(count))
