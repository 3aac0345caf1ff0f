"""What a lot will probably cost before anybody has bid: a price model whose assumptions are all in the data.

Bidders' costs of a lot are independent and uniform between `lowest` and `highest`: the reference tariff less the
largest reduction on record, and the reference tariff, each with the contract power counted at the pooled peak.
A descending auction ends at the second-lowest cost; with one bidder at the reserve; with none at last-resort supply.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.optimise.joint_purchase.auction import FloatArray
from model.optimise.procurement_data import procurement

#: Steps in which reserve prices are tried, and in which expectations are added up.
_STEPS = 2_000


@dataclass(frozen=True)
class Expectation:
    """What a lot will probably bring.

    Args:
        price: expected yearly bill [JPY].
        reserve: reserve price that makes it lowest [JPY].
        no_award: probability that nobody goes below the reserve [1].
    """

    price: float
    reserve: float
    no_award: float


# E[second-lowest of n uniform costs] = lowest + (highest − lowest) × 2 ÷ (n + 1), order statistics of the uniform law.
def second_lowest(lowest: FloatArray, highest: FloatArray, bidders: FloatArray) -> FloatArray:
    """Return the expected end of a descending auction with at least two bidders [JPY]."""
    return lowest + (highest - lowest) * 2.0 / (bidders + 1.0)


# Fewer bidders can serve a larger lot, and few care for a very small one.
def expected_bidders(power: FloatArray, energy: FloatArray, all_power: float) -> FloatArray:
    """Return the number of bidders for lots of some contract power [kW] and energy [kWh].

    It falls in a straight line from the most on record for a tiny part of all contract power to the fewest for all of
    it; lots below the energy of the smallest tender on record draw the fewest.
    """
    data = procurement()
    fewest, most = data.parameter("bidders_low"), data.parameter("bidders_high")
    bidders = most - (most - fewest) * power / all_power
    return np.where(energy < data.parameter("attractive_energy"), fewest, np.round(bidders))


# Cost with reserve r, F = share of costs below it: nobody below r (probability (1 − F)ⁿ) costs the last resort; one
# alone below r wins at r; else the second-lowest cost decides, whose density is n (n − 1) u (1 − u)ⁿ⁻² in u = F.
def with_reserve(lowest: float, highest: float, bidders: int, last_resort: float) -> Expectation:
    """Return the expected cost of a lot under the reserve price that makes it lowest.

    Args:
        lowest: lowest possible cost of a bidder [JPY].
        highest: highest possible cost [JPY].
        bidders: number of bidders.
        last_resort: what the lot costs if nobody wins [JPY].
    """
    u = np.linspace(0.0, 1.0, _STEPS + 1)
    price = lowest + (highest - lowest) * u
    nobody = (1.0 - u) ** bidders
    alone = bidders * u * (1.0 - u) ** (bidders - 1)
    middle = (u[1:] + u[:-1]) / 2
    density = bidders * (bidders - 1) * middle * (1.0 - middle) ** max(bidders - 2, 0)
    steps = density * (lowest + (highest - lowest) * middle) / _STEPS
    several = np.concatenate(([0.0], np.cumsum(steps)))
    cost = nobody * last_resort + alone * price + several
    best = int(np.argmin(cost))
    return Expectation(float(cost[best]), float(price[best]), float(nobody[best]))
