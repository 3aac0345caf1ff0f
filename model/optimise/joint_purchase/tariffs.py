"""What a facility pays under a two-part tariff, month by month; money in whole yen, without tax."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.optimise.joint_purchase.auction import BoolArray, FloatArray
from model.optimise.procurement_data import procurement

#: Calendar months in the order of the fiscal year.
FISCAL_MONTHS = (4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2, 3)
#: Power factor at which the base charge is neither raised nor lowered [%]; one point off it is one per cent.
_NEUTRAL_POWER_FACTOR = 85.0
#: Binary noise below a full yen [JPY].
_NOISE = 1e-6


@dataclass(frozen=True)
class Tariff:
    """A two-part tariff.

    Args:
        base: base charge [JPY/kW per month].
        summer: energy charge in summer [JPY/kWh].
        other: energy charge in other months [JPY/kWh].
        power_factor: whether the base charge follows the power factor.
        fuel_included: whether the energy charge already contains the fuel adjustment.
        levy_included: whether the energy charge already contains the renewable levy.
    """

    base: float
    summer: float
    other: float
    power_factor: bool = True
    fuel_included: bool = False
    levy_included: bool = False


@dataclass(frozen=True)
class Surcharges:
    """What is added to energy charges that do not contain it.

    Args:
        fuel: fuel adjustment by fiscal month [JPY/kWh]; may be negative.
        levy: renewable levy [JPY/kWh].
    """

    fuel: FloatArray
    levy: float


def summer_months() -> BoolArray:
    """Return which fiscal months, April first, are summer months of a tariff."""
    first, last = procurement().parameter("first_summer_month"), procurement().parameter("last_summer_month")
    return np.array([first <= month <= last for month in FISCAL_MONTHS])


# Base charge: each point of power factor above 85 % takes one per cent off, each point below adds one.
def base_charge(base: float, contract_kw: FloatArray, power_factor: FloatArray) -> FloatArray:
    """Return the monthly base charge [JPY] of contract powers [kW] at power factors [%]."""
    return base * contract_kw * (100.0 + _NEUTRAL_POWER_FACTOR - power_factor) / 100.0


# Bill of a month: base charge, and energy at the charge of its season with fuel adjustment and levy where they are
# not contained; the part of a yen is dropped.
def monthly_bills(
    tariff: Tariff, contract_kw: FloatArray, power_factor: FloatArray, kwh: FloatArray, surcharges: Surcharges
) -> FloatArray:
    """Return the bills of facilities [JPY], dims (facility, fiscal month).

    Args:
        tariff: the tariff.
        contract_kw: contract power by facility [kW].
        power_factor: by facility [%].
        kwh: consumption, dims (facility, fiscal month) [kWh].
        surcharges: fuel adjustment and levy.

    Returns:
        whole yen.
    """
    neutral = np.full(len(contract_kw), _NEUTRAL_POWER_FACTOR)
    base = base_charge(tariff.base, contract_kw, power_factor if tariff.power_factor else neutral)
    energy = np.where(summer_months(), tariff.summer, tariff.other)
    if not tariff.fuel_included:
        energy = energy + surcharges.fuel
    if not tariff.levy_included:
        energy = energy + surcharges.levy
    return np.asarray(np.floor(base[:, None] + kwh * energy + _NOISE), dtype=np.float64)


# Below 500 kW the contract power is the highest peak of the last twelve months; from there on it is agreed.
def contract_power(peaks: FloatArray, agreed: float | None) -> float | None:
    """Return the contract power [kW] by the rule for small and large contracts.

    Args:
        peaks: peak of 30-minute demand by month [kW].
        agreed: what supplier and ward agreed [kW], if anything.

    Returns:
        the contract power, or None where a large contract needs an agreement and there is none.
    """
    highest = float(peaks.max())
    return highest if highest < procurement().parameter("contract_power_threshold") else agreed


def load_factor(kwh: FloatArray, contract_kw: FloatArray, hours: float = 8760.0) -> FloatArray:
    """Return yearly energy over contract power times the hours of the year [1]."""
    return np.asarray(kwh.sum(axis=-1) / (contract_kw * hours), dtype=np.float64)
