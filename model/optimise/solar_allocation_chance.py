"""Owners may refuse panels: the year must still close above the requirement with a given probability.

With independent consents the counted capacity has a mean M and a variance V that are sums over houses, and the row is
M ≥ z √V. The root is not linear but it is concave: a tangent lies above it, so that a row with a tangent gives plans
that are safe; a chord lies below it between its ends, so that a row with a chord on a range of V gives a bound for all
plans in the range. Ranges are split where it pays until the best plan and the lowest bound meet.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import NormalDist
from time import perf_counter

import numpy as np

from model.optimise.solar_allocation_finish import Finished, finish
from model.optimise.solar_allocation_prices import find_prices
from model.optimise.solar_allocation_problem import FloatArray, Problem, Row, SlotArray, activity

#: Ranges of the standard deviation that are looked at before the best plan so far is returned.
_MOST_RANGES = 200
#: Tangents that are tried for one plan.
_TANGENTS = 4
_SLACK = 1e-9


@dataclass(frozen=True)
class Chance:
    """A row that must hold with a probability.

    Args:
        mean: the row as it holds on average; its slope has the consent in it.
        spread: by house, consent × (1 − consent) × slope²: what a squared kW adds to the variance.
        z: standard deviations that lie between the mean and the requirement.
    """

    mean: Row
    spread: FloatArray
    z: float


def chance_of(row: Row, slope_if_accepted: FloatArray, consent: FloatArray, certainty: float) -> Chance:
    """Return the row that must hold with a certainty above one half."""
    spread = consent * (1.0 - consent) * slope_if_accepted**2
    return Chance(row, spread, NormalDist().inv_cdf(certainty))


def solve_with_chance(
    problem: Problem, chance: Chance, gap: float, seconds: float, seed: int = 0
) -> tuple[Finished, FloatArray]:
    """Return the best plan that keeps a row with its probability, and the prices of the rows near it.

    Args:
        problem: houses, slots and all other rows.
        chance: the row with a probability.
        gap: relative gap asked for [1].
        seconds: time limit [s].
        seed: seed of every random choice.
    """
    end = perf_counter() + seconds
    widest = float(np.sqrt(np.sum(chance.spread * (problem.multiple.max() * problem.step_kw) ** 2)))
    best = Finished(np.zeros(0, dtype=np.int16), np.nan, -np.inf, 0)
    prices = np.zeros(len(problem.rows) + 1)
    ranges = [(-np.inf, 0.0, max(widest, 1e-6))]
    closed = np.inf
    for _ in range(_MOST_RANGES):
        left = end - perf_counter()
        ranges = [one for one in ranges if np.isnan(best.cost) or one[0] < best.cost]
        bound = min([closed, *(one[0] for one in ranges)])
        best = replace(best, bound=bound if np.isnan(best.cost) else min(bound, best.cost))
        if not ranges or left <= 0 or (best.choice.size and best.gap <= gap):
            break
        ranges.sort()
        _, lowest, highest = ranges.pop(0)
        inner = replace(problem, rows=(*problem.rows, *_chord(chance, lowest, highest)))
        found_prices = find_prices(inner, seed)
        if not np.isnan(best.cost) and found_prices.priced.bound >= best.cost:
            closed = min(closed, found_prices.priced.bound)
            continue
        found = finish(inner, found_prices, gap / 2, left / 4, seed)
        if found.impossible:
            continue
        if not found.choice.size:
            closed = min(closed, found.bound)
            continue
        deviation = _deviation(problem, chance, found.choice)
        if _holds(problem, chance, found.choice):
            best, prices = _cheaper(best, prices, found, found_prices.of_rows)
            if found.gap <= gap:
                closed = min(closed, found.bound)
                continue
        else:
            best, prices = _safe(problem, chance, deviation, best, prices, gap, left / 4, seed)
        inside = lowest + 0.05 * (highest - lowest) < deviation < highest - 0.05 * (highest - lowest)
        split = deviation if inside else 0.5 * (lowest + highest)
        ranges += [(found.bound, lowest, split), (found.bound, split, highest)]
    return best, prices


def _chord(chance: Chance, lowest: float, highest: float) -> tuple[Row, Row, Row]:
    """Return the row under a chord of the root, and the range of the variance in which it holds."""
    nobody = np.zeros(chance.spread.size)
    slope = 1.0 / (lowest + highest)
    under = replace(
        chance.mean, squared=-chance.z * slope * chance.spread,
        at_least=chance.mean.at_least + chance.z * (lowest - slope * lowest**2),
    )  # fmt: skip
    above = Row("spread.from", nobody, nobody, lowest**2, counted_only=True, squared=chance.spread)
    below = Row("spread.to", nobody, nobody, -(highest**2), counted_only=True, squared=-chance.spread)
    return under, above, below


def _safe(
    problem: Problem,
    chance: Chance,
    deviation: float,
    best: Finished,
    prices: FloatArray,
    gap: float,
    seconds: float,
    seed: int,
) -> tuple[Finished, FloatArray]:
    """Return a plan that is safe by a tangent, if it is better than the best so far."""
    for _ in range(_TANGENTS):
        at = max(deviation, 1e-6)
        tangent = replace(
            chance.mean, squared=-chance.z / (2 * at) * chance.spread,
            at_least=chance.mean.at_least + chance.z * at / 2,
        )  # fmt: skip
        inner = replace(problem, rows=(*problem.rows, tangent))
        found_prices = find_prices(inner, seed)
        found = finish(inner, found_prices, gap / 4, seconds, seed)
        if not found.choice.size:
            break
        best, prices = _cheaper(best, prices, found, found_prices.of_rows)
        reached = _deviation(problem, chance, found.choice)
        if abs(reached - at) <= 1e-3 * at:
            break
        deviation = reached
    return best, prices


def _cheaper(
    best: Finished, prices: FloatArray, found: Finished, found_prices: FloatArray
) -> tuple[Finished, FloatArray]:
    """Return the cheaper of two plans with its prices; the bound stays that of the best."""
    if not np.isnan(best.cost) and best.cost <= found.cost:
        return best, prices
    return replace(found, bound=best.bound), found_prices[: prices.size]


def _deviation(problem: Problem, chance: Chance, choice: SlotArray) -> float:
    """Return the standard deviation of what the row counts."""
    nobody = np.zeros(chance.spread.size)
    row = Row("spread", nobody, nobody, 0.0, counted_only=True, squared=chance.spread)
    return float(np.sqrt(max(activity(replace(problem, rows=(row,)), choice)[0], 0.0)))


def _holds(problem: Problem, chance: Chance, choice: SlotArray) -> bool:
    """Say whether a plan keeps the row with its probability."""
    mean = activity(replace(problem, rows=(chance.mean,)), choice)[0]
    needed = chance.mean.at_least + chance.z * _deviation(problem, chance, choice)
    return bool(mean >= needed - _SLACK * max(1.0, abs(needed)))


# Each house brings its kW or nothing; the distribution of the sum grows by one house at a time.
def distribution(kw: FloatArray, consent: FloatArray, unit: float) -> FloatArray:
    """Return the probabilities of 0, 1, 2, … units of capacity when owners decide independently.

    Args:
        kw: capacity by house [kW], whole multiples of `unit`.
        consent: probability of acceptance by house [1].
        unit: capacity of one unit [kW].
    """
    sizes = np.rint(kw / unit).astype(np.int64)
    found = np.zeros(int(sizes.sum()) + 1)
    found[0], highest = 1.0, 0
    for size, accepts in zip(sizes.tolist(), consent.tolist(), strict=True):
        if size == 0:
            continue
        moved = accepts * found[: highest + 1]
        found[: highest + 1] *= 1.0 - accepts
        found[size : size + highest + 1] += moved
        highest += size
    return found


def probability_of_meeting(
    new: tuple[FloatArray, FloatArray],
    existing: tuple[FloatArray, FloatArray],
    required_kw: float,
    certain_kw: float,
    substitute_share: float,
    exact: bool = True,
) -> float:
    """Return the probability that K + min(A, share × R) reaches R.

    Args:
        new: kW and consent of counted new buildings.
        existing: kW and consent of existing houses that stand in.
        required_kw: the requirement R [kW].
        certain_kw: capacity that no owner can refuse (heat) [kW].
        substitute_share: share of the requirement up to which substitutes count [1].
        exact: from the distributions; otherwise both sums are taken as one normal sum without the limit.
    """
    if not exact:
        mean = certain_kw + sum(float(np.sum(kw * consent)) for kw, consent in (new, existing))
        variance = sum(float(np.sum(kw**2 * consent * (1 - consent))) for kw, consent in (new, existing))
        if variance <= 0:
            return float(mean >= required_kw)
        return 1.0 - NormalDist(mean, variance**0.5).cdf(required_kw)
    unit = _common_unit(np.concatenate((new[0], existing[0])))
    own, other = distribution(*new, unit), distribution(*existing, unit)
    # P(K ≥ x) for every whole number of units.
    at_least = np.append(np.cumsum(own[::-1])[::-1], 0.0)
    counted = np.minimum(np.arange(other.size) * unit, substitute_share * required_kw)
    missing = required_kw - certain_kw - counted
    units = np.clip(np.ceil(missing / unit - 1e-9), 0, own.size).astype(np.int64)
    return float(np.sum(other * at_least[units]))


def _common_unit(kw: FloatArray) -> float:
    """Return the largest capacity of which all given ones are whole multiples [kW], to a tenth of a watt."""
    tenths = np.unique(np.rint(kw * 1e4).astype(np.int64))
    common = int(np.gcd.reduce(tenths)) if tenths.size else 0
    return common / 1e4 if common else 1.0
