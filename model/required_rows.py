"""Which rows each quantity of the input tables must have: without them a run would take 0 for what nobody gave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from model.axes import BASE_YEAR, PROJECTION_FROM
from model.labels import classification
from model.ordinance.municipalities import municipalities
from model.table_labels import labels_of
from model.tables import LAST_YEAR, TABLES

#: Fiscal years that every run covers.
_COVERED = (BASE_YEAR, PROJECTION_FROM)


@dataclass(frozen=True)
class Rows:
    """Rows that a quantity must have.

    Args:
        labels: dim → labels that must occur, each with each label of the other dims named; a word stands for a set:
            `every` label of the dim, or those of `residential` or `commercial` buildings, or the `wards`.
        least: fewest rows of each combination.
        most: most rows of each combination.
        years: first and last fiscal year that a row may speak of; None where a row has no year.
    """

    labels: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    least: int = 1
    most: int | None = None
    years: tuple[int, int] | None = None

    def required(self) -> dict[str, tuple[str, ...]]:
        """Return the labels that must occur, by dim."""
        return {dim: _labels(dim, which) for dim, which in self.labels.items()}


_DWELLINGS: Final = Rows({"segment": "residential"})
_OTHERS: Final = Rows({"segment": "commercial"})
_BOTH_SECTORS: Final = {"sector": ("residential", "commercial")}
_OTHER_SECTORS: Final = ("industry", "transport", "waste", "other_gases")

#: What each quantity needs that a run cannot do without: table → quantity → rows.
ROWS: Final[dict[str, dict[str, Rows]]] = {
    "inventory/energy": {
        "final_energy": Rows({"sector": ("residential", "commercial", "industry", "transport")}, years=_COVERED),
        "final_energy_change": Rows({"sector": ("residential",)}, years=_COVERED),
    },
    "inventory/emissions": {name: Rows(least=0, years=_COVERED) for name in ("greenhouse_gas", "co2")},
    "inventory/electricity": {
        "co2_factor": Rows(),
        "renewable_share": Rows(),
        "consumption": Rows(least=0, years=_COVERED),
        "fixed_factor": Rows(),
        "fixed_factor_last_year": Rows(most=1),
    },
    "inventory/cap_and_trade": {
        "base_period": Rows(least=2, most=2, years=_COVERED),
        "base_emissions": Rows(most=1),
        "factory_share": Rows(),
        "reduction": Rows(years=(BASE_YEAR, LAST_YEAR)),
    },
    "inventory/carriers": {
        "emission_factor": Rows({"carrier": ("city_gas", "lpg", "oil", "district_heat")}),
        "primary_energy_factor": Rows({"carrier": "every"}),
        "crude_oil_equivalent": Rows({"carrier": ("",)}, most=1),
    },
    "inventory/other_sectors": {
        "electric_share": Rows({"sector": ("industry", "transport")}),
        "fuel_factor": Rows({"sector": ("industry", "transport")}, most=1),
        "emissions": Rows({"sector": ("waste", "other_gases")}),
    },
    "buildings/dwellings": {"dwellings": Rows(least=3), "vacancy_rate": Rows(), "years_to_outlook": Rows(most=1)},
    "buildings/stock_types": {"share_of_dwellings": Rows({"stock_type": ("detached", "row_house", "apartment_wood")})},
    "buildings/households": {"households": Rows({"household_series": "every"}, least=2)},
    "buildings/population_outlook": {"population": Rows({"area_group": "every"}, least=2)},
    "buildings/segments": {
        "floor_area_per_dwelling_existing": _DWELLINGS,
        "floor_area_per_dwelling_new": _DWELLINGS,
        "dwellings_per_building_existing": _DWELLINGS,
        "dwellings_per_building_new": _DWELLINGS,
        "floor_area_per_building_existing": _OTHERS,
        "floor_area_per_building_new": _OTHERS,
        "share_of_building_type": _OTHERS,
    },
    "buildings/segment_shares": {"share_of_stock_type": _DWELLINGS},
    "buildings/non_residential": {"floor_area": Rows({"building_type": "commercial"}, least=2)},
    "buildings/lifetimes": {
        **dict.fromkeys(("mean", "lowest_mean", "highest_mean", "weibull_shape"), Rows({"building_type": "every"})),
        "oldest_vintage_years": Rows({"building_type": ("",)}, most=1),
    },
    "buildings/municipalities": {
        "population": Rows({"region": "every"}, most=1),
        "households": Rows({"region": "every"}, most=1),
        "detached_share": Rows({"region": "wards"}, most=1),
        "office_floor_area": Rows({"region": "wards"}, most=1),
    },
    "buildings/region_weights": {
        "office_weight": Rows({"building_type": "commercial"}),
        "office_floor_area_beyond_wards": Rows({"building_type": ("office",)}),
    },
    "buildings/turnover": {
        "dwellings_started": Rows({"category": ("all", "detached_custom", "detached_for_sale")}, years=_COVERED),
        "buildings_started": Rows({"category": ("all", "all_large", "residential")}, years=_COVERED),
    },
    "buildings/standards_of_new": {"share_of_new": Rows({"segment_sector": "every"})},
    "buildings/insulation_mix": {"share_of_dwellings": Rows(least=0, years=_COVERED)},
    "energy/residential_intensity": {
        "final_energy_per_dwelling": Rows({"building_type": "residential", "end_use": "every"}),
    },
    "energy/commercial_intensity": {
        "primary_intensity": Rows({"building_type": "commercial", "end_use": ("",)}),
        "electricity_share_of_primary": Rows({"building_type": "commercial", "end_use": ("",)}),
        "end_use_share_of_final": Rows({"building_type": "commercial", "end_use": "every"}),
    },
    "energy/size_intensity": {"relative_intensity": Rows({"size_class": "every"})},
    "energy/standard_factors": {
        "factor": Rows({"segment_sector": "every", "standard": "every", "end_use": "every"}),
    },
    "energy/technologies": {
        "efficiency": Rows({"technology": "every"}),
        **dict.fromkeys(("lifetime_mean", "lifetime_shape", "investment"), Rows({"technology": "every"}, most=1)),
    },
    "energy/technology_shares": {
        "stock_share": Rows({"equipment_class": "every", "technology": "every"}, most=1),
        "choice_share": Rows({"equipment_class": "every", "technology": "every"}),
    },
    "energy/prices": {
        **dict.fromkeys(("price", "business_price"), Rows({"carrier": "every"}, most=1)),
        "discount_rate": Rows({"carrier": ("",)}),
        "choice_sensitivity": Rows({"carrier": ("",)}),
    },
    "energy/calibration": {
        "electricity_share": Rows(_BOTH_SECTORS, years=_COVERED),
        "intensity_year": Rows(_BOTH_SECTORS, most=1),
        "service_knot": Rows(_BOTH_SECTORS, years=_COVERED),
        "capped_service_knot": Rows({"sector": ("commercial",)}, years=_COVERED),
        "pandemic_profile": Rows(_BOTH_SECTORS),
    },
    "energy/load_moments": {
        "ratio_to_mean": Rows({"load_moment": "every", "segment_sector": "every", "end_use": "every"}, most=1),
        "panel_output": Rows({"load_moment": "every"}, most=1),
    },
    "solar/capacity": {"capacity": Rows()},
    "solar/parameters": dict.fromkeys(
        ("yield", "degradation", "lifetime_mean", "lifetime_shape", "rooftop_potential"), Rows()
    ),
    "solar/self_use": {"self_use_share": Rows({"segment_sector": "every"})},
    "solar/capacity_shares": {"share_of_installed": Rows({"policy_group": "every"})},
    "economics/building_costs": dict.fromkeys(
        ("renovation_cost", "new_premium"), Rows({"equipment_class": "every", "standard": "every"}, most=1)
    ),
    "economics/parameters": dict.fromkeys(
        (
            "price_year",
            "discount_rate",
            "renovation_life",
            "new_building_life",
            "free_service_share",
            "service_elasticity",
            "administration_share",
            "grant_uptake",
            "operation_cost_first",
            "operation_cost_last",
            "operation_life",
            "target_tolerance",
        ),
        Rows(most=1),
    ),
    "economics/solar": {
        "panel_cost": Rows(),
        **dict.fromkeys(
            ("existing_roof_ratio", "inverter_cost", "inverter_life", "upkeep", "export_value"), Rows(most=1)
        ),
    },
    "economics/supply": {
        "clean_gas_premium": Rows(),
        **dict.fromkeys(
            (
                "renewable_premium_first",
                "renewable_premium_last",
                "thermal_abatement_last",
                "heat_abatement_last",
                "credit_price",
            ),
            Rows(most=1),
        ),
    },
    "economics/other_sectors": {
        "abatement_last": Rows({"sector": _OTHER_SECTORS, "payer": ("",)}, most=1),
        "share_of_cost": Rows({"sector": _OTHER_SECTORS}),
    },
    "economics/payers": dict.fromkeys(("share_of_works", "share_of_bills"), Rows({"tenure": "every"})),
    "policy/new_buildings": {
        name: Rows({"policy_group": ("detached_custom", "detached_for_sale", "rental_small", "condominium_small")})
        for name in ("obliged_share", "eligible_share")
    },
    "policy/standards": {
        "bei": Rows({"segment_sector": "every", "standard": "every"}),
        "ua": Rows({"segment_sector": ("residential",), "standard": "every"}),
    },
    "policy/building_types": {
        "storeys": Rows({"building_type": ("apartment_rental", "condominium")}),
        "use_class": Rows({"building_type": "commercial"}),
    },
    "policy/paths": {name: Rows(least=2, years=(BASE_YEAR, LAST_YEAR)) for name in TABLES["policy/paths"].quantities},
    "policy/known_grants": dict.fromkeys(("renovation_share", "panels_existing"), Rows(most=1)),
    "policy/credits": {"supply": Rows({"credit_kind": "every"}, most=1)},
    "policy/parameters": {name: Rows() for name in TABLES["policy/parameters"].quantities},
}


def _labels(dim: str, which: str | tuple[str, ...]) -> tuple[str, ...]:
    """Return the labels that a word of `Rows.labels` stands for."""
    if isinstance(which, tuple):
        return which
    if which == "every":
        return labels_of(dim)
    if which == "wards":
        return tuple(code for code, place in municipalities().items() if place.kind == "ward")
    rows = classification("segments").items()
    names = (row.get(dim, name) for name, row in rows if row["sector"] == which)
    return tuple(dict.fromkeys(names))
