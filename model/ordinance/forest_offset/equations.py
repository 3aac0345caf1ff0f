"""Forest absorption: the equations, on numbers or arrays over projects, parameters passed in."""

from __future__ import annotations

from typing import Any, overload

import numpy as np
import numpy.typing as npt

from model.ordinance.exact import FloatArray, exact, scaled


# The carbon taken up in a year is the area times the uptake of one hectare.
@overload
def absorption_t(area_ha: float, uptake_t_per_ha: float) -> float: ...
@overload
def absorption_t(area_ha: npt.NDArray[Any], uptake_t_per_ha: float) -> FloatArray: ...
def absorption_t(area_ha: float | npt.NDArray[Any], uptake_t_per_ha: float) -> float | FloatArray:
    """Return the yearly absorption [t-CO2] of a forest area [ha] (source: forest_offset.absorption)."""
    return scaled(area_ha, uptake_t_per_ha)


# Care costs so much a hectare.
@overload
def cost_jpy(area_ha: float, cost_jpy_per_ha: float) -> float: ...
@overload
def cost_jpy(area_ha: npt.NDArray[Any], cost_jpy_per_ha: float) -> FloatArray: ...
def cost_jpy(area_ha: float | npt.NDArray[Any], cost_jpy_per_ha: float) -> float | FloatArray:
    """Return the cost [JPY] of caring for a forest area [ha]."""
    return scaled(area_ha, cost_jpy_per_ha)


# A tonne of yearly absorption costs the care of a hectare over what the hectare takes up.
def cost_jpy_per_t(cost_jpy_per_ha: float, uptake_t_per_ha: float) -> float:
    """Return the cost of a tonne of yearly absorption [JPY/t-CO2] (source: forest_offset.cost_per_t)."""
    return float(exact(cost_jpy_per_ha) / exact(uptake_t_per_ha))


# Money available pays for so many hectares.
def affordable_ha(money_jpy: npt.ArrayLike, cost_jpy_per_ha: float) -> FloatArray:
    """Return the forest area [ha] that a sum [JPY] pays for."""
    return scaled(np.asarray(money_jpy, dtype=np.float64), 1 / exact(cost_jpy_per_ha))


# What a hectare took up on average, from what an agreement reports.
def uptake_t_per_ha(absorbed_t: float, area_ha: float, years: float = 1.0) -> float:
    """Return the yearly absorption of a hectare [t-CO2/ha] from a total over some years [t-CO2]."""
    return float(exact(absorbed_t) / exact(area_ha) / exact(years))
