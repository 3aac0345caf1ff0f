"""Subsidies for homes (東京ゼロエミ住宅・断熱・太陽光ほか): what a home with its works is granted.

Zero Emission House by level, panels in bands of capacity, batteries and V2H, windows and insulation, retrofits, tax
relief; by rule set and by day. The equations are in `equations`, the single grants in `findings`.
"""

from __future__ import annotations

from collections.abc import Sequence

from model.language import Text
from model.ordinance.derivation import Obligation, named
from model.ordinance.programme import Programme
from model.ordinance.rulebook import Rules
from model.ordinance.subsidies import findings as ask
from model.ordinance.subsidies.facts import Home

_SHARES = (
    ("rental_retrofit", "rental_retrofit_cost_jpy", "rental_retrofit_grant", Text("Rental home", "賃貸住宅の断熱改修")),
    ("solar_thermal", "solar_thermal_cost_jpy", "solar_thermal_grant", Text("Solar heat", "太陽熱利用システム")),
    ("ground_heat", "ground_heat_cost_jpy", "ground_heat_grant", Text("Ground heat", "地中熱利用システム")),
    ("insulation", "insulation_cost_jpy", "insulation_material_grant", Text("Insulation material", "断熱材")),
    ("bath", "bath_cost_jpy", "bath_grant", Text("Insulated bath", "高断熱浴槽")),
)


def assess(rows: Sequence[Home], rules: Rules) -> list[Obligation]:
    """Return what each home is granted; grants for works that are not planned are not asked.

    Args:
        rows: homes.
        rules: rules of "subsidies".

    Raises:
        BadInput: a grant that is asked for is not known under these rules.
    """
    return [_grants(row, rules) for row in rows]


def _grants(home: Home, rules: Rules) -> Obligation:
    """Return the grants of one home."""
    findings = []
    if home.new and home.ua is not None and home.energy_saving is not None:
        findings.append(ask.zero_emission_house(home, rules))
    if home.pv_kw > 0:
        findings.append(ask.panels(home, rules))
    if home.battery_kwh > 0:
        findings.append(ask.battery(home, rules))
    if home.v2h_cost_jpy > 0:
        findings.append(ask.v2h(home, rules))
    if home.window_cost_jpy + home.door_cost_jpy + home.opening_amounts_jpy > 0:
        findings.append(ask.windows_and_doors(home, rules))
    for name, cost, parameter, question in _SHARES:
        if (amount := float(getattr(home, cost))) > 0:
            findings.append(ask.by_share(name, question, amount, parameter, rules))
    if home.diagnosis_cost_jpy > 0:
        findings.append(ask.diagnosis(home, rules))
    if home.retrofit_level is not None:
        findings.append(ask.retrofit(home, rules))
    if home.acquisition_tax_jpy > 0:
        findings.append(ask.tax_relief(home, rules))
    return Obligation(named(home.id), "subsidies", rules.rule_set, (*findings, ask.sum_of(findings, rules)))


PROGRAMME = Programme(
    name="subsidies",
    rulebook="subsidies",
    title=Text("Subsidies for homes", "住宅への補助（ゼロエミ住宅・断熱・太陽光ほか）"),
    row=Home,
    examples=(
        Home(
            id="H-001",
            kind="detached",
            ua=0.46,
            energy_saving=0.4,
            pv_kw=4,
            battery_kwh=6.5,
            battery_cost_jpy=1_300_000,
        ),
        Home(
            id="H-002",
            kind="detached",
            new=False,
            pv_kw=3.7,
            v2h_cost_jpy=1_200_000,
            electric_car=True,
            opening_amounts_jpy=800_000,
        ),
    ),
    assess=assess,
)
