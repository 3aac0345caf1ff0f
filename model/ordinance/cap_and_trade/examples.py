"""The examples printed for existing large facilities, computed by the programme's own equations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from model.ordinance.cap_and_trade.equations import (
    cumulative_allowance_t,
    excess_to_date_t,
    obligation_rate,
    required_reduction_t,
)
from model.ordinance.energy_equations import amount_at_crude_oil, crude_oil_kl, fuel_co2_t, primary_energy_gj
from model.ordinance.exact import FloatArray, half_up, percentage, ratio, total
from model.ordinance.rulebook import rules
from model.ordinance.small_facilities.equations import reduction_share
from model.ordinance.worked_examples import Reproduced

Inputs = Mapping[str, Any]


def _saleable_t(given: Inputs) -> float:
    """Return the excess that may be sold after the years of the example."""
    reductions = np.array(given["reductions"], dtype=np.float64)
    cap = rules("cap_and_trade", "seed_2022").number("excess_cap_share_of_base")
    base, rate = np.full(reductions.shape, float(given["base"])), np.full(reductions.shape, given["rate"])
    one_period = np.zeros(reductions.shape, dtype=np.int64)
    return float(excess_to_date_t(reductions, base, rate, one_period, cap)[-1])


def _duty_so_far_t(given: Inputs) -> float:
    """Return the duty of the years of the example."""
    return float(required_reduction_t(given["base"], given["rate"])) * len(given["reductions"])


def _eased(given: Inputs, certificate: str) -> list[float]:
    """Return the printed rates of the three categories with the relief of a certificate [%]."""
    relief = rules("cap_and_trade", "seed_2022").number("top_level_relief", certificate)
    table = np.array([given["rates"]], dtype=np.float64)
    eased: FloatArray = obligation_rate(table, np.array([0]), np.arange(3)[:, np.newaxis], relief)
    return [float(rate) for rate in eased[:, 0]]


def _allowance_t(given: Inputs) -> float:
    """Return the emissions allowed over the years of the example."""
    return float(cumulative_allowance_t(given["base"], given["rate"], given["years"]))


def _electricity_kl(given: Inputs) -> float:
    """Return the crude-oil equivalent of electricity."""
    energy = primary_energy_gj({"electricity": ratio(given["kwh"], 1000)}, {"electricity": given["gj_per_mwh"]})
    return float(crude_oil_kl(energy, given["factor"]))


def _reduction_percent(given: Inputs, year: int) -> float:
    """Return the reduction against the base [%]."""
    return 100 * float(reduction_share(given["e"][year], given["base"]))


def _implied_base(given: Inputs, year: int) -> float:
    """Return the base that emissions and their reduction imply."""
    return ratio(given[f"e{year}"], 1 - given[f"r{year}"])


REPRODUCED: Reproduced = {
    ("ct_allowance_8pct", "per_year"): lambda given: float(cumulative_allowance_t(given["base"], given["rate"], 1)),
    ("ct_allowance_8pct", "allowance"): _allowance_t,
    ("ct_allowance_8pct", "required_reduction"): lambda given: (
        float(required_reduction_t(given["base"], given["rate"])) * given["years"]
    ),
    ("ct_excess_year_1", "emissions"): lambda given: given["base"] - total(given["reductions"]),
    ("ct_excess_year_1", "duty_so_far"): _duty_so_far_t,
    ("ct_excess_year_1", "saleable"): _saleable_t,
    ("ct_excess_year_2", "cumulative"): lambda given: total(given["reductions"]),
    ("ct_excess_year_2", "duty_so_far"): _duty_so_far_t,
    ("ct_excess_year_2", "saleable"): _saleable_t,
    ("ct_top_level_2015", "top_level"): lambda given: _eased(given, "top_level"),
    ("ct_top_level_2015", "near_top"): lambda given: _eased(given, "near_top_level"),
    ("ct_period_2_results", "credits_total"): lambda given: total(given["credits"]),
    ("ct_period_2_results", "shares"): lambda given: [
        half_up(percentage(one, half_up(total(given["credits"]), 1)), 1) for one in given["credits"]
    ],
    ("ct_period_2_results", "share_own"): lambda given: percentage(given["own"], given["own"] + given["credit"]),
    ("ct_period_2_results", "share_credit"): lambda given: percentage(given["credit"], given["own"] + given["credit"]),
    ("ct_period_2_results", "facilities"): lambda given: given["own"] + given["credit"],
    ("ct_period_2_results", "credits_minus_shortfall"): lambda given: total([*given["credits"], -given["shortfall"]]),
    ("ct_period_2_results", "excess_over_shortfall"): lambda given: ratio(given["excess"], given["shortfall"]),
    ("ct_period_1_results", "share_own"): lambda given: percentage(given["own"], given["own"] + given["credit"]),
    ("ct_period_1_results", "facilities"): lambda given: given["own"] + given["credit"],
    ("ct_threshold_electricity", "kl"): _electricity_kl,
    ("ct_threshold_electricity_2024", "kwh"): lambda given: (
        1000 * amount_at_crude_oil(given["kl"], given["gj_per_mwh"], given["factor"])
    ),
    ("ct_reduction_series", "fy2015"): lambda given: _reduction_percent(given, 0),
    ("ct_reduction_series", "fy2016"): lambda given: _reduction_percent(given, 1),
    ("ct_reduction_series", "fy2017"): lambda given: _reduction_percent(given, 2),
    ("ct_reduction_series", "fy2018"): lambda given: _reduction_percent(given, 3),
    ("ct_reduction_series", "fy2019"): lambda given: _reduction_percent(given, 4),
    ("ct_reduction_series", "fy2020"): lambda given: _reduction_percent(given, 5),
    ("ct_implied_base", "base_2022"): lambda given: _implied_base(given, 2022),
    ("ct_implied_base", "base_2023"): lambda given: _implied_base(given, 2023),
    ("ct_gas_factor", "t_co2_per_gj"): lambda given: float(fuel_co2_t(1.0, given["c"])),
    ("ct_period_4", "allowance"): _allowance_t,
}
