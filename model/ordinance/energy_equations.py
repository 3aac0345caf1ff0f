"""Energy of existing facilities as the ordinance counts it: crude-oil equivalent and carbon dioxide, on plain arrays.

Two ways of counting carbon dioxide stand side by side and are never mixed: factors fixed for a compliance period (to
the third period), and the actual factors of the suppliers (from the fourth). An argument is one number or an array;
the arrays of one call have the same shape, for example dims (facility, year).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from model.ordinance.exact import FloatArray, scaled, within

#: Mass of carbon dioxide over the carbon in it.
CO2_PER_CARBON = Fraction(44, 12)


@dataclass(frozen=True)
class EnergyUse:
    """What facilities use in a year; every array has the same shape.

    Args:
        electricity_mwh: electricity bought over the grid, without `off_site_mwh` [MWh].
        supplier_factor: actual factor of its supplier or menu [t-CO2/MWh]; NaN where unknown.
        own_renewable_mwh: renewable electricity made and used on site [MWh].
        value_sold_mwh: the part of it whose environmental value was sold [MWh].
        off_site_mwh: renewable electricity from own or contracted plants elsewhere (self-wheeling, PPA) [MWh].
        certificates_mwh: renewable certificates bought directly for the grid electricity [MWh].
        heat_gj: heat, steam and cold bought [GJ].
        heat_factor: actual factor of their supplier [t-CO2/GJ]; NaN where unknown.
        city_gas_1000m3: city gas [1,000 m³].
        gas_factor: actual factor of its supplier [t-CO2/1,000 m³]; NaN where unknown.
        fuels: oil products by name [kL].
        other_t: carbon dioxide of other fuels, as worked out by the facility [t-CO2].
    """

    electricity_mwh: FloatArray
    supplier_factor: FloatArray
    own_renewable_mwh: FloatArray
    value_sold_mwh: FloatArray
    off_site_mwh: FloatArray
    certificates_mwh: FloatArray
    heat_gj: FloatArray
    heat_factor: FloatArray
    city_gas_1000m3: FloatArray
    gas_factor: FloatArray
    fuels: Mapping[str, FloatArray]
    other_t: FloatArray


@dataclass(frozen=True)
class FixedFactors:
    """Factors that stand for a whole compliance period.

    Args:
        electricity_t_per_mwh: bought electricity [t-CO2/MWh].
        heat_t_per_gj: bought heat [t-CO2/GJ].
        low_carbon_line_t_per_mwh: a supplier at or below this factor counts as low-carbon [t-CO2/MWh]; None: no such
            suppliers in this period.
    """

    electricity_t_per_mwh: float
    heat_t_per_gj: float
    low_carbon_line_t_per_mwh: float | None


@dataclass(frozen=True)
class FuelFactors:
    """Carbon dioxide of the fuels burnt: city gas [t-CO2/1,000 m³] and oil products by name [t-CO2/kL]."""

    city_gas_t_per_1000m3: float
    oil_t_per_kl: Mapping[str, float]


# Every form of energy counts with its heat value; amounts already in GJ count as they are.
def primary_energy_gj(
    amounts: Mapping[str, npt.ArrayLike], gj_per_unit: Mapping[str, float], other_gj: npt.ArrayLike = 0.0
) -> FloatArray:
    """Return primary energy [GJ] (source: report_small_existing.crude_oil_equivalent).

    Args:
        amounts: amounts by form of energy, each in its own unit.
        gj_per_unit: heat value of each of these forms [GJ a unit].
        other_gj: energy given in GJ.
    """
    parts = [scaled(np.asarray(amount), gj_per_unit[form]) for form, amount in amounts.items()]
    return np.asarray(sum(parts, np.asarray(other_gj, dtype=np.float64)))


# Crude-oil equivalent is primary energy times one national factor.
def crude_oil_kl(primary_gj: npt.ArrayLike, kl_per_gj: float) -> FloatArray:
    """Return the crude-oil equivalent [kL] of energy [GJ] (source: report_small_existing.crude_oil_equivalent)."""
    return scaled(np.asarray(primary_gj), kl_per_gj)


# The other way round: how much of one form of energy stands for an amount of crude oil.
def amount_at_crude_oil(kl: float, gj_per_unit: float, kl_per_gj: float) -> float:
    """Return the amount of a form of energy [its unit] whose crude-oil equivalent is `kl` [kL]."""
    return float(Fraction(str(kl)) / Fraction(str(kl_per_gj)) / Fraction(str(gj_per_unit)))


# A fuel's carbon dioxide is its heat times its carbon content times 44/12.
def fuel_co2_t(heat_gj: npt.ArrayLike, carbon_t_per_gj: float) -> FloatArray:
    """Return the carbon dioxide [t-CO2] of a fuel's heat [GJ] (source: cap_and_trade.co2_fuel)."""
    return scaled(np.asarray(heat_gj), carbon_t_per_gj, CO2_PER_CARBON)


# Electricity from a supplier recognised as low-carbon counts with the supplier's own factor, all other with the fixed
# one: the distance between the two is the reduction for choosing that supplier.
def counted_factor(supplier_factor: FloatArray, factors: FixedFactors) -> FloatArray:
    """Return the factor of grid electricity [t-CO2/MWh]; the fixed one where the supplier's is unknown."""
    fixed, line = factors.electricity_t_per_mwh, factors.low_carbon_line_t_per_mwh
    if line is None:
        return np.full(np.shape(supplier_factor), fixed)
    low = np.asarray(within(np.asarray(supplier_factor), line))
    return np.asarray(np.where(low, supplier_factor, fixed))


# With fixed factors renewables count on site only: what comes from outside is bought electricity, whatever its source,
# and so is own electricity whose environmental value was sold.
def emissions_by_fixed_factors_t(use: EnergyUse, factors: FixedFactors, fuels: FuelFactors) -> FloatArray:
    """Return emissions with the factors of a compliance period up to the third [t-CO2]."""
    grid = use.electricity_mwh * counted_factor(use.supplier_factor, factors)
    other = scaled(use.off_site_mwh + use.value_sold_mwh, factors.electricity_t_per_mwh)
    gas = scaled(use.city_gas_1000m3, fuels.city_gas_t_per_1000m3)
    heat = scaled(use.heat_gj, factors.heat_t_per_gj)
    return np.asarray(grid + other + heat + gas + _oil_t(use, fuels) + use.other_t)


# With actual factors the supplier decides; renewables from outside the site count as zero, and certificates take out
# grid electricity, at most all of it.
def emissions_by_actual_factors_t(use: EnergyUse, fuels: FuelFactors) -> FloatArray:
    """Return emissions with the suppliers' own factors, from the fourth period [t-CO2]; NaN where one is unknown."""
    left = np.maximum(use.electricity_mwh - use.certificates_mwh, 0.0) + use.value_sold_mwh
    electricity = _where_used(left, use.supplier_factor)
    heat = _where_used(use.heat_gj, use.heat_factor)
    gas = _where_used(use.city_gas_1000m3, use.gas_factor)
    return np.asarray(electricity + heat + gas + _oil_t(use, fuels) + use.other_t)


def _where_used(amount: FloatArray, factor: FloatArray) -> FloatArray:
    """Return amount × factor, zero where nothing is used, so that an unknown factor matters only where it is needed."""
    return np.asarray(np.where(amount > 0, amount * factor, 0.0))


def _oil_t(use: EnergyUse, fuels: FuelFactors) -> FloatArray:
    """Return the carbon dioxide of all oil products [t-CO2]."""
    parts = [scaled(amount, fuels.oil_t_per_kl[name]) for name, amount in use.fuels.items()]
    return np.asarray(sum(parts, np.zeros(np.shape(use.other_t))))
