"""Plans near the best of every facility where limits tie them: they sharpen the bound, and are chosen among."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

from model.optimise.facility_schedule.branching import Branching
from model.optimise.facility_schedule.decomposition import Bound, Decomposition
from model.optimise.facility_schedule.limit_rows import LimitRows
from model.optimise.facility_schedule.own_bound import terms
from model.optimise.facility_schedule.shortlist import Lister, Shortlist

#: Margin of the first lists against the value of the master, factor to the next, and margin that is wide enough [1].
_FIRST, _WIDER, _WIDEST = 5e-4, 1.6, 0.02
#: Plans at most in all lists, and part of the time for making them [1].
_PLANS, _LISTING = 60000, 0.5


@dataclass(frozen=True)
class Near:
    """Lists of plans near the best of every facility.

    Args:
        lister: makes them.
        lists: list of each facility.
        rows: limits.
        branching: program of mixtures over the lists.
    """

    lister: Lister
    lists: Sequence[Shortlist]
    rows: LimitRows
    branching: Branching


def near(work: Decomposition, bound: Bound, seconds: float) -> Near | None:
    """Return the plans near the best of every facility; None where limits tie nothing or not the least cost is asked.

    Args:
        work: facilities.
        bound: what pricing found.
        seconds: time for making lists [s].
    """
    problem, master = work.problem, bound.tied
    plain = problem.aim == "cost" and problem.recognition is None and not problem.cost_limit < float("inf")
    if master is None or not plain or not all(problem.works):
        return None
    answer, rows, until = master.solve(), LimitRows(problem), perf_counter() + _LISTING * seconds
    trade, price = terms(master), rows.by_row(answer.money, answer.work)
    lister = Lister(work, answer.prices, trade, price)
    margin, lists = _FIRST * abs(answer.value), None
    most = _WIDEST * abs(answer.value)
    while lists is None or (
        margin < most and sum(len(one.charge) for one in lists) * _WIDER < _PLANS and perf_counter() < until
    ):
        wider = [lister.listed(f, margin) for f in range(problem.facilities)]
        # Where a list was cut short, wider ones of the others bring nothing.
        if lists is not None and min(w.beyond - o.beyond for w, o in zip(wider, lists, strict=True)) <= 0:
            break
        lists, margin = wider, margin * _WIDER
    needs = [rows.needs(own) for own in work.facilities]
    return Near(lister, lists, rows, Branching(lists, needs, rows.most, price, trade.constant))
