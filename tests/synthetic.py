"""A made-up result of Tokyo's magnitudes, built from the schema alone: results, figures and tables are tested on it."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from model.labels import classification, classification_coordinates
from model.ordinance.municipalities import municipalities
from model.results import assemble

YEARS = np.arange(2000, 2051)
PROJECTION_FROM = 2023


def path(points: dict[int, float]) -> np.ndarray:
    """Return a value for each year, linear between the years given."""
    return np.interp(YEARS, list(points), list(points.values()))


#: GHG by sector [Mt], chosen to add up to 62.2 in 2000 and 59.5 in 2022.
GREENHOUSE_GAS = {
    "residential": {2000: 12.9, 2012: 18.6, 2022: 16.0, 2030: 10.2, 2050: 1.1},
    "commercial": {2000: 20.6, 2012: 27.4, 2022: 21.5, 2030: 12.6, 2050: 0.9},
    "industry": {2000: 5.4, 2022: 3.9, 2030: 2.7, 2050: 0.6},
    "transport": {2000: 17.7, 2022: 8.7, 2030: 5.6, 2050: 0.5},
    "waste": {2000: 1.6, 2022: 1.8, 2030: 1.5, 2050: 0.6},
    "other_gases": {2000: 4.0, 2022: 7.6, 2030: 4.5, 2050: 1.2},
}
SECTOR_ENERGY = {
    "residential": {2000: 187.0, 2022: 193.0, 2030: 155.0, 2050: 92.0},
    "commercial": {2000: 263.0, 2005: 293.0, 2022: 217.0, 2030: 185.0, 2050: 118.0},
    "industry": {2000: 96.0, 2022: 46.0, 2050: 28.0},
    "transport": {2000: 255.0, 2022: 120.0, 2030: 92.0, 2050: 40.0},
    "waste": {2000: 0.0},
    "other_gases": {2000: 0.0},
}
SOLAR_MW = {2000: 3.0, 2008: 58.0, 2013: 350.0, 2020: 646.0, 2022: 720.0, 2030: 1900.0, 2035: 2900.0, 2050: 6100.0}

#: quantity, unit, name en, name ja, quality, {year: (published, modelled)}
OBSERVATIONS: tuple[tuple[str, str, str, str, str, dict[int, tuple[float, float]]], ...] = (
    ("greenhouse_gas_total", "Mt/year", "GHG total", "温室効果ガス総排出量", "published",
     {2000: (62.2, 62.0), 2015: (65.98, 66.9), 2016: (66.01, 66.2), 2018: (63.9, 64.6), 2020: (59.9, 61.3)}),
    ("greenhouse_gas_total", "Mt/year", "GHG total", "温室効果ガス総排出量", "derived", {2022: (59.46, 59.5)}),
    ("greenhouse_gas.commercial", "Mt/year", "CO2, commercial", "CO2(業務部門)", "published",
     {2019: (23.84, 23.3), 2022: (21.51, 21.5)}),
    ("greenhouse_gas.residential", "Mt/year", "CO2, residential", "CO2(家庭部門)", "published",
     {2019: (16.12, 16.8), 2022: (16.02, 16.0)}),
    ("sector_energy.commercial", "PJ/year", "energy, commercial", "最終エネルギー(業務部門)", "read_from_chart",
     {2000: (263, 263.4), 2005: (293, 291.0), 2010: (278, 271.0), 2015: (244, 249.0), 2019: (238, 232.0)}),
    ("sector_energy.residential", "PJ/year", "energy, residential", "最終エネルギー(家庭部門)", "estimate",
     {2000: (186, 187.0), 2010: (205, 190.0), 2020: (204, 192.0)}),
    ("electricity", "TWh/year", "electricity bought", "購入電力量", "published", {2020: (76.74, 77.9)}),
    ("solar_capacity", "GW", "solar capacity", "太陽光発電設備容量", "published",
     {2013: (0.35, 0.35), 2018: (0.572, 0.55), 2020: (0.646, 0.646)}),
    ("renewable_share", "1", "renewable share of electricity", "再エネ電力割合", "published", {2020: (0.192, 0.192)}),
    ("new_building_share", "1", "share of buildings built by 2050", "2050年までの新築割合(棟数)", "estimate",
     {2050: (0.50, 0.58)}),
)  # fmt: skip


def synthetic_labels() -> dict[str, list[Any]]:
    """Return the labels of every dimension."""
    observations = [f"{row[0]} {year} {row[4]}" for row in OBSERVATIONS for year in row[5]]
    return {
        "year": YEARS.tolist(),
        "segment": list(classification("segments")),
        "region": list(municipalities()),
        "vintage_class": list(classification("vintage_classes")),
        "standard": list(classification("standards")),
        "end_use": list(classification("end_uses")),
        "carrier": list(classification("carriers")),
        "technology": list(classification("technologies")),
        "sector": list(classification("sectors")),
        "load_moment": list(classification("load_moments")),
        "payer": list(classification("payers")),
        "cost_item": list(classification("cost_items")),
        "building_sector": ["residential", "commercial"],
        "building_class": list(classification("building_classes")),
        "factor_view": ["real", "fixed"],
        "observation": observations,
    }


def synthetic_coordinates(labels: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Return every coordinate that the schema asks for."""
    rows = [(row, year) for row in OBSERVATIONS for year in row[5]]
    return {
        **classification_coordinates(labels),
        "region_basis": ["population=published households=estimate detached_share=none office_floor_area=none"]
        * len(labels["region"]),
        "quantity": [row[0] for row, _ in rows],
        "observation_year": [year for _, year in rows],
        "unit": [row[1] for row, _ in rows],
        "quantity_en": [row[2] for row, _ in rows],
        "quantity_ja": [row[3] for row, _ in rows],
        "quality": [row[4] for row, _ in rows],
        "source_id": ["A0" if row[4] == "estimate" else "W11" for row, _ in rows],
        "remark_en": ["recollection" if row[4] == "estimate" else "" for row, _ in rows],
        "remark_ja": ["記憶による" if row[4] == "estimate" else "" for row, _ in rows],
    }


SYNTHETIC_ATTRIBUTES: dict[str, str | int] = {
    "scenario": "synthetic",
    "title_en": "Made-up pathway for tests",
    "title_ja": "試験用の仮想経路",
    "scenario_hash": "0123456789abcdef",
    "scenario_chain": "synthetic",
    "projection_from": PROJECTION_FROM,
}


def _vintage_shares(labels: dict[str, list[Any]], decay: float) -> np.ndarray:
    """Return the share of each period of construction by year, newest filling as old ones vanish with `decay` years."""
    classes = [classification("vintage_classes")[name] for name in labels["vintage_class"]]
    rows = []
    for row in classes:
        first, last = max(int(row["first"]), 1950), int(row["last"])
        built = np.clip((YEARS - first + 1) / (last - first + 1), 0, 1) * (last - first + 1)
        rows.append(built * np.exp(-np.maximum(YEARS - last, 0) / decay))
    shares = np.array(rows).T
    return shares / shares.sum(axis=1, keepdims=True)


def _standard_shares(count: int) -> np.ndarray:
    """Return the share of each standard by year, moving from the oldest to the best."""
    centre = np.interp(YEARS, [2000, 2022, 2050], [0.8, 3.0, 8.5])
    shares = np.exp(-(((np.arange(count) - centre[:, None]) / 2.2) ** 2))
    return shares / shares.sum(axis=1, keepdims=True)


def synthetic_values(labels: dict[str, list[Any]]) -> dict[str, np.ndarray]:
    """Return every variable of the schema: plausible totals, split by fixed weights."""
    generator = np.random.default_rng(20000401)
    sector_of = np.array([row["sector"] for row in classification("segments").values()])
    homes = sector_of == "residential"
    count, places = len(labels["segment"]), len(labels["region"])
    weight = generator.uniform(0.5, 1.5, (count, places))
    for members in (homes, ~homes):
        weight[members] /= weight[members].sum()

    def cells(residential: np.ndarray, commercial: np.ndarray) -> np.ndarray:
        """Return (year, segment, region) from the totals of the two sectors."""
        return np.where(homes[None, :, None], residential[:, None, None], commercial[:, None, None]) * weight

    def by_segment(residential: np.ndarray, commercial: np.ndarray) -> np.ndarray:
        return cells(residential, commercial).sum(axis=2)

    def split(total: np.ndarray, size: int) -> np.ndarray:
        share = generator.uniform(0.2, 1.0, size)
        return total[..., None] * share / share.sum()

    zero = np.zeros(len(YEARS))
    floor = cells(path({2000: 330e6, 2022: 430e6, 2050: 440e6}), path({2000: 210e6, 2022: 260e6, 2050: 262e6}))
    built, dwellings = floor * 0.021, cells(path({2000: 5.67e6, 2022: 8.2e6, 2050: 8.5e6}), zero)
    buildings = cells(path({2000: 2.3e6, 2050: 2.4e6}), path({2000: 0.32e6, 2050: 0.30e6}))
    energy = {name: path(points) for name, points in SECTOR_ENERGY.items()}
    greenhouse = np.array([path(GREENHOUSE_GAS[name]) for name in labels["sector"]]).T
    final = split(
        split(by_segment(energy["residential"], energy["commercial"]) * 1e3, len(labels["end_use"])),
        len(labels["carrier"]),
    )
    solar_mw = path(SOLAR_MW)
    solar = cells(0.7e3 * solar_mw, 0.3e3 * solar_mw)
    purchased = 0.98 * final.sum(axis=2)
    factor = np.stack([path({2000: 0.33, 2013: 0.53, 2022: 0.44, 2030: 0.28, 2050: 0.02}), 0.489 + zero], axis=1)
    co2 = by_segment(path(GREENHOUSE_GAS["residential"]), path(GREENHOUSE_GAS["commercial"])) * 1e3
    return {
        "floor_area": floor,
        "built_floor_area": built,
        "demolished_floor_area": floor * 0.013,
        "surplus_demolished_floor_area": 0.0 * floor,
        "surplus_vacant_floor_area": 0.0 * floor,
        "floor_area_by_vintage_class": floor.sum(axis=2)[..., None] * _vintage_shares(labels, 38)[:, None, :],
        "floor_area_by_standard": floor.sum(axis=2)[..., None] * _standard_shares(len(labels["standard"]))[:, None, :],
        "renovated_floor_area": floor.sum(axis=2) * path({2000: 0.001, 2022: 0.004, 2030: 0.012})[:, None],
        "built_floor_area_by_standard": 0.02
        * floor.sum(axis=2)[..., None]
        * _standard_shares(len(labels["standard"]))[:, None, :],
        "renovated_floor_area_by_standard": 0.01
        * floor.sum(axis=2)[..., None]
        * _standard_shares(len(labels["standard"]))[:, None, :],
        "dwellings": dwellings,
        "built_dwellings": dwellings * 0.018,
        "buildings": buildings,
        "built_buildings": buildings * 0.017,
        "dwellings_by_vintage_class": dwellings.sum(axis=2)[..., None] * _vintage_shares(labels, 30)[:, None, :],
        "buildings_by_vintage_class": buildings.sum(axis=2)[..., None] * _vintage_shares(labels, 45)[:, None, :],
        "technology_share": np.full((len(YEARS), count, len(labels["technology"])), 0.25),
        "technology_installed": np.full((len(YEARS), count, len(labels["technology"])), 0.02),
        "service_level": np.ones((len(YEARS), count)),
        "useful_energy": final.sum(axis=3) * 1.4,
        "final_energy": final,
        "purchased_energy": purchased,
        "purchased_energy_by_region": split(
            np.stack([np.outer(energy[name] * 980, weight[members].sum(axis=0))
                      for name, members in (("residential", homes), ("commercial", ~homes))], axis=2),
            len(labels["carrier"]),
        ),
        "primary_energy": purchased.sum(axis=2) * 1.8,
        "crude_oil_equivalent": purchased.sum(axis=2) * 1.8 * 25.8,
        "solar_capacity": solar,
        "solar_installed": solar * 0.1,
        "solar_installed_on_new": solar.sum(axis=2) * 0.06,
        "solar_generation": solar * 1.0,
        "solar_self_use": solar * 0.4,
        "solar_export": solar * 0.6,
        "electricity_factor": factor,
        "renewable_share": path({2000: 0.05, 2012: 0.06, 2020: 0.192, 2030: 0.47, 2050: 0.96}),
        "building_load": np.outer(path({2000: 14.0, 2050: 12.0}), [1.0, 0.9, 0.8, 0.95]),
        "building_load_after_panels": np.outer(path({2000: 14.0, 2050: 12.0}), [0.8, 0.9, 0.8, 0.95]),
        "co2": np.stack([split(co2, len(labels["carrier"])), split(co2 * 1.1, len(labels["carrier"]))], axis=3),
        "co2_by_region": split(split(np.outer(path(GREENHOUSE_GAS["residential"]) * 1e3, weight.sum(axis=0)), 5), 2),
        "sector_energy": np.array([energy[name] for name in labels["sector"]]).T,
        "sector_electricity": np.array([energy[name] / 3.6 * 0.4 for name in labels["sector"]]).T,
        "greenhouse_gas": greenhouse,
        "greenhouse_gas_total": greenhouse.sum(axis=1),
        "solar_required": solar.sum(axis=1) * 0.01,
        "solar_of_obliged_suppliers": solar.sum(axis=1) * 0.012,
        "capped_emissions": path({2000: 16.5e3, 2022: 11.2e3, 2050: 2e3}),
        "capped_allowance": path({2000: 16.5e3, 2022: 12e3, 2050: 1e3}),
        "capped_banked": path({2000: 0.0, 2024: 500.0, 2050: 0.0}),
        "capped_expired": path({2000: 0.0, 2029: 100.0, 2050: 0.0}),
        "capped_rate": path({2000: 0.0, 2030: 0.5, 2050: 0.5}),
        "capped_electricity_factor": path({2000: 0.4, 2050: 0.2}),
        "capped_credits": zero,
        "capped_uncovered": zero,
        "renewable_purchases": purchased[:, :, 0] * 1e-6,
        "energy_left_by_programmes": np.full((len(YEARS), count), 0.97),
        "forest_absorption": path({2000: 0.0, 2023: 300.0, 2050: 4000.0}),
        "expenditure": np.full((len(YEARS), len(labels["payer"]), len(labels["cost_item"])), 4e10),
        "annual_cost": np.full((len(YEARS), len(labels["payer"]), len(labels["cost_item"])), 5e10),
        "transfer": np.outer(path({2000: 0.0, 2030: 3e10}), [0.6, 0.4, 0.0, -1.0]),
        "published": np.array([pair[0] for row in OBSERVATIONS for pair in row[5].values()]),
        "modelled": np.array([pair[1] for row in OBSERVATIONS for pair in row[5].values()]),
        "residual": np.array([pair[1] / pair[0] - 1 for row in OBSERVATIONS for pair in row[5].values()]),
    }  # fmt: skip


def synthetic_dataset(**attrs: str | int) -> xr.Dataset:
    """Return the made-up result, with some global attributes changed."""
    labels = synthetic_labels()
    return assemble(synthetic_values(labels), labels, synthetic_coordinates(labels), {**SYNTHETIC_ATTRIBUTES, **attrs})
