"""The running year: where the plan stands today, and how the year may close when houses slip and owners refuse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.optimise.solar_allocation.houses import Houses

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

#: Years that are drawn, and draws that are worked out together.
_DRAWS = 4_000
_TOGETHER = 500
#: Most houses for which years are drawn.
_MOST_HOUSES = 50_000


@dataclass(frozen=True)
class YearEnd:
    """How a year with this plan may close; margins are counted capacity less requirement [kW].

    Args:
        to_date: margin of the houses that are done.
        under_way: margin of the houses that are done or started.
        planned: margin if every house is delivered as planned.
        probability: share of drawn years that close at or above the requirement; NaN if nothing is uncertain.
        low, middle, high: margins below which 5, 50 and 95 % of drawn years close; NaN if nothing is uncertain.
    """

    to_date: float
    under_way: float
    planned: float
    probability: float
    low: float
    middle: float
    high: float


# A house that is delivered brings its panels and its requirement; substitutes count up to a share of the requirement.
def margin_kw(
    houses: Houses,
    kw: FloatArray,
    heat_kw: FloatArray,
    left_out: BoolArray,
    owed: FloatArray,
    share: float,
    delivered: FloatArray,
) -> FloatArray:
    """Return counted capacity less requirement [kW], dims (…).

    Args:
        houses: facts.
        kw: capacity that is installed, dims (…, house) [kW].
        heat_kw: heat as solar power, dims (house) [kW].
        left_out: houses left out of the count, dims (house).
        owed: what each house adds to the requirement [kW].
        share: share of the requirement up to which substitutes count [1].
        delivered: 1 where a house is delivered in the year, dims (…, house).
    """
    counted = np.where(houses.new & ~left_out, delivered, 0.0)
    required = counted @ owed
    own = np.sum(counted * kw, axis=-1) + counted @ heat_kw
    substitutes = np.sum(np.where(houses.new, 0.0, delivered) * kw, axis=-1)
    return np.asarray(own + np.minimum(substitutes, share * required) - required)


def year_end(
    houses: Houses,
    kw: FloatArray,
    heat_kw: FloatArray,
    left_out: BoolArray,
    owed: FloatArray,
    share: float,
    seed: int = 0,
) -> YearEnd:
    """Return how the year may close.

    Args:
        houses: facts, with consent and state.
        kw: planned capacity [kW].
        heat_kw: heat as solar power [kW].
        left_out: houses left out of the count.
        owed: what each house adds to the requirement [kW].
        share: share of the requirement up to which substitutes count [1].
        seed: seed of the draws.
    """
    state = houses.portfolio.cells["state"]
    everyone = np.ones(houses.size)

    def margin(delivered: FloatArray) -> float:
        return float(margin_kw(houses, kw, heat_kw, left_out, owed, share, delivered))

    so_far = [
        margin(np.asarray(np.isin(state, states), dtype=np.float64)) for states in (("done",), ("done", "started"))
    ]
    slip = np.where(state == "done", 0.0, houses.portfolio.cells["slip"].astype(np.float64))
    unsure = bool(np.any(slip > 0) or np.any((houses.consent < 1) & (kw > 0)))
    if not unsure or houses.size > _MOST_HOUSES:
        return YearEnd(so_far[0], so_far[1], margin(everyone), np.nan, np.nan, np.nan, np.nan)
    random = np.random.default_rng(seed)
    margins = []
    for _ in range(_DRAWS // _TOGETHER):
        delivered = (random.random((_TOGETHER, houses.size)) >= slip).astype(np.float64)
        installed = kw * (random.random((_TOGETHER, houses.size)) < houses.consent)
        margins.append(margin_kw(houses, installed, heat_kw, left_out, owed, share, delivered))
    drawn = np.concatenate(margins)
    low, middle, high = np.percentile(drawn, [5, 50, 95])
    met = float(np.mean(drawn >= -1e-9))
    return YearEnd(so_far[0], so_far[1], margin(everyone), met, float(low), float(middle), float(high))
