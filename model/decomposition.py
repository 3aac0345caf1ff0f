"""Who gives what: a change split into its factors without residual, and a joint gain split between its players.

LMDI answers "how much of the change between two years, or two runs, came from more floor area, another mix of
buildings, less energy per floor area, other carriers, cleaner supply". Shapley answers "how much did each programme
give", when programmes act on what the others leave.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import TypeVar

import numpy as np
import numpy.typing as npt
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

    Args:
        worth: what a coalition gains; asked once for each of the 2^n coalitions.
        players: the players, at most about fifteen.

    Returns:
        value of each player; they sum to worth(all) − worth(none).

    Source: Shapley (1953).
    """
    values = shapley_values(np.array([worth(frozenset(one)) for one in coalitions(players)], dtype=np.float64))
    return {player: float(value) for player, value in zip(players, values, strict=True)}


def coalitions(players: Sequence[Player]) -> Iterator[tuple[Player, ...]]:
    """Yield every coalition in the order of the tables below: bit i of its number says whether player i is in."""
    for number in range(1 << len(players)):
        yield tuple(player for place, player in enumerate(players) if number >> place & 1)


# The mean over all orders: before a player comes any coalition of the others, as often as orders put it there.
def shapley_values(worth: Array) -> Array:
    """Return the Shapley value of each player from the worth of every coalition.

    value[i] = Σ_S |S|!(n − |S| − 1)!/n! · (worth(S ∪ i) − worth(S)) over all S without i

    Args:
        worth: any unit, dims (coalition, …), coalitions in the order of `coalitions`.

    Returns:
        dims (player, …); over players they sum to worth(all) − worth(none).

    Source: Shapley (1953).
    """
    count, numbers = _players(worth), np.arange(len(worth))
    weight = np.array([1.0 / (count * math.comb(count - 1, size)) for size in range(count)])
    values = np.zeros((count, *worth.shape[1:]))
    for place in range(count):
        without = numbers[numbers >> place & 1 == 0]
        gains = worth[without | 1 << place] - worth[without]
        values[place] = np.tensordot(weight[np.bitwise_count(without)], gains, axes=(0, 0))
    return values


def first_in(worth: Array) -> Array:
    """Return what each player gains alone, dims (player, …); `worth` as in `shapley_values`."""
    return np.asarray(worth[_alone(worth)] - worth[0])


def last_in(worth: Array) -> Array:
    """Return what is lost if each player alone leaves, dims (player, …); `worth` as in `shapley_values`."""
    return np.asarray(worth[-1] - worth[(len(worth) - 1) ^ _alone(worth)])


# Two players overlap where together they gain less than apart, and help each other where they gain more.
def shapley_interactions(worth: Array) -> Array:
    """Return the interaction of each two players, dims (player, player, …); 0 of a player with itself.

    I[i, j] = Σ_S |S|!(n − |S| − 2)!/(n − 1)! · (worth(S ∪ ij) − worth(S ∪ i) − worth(S ∪ j) + worth(S)), S without both

    Args:
        worth: any unit, dims (coalition, …), coalitions in the order of `coalitions`.

    Source: Grabisch and Roubens (1999), International Journal of Game Theory 28, 547-565.
    """
    count, numbers = _players(worth), np.arange(len(worth))
    weight = np.array([1.0 / ((count - 1) * math.comb(count - 2, size)) for size in range(count - 1)])
    result = np.zeros((count, count, *worth.shape[1:]))
    for i, j in combinations(range(count), 2):
        both, one, other = 1 << i | 1 << j, 1 << i, 1 << j
        without = numbers[numbers & both == 0]
        gains = worth[without | both] - worth[without | one] - worth[without | other] + worth[without]
        result[i, j] = result[j, i] = np.tensordot(weight[np.bitwise_count(without)], gains, axes=(0, 0))
    return result


def _players(worth: Array) -> int:
    return len(worth).bit_length() - 1


def _alone(worth: Array) -> npt.NDArray[np.int64]:
    """Return the numbers of the coalitions of one player."""
    return 1 << np.arange(_players(worth), dtype=np.int64)
