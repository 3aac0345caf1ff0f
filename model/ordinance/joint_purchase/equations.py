"""Joint purchase of renewable electricity: the equations, on numbers or arrays over facilities."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from model.ordinance.exact import FloatArray, exact, scaled


# Where no meter is read, electricity follows the floor area.
def electricity_kwh(floor_area_m2: npt.ArrayLike, kwh_per_m2: float) -> FloatArray:
    """Return yearly electricity [kWh] of a floor area [m²] (source: joint_purchase.electricity_from_floor_area)."""
    return scaled(np.asarray(floor_area_m2, dtype=np.float64), kwh_per_m2)


# What the purchase changes is the electricity whose renewable share rises.
def switched_kwh(kwh: npt.ArrayLike, present_share: npt.ArrayLike, target_share: npt.ArrayLike) -> FloatArray:
    """Return the electricity that becomes renewable [kWh]; a share that is already higher stays.

    Args:
        kwh: yearly electricity [kWh].
        present_share: renewable share of the present contract [1].
        target_share: renewable share of the joint contract [1].
    """
    rise = np.maximum(np.asarray(target_share, dtype=np.float64) - np.asarray(present_share, dtype=np.float64), 0.0)
    return np.asarray(np.asarray(kwh, dtype=np.float64) * rise)


# Electricity from the grid that is no longer needed, or becomes renewable, takes its emissions with it.
def co2_saving_t(kwh: npt.ArrayLike, factor_kg_per_kwh: float) -> FloatArray:
    """Return the CO2 avoided [t] (source: joint_purchase.co2_saving_t)."""
    return scaled(np.asarray(kwh, dtype=np.float64), factor_kg_per_kwh, 0.001)


# Tonnes are easier to imagine as the emissions of so many households.
def households(co2_t: npt.ArrayLike, t_per_household: float) -> FloatArray:
    """Return the households that emit as much in a year (source: joint_purchase.households)."""
    return scaled(np.asarray(co2_t, dtype=np.float64), 1 / exact(t_per_household))


# The bill is the electricity times its price, before and after.
def bill_saving_jpy(kwh: npt.ArrayLike, present: npt.ArrayLike, joint: npt.ArrayLike) -> FloatArray:
    """Return what the bill falls by [JPY], negative where it rises; prices in JPY/kWh."""
    fall = np.asarray(present, dtype=np.float64) - np.asarray(joint, dtype=np.float64)
    return np.asarray(np.asarray(kwh, dtype=np.float64) * fall)
