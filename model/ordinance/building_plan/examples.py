"""The examples printed for new large buildings, computed by the programme's own equations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model.ordinance.building_plan.equations import (
    SolarStandard,
    footprint_at_capacity_m2,
    required_capacity_kw,
    standard_area_m2,
)
from model.ordinance.exact import ratio, scaled
from model.ordinance.rulebook import rules
from model.ordinance.worked_examples import Reproduced

Inputs = Mapping[str, Any]


def _standard() -> SolarStandard:
    """Return the adopted solar standard."""
    return SolarStandard.read(rules("plan_programme", "adopted_2025"))


def _panel_area_m2(given: Inputs) -> float:
    """Return the panel area of a building of equal storeys."""
    return float(standard_area_m2(ratio(given["floor_area"], given["storeys"]), given["rate"]))


def _required_kw(given: Inputs) -> float:
    """Return the requirement of the example building, all of whose footprint could take panels."""
    footprint = given["building_area"]
    return float(required_capacity_kw(footprint, given["floor_area"], footprint, _standard()))


REPRODUCED: Reproduced = {
    ("pp_nikkei_10_storeys", "building_area"): lambda given: ratio(given["floor_area"], given["storeys"]),
    ("pp_nikkei_10_storeys", "pv_area"): _panel_area_m2,
    ("pp_same_building_adopted", "raw_kw"): lambda given: scaled(
        given["building_area"], _standard().share, _standard().kw_per_m2
    ),
    ("pp_same_building_adopted", "required_kw"): _required_kw,
    ("pp_unbounded_range", "building_area_at_lower"): lambda given: footprint_at_capacity_m2(
        given["lower"], _standard()
    ).tolist(),
    ("pp_unbounded_range", "building_area_at_upper"): lambda given: footprint_at_capacity_m2(
        given["upper"], _standard()
    ).tolist(),
}
