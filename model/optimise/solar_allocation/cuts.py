"""A good plan for a certain year, and the prices of the rows there: cuts by the exact probability of plan after plan.

With normal sums, the distances of means from their marks that are certain enough form a convex set: where a plan leaves
it, a tangent cuts the plan off, and the next plan keeps all cuts so far. By how much sums are not normal is read
from the exact distribution of the plan nearest to the certainty, and moves all cuts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import NormalDist
from time import perf_counter

import numpy as np
from scipy.special import ndtr

from model.optimise.solar_allocation.consent import both_reached, is_enough
from model.optimise.solar_allocation.finish import Finished, finish
from model.optimise.solar_allocation.prices import find_prices
from model.optimise.solar_allocation.problem import FloatArray, Problem, Row, SlotArray
from model.optimise.solar_allocation.sums import ORDERS, Limit, Sum, deviations_of, parts_of, with_sums
from model.optimise.solver import relative_gap

_NORMAL = NormalDist()
#: Rounds at most, cuts that are kept, the finest gap of a round, and the part of the gap asked for that it is.
_ROUNDS, _CUTS, _GAP, _OF_GAP = 12, 6, 1e-5, 0.5
#: Gap of a plan that need only be known about.
ABOUT = 1e-3
#: Gap of a round as long as plans lie farther from the certainty than this [deviations].
_COARSE_GAP, _FAR = 1e-4, 0.02
#: Part of the uncertainty by which plans are more certain, in gaps asked for, where deviations are to be settled and
#: where they are not, and the largest one.
_BEYOND, _MOST_BEYOND = {True: 1.0, False: 5.0}, 0.1
#: Deviations at most that are asked beyond a cut, so that a plan is found at all.
_MOST_SHORT = 0.1
#: Halvings on the way to a mark, and the farthest way [deviations].
_HALVINGS, _FARTHEST = 50, 12.0
#: Deviations beyond which a sum is as good as sure, a deviation of nothing, and part of them that first plans have.
_SURE, SMALLEST, _USUAL = 6.0, 1e-6, 0.5
#: Relative change of deviations below which they are as good as the same; least weight of a sum.
_SAME, _NO_WEIGHT = 1e-2, 1e-9
_LIKELIEST = 1e-12


@dataclass(frozen=True)
class Aim:
    """Where the best plans lie.

    Args:
        best: the best plan that is certain enough; without a bound.
        last: the last plan looked at, certain enough or not; empty where there is none.
        deviations: of the sums of the last plan [kW].
        limit: the cuts together, at their prices.
        of_rows: prices of the rows, then those of the sums.
    """

    best: Finished
    last: SlotArray
    deviations: FloatArray
    limit: Limit
    of_rows: FloatArray


def aim(
    problem: Problem,
    sums: tuple[Sum, ...],
    parts: tuple[Sum, ...],
    probabilities: Callable[[SlotArray, int], FloatArray],
    certainty: float,
    gap: float,
    seconds: float,
    seed: int = 0,
    settled: bool = True,
) -> Aim:
    """Return a good plan that is certain enough, and what plans are asked for near it.

    Where no fine gap is asked for, plans are asked to be a little more certain: one that is certain enough is then
    found sooner.

    Args:
        problem: houses, slots and all rows that hold without probability.
        sums: what must not be negative.
        parts: what they are made of (`parts_of`).
        probabilities: of a plan, and how many: with which it keeps all sums in fact, and each of them.
        certainty: probability asked for [1].
        gap: relative gap asked for [1].
        seconds: time limit [s].
        seed: seed of every random choice.
        settled: whether deviations are to be those of the best plans, too; otherwise a good plan is enough.
    """
    end = perf_counter() + seconds
    count, wanted = len(sums), certainty + (1 - certainty) * min(_BEYOND[settled] * gap, _MOST_BEYOND)
    cuts = _first_cuts(count, wanted)
    found = Aim(
        Finished(np.zeros(0, dtype=np.int16), np.nan, -np.inf, 0), np.zeros(0, dtype=np.int16),
        _USUAL * widest(problem, parts), cuts[0], np.zeros(len(problem.rows) + count),
    )  # fmt: skip
    own: list[Limit] = []
    beside, off, short, apart = np.zeros(count), np.inf, 0.0, False
    for _ in range(_ROUNDS):
        before = found
        asked = [replace(one, deviations=one.deviations + short) for one in own or cuts]
        inner = _with_cuts(problem, sums, parts, asked, found.deviations)
        prices = find_prices(inner, seed)
        fine = max(_OF_GAP * gap, _COARSE_GAP if off > _FAR else _GAP)
        done = finish(inner, prices, fine, (end - perf_counter()) / 2, seed)
        limit, of_rows = _together(own or cuts, prices.of_rows, len(problem.rows))
        found = replace(found, limit=limit, of_rows=of_rows)
        if not done.choice.size:
            break
        reached = probabilities(done.choice, 1 + count)
        kept = _kept(sums, parts, done.choice)
        found = replace(found, last=done.choice, deviations=kept[1])
        if is_enough(float(reached[0]), certainty) and not done.cost >= found.best.cost:
            found = replace(found, best=replace(found.best, choice=done.choice, cost=done.cost))
        same = bool(np.all(np.abs(found.deviations - before.deviations) <= _SAME * before.deviations))
        if (
            own
            and (same or not settled)
            and not short
            and relative_gap(found.best.cost, done.bound) <= max(gap, 2 * _GAP)
        ):
            break
        again, none = np.array_equal(found.last, before.last), bool(np.isnan(found.best.cost))
        if (again and not (none and short)) or perf_counter() > end:
            break
        # Plans near the certainty come ever closer from below: until one is sure enough, twice is asked what is short.
        # Where plans are far apart the same one comes again, and from then on ever more is asked.
        below = _NORMAL.inv_cdf(certainty) - _as_deviations(reached)[0]
        apart = none and (apart or again)
        short = 2 * short if apart else float(np.clip(below, 0.0, _MOST_SHORT)) if none and own else 0.0
        moved = _not_normal(*kept, reached)
        cut = _cut(*kept, moved, reached, wanted)
        if (farther := abs(_as_deviations(reached)[0] - _NORMAL.inv_cdf(certainty))) < off:
            # Cuts of plans far from the certainty know least of what is not normal near it.
            own = [replace(one, deviations=one.deviations + beside - moved) for one in own]
            beside, off = moved, farther
        cut = replace(cut, deviations=cut.deviations + moved - beside)
        # One sum alone has but one cut, which moves.
        own = [*(own if count > 1 else []), cut][-_CUTS:]
    return found


def _first_cuts(count: int, certainty: float) -> list[Limit]:
    """Return a cut for each sum by itself, as if it were normal."""
    z = np.full(count, _NORMAL.inv_cdf(certainty))
    return [Limit(np.eye(count)[one], z, _nothing(count), 0.0) for one in range(count)]


def _nothing(count: int) -> FloatArray:
    """Return the shape of a limit that does not look at higher cumulants."""
    return np.zeros(len(ORDERS) * count)


def widest(problem: Problem, parts: tuple[Sum, ...]) -> FloatArray:
    """Return the greatest deviations of sums that plans can have [kW]."""
    exists = np.isfinite(problem.cost)
    return np.asarray(
        np.maximum(
            deviations_of(
                np.array([np.sum(one.spread * np.max(np.where(exists, one.kw, 0.0), axis=0) ** 2) for one in parts])
            ),
            SMALLEST,
        )
    )


def _with_cuts(
    problem: Problem, sums: tuple[Sum, ...], parts: tuple[Sum, ...], cuts: list[Limit], at: FloatArray
) -> Problem:
    """Return the problem with a row for each cut, whose roots are tangents."""
    amounts, rows = {}, []
    for number, cut in enumerate(cuts):
        amounts[f"cut_{number}"] = with_sums(problem, sums, parts, cut).amounts["certainty"]
        rows.append(replace(cut.tangent(sums, at), measure=f"cut_{number}"))
    return replace(problem, rows=(*problem.rows, *rows), amounts={**problem.amounts, **amounts})


def _together(cuts: list[Limit], of_rows: FloatArray, rows: int) -> tuple[Limit, FloatArray]:
    """Return the cuts as one limit, with the prices of the rows and of the sums."""
    worth, weights = np.maximum(of_rows[rows:], 0.0), np.array([one.weight for one in cuts])
    of_sums = worth @ weights
    limit = cuts[-1]
    if of_sums.sum() > 0:
        asked = worth @ np.array([one.weight * one.deviations for one in cuts])
        z = np.divide(asked, of_sums, out=limit.deviations.copy(), where=of_sums > _NO_WEIGHT * of_sums.sum())
        limit = replace(limit, weight=of_sums / of_sums.sum(), deviations=z)
    return limit, np.append(of_rows[:rows], of_sums)


def _kept(sums: tuple[Sum, ...], parts: tuple[Sum, ...], choice: SlotArray) -> tuple[FloatArray, FloatArray]:
    """Return means and deviations of the sums of a plan [kW]."""
    houses = np.arange(choice.size)
    means = np.array([one.mean[choice, houses].sum() for one in sums])
    variances = np.array([np.sum(one.spread * one.kw[choice, houses] ** 2) for one in parts])
    return means, np.maximum(deviations_of(variances), SMALLEST)


def _as_deviations(reached: FloatArray) -> FloatArray:
    """Return the deviations that probabilities are if sums are normal."""
    return np.array([_NORMAL.inv_cdf(float(one)) for one in np.clip(reached, _LIKELIEST, 1 - _LIKELIEST)])


def _not_normal(means: FloatArray, deviations: FloatArray, reached: FloatArray) -> FloatArray:
    """Return by how many deviations sums are off from normal where a plan lies."""
    found, kept = _as_deviations(reached[1:]), means / deviations
    # Nothing can be read from what is as good as sure.
    return np.where(np.abs(found) < _SURE, found - kept, 0.0)


def _cut(means: FloatArray, deviations: FloatArray, beside: FloatArray, reached: FloatArray, certainty: float) -> Limit:
    """Return the tangent of the means that are certain enough, where the way from those of a plan meets them."""
    kept, found = means / deviations, _as_deviations(reached)
    # Of a plan whose owners all accept for certain, sums lie endlessly many deviations off.
    kept = np.where(deviations > SMALLEST, kept, np.clip(kept, -_FARTHEST, _FARTHEST))
    start, wanted = kept + beside, _NORMAL.inv_cdf(certainty)
    if start.size == 1:
        return Limit(np.ones(1), wanted - beside, _nothing(1), 0.0)
    alike = float(deviations[1] / max(deviations))
    as_normal = np.clip(both_reached(start[0], start[1], alike), _LIKELIEST, 1 - _LIKELIEST)
    if abs(found[0]) < _SURE:
        wanted += _NORMAL.inv_cdf(float(as_normal)) - found[0]
    way = _slopes(start, alike) / deviations
    way = way / max(way.sum(), 1e-300) / deviations * deviations.max()
    low, high = -_FARTHEST, _FARTHEST
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        place = start + middle * way
        enough = both_reached(place[0], place[1], alike) >= _NORMAL.cdf(wanted)
        low, high = (low, middle) if enough else (middle, high)
    place = start + high * way
    weight = _slopes(place, alike) / deviations
    return Limit(weight / weight.sum(), place - beside, _nothing(2), 0.0)


def _slopes(at: FloatArray, correlation: float) -> FloatArray:
    """Return how the probability that two normal sums are reached grows with the deviations of each, but for a factor.

    Args:
        at: deviations of the means above their marks.
        correlation: of the sums [1].
    """
    across = max(1 - correlation**2, 1e-12) ** 0.5
    others = ndtr((at[::-1] - correlation * at) / across)
    # The largest exponent is left out, so that both are not nothing far away.
    return np.asarray(np.exp(0.5 * (np.min(at**2) - at**2)) * np.maximum(others, 1e-300))


def cantelli_bound(
    problem: Problem, sums: tuple[Sum, ...], parts: tuple[Sum, ...], certainty: float, seed: int = 0
) -> float:
    """Return what no plan that is certain enough costs less than, by the one-sided inequality of Cantelli alone.

    Args:
        problem: houses, slots and all rows that hold without probability.
        sums: what must not be negative; the first one is looked at.
        parts: what they are made of.
        certainty: probability asked for [1].
        seed: seed of every random choice.
    """
    # The mean may lie so many deviations below its mark; the tangent of a root allows more than the root.
    allowed, nobody = (1 / certainty - 1) ** 0.5, np.zeros(problem.houses)
    at = _USUAL * float(widest(problem, parts)[0])
    row = Row("certainty", nobody + 1.0, nobody, -allowed * at / 2, "first", counted_only=True,
              squared=allowed / (2 * at) * sums[0].spread)  # fmt: skip
    inner = replace(problem, rows=(*problem.rows, row), amounts={**problem.amounts, "first": sums[0].mean})
    return find_prices(inner, seed).priced.bound


def prices_beside(
    problem: Problem, rows: tuple[Row, ...], consent: FloatArray, certainty: float, choice: SlotArray, seed: int = 0
) -> FloatArray:
    """Return the prices of the rows, those with a probability last, where the deviations are those of a plan."""
    sums = tuple(Sum.read(problem, one, consent) for one in rows)
    parts, count = parts_of(sums), len(sums)
    at = _kept(sums, parts, choice)[1] if choice.size else np.full(count, SMALLEST)
    return find_prices(_with_cuts(problem, sums, parts, _first_cuts(count, certainty), at), seed).of_rows
