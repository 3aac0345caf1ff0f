"""What owners' independent decisions add up to: exact distributions, or two sums taken as normal."""

from __future__ import annotations

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft
from scipy.special import ndtr, owens_t

from model.optimise.solar_allocation.problem import FloatArray

#: Deviations beyond which everything is certain, and next to none.
_FARTHEST, _NEXT_TO_NOTHING = 9.0, 1e-12
#: Houses whose decisions are added one by one; sums of so many are then added two by two.
_ONE_BY_ONE = 128
#: Most units of capacity in an exact distribution: modules of 0.4 kW beside ones of 0.3731 kW have a tiny common unit.
_MOST_UNITS = 4_000_000
#: What adding up probabilities leaves of their equality with the one asked for [1].
_ROUNDING = 1e-12
#: Two sums that are alike to this degree are taken as one.
_ALIKE = 1 - 1e-12


def is_enough(probability: float, certainty: float) -> bool:
    """Say whether a probability reaches the one asked for, ties of rounded sums included.

    Args:
        probability: of meeting the requirement [1].
        certainty: probability asked for [1].
    """
    return bool(probability >= certainty - _ROUNDING)


# The distribution of two normal sums in Owen's T, which stays exact however alike the two are.
def both_reached(first: float, second: float, correlation: float) -> float:
    """Return the probability that two normal sums lie so many deviations above their means or lower.

    Source: D. B. Owen, Tables for computing bivariate normal probabilities, Annals of Mathematical Statistics 27, 1956.
    """
    if correlation >= _ALIKE:
        return float(ndtr(min(first, second)))
    # The formula divides by the deviations.
    first, second = first or _NEXT_TO_NOTHING, second or _NEXT_TO_NOTHING
    across = np.sqrt(1 - correlation**2)
    beyond = owens_t(first, (second / first - correlation) / across)
    beyond += owens_t(second, (first / second - correlation) / across)
    return float(0.5 * (ndtr(first) + ndtr(second)) - beyond - (0.5 if first * second < 0 else 0.0))


# Each house brings its kW or nothing; the distribution of the sum grows by one house at a time.
def distribution(kw: FloatArray, consent: FloatArray, unit: float) -> FloatArray:
    """Return the probabilities of 0, 1, 2, … units of capacity when owners decide independently.

    Args:
        kw: capacity by house [kW], whole multiples of `unit`.
        consent: probability of acceptance by house [1].
        unit: capacity of one unit [kW].
    """
    if kw.size > _ONE_BY_ONE:
        half = kw.size // 2
        one, two = distribution(kw[:half], consent[:half], unit), distribution(kw[half:], consent[half:], unit)
        size = one.size + two.size - 1
        length = next_fast_len(size, real=True)
        together = irfft(rfft(one, length) * rfft(two, length), length)[:size]
        return np.asarray(np.maximum(together, 0.0))
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
        exact: from the distributions, where they can be held; otherwise both sums are taken as normal.
    """
    everything = np.concatenate((new[0], existing[0]))
    if not (exact and can_be_added(everything)):
        return _as_normal(new, existing, required_kw - certain_kw, substitute_share * required_kw)
    unit = _common_unit(everything)
    own, other = distribution(*new, unit), distribution(*existing, unit)
    # P(K ≥ x) for every whole number of units.
    at_least = np.append(np.cumsum(own[::-1])[::-1], 0.0)
    counted = np.minimum(np.arange(other.size) * unit, substitute_share * required_kw)
    missing = required_kw - certain_kw - counted
    units = np.clip(np.ceil(missing / unit - 1e-9), 0, own.size).astype(np.int64)
    return float(np.sum(other * at_least[units]))


def can_be_added(kw: FloatArray) -> bool:
    """Say whether the sum of capacities has few enough units for an exact distribution."""
    return bool(np.sum(kw) <= _MOST_UNITS * _common_unit(kw))


def _as_normal(
    new: tuple[FloatArray, FloatArray], existing: tuple[FloatArray, FloatArray], missing_kw: float, limit_kw: float
) -> float:
    """Return the probability that two normal sums, the second one up to a limit, reach what is missing."""
    means = [float(np.sum(kw * consent)) for kw, consent in (new, existing)]
    variances = [float(np.sum(kw**2 * consent * (1 - consent))) for kw, consent in (new, existing)]
    own, both = variances[0] ** 0.5, sum(variances) ** 0.5
    first = _deviations(sum(means) - missing_kw, both)
    second = _deviations(means[0] - (missing_kw - limit_kw), own)
    return both_reached(first, second, own / both if both > 0 else 1.0)


def _deviations(distance: float, deviation: float) -> float:
    """Return how many deviations a distance is; as good as infinite ones where nothing is uncertain."""
    if deviation > 0:
        return distance / deviation
    return _FARTHEST if distance >= 0 else -_FARTHEST


def _common_unit(kw: FloatArray) -> float:
    """Return the largest capacity of which all given ones are whole multiples [kW], to a tenth of a watt."""
    tenths = np.unique(np.rint(kw * 1e4).astype(np.int64))
    common = int(np.gcd.reduce(tenths)) if tenths.size else 0
    return common / 1e4 if common else 1.0
