"""Who gives what: a change split into its factors without residual, and a joint gain split between its players.

LMDI answers "how much of the change between two years, or two runs, came from more floor area, another mix of
buildings, less energy per floor area, other carriers, cleaner supply". Shapley answers "how much did each programme
give", when programmes act on what the others leave.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from itertools import combinations
from typing import TypeVar

import numpy as np
import xarray as xr

from model.survival_families import Array

Player = TypeVar("Player", bound=Hashable)

#: Factors of the CO2 of buildings, in the order of the identity below.
CO2_FACTORS = ("activity", "structure", "intensity", "carrier", "factor")


# The logarithmic mean weighs each cell: it lies between the two values and makes the split exact.
def logarithmic_mean(start: Array, end: Array) -> Array:
    """Return L(a, b) = (b − a)/ln(b/a), with L(a, a) = a and L = 0 where either is 0.

    Source: Ang (2004), Energy Policy 32, 1131-1139.
    """
    start, end = np.broadcast_arrays(np.asarray(start, dtype=np.float64), np.asarray(end, dtype=np.float64))
    mean = np.where(np.isclose(start, end, rtol=1e-9, atol=0.0), (start + end) / 2.0, 0.0)
    far = (start > 0) & (end > 0) & ~np.isclose(start, end, rtol=1e-9, atol=0.0)
    mean[far] = (end[far] - start[far]) / np.log(end[far] / start[far])
    return np.where((start > 0) & (end > 0), mean, 0.0)


def lmdi(start: Mapping[str, Array], end: Mapping[str, Array]) -> dict[str, float]:
    """Return the additive LMDI-I effects of the factors of V = Σ over cells of their product.

    effect[x] = Σ L(V_end, V_start) · ln(x_end / x_start)

    A cell that is zero in one of the two states has no finite logarithm: its whole change belongs to the factors that
    are zero there, in equal parts, which is the limit of the formula as they go to zero together.

    Args:
        start: factor → its values in the first state, any shapes that broadcast to the cells.
        end: the same factors in the second state.

    Returns:
        effect of each factor in the unit of V; they sum to V_end − V_start.

    Source: Ang (2004); zero cells as in Ang and Liu (2007), Energy Policy 35, 238-246.
    """
    names = list(start)
    before = np.broadcast_arrays(*(np.asarray(start[name], dtype=np.float64) for name in names))
    after = np.broadcast_arrays(*(np.asarray(end[name], dtype=np.float64) for name in names))
    first, last = np.prod(before, axis=0), np.prod(after, axis=0)
    weight = logarithmic_mean(first, last)
    appears = (first == 0) ^ (last == 0)
    zeros = [(x == 0) ^ (y == 0) for x, y in zip(before, after, strict=True)]
    count = np.sum(zeros, axis=0)
    effects = {}
    for name, x, y, zero in zip(names, before, after, zeros, strict=True):
        usable = (weight > 0) & (x > 0) & (y > 0)
        ratio = np.log(np.divide(y, x, out=np.ones_like(x), where=usable))
        share = np.divide(zero, count, out=np.zeros_like(x), where=appears & (count > 0))
        effects[name] = float(np.sum(weight * ratio) + np.sum(np.where(appears, last - first, 0.0) * share))
    return effects


def co2_factors(run: xr.Dataset, year: int) -> dict[str, Array]:
    """Return the factors of the CO2 of buildings in a year of a run, [segment, carrier] or broadcast to it.

    CO2 = floor area · (segment/all) · (final energy/floor area) · (carrier bought/final energy) · (CO2/carrier bought)

    Panels show up in `carrier`: what they give on site is not bought.

    Args:
        run: a result Dataset.
        year: fiscal year.

    Returns:
        factors in the order of `CO2_FACTORS`; their product is CO2 [kilotonne/year].
    """
    here = run.sel(year=year)
    area = here["floor_area"].sum("region").to_numpy()
    energy = here["final_energy"].sum(["end_use", "carrier"]).to_numpy()
    bought = here["purchased_energy"].to_numpy()
    co2 = here["co2"].sel(factor_view="real").to_numpy()
    return {
        "activity": np.array(area.sum()),
        "structure": (area / area.sum())[:, None],
        "intensity": np.divide(energy, area, out=np.zeros_like(area), where=area > 0)[:, None],
        "carrier": np.divide(bought, energy[:, None], out=np.zeros_like(bought), where=energy[:, None] > 0),
        "factor": np.divide(co2, bought, out=np.zeros_like(co2), where=bought > 0),
    }


def co2_change(start: xr.Dataset, start_year: int, end: xr.Dataset, end_year: int) -> dict[str, float]:
    """Return what changed the CO2 of buildings between a year of one run and a year of another [kilotonne/year]."""
    return lmdi(co2_factors(start, start_year), co2_factors(end, end_year))


def shapley(worth: Callable[[frozenset[Player]], float], players: Sequence[Player]) -> dict[Player, float]:
    """Return each player's mean marginal gain over all orders in which the players can join.

    value[i] = Σ_S |S|!(n − |S| − 1)!/n! · (worth(S ∪ i) − worth(S)) over all S without i

    Args:
        worth: what a coalition gains; asked once for each of the 2^n coalitions.
        players: the players, at most about fifteen.

    Returns:
        value of each player; they sum to worth(all) − worth(none).

    Source: Shapley (1953).
    """
    known = {
        coalition: worth(coalition)
        for size in range(len(players) + 1)
        for coalition in map(frozenset, combinations(players, size))
    }
    count = len(players)
    values = dict.fromkeys(players, 0.0)
    for coalition, gain in known.items():
        if len(coalition) == count:
            continue
        weight = 1.0 / (count * math.comb(count - 1, len(coalition)))
        for player in players:
            if player not in coalition:
                values[player] += weight * (known[coalition | {player}] - gain)
    return values
