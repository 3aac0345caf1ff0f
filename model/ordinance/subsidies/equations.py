"""Subsidies for homes: the equations, on plain arrays, parameters passed in.

The findings, the solar economics and the solar allocation optimiser all call these functions. An argument is one number
or an array over houses (or houses × sizes); the result has the same shape. Money is JPY.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import inf
from typing import Any

import numpy as np
import numpy.typing as npt

from model.ordinance.exact import FloatArray, exact, reaches, scaled, within
from model.ordinance.rulebook import Rules

IntArray = npt.NDArray[np.int64]

#: Largest denominator of a share that documents print, as in 2/3 or 23/100.
_LARGEST_DENOMINATOR = 1000


@dataclass(frozen=True)
class PanelGrant:
    """A grant for panels in two bands of total capacity; the rate of a band applies to the whole capacity.

    Args:
        step_kw: last capacity of the lower band [kW].
        lower_jpy_per_kw: rate of the lower band.
        lower_cap_jpy: most that the lower band gives [JPY]; infinite where there is no cap.
        upper_jpy_per_kw: rate of the upper band.
        below_kw: capacity from which nothing is granted [kW].
    """

    step_kw: float
    lower_jpy_per_kw: float
    lower_cap_jpy: float
    upper_jpy_per_kw: float
    below_kw: float

    @classmethod
    def read(cls, rules: Rules, new: bool) -> PanelGrant:
        """Read the grant for new or existing homes from the rules of "subsidies"."""
        return cls.from_bands(rules.value("pv_grant_new" if new else "pv_grant_existing"))

    @classmethod
    def read_zero_emission_house(cls, rules: Rules, all_electric: bool) -> PanelGrant:
        """Read the grant within the house programme; the one of 2022 prints two rates and takes the general bands."""
        if rules.stated("pv_grant_zero_emission_house_2023"):
            kind = "all_electric" if all_electric else "other"
            return cls.from_bands(rules.value("pv_grant_zero_emission_house_2023", kind))
        upper, lower = sorted(rules.value("zero_emission_house_pv_addon"))
        general = cls.read(rules, new=True)
        return cls(general.step_kw, float(lower), general.lower_cap_jpy, float(upper), general.below_kw)

    @classmethod
    def from_bands(cls, bands: list[dict[str, Any]]) -> PanelGrant:
        """Return the grant from the two bands as the rule file holds them."""
        lower, upper = bands
        return cls(
            float(lower["kw_max"]),
            float(lower["jpy_per_kw"]),
            float(lower.get("cap_jpy", inf)),
            float(upper["jpy_per_kw"]),
            float(upper["kw_max_exclusive"]),
        )


def printed_share(share: float) -> Fraction:
    """Return the share that a document prints: a third is stored as 0.3333333333333333."""
    return exact(share).limit_denominator(_LARGEST_DENOMINATOR)


# A share of the cost, but no more than the cap.
def capped_share_jpy(cost_jpy: npt.ArrayLike, share: float, cap_jpy: npt.ArrayLike = inf) -> FloatArray:
    """Return a grant for a share of the cost [JPY] (source: subsidies.capped_share_grant)."""
    return np.asarray(np.minimum(scaled(np.asarray(cost_jpy), printed_share(share)), cap_jpy))


# The band is chosen by the total capacity, and its rate applies to all of it; the lower band may be capped.
def panel_grant_jpy(kw: npt.ArrayLike, grant: PanelGrant) -> FloatArray:
    """Return the grant for panels [JPY] (source: subsidies.pv_grant_*).

    Args:
        kw: total capacity [kW].
        grant: bands, rates and cap.
    """
    capacity = np.asarray(kw, dtype=np.float64)
    lower = np.minimum(scaled(capacity, grant.lower_jpy_per_kw), grant.lower_cap_jpy)
    upper = np.where(reaches(capacity, grant.below_kw), 0.0, scaled(capacity, grant.upper_jpy_per_kw))
    return np.asarray(np.where(within(capacity, grant.step_kw), lower, upper))


# Batteries by cost: a share of the cost, within an amount per kWh and a cap; from the largest size on nothing.
def battery_by_cost_jpy(
    cost_jpy: npt.ArrayLike,
    kwh: npt.ArrayLike,
    share: float,
    cap_jpy: float,
    jpy_per_kwh_max: float | None = None,
    below_kwh: float | None = None,
) -> FloatArray:
    """Return the grant for a battery by its cost [JPY].

    Args:
        cost_jpy: cost of the equipment [JPY].
        kwh: capacity [kWh].
        share: share of the cost [1].
        cap_jpy: most that is granted [JPY].
        jpy_per_kwh_max: limit by capacity [JPY/kWh], if there is one.
        below_kwh: capacity from which nothing is granted [kWh], if there is one.
    """
    capacity = np.asarray(kwh, dtype=np.float64)
    limit = cap_jpy if jpy_per_kwh_max is None else np.minimum(cap_jpy, scaled(capacity, jpy_per_kwh_max))
    granted = capped_share_jpy(cost_jpy, share, limit)
    return granted if below_kwh is None else np.where(reaches(capacity, below_kwh), 0.0, granted)


# Batteries by capacity: an amount per kWh, and one more for taking part in demand response.
def battery_by_capacity_jpy(kwh: npt.ArrayLike, jpy_per_kwh: float, addon_jpy: npt.ArrayLike = 0.0) -> FloatArray:
    """Return the grant for a battery by its capacity [JPY]."""
    capacity = np.asarray(kwh, dtype=np.float64)
    return np.asarray(np.where(capacity > 0, scaled(capacity, jpy_per_kwh) + np.asarray(addon_jpy), 0.0))


# A charger-discharger gets the usual share, or the whole cost where panels and an electric car stand beside it.
def v2h_grant_jpy(
    cost_jpy: npt.ArrayLike, full_set: npt.ArrayLike, usual: tuple[float, float], full: tuple[float, float]
) -> FloatArray:
    """Return the grant for a V2H charger [JPY].

    Args:
        cost_jpy: cost [JPY].
        full_set: whether panels and an electric or plug-in car are there.
        usual: share [1] and cap [JPY] without the full set.
        full: share and cap with it.
    """
    return np.where(np.asarray(full_set), capped_share_jpy(cost_jpy, *full), capped_share_jpy(cost_jpy, *usual))


# A level is reached when insulation and energy saving both keep to its limits; the strictest reached counts.
def zero_emission_level(
    ua: npt.ArrayLike, saving: npt.ArrayLike, ua_max: npt.ArrayLike, saving_min: npt.ArrayLike
) -> IntArray:
    """Return the place of the strictest level reached, counted from 1; 0 where none is.

    Args:
        ua: mean heat loss of the envelope [W/(m²K)], dims (…).
        saving: saving of primary energy against the national standard [1], dims (…).
        ua_max: limits by level, from the easiest to the strictest.
        saving_min: limits by level, in the same order.
    """
    warm = within(np.asarray(ua, dtype=np.float64)[..., np.newaxis], np.asarray(ua_max, dtype=np.float64))
    lean = reaches(np.asarray(saving, dtype=np.float64)[..., np.newaxis], np.asarray(saving_min, dtype=np.float64))
    places = np.arange(1, np.asarray(ua_max).size + 1)
    return np.asarray(np.max((np.asarray(warm) & np.asarray(lean)) * places, axis=-1), dtype=np.int64)
