"""Plans near the best of every facility where limits tie them: they sharpen the bound, and are chosen among."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from time import perf_counter

from model.optimise.facility_schedule.branching import Branching
from model.optimise.facility_schedule.decomposition import Decomposition
from model.optimise.facility_schedule.limit_rows import LimitRows
from model.optimise.facility_schedule.master import Master
from model.optimise.facility_schedule.own_bound import terms
from model.optimise.facility_schedule.problem import Problem
from model.optimise.facility_schedule.shortlist import Lister, Rows, Shortlist

#: Margin of the lists against the value of the master [1], plans at most in one of them, and about how many in all.
_MARGIN, _MOST, _PLANS = 0.004, 1000, 50_000
#: Facilities after whose lists it shows how long all take.
_SHOWN = 20


class Near:
    """Lists of plans near the best of every facility, and the bound that they give.

    Args:
        lister: makes them.
        lists: list of each facility.
        rows: limits.
    """

    def __init__(self, lister: Lister, lists: Sequence[Shortlist], rows: LimitRows) -> None:
        self.lister, self.rows = lister, rows
        self._branching = Branching(lister, lists)

    @property
    def lists(self) -> Sequence[Shortlist]:
        """List of each facility, as far as it reaches by now."""
        return self._branching.mixtures.lists

    def settle(self, cutting: float, until: float) -> None:
        """Find the prices at which no plan that is in no list costs less, and list all plans near the best there.

        Args:
            cutting: time for cuts [s].
            until: when it ends, however far it has come [s].
        """
        self._branching.settle(inf, cutting, until)

    def bound(self, enough: float, seconds: float) -> float:
        """Return a value that no schedule is below [JPY]; called again, it goes on from where it ended.

        Args:
            enough: value at which the search ends [JPY].
            seconds: time limit [s].
        """
        return self._branching.bound(enough, seconds)


def listable(problem: Problem) -> bool:
    """Say whether plans near the best are worth listing: limits tie facilities, and the least cost alone is asked."""
    plain = problem.aim == "cost" and problem.recognition is None and not problem.cost_limit < inf
    return plain and all(problem.works)


def near(
    work: Decomposition, master: Master, until: float = inf, done: Callable[[], bool] = lambda: False
) -> Near | None:  # fmt: skip
    """Return the plans near the best of every facility; None if time is over before, or would be, or all is done.

    Args:
        work: facilities, of a problem that is `listable`.
        master: the master after pricing.
        until: when it ends [s].
        done: says whether what the lists are for was reached without them.
    """
    problem = work.problem
    answer, rows = master.solve(), LimitRows(problem)
    needs = [rows.needs(own) for own in work.facilities]
    limits = Rows(needs, rows.most, rows.by_row(answer.money, answer.work))
    lister = Lister(work, answer.prices, terms(master), limits)
    margin = _MARGIN * abs(answer.value)
    most, lists, begun = max(min(_MOST, _PLANS // problem.facilities), 2), list[Shortlist](), perf_counter()
    for f in range(problem.facilities):
        # What is not ready in time is of no use, so the time is left to others as soon as that shows.
        now = perf_counter()
        if done() or now > until or (f >= _SHOWN and now + (now - begun) / f * (problem.facilities - f) > until):
            return None
        lists.append(lister.listed(f, limits, margin, most))
    return Near(lister, lists, rows)
