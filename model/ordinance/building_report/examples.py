"""The examples printed for new small and mid-size buildings, computed by the programme's own equations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from model.ordinance.building_report.equations import (
    CapacityStandard,
    RoofLimits,
    bei,
    required_capacity_by_zone_kw,
    required_capacity_kw,
    roof_too_small,
)
from model.ordinance.exact import percentage, ratio, reaches, scaled, total
from model.ordinance.rulebook import RuleSet, rules
from model.ordinance.worked_examples import Reproduced

Inputs = Mapping[str, Any]


def _capacity(rule_set: RuleSet) -> CapacityStandard:
    """Return the capacity standard of a rule set."""
    return CapacityStandard.read(rules("report_programme", rule_set))


def _required_kw(given: Inputs) -> float:
    """Return the requirement of the example supplier with its printed rate."""
    return float(required_capacity_kw(given["eligible"], given["rate"], given["kw"]))


def _uniform_kw(houses: int) -> float:
    """Return the requirement for so many houses by the uniform rate of the proposal."""
    standard = _capacity("seed_2022")
    return float(required_capacity_kw(houses, standard.uniform_rate, standard.kw_per_building))


def _by_zone_kw(given: Inputs) -> float:
    """Return the requirement by zones of the proposal."""
    standard = _capacity("seed_2022")
    counts = [given["n85"], given["n70"], given["n30"]]
    return float(required_capacity_by_zone_kw(counts, standard.zone_rates, standard.kw_per_building))


def _houses(given: Inputs) -> float:
    """Return the number of houses of an allocation."""
    return total([houses for houses, _ in given["alloc"]])


def _installed_kw(given: Inputs) -> float:
    """Return the capacity of an allocation."""
    return total([scaled(houses, kw) for houses, kw in given["alloc"]])


def _small_roofs(given: Inputs) -> list[bool]:
    """Return the verdicts on pairs of roofs under the adopted limits."""
    roofs = np.array([[np.nan if area is None else area for area in pair] for pair in given["cases"]], dtype=float)
    limits = RoofLimits.read(rules("report_programme", "adopted_2025"))
    return [bool(small) for small in roof_too_small(roofs[:, 0], roofs[:, 1], limits)]


def _small_and_mid(given: Inputs) -> float:
    """Return the starts below 2,000 m²: the two smaller classes of buildings and homes."""
    return total([*given["size_b"][:2], *given["size_r"][:2]])


REPRODUCED: Reproduced = {
    ("rp_500_houses", "required_kw"): _required_kw,
    ("rp_500_houses_adopted", "required_kw"): _required_kw,
    ("rp_allocation_1", "houses"): _houses,
    ("rp_allocation_1", "part_4kw"): lambda given: scaled(*given["alloc"][0]),
    ("rp_allocation_1", "part_2kw"): lambda given: scaled(*given["alloc"][1]),
    ("rp_allocation_1", "installed_kw"): _installed_kw,
    ("rp_allocation_1", "complies"): lambda given: reaches(_installed_kw(given), given["required"]),
    ("rp_allocation_2", "houses"): _houses,
    ("rp_allocation_2", "installed_kw"): _installed_kw,
    ("rp_allocation_2", "complies"): lambda given: reaches(_installed_kw(given), given["required"]),
    ("rp_sample_report", "mean_bei"): lambda given: bei(given["design_gj"], given["standard_gj_implied"]),
    ("rp_sample_report", "mean_bei_with_printed_total"): lambda given: bei(
        given["design_gj"], given["standard_gj_printed"]
    ),
    ("rp_sample_report", "renewables_comply"): lambda given: reaches(given["kw"], _uniform_kw(given["houses"])),
    ("rp_sample_report", "mean_floor_area"): lambda given: ratio(given["floor_area"], given["houses"]),
    ("rp_sample_report", "design_gj_per_house"): lambda given: ratio(given["design_gj"], given["houses"]),
    ("rp_sample_report", "standard_gj_per_house_implied"): lambda given: ratio(
        given["standard_gj_implied"], given["houses"]
    ),
    ("rp_sample_report", "gj_per_kw"): lambda given: ratio(given["generation_gj"], given["kw"]),
    ("rp_sample_report", "required_kw"): lambda given: _uniform_kw(given["houses"]),
    ("rp_sample_houses", "bei_a"): lambda given: bei(given["a_design"], given["a_standard"]),
    ("rp_sample_houses", "bei_b"): lambda given: bei(given["b_design"], given["b_standard"]),
    ("rp_sample_houses", "b_gj_per_kw"): lambda given: ratio(given["b_generation"], given["b_kw"]),
    ("rp_mixed_zone_average", "required_kw_by_zone"): _by_zone_kw,
    ("rp_mixed_zone_average", "uniform_kw"): lambda given: _uniform_kw(given["n85"] + given["n70"] + given["n30"]),
    ("rp_threshold_houses", "m2_per_house"): lambda given: ratio(given["floor_area"], given["houses"]),
    ("rp_starts_table", "buildings"): lambda given: total(given["b"]),
    ("rp_starts_table", "homes"): lambda given: total(given["r"]),
    ("rp_starts_table", "all"): lambda given: total([*given["b"], *given["r"]]),
    ("rp_starts_table", "buildings_by_size"): lambda given: total(given["size_b"]),
    ("rp_starts_table", "homes_by_size"): lambda given: total(given["size_r"]),
    ("rp_starts_table", "up_to_299"): lambda given: given["size_b"][0] + given["size_r"][0],
    ("rp_starts_table", "mid"): lambda given: given["size_b"][1] + given["size_r"][1],
    ("rp_starts_table", "large"): lambda given: given["size_b"][2] + given["size_r"][2],
    ("rp_starts_table", "share_up_to_299"): lambda given: percentage(
        given["size_b"][0] + given["size_r"][0], given["total"]
    ),
    ("rp_starts_table", "share_mid"): lambda given: percentage(given["size_b"][1] + given["size_r"][1], given["total"]),
    ("rp_starts_table", "share_large"): lambda given: percentage(
        given["size_b"][2] + given["size_r"][2], given["total"]
    ),
    ("rp_starts_table", "share_buildings"): lambda given: percentage(total(given["b"]), given["total"]),
    ("rp_starts_table", "share_homes"): lambda given: percentage(total(given["r"]), given["total"]),
    ("rp_starts_table", "share_small_mid"): lambda given: percentage(_small_and_mid(given), given["total"]),
    ("rp_capacity_distribution", "total"): lambda given: total(given["d"]),
    ("rp_capacity_distribution", "over_2kw"): lambda given: total(given["d"][2:]),
    ("rp_expected_capacity", "kw_per_year"): lambda given: scaled(given["buildings"], given["kw"]),
    ("rp_roof_exclusion", "excluded"): _small_roofs,
}
