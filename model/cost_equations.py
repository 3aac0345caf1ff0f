"""Equations of cost: works spread over their life, dearer tonnes the more are avoided, and what going without is worth.

All money is real, of the year that data name; nothing here knows of buildings.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from model.survival_families import Array


# A payment a year over the life, the first with the works, that is worth as much as the works.
def annuity(discount_rate: float, life: int) -> float:
    """Return the yearly payment for one unit of money spent at the start [1/year].

    annuity = 1 / Σ_{k=0}^{life−1} (1 + i)^−k

    Args:
        discount_rate: i, at least 0 [1/year].
        life: number of payments, at least 1 [years].
    """
    return float(1.0 / discount_factors(discount_rate, np.arange(life)).sum())


# Money later counts for less.
def discount_factors(discount_rate: float, years_ahead: npt.ArrayLike) -> Array:
    """Return (1 + i)^−t for each number of years t ahead; 1 for years that are past."""
    return np.asarray((1.0 + discount_rate) ** -np.maximum(np.asarray(years_ahead, dtype=np.float64), 0.0))


# What stands on the books of a year are the works of the last `life` years, its own included.
def spread_over_life(spent: Array, discount_rate: float, life: int) -> Array:
    """Return the yearly cost of works as annuities over their life.

    cost[y] = annuity · Σ_{y−life < v ≤ y} spent[v]

    Args:
        spent: in each year [JPY/year] [year, ...].
        discount_rate: [1/year].
        life: [years].

    Returns:
        yearly cost [JPY/year] [year, ...]; works that outlive the last year leave part of their cost beyond it.
    """
    total = np.cumsum(spent, axis=0)
    total[life:] -= total[:-life].copy()
    return annuity(discount_rate, life) * total


# The first tonne, or kWh, is cheap and the last is dear; between them marginal cost follows a straight line.
def rising_cost(share: npt.ArrayLike, first: npt.ArrayLike, last: npt.ArrayLike) -> Array:
    """Return the cost of going to a share of all that can be done, over the size of all.

    cost = ∫_0^share (first + (last − first) · x) dx = first · share + (last − first) · share² / 2

    Args:
        share: of what can be done, taken between 0 and 1 [...].
        first: marginal cost at a share of 0 [money per unit].
        last: marginal cost at a share of 1 [money per unit].

    Returns:
        cost over the size of all, so the unit of `first` [...].
    """
    done = np.clip(share, 0.0, 1.0)
    start, end = np.asarray(first, dtype=np.float64), np.asarray(last, dtype=np.float64)
    return np.asarray(start * done + (end - start) * done**2 / 2.0)


# Who goes without a service loses at least what it cost, and more the further it goes: the area under a straight demand
# curve through the present price. A part can be saved by tuning and habits without loss.
def value_forgone(bill: Array, service: Array, free_share: float, elasticity: float) -> Array:
    """Return what users lose who take less service than they would [JPY/year].

    r = max(0, 1 − service − free share);  value = bill / service · (r + r² / (2 · elasticity))

    Args:
        bill: what is paid at the service taken [JPY/year] [...].
        service: against what users would take, above 0 [1], broadcasts against `bill`.
        free_share: of the service, saved without loss [1].
        elasticity: of the service to its price, as a positive number [1].

    Source: consumer surplus (Marshall 1890).
    """
    without = np.maximum(0.0, 1.0 - service - free_share)
    return np.asarray(bill / service * (without + without**2 / (2.0 * elasticity)))
