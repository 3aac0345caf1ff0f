"""Owners may refuse panels: the year must still close above the requirement with a given probability.

With independent consents the counted capacity has a mean M and a variance V that are sums over houses. A plan needs
about M ≥ z √V; how many deviations z it needs in fact is read from the exact distributions of plans (`cuts`), and
every plan is held against its own exact distribution before it is returned. What all plans need at least that are
certain enough and no dearer is proven for the probability itself (`narrow`), and so is the bound.

The root is concave: a tangent gives plans that are safe, a chord on a range of V a bound for all plans in the range.
Under the prices where the best plan lies, ranges away from it are too dear at once; in the few narrow ones that are
left, programmes find the cheapest plan and hold it against its own probability (`settle`). With so many owners that
sums are taken as normal, plans near the bound are listed instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from time import perf_counter

import numpy as np

from model.optimise.solar_allocation.cuts import ABOUT, aim, cantelli_bound
from model.optimise.solar_allocation.finish import Finished
from model.optimise.solar_allocation.problem import FloatArray, Problem, Row, SlotArray
from model.optimise.solar_allocation.search import Search
from model.optimise.solar_allocation.sums import (
    Sum,
    parts_of,
)

#: Times that limits are narrowed by a better plan.
_NARROWINGS = 6


def solve_with_chance(
    problem: Problem,
    rows: tuple[Row, ...],
    consent: FloatArray,
    certainty: float,
    probabilities: Callable[[SlotArray, int], FloatArray],
    gap: float,
    seconds: float,
    seed: int = 0,
    enough: float = np.inf,
    exact: bool = True,
) -> tuple[Finished, FloatArray]:
    """Return the best plan that keeps one or two rows with a probability, and the prices of the rows near it.

    The plan is checked by its own probability.

    Args:
        problem: houses, slots and all other rows.
        rows: the rows on mean capacity that must hold together with the probability.
        consent: probability of acceptance by house [1].
        certainty: probability asked for, above one half [1].
        probabilities: of a plan, and how many: with which it keeps all rows in fact, and each of them; only plans
            that are certain enough are returned.
        gap: relative gap asked for [1].
        seconds: time limit [s].
        seed: seed of every random choice.
        enough: a bound above this is not improved any more.
        exact: whether the bound is to hold for the probability itself; otherwise for sums that are as if normal.
    """
    end = perf_counter() + seconds
    sums = tuple(Sum.read(problem, one, consent) for one in rows)
    parts = parts_of(sums)
    known = -np.inf
    if np.isfinite(enough):
        known = cantelli_bound(problem, sums, parts, certainty, seed)
    about = known >= enough
    target = ABOUT if about else gap
    aimed = aim(problem, sums, parts, probabilities, certainty, target, 0.5 * seconds, seed, settled=not about)
    if about:
        cost = aimed.best.cost
        return replace(aimed.best, bound=known if np.isnan(cost) else min(known, cost)), aimed.of_rows
    search = Search(problem, sums, parts, certainty, probabilities, aimed, gap, end, seed)
    search.enough = enough
    exact = exact and sums[0].unit > 0
    if not exact or np.isnan(search.best.cost):
        search.look_as_if_normal()
    for _ in range(_NARROWINGS if exact else 0):
        before = search.best.cost
        search.narrow()
        if search.best.gap <= gap or search.left <= 0:
            break
        if search.best.cost == before and not search.look_at_both():
            break
    if not exact:
        search.look_far()
    return search.best, aimed.of_rows
