"""Electricity suppliers (エネルギー環境計画書制度): renewable shares and factors, on plain arrays.

An argument is one number or an array, for example over menus or suppliers; all arrays of a call have the same shape.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from model.ordinance.exact import FloatArray, reaches


# Certificates make other electricity count as renewable, at most all that is supplied.
def counted_renewable_mwh(
    renewable_mwh: npt.ArrayLike, certificates_mwh: npt.ArrayLike, supplied_mwh: npt.ArrayLike
) -> FloatArray:
    """Return the electricity that counts as renewable [MWh] (source: electricity_suppliers.target_level_2030).

    Args:
        renewable_mwh: electricity from renewable plants [MWh].
        certificates_mwh: certificates for other electricity [MWh].
        supplied_mwh: electricity supplied [MWh].
    """
    counted = np.asarray(renewable_mwh, dtype=np.float64) + np.asarray(certificates_mwh, dtype=np.float64)
    return np.asarray(np.minimum(counted, np.asarray(supplied_mwh, dtype=np.float64)))


# A share of nothing is nothing.
def share(part_mwh: npt.ArrayLike, supplied_mwh: npt.ArrayLike) -> FloatArray:
    """Return a part of the electricity supplied [1]; zero where nothing is supplied."""
    part, supplied = np.asarray(part_mwh, dtype=np.float64), np.asarray(supplied_mwh, dtype=np.float64)
    nothing = np.zeros(np.broadcast(part, supplied).shape)
    return np.asarray(np.divide(part, supplied, out=nothing, where=supplied > 0))


# The metropolis counts what its people and firms make and use themselves beside what the grid brings.
def metropolis_share(
    self_consumption: npt.ArrayLike, grid_renewable: npt.ArrayLike, consumption: npt.ArrayLike
) -> FloatArray:
    """Return the renewable share of the electricity used in Tokyo [1] (source: electricity_suppliers.renewable_share).

    Args:
        self_consumption: renewable electricity made and used in Tokyo.
        grid_renewable: renewable electricity from the grid, in the same unit.
        consumption: all electricity used, in the same unit.
    """
    own, grid = np.asarray(self_consumption, dtype=np.float64), np.asarray(grid_renewable, dtype=np.float64)
    return share(own + grid, consumption)


# The factor of a supplier, or of all, is its emissions over its supply.
def emission_factor(co2_t: npt.ArrayLike, supplied_mwh: npt.ArrayLike) -> FloatArray:
    """Return the emission factor [t-CO2/MWh]; zero where nothing is supplied."""
    return share(co2_t, supplied_mwh)


# What is missing to a level, exactly nothing on the level.
def missing_mwh(renewable_mwh: npt.ArrayLike, supplied_mwh: npt.ArrayLike, level: float) -> FloatArray:
    """Return the renewable electricity that is missing to a level of supply [MWh].

    Args:
        renewable_mwh: electricity that counts as renewable [MWh].
        supplied_mwh: electricity supplied [MWh].
        level: share to be reached [1].
    """
    have, needed = np.asarray(renewable_mwh, dtype=np.float64), np.asarray(supplied_mwh, dtype=np.float64) * level
    return np.asarray(np.where(np.asarray(reaches(have, needed)), 0.0, needed - have))


# How fast the share must rise to be at the level in its year.
def rise_a_year(share_now: float, year: int, level: float, level_year: int) -> float:
    """Return the rise of the share needed each year [1/year]; zero once the level is reached or its year past."""
    return max(level - share_now, 0.0) / (level_year - year) if year < level_year else 0.0
