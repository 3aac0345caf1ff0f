"""Which input tables each result variable rests on, so that a result can name its sources and its weakest quality."""

from __future__ import annotations

from typing import Final

_STOCK: Final = (
    "buildings/dwellings", "buildings/stock_types", "buildings/segment_shares", "buildings/households",
    "buildings/non_residential", "buildings/segments", "buildings/dwelling_vintages", "buildings/office_vintages",
    "buildings/lifetimes", "buildings/turnover", "buildings/municipalities", "buildings/region_weights",
    "buildings/population_outlook",
)  # fmt: skip
_EQUIPMENT: Final = (*_STOCK, "energy/technologies", "energy/technology_shares", "energy/prices")
_ENERGY: Final = (
    *_EQUIPMENT, "buildings/standards_of_new", "energy/residential_intensity", "energy/commercial_intensity",
    "energy/size_intensity", "energy/standard_factors", "energy/calibration", "inventory/energy",
    "inventory/cap_and_trade", "inventory/carriers",
)  # fmt: skip
_SOLAR: Final = (*_STOCK, "solar/capacity", "solar/parameters", "solar/capacity_shares")
_BOUGHT: Final = (*_ENERGY, "solar/capacity", "solar/parameters", "solar/capacity_shares", "solar/self_use")
_POLICY: Final = (
    "policy/new_buildings",
    "policy/standards",
    "policy/building_types",
    "policy/paths",
    "policy/parameters",
    "policy/credits",
    "policy/known_grants",
)
_GAS: Final = (*_BOUGHT, "inventory/electricity", "inventory/other_sectors")

_COST: Final = (
    *_GAS, "economics/building_costs", "economics/parameters", "economics/solar", "economics/supply",
    "economics/other_sectors", "economics/payers",
)  # fmt: skip

#: Tables that each result variable rests on, beside the scenario.
VARIABLE_TABLES: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(
        (
            "floor_area", "built_floor_area", "demolished_floor_area", "surplus_demolished_floor_area",
            "surplus_vacant_floor_area", "floor_area_by_vintage_class", "renovated_floor_area", "dwellings",
            "built_dwellings", "buildings", "built_buildings", "dwellings_by_vintage_class",
            "buildings_by_vintage_class",
        ),
        _STOCK,
    ),
    **dict.fromkeys(
        ("floor_area_by_standard", "built_floor_area_by_standard", "renovated_floor_area_by_standard"),
        (*_STOCK, "buildings/standards_of_new"),
    ),
    **dict.fromkeys(("technology_share", "technology_installed"), _EQUIPMENT),
    **dict.fromkeys(("service_level", "useful_energy", "final_energy"), _ENERGY),
    **dict.fromkeys(
        ("purchased_energy", "purchased_energy_by_region", "primary_energy", "crude_oil_equivalent", "solar_self_use",
         "solar_export"),
        _BOUGHT,
    ),
    "building_load": (*_ENERGY, "energy/load_moments"),
    "building_load_after_panels": (*_BOUGHT, "energy/load_moments"),
    **dict.fromkeys(("solar_capacity", "solar_installed", "solar_installed_on_new", "solar_generation"), _SOLAR),
    **dict.fromkeys(("electricity_factor", "renewable_share"), ("inventory/electricity",)),
    **dict.fromkeys(
        ("co2", "co2_by_region", "sector_energy", "sector_electricity", "greenhouse_gas", "greenhouse_gas_total"), _GAS
    ),
    **dict.fromkeys(("solar_required", "solar_of_obliged_suppliers"), (*_STOCK, *_POLICY)),
    **dict.fromkeys(
        ("capped_emissions", "capped_allowance", "capped_banked", "capped_expired", "capped_credits",
         "capped_rate", "capped_electricity_factor",
         "capped_uncovered", "renewable_purchases", "energy_left_by_programmes"),
        (*_GAS, *_POLICY),
    ),
    "forest_absorption": ("policy/paths",),
    **dict.fromkeys(("expenditure", "annual_cost", "transfer"), _COST),
    **dict.fromkeys(("published", "modelled", "residual"), (*_GAS, "inventory/emissions", "buildings/insulation_mix")),
}  # fmt: skip
