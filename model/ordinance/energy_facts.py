"""Energy of existing facilities: the columns a facility fills in, and the factors its rules give for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Self

import numpy as np
from pydantic import model_validator

from model.language import Text
from model.ordinance.derivation import number
from model.ordinance.energy_equations import (
    EnergyUse,
    FixedFactors,
    FuelFactors,
    counted_factor,
    crude_oil_kl,
    fuel_co2_t,
    primary_energy_gj,
)
from model.ordinance.exact import FloatArray
from model.ordinance.programme import Row, column, row_fault
from model.ordinance.rule_gaps import rules_standing_on
from model.ordinance.rulebook import Rules

#: Oil products with a column, and their names in the table of carbon contents.
OIL = {"diesel_kl": "diesel", "heavy_oil_a_kl": "heavy_oil_a", "heavy_oil_bc_kl": "heavy_oil_bc"}

#: Columns of energy that a heat value turns into primary energy.
_ELECTRICITY = ("electricity_mwh", "off_site_mwh")
_BURNT = ("city_gas_1000m3", *OIL)


class EnergyColumns(Row):
    """What a facility used in one fiscal year."""

    electricity_mwh: float = column("electricity bought over the grid", "系統からの買電量", "MWh", default=0.0, ge=0)
    supplier_factor: float | None = column(
        "actual factor of its supplier or menu", "供給事業者・メニューの排出係数", "t-CO2/MWh", default=None, ge=0
    )
    own_renewable_mwh: float = column(
        "own renewable electricity used on site", "再エネ自家消費量（オンサイト）", "MWh", default=0.0, ge=0
    )
    value_sold_mwh: float = column(
        "of which environmental value sold", "うち環境価値を移転した量", "MWh", default=0.0, ge=0
    )
    off_site_mwh: float = column(
        "renewable electricity from off site (self-wheeling, PPA)",
        "オフサイト再エネ（自己託送・PPA）",
        "MWh",
        default=0.0,
        ge=0,
    )
    certificates_mwh: float = column(
        "renewable certificates bought directly", "直接購入した再エネ証書", "MWh", default=0.0, ge=0
    )
    heat_gj: float = column("heat, steam and cold bought", "購入した熱（蒸気・温水・冷水）", "GJ", default=0.0, ge=0)
    heat_factor: float | None = column(
        "actual factor of the heat supplier", "熱供給事業者の排出係数", "t-CO2/GJ", default=None, ge=0
    )
    city_gas_1000m3: float = column("city gas (13A)", "都市ガス（13A）", "1000m³", default=0.0, ge=0)
    gas_factor: float | None = column(
        "actual factor of the gas supplier", "ガス供給事業者の排出係数", "t-CO2/1000m³", default=None, ge=0
    )
    diesel_kl: float = column("diesel oil", "軽油", "kL", default=0.0, ge=0)
    heavy_oil_a_kl: float = column("heavy oil A", "Ａ重油", "kL", default=0.0, ge=0)
    heavy_oil_bc_kl: float = column("heavy oil B, C", "Ｂ・Ｃ重油", "kL", default=0.0, ge=0)
    other_gj: float = column("other fuels, heat value", "その他の燃料（熱量）", "GJ", default=0.0, ge=0)
    other_t: float = column("other fuels, emissions", "その他の燃料（排出量）", "t-CO2", default=0.0, ge=0)

    @model_validator(mode="after")
    def _value_sold_is_own(self) -> Self:
        """Refuse more environmental value sold than was made on site."""
        if self.value_sold_mwh > self.own_renewable_mwh:
            raise row_fault(
                Text(
                    "environmental value sold exceeds the own renewable electricity",
                    "環境価値を移転した量が再エネ自家消費量を超えています",
                )
            )
        return self


def energy_use(rows: Sequence[EnergyColumns]) -> EnergyUse:
    """Return the energy of rows as arrays, dims (row)."""
    return EnergyUse(
        electricity_mwh=_column(rows, "electricity_mwh"),
        supplier_factor=_column(rows, "supplier_factor"),
        own_renewable_mwh=_column(rows, "own_renewable_mwh"),
        value_sold_mwh=_column(rows, "value_sold_mwh"),
        off_site_mwh=_column(rows, "off_site_mwh"),
        certificates_mwh=_column(rows, "certificates_mwh"),
        heat_gj=_column(rows, "heat_gj"),
        heat_factor=_column(rows, "heat_factor"),
        city_gas_1000m3=_column(rows, "city_gas_1000m3"),
        gas_factor=_column(rows, "gas_factor"),
        fuels={name: _column(rows, name) for name in OIL if _column(rows, name).any()},
        other_t=_column(rows, "other_t"),
    )


def _column(rows: Sequence[EnergyColumns], name: str) -> FloatArray:
    """Return one column, NaN where a cell is empty."""
    return np.array([np.nan if getattr(row, name) is None else getattr(row, name) for row in rows], dtype=np.float64)


def row_crude_oil_kl(row: EnergyColumns, fiscal_year: int, rules: Rules) -> float:
    """Return the crude-oil equivalent [kL] of a row by the conversion factors of the day of filing.

    Own electricity is no fuel and counts nothing; only the heat values that are needed are read.

    Args:
        row: the energy of a fiscal year, filed in the year after it.
        fiscal_year: that fiscal year.
        rules: rules of "report_small_existing".
    """
    standing = rules_standing_on(rules, date(fiscal_year + 1, 4, 1))
    used = [name for name in (*_ELECTRICITY, *_BURNT) if getattr(row, name) > 0]
    values = {name: _heat_value(name, standing) for name in used}
    energy = primary_energy_gj({name: getattr(row, name) for name in used}, values, row.heat_gj + row.other_gj)
    return float(crude_oil_kl(energy, standing.number("crude_oil_factor")))


def _heat_value(name: str, rules: Rules) -> float:
    """Return the heat value of one column of energy [GJ a unit]."""
    if name in _ELECTRICITY:
        return rules.number("electricity_primary_energy")
    return rules.number("city_gas_heat") if name == "city_gas_1000m3" else rules.number("fuel_heat_values", name)


def fixed_factors(rules: Rules, period: int) -> FixedFactors:
    """Return the factors fixed for a compliance period.

    Args:
        rules: rules of "cap_and_trade" as they stood in the period.
        period: its number.
    """
    electricity, heat = (
        next(float(row["value"]) for row in rules.value(name) if row["period"] == period)
        for name in ("electricity_factor", "heat_factor")
    )
    line = "low_carbon_supplier_max_factor"
    return FixedFactors(electricity, heat, rules.number(line) if rules.stated(line) else None)


def fuel_factors(use: EnergyUse, rules: Rules, *, first_period: bool, gas_by_supplier: bool) -> FuelFactors:
    """Return the carbon dioxide of the fuels in use; what is not used is not read and is zero.

    Args:
        use: the energy use.
        rules: rules of "cap_and_trade" as they stood in the period.
        first_period: the carbon contents of the first period hold, not those of the later ones.
        gas_by_supplier: city gas counts with its supplier's own factor, so none is read.
    """
    place = 0 if first_period else 1
    heat = rules.beside("report_small_existing")
    gas = 0.0
    if use.city_gas_1000m3.any() and not gas_by_supplier:
        carbon = rules.number("fuel_factors", "city_gas_13a", place)
        gas = float(fuel_co2_t(heat.number("city_gas_heat"), carbon))
    oil = {
        name: float(fuel_co2_t(heat.number("fuel_heat_values", name), rules.number("fuel_factors", OIL[name], place)))
        for name in use.fuels
    }
    return FuelFactors(gas, oil)


def emission_working(row: EnergyColumns, fixed: FixedFactors | None, fuels: FuelFactors) -> str:
    """Return the working of a row's emissions, with fixed factors or, without them, the suppliers' own."""
    terms: list[tuple[float, str, float | None]]
    if fixed is not None:
        grid = float(counted_factor(energy_use([row]).supplier_factor, fixed)[0])
        other = row.off_site_mwh + row.value_sold_mwh
        terms = [(row.electricity_mwh, "MWh", grid), (other, "MWh", fixed.electricity_t_per_mwh)]
        terms += [(row.heat_gj, "GJ", fixed.heat_t_per_gj)]
        terms += [(row.city_gas_1000m3, "1000m³", fuels.city_gas_t_per_1000m3)]
    else:
        left = max(row.electricity_mwh - row.certificates_mwh, 0.0) + row.value_sold_mwh
        terms = [(left, "MWh", row.supplier_factor), (row.heat_gj, "GJ", row.heat_factor)]
        terms += [(row.city_gas_1000m3, "1000m³", row.gas_factor)]
    terms += [(getattr(row, name), "kL", factor) for name, factor in fuels.oil_t_per_kl.items()]
    parts = [
        f"{number(amount)} {unit} × {'?' if factor is None else number(factor)}"
        for amount, unit, factor in terms
        if amount > 0
    ]
    return " + ".join([*parts, f"{number(row.other_t)} t"] if row.other_t > 0 else parts)


def renewable_mwh(use: EnergyUse) -> FloatArray:
    """Return the renewable electricity that a facility can report: own use, off site and certificates [MWh]."""
    certificates = np.minimum(use.certificates_mwh, use.electricity_mwh)
    return np.asarray(use.own_renewable_mwh - use.value_sold_mwh + use.off_site_mwh + certificates)
