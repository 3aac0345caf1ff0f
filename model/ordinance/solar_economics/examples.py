"""The examples printed for the economics of panels, computed by the programme's own equations."""

from __future__ import annotations

from collections.abc import Mapping
from math import floor, isclose, nan
from typing import Any

from model.ordinance.exact import exact, percentage, ratio, reaches, scaled
from model.ordinance.forest_offset.equations import absorption_t
from model.ordinance.rulebook import rules
from model.ordinance.solar_economics.equations import (
    Assumptions,
    benefit,
    cost_of_system,
    expense,
    generation_kwh,
    income_per_kwh,
    initial_payment,
    payback_years,
    primary_energy_gj,
    sale_per_kwh,
    saving_per_kwh,
)
from model.ordinance.subsidies.equations import PanelGrant, panel_grant_jpy
from model.ordinance.worked_examples import Computation, Reproduced

Inputs = Mapping[str, Any]

HOURS_OF_A_YEAR = 365 * 24
#: The documents print money of this example in 10,000 JPY.
_UNIT = 10_000


def _kw() -> float:
    """Return the size of the printed example [kW]."""
    return rules("pv_economics", "seed_2022").number("capacity")


def _assumptions(given: Inputs) -> Assumptions:
    """Return the assumptions of the printed example from its inputs; the years are those of the rule data."""
    standard = Assumptions.read(rules("pv_economics", "seed_2022"))
    kw = _kw()
    return Assumptions(
        yield_kwh_per_kw=ratio(given["gen"], kw),
        self_use_share=given["share"],
        retail_jpy_per_kwh=given["retail"],
        fit_jpy_per_kwh=given["fit"],
        fit_years=standard.fit_years,
        post_fit_jpy_per_kwh=given["post"],
        cost_jpy_per_kw=ratio(given["capex"] * _UNIT, kw),
        inverter_jpy_per_kw=ratio(given["inv"] * _UNIT, kw),
        inverter_years=standard.inverter_years,
    )


def _saving(first: int, last: int) -> Computation:
    """Return how the saving by use at home in years `first` to `last` is computed [10,000 JPY]."""
    return lambda given: given["gen"] * saving_per_kwh(_assumptions(given)) * (last - first + 1) / _UNIT


def _sale(first: int, last: int) -> Computation:
    """Return how the sale in years `first` to `last` is computed [10,000 JPY]."""

    def compute(given: Inputs) -> float:
        assumptions = _assumptions(given)
        prices = [sale_per_kwh(assumptions, year <= assumptions.fit_years) for year in range(first, last + 1)]
        return float(given["gen"] * sum(prices) / _UNIT)

    return compute


def _income(first: int, last: int) -> Computation:
    """Return how the income of years `first` to `last` is computed [10,000 JPY]."""
    return lambda given: given["gen"] * float(income_per_kwh(_assumptions(given), last)[first - 1 :].sum()) / _UNIT


def _net(years: int, granted: bool) -> Computation:
    """Return how the benefit over a horizon is computed [10,000 JPY]."""
    return lambda given: float(benefit(years, _kw(), _assumptions(given), _grant(given, granted))) / _UNIT


def _payback(granted: bool) -> Computation:
    """Return how the pay-back is computed [years]."""
    return lambda given: float(payback_years(_kw(), _assumptions(given), _grant(given, granted)))


def _grant(given: Inputs, granted: bool) -> float:
    """Return the grant of the example [JPY]."""
    return float(given["sub"] * _UNIT) if granted else 0.0


def _cost_of_30_years(given: Inputs) -> float:
    """Return initial cost and upkeep of 30 years [10,000 JPY]."""
    assumptions, kw = _assumptions(given), _kw()
    fixed, per_kw = expense(assumptions, 30)
    return float(cost_of_system(kw, assumptions) + fixed.sum() + kw * per_kw.sum()) / _UNIT


def _grant_for(given: Inputs) -> float:
    """Return the grant that the bands of 2022 give to the size of the example, with its printed rate."""
    bands = PanelGrant.read(rules("subsidies", "seed_2022"), new=True)
    return float(panel_grant_jpy(given["kw"], bands)) if bands.upper_jpy_per_kw == given["grant"] else nan


def _covered(given: Inputs) -> float:
    """Return the generation of the example over the electricity of a household."""
    return ratio(float(generation_kwh(given["kw"], given["yield_"])), given["use"])


def _standard_house_gj(given: Inputs) -> float:
    """Return the primary energy of the standard house."""
    return ratio(given["gj"], given["share"])


def _zero_emission_house_gj(given: Inputs) -> float:
    """Return the primary energy of a house of level 1."""
    saving = rules("subsidies", "seed_2022").number("zero_emission_house_saving", 0, "energy_saving_vs_national")
    return scaled(_standard_house_gj(given), 1 - exact(saving))


def _primary_energy_of_one_kw(given: Inputs) -> float:
    """Return the primary energy of a year's generation of 1 kW."""
    factor = rules("report_small_existing", "seed_2022").number("electricity_primary_energy")
    return float(primary_energy_gj(generation_kwh(1.0, rules("pv_economics", "seed_2022").number("yield")), factor))


REPRODUCED: Reproduced = {
    ("pv_30_years", "self_1_10"): _saving(1, 10),
    ("pv_30_years", "sale_1_10"): _sale(1, 10),
    ("pv_30_years", "income_1_10"): _income(1, 10),
    ("pv_30_years", "self_11_30"): _saving(11, 30),
    ("pv_30_years", "sale_11_30"): _sale(11, 30),
    ("pv_30_years", "income_11_30"): _income(11, 30),
    ("pv_30_years", "income_30"): _income(1, 30),
    ("pv_30_years", "cost"): _cost_of_30_years,
    **{("pv_30_years", f"net_{years}"): _net(years, granted=False) for years in (20, 25, 30)},
    **{("pv_30_years", f"net_{years}_subsidy"): _net(years, granted=True) for years in (20, 25, 30)},
    ("pv_30_years", "capex_after_subsidy"): lambda given: (
        float(initial_payment(_kw(), _assumptions(given), _grant(given, granted=True))) / _UNIT
    ),
    ("pv_30_years", "payback"): _payback(granted=False),
    ("pv_30_years", "payback_subsidy"): _payback(granted=True),
    ("pv_unit_cost", "per_kw"): lambda given: ratio(given["capex"], given["kw"]),
    ("pv_unit_cost", "grant_total"): _grant_for,
    ("pv_generation", "kwh"): lambda given: float(generation_kwh(given["kw"], given["yield_"])),
    ("pv_generation", "share_printed_as_about_80"): lambda given: floor(10 * _covered(given)) / 10,
    ("pv_generation", "share_exact"): lambda given: 100 * _covered(given),
    ("pv_capacity_factor", "hours"): lambda given: HOURS_OF_A_YEAR,
    ("pv_capacity_factor", "kwh_per_kw_at_cf"): lambda given: scaled(HOURS_OF_A_YEAR, given["cf"]),
    ("pv_capacity_factor", "cf_of_1000"): lambda given: percentage(given["yield_"], HOURS_OF_A_YEAR),
    ("pv_primary_energy", "standard_house_gj"): _standard_house_gj,
    ("pv_primary_energy", "from_generation"): _primary_energy_of_one_kw,
    ("pv_primary_energy", "zero_emission_house_gj"): _zero_emission_house_gj,
    ("pv_primary_energy", "net_zero_with_4kw"): lambda given: reaches(
        scaled(given["gj"], given["kw"]), _zero_emission_house_gj(given)
    ),
    ("pv_cedar", "t_from_area"): lambda given: absorption_t(given["ha"], given["t_per_ha"]),
    ("pv_cedar", "t_from_trees"): lambda given: scaled(given["trees"], given["kg_per_tree"], 0.001),
    ("pv_cedar", "area_equals_trees"): lambda given: isclose(
        absorption_t(given["ha"], given["t_per_ha"]), scaled(given["trees"], given["kg_per_tree"], 0.001)
    ),
    ("pv_cedar", "kg_per_kwh"): lambda given: 1000 * ratio(absorption_t(given["ha"], given["t_per_ha"]), given["kwh"]),
}
