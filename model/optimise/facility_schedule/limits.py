"""Budgets and works of owner groups: checks of the user's table, and the limits that come of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from model.faults import FaultList
from model.language import Text
from model.optimise.facility_schedule.problem import FloatArray, IntArray, Limit
from model.optimise.facility_schedule.rows import FacilityRow, LimitRow


def owner_of(row: FacilityRow) -> str:
    """Return the owner group of a facility: as stated, else the facility is a group of its own."""
    return row.owner or row.id


def check_limits(limits: Sequence[LimitRow], rows: Sequence[FacilityRow], faults: FaultList) -> None:
    """Check that every limit is one of an owner that has facilities, and says something."""
    owners = list(dict.fromkeys(owner_of(row) for row in rows))
    for limit in limits:
        place = f"{limit.owner}, {limit.year}"
        if limit.owner not in owners:
            problem = Text("this owner has no facility", "この所有者グループの事業所がありません")
            faults.add(place, problem, limit.owner, owners)
        if limit.budget_jpy is None and limit.works is None:
            problem = Text("give a budget or a number of works", "予算又は施工可能件数を記入してください")
            faults.add(place, problem)


def owner_limits(limits: Sequence[LimitRow], rows: Sequence[FacilityRow], years: IntArray) -> tuple[Limit, ...]:
    """Return the limits of owner groups by year, one for each owner that has any.

    Args:
        limits: the user's table.
        rows: facilities.
        years: fiscal years of the plan, dims (year).
    """
    found = []
    for owner in dict.fromkeys(limit.owner for limit in limits):
        own = sorted((limit for limit in limits if limit.owner == owner), key=lambda limit: limit.year)
        members = np.array([owner_of(row) == owner for row in rows], dtype=np.bool_)
        budget = _from_year_on([(one.year, one.budget_jpy) for one in own], years)
        works = _from_year_on([(one.year, one.works) for one in own], years)
        found.append(Limit(owner, members, budget, works))
    return tuple(found)


def _from_year_on(stated: Sequence[tuple[int, float | None]], years: IntArray) -> FloatArray:
    """Return a limit by year, each value from its year on; infinite before the first."""
    values = np.full(len(years), np.inf)
    for year, value in stated:
        if value is not None:
            values[years >= year] = value
    return values
