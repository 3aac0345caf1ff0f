"""Plans near the best of every facility where limits tie them: they sharpen the bound, and are chosen among."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from time import perf_counter

from model.optimise.facility_schedule.branching import Branching
from model.optimise.facility_schedule.decomposition import Decomposition
from model.optimise.facility_schedule.limit_rows import LimitRows
from model.optimise.facility_schedule.master import Master
from model.optimise.facility_schedule.own_bound import terms
from model.optimise.facility_schedule.problem import Problem
from model.optimise.facility_schedule.shortlist import Lister, Rows, Shortlist

#: Margin of the first lists against the value of the master, factors to the next where lists are short and where they
#: are long, and margin that is wide enough [1].
_FIRST, _FAR, _WIDER, _WIDEST = 5e-4, 2.5, 1.6, 0.02
#: Plans in all lists up to which they are short [1].
_SHORT = 3000
#: Plans at most in all first lists and in one of them.
_PLANS, _MOST = 60000, 12000
#: Where the bound asks for wider lists: plans at most in one and in all, and numbers of all plans and rows at most.
_MOST_ASKED, _PLANS_ASKED, _NUMBERS = 60000, 200_000, 3e7
#: Margin asked against what is missing to a bound that is enough, and part of it that is tried if lists get too long.
_SAFE, _SHORTER = 1.05, 0.7
#: Passes in which prices of all rows settle, parts of the way to new prices that are tried, and how near the bound of
#: all plans at those prices must come to that of listed ones, against what is missing to a bound that is enough [1].
_PASSES, _PARTS, _SETTLED = 8, (1.0, 0.5, 0.25), 0.03
#: Margin against the value of the lists in which plans are met meanwhile [1], and such plans at most.
_CLOSE, _FEW = 1e-4, 2000


@dataclass(frozen=True)
class _Priced:
    """Rows at prices, the bound that they give over all plans [JPY], and lists of plans near the best at them."""

    rows: Rows
    bound: float
    lists: Sequence[Shortlist]


class Near:
    """Lists of plans near the best of every facility, and the bound that they give.

    Args:
        lister: makes them.
        lists: list of each facility.
        rows: limits.
    """

    def __init__(self, lister: Lister, lists: Sequence[Shortlist], rows: LimitRows) -> None:
        self.lister, self.lists, self.rows = lister, lists, rows
        self._branching = self._branched(lists, lister.limits)
        self._centre = _Priced(lister.limits, self._branching.start, lists)
        self._paused: tuple[Branching, _Priced, Sequence[Shortlist]] | None = None

    def _branched(self, lists: Sequence[Shortlist], rows: Rows) -> Branching:
        """Return the program of mixtures over lists."""
        return Branching(lists, rows, len(self.rows.most), self.lister.constant)

    # Plans that are in no list may hold the bound back. With the cuts found meanwhile they cost more than at the first
    # prices, so lists made anew at those prices reach further with fewer plans.
    def bound(self, enough: float, seconds: float) -> float:
        """Return a value that no schedule is below [JPY]; called again, it goes on from where it ended.

        Args:
            enough: value at which the search ends [JPY]; if it is infinite, lists stay as they are.
            seconds: time limit [s].
        """
        until = perf_counter() + seconds
        reached = self._branching.bound(enough, seconds)
        while self._branching.beyond <= reached < enough < inf and perf_counter() < until:
            if not self._widened(enough, reached, until):
                break
            reached = max(reached, self._branching.bound(enough, until - perf_counter()))
        return reached

    def _widened(self, enough: float, reached: float, until: float) -> bool:
        """Make lists anew that reach further, and say whether there are any.

        Args:
            enough: value up to which the bound is asked for [JPY].
            reached: bound so far [JPY].
            until: time at which it ends [s].
        """
        centre = self._settled(enough, until)
        rows, most = centre.rows, min(_PLANS_ASKED, _NUMBERS / len(centre.rows.price))
        margin = (enough - centre.bound) * _SAFE
        while centre.bound + margin > reached and perf_counter() < until:
            lists: list[Shortlist] = []
            while len(lists) < len(self.lists) and sum(len(one.charge) for one in lists) < most:
                lists.append(self.lister.listed(len(lists), rows, margin, _MOST_ASKED))
            if sum(len(one.charge) for one in lists) < most:
                wider = self._branched(lists, rows)
                if wider.beyond <= reached:
                    return False
                self._branching, self._centre = wider, centre
                return True
            margin *= _SHORTER
        return False

    # The cheapest mixture of listed plans gives prices at which plans that are not listed may be far cheaper. They are
    # listed too until there are none, going only part of the way to the new prices where they are too far off.
    def _settled(self, enough: float, until: float) -> _Priced:
        """Return rows, cuts too, at prices that give about as high a bound over all plans as over those listed.

        Args:
            enough: value up to which the bound is asked for [JPY].
            until: time at which it ends [s].
        """
        branching, centre, columns = self._paused or (self._branching, self._centre, self._centre.lists)
        self._paused = None
        close = _CLOSE * abs(branching.root)
        for _ in range(_PASSES):
            asked, tried = branching.rows(), list[_Priced]()
            low = branching.root - _SETTLED * (enough - branching.root)
            for part in _PARTS:
                tried.append(self._priced(centre.rows.towards(asked, part), close))
                if tried[-1].bound >= low or (len(tried) > 1 and tried[-1].bound < tried[-2].bound):
                    break
            centre = max([replace(centre, rows=centre.rows.towards(asked, 0.0)), *tried], key=lambda one: one.bound)
            if centre.bound >= low:
                break
            found = zip(columns, centre.lists, *(one.lists for one in tried), strict=True)
            columns = [self.lister.joined(f, asked, every, every[1].beyond) for f, every in enumerate(found)]
            branching = self._branched(columns, centre.rows)
            branching.mix()
            if perf_counter() > until:
                # Another call goes on from here.
                self._paused = branching, centre, columns
                break
        return replace(centre, rows=centre.rows.priced(len(self.rows.most)))

    def _priced(self, rows: Rows, margin: float) -> _Priced:
        """Return the bound over all plans at prices of rows, and plans within a margin of the best."""
        lists = [self.lister.listed(f, rows, margin, _FEW) for f in range(len(self.lists))]
        least = sum(min(float((one.charge + one.needs @ rows.price).min()), one.beyond) for one in lists)
        return _Priced(rows, least - float(rows.most @ rows.price) + self.lister.constant, lists)


def listable(problem: Problem) -> bool:
    """Say whether plans near the best are worth listing: limits tie facilities, and the least cost alone is asked."""
    plain = problem.aim == "cost" and problem.recognition is None and not problem.cost_limit < inf
    return plain and all(problem.works)


def near(work: Decomposition, master: Master, seconds: float) -> Near:
    """Return the plans near the best of every facility.

    Args:
        work: facilities, of a problem that is `listable`.
        master: the master after pricing.
        seconds: time for making lists [s].
    """
    problem = work.problem
    answer, rows, until = master.solve(), LimitRows(problem), perf_counter() + seconds
    needs = [rows.needs(own) for own in work.facilities]
    limits = Rows(needs, rows.most, rows.by_row(answer.money, answer.work))
    lister = Lister(work, answer.prices, terms(master), limits)
    margin, lists = _FIRST * abs(answer.value), None
    most = _WIDEST * abs(answer.value)
    while lists is None or (
        margin < most and sum(len(one.charge) for one in lists) * _WIDER < _PLANS and perf_counter() < until
    ):
        wider = [lister.listed(f, limits, margin, _MOST) for f in range(problem.facilities)]
        # Where a list was cut short, wider ones of the others bring nothing.
        if lists is not None and min(w.beyond - o.beyond for w, o in zip(wider, lists, strict=True)) <= 0:
            break
        lists, margin = wider, margin * (_FAR if sum(len(one.charge) for one in wider) < _SHORT else _WIDER)
    return Near(lister, lists, rows)
