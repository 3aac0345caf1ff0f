"""New small and mid-size buildings (建築物環境報告書制度): the equations, on plain arrays, parameters passed in.

The findings, the pathway and the solar allocation optimiser all call these functions. An argument is one number or an
array over buildings (or suppliers); the result has the same shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import lcm
from typing import Any

import numpy as np
import numpy.typing as npt

from model.ordinance.exact import BoolArray, FloatArray, exact, reaches, scaled, share_up, within
from model.ordinance.rulebook import Rules

IntArray = npt.NDArray[np.int64]

#: House types of the energy standard, in the order of the rule file, and what the standard has no numbers for.
HOUSE_TYPES = (
    "custom_detached",
    "for_sale_detached",
    "rental_apartment",
    "for_sale_condominium",
    "other_housing",
    "non_residential",
)
DETACHED_TYPES = ("custom_detached", "for_sale_detached")

#: What the rule file's words for the BEI test mean: (tested on the supplier's average, renewables included).
_BEI_TESTS = {
    "supplier average, renewables included": (True, True),
    "supplier average, renewables excluded": (True, False),
    "each dwelling, renewables included": (False, True),
    "each dwelling, renewables excluded": (False, False),
}


@dataclass(frozen=True)
class RoofLimits:
    """Roofs below which a building may leave the count [m²]; without `second_m2` one test on all roofs decides."""

    largest_m2: float
    second_m2: float | None

    @classmethod
    def read(cls, rules: Rules) -> RoofLimits:
        """Read the limits: the proposal tests all usable roofs together, the adopted rule the two largest."""
        if rules.stated("roof_exclusion_area_largest"):
            largest, second = rules.number("roof_exclusion_area_largest"), rules.number("roof_exclusion_area_second")
            return cls(largest, second)
        return cls(rules.number("roof_exclusion_area"), None)


@dataclass(frozen=True)
class CapacityStandard:
    """The renewable installation standard: rates by zone [share of eligible buildings] and kW a building."""

    kw_per_building: float
    uniform_rate: float
    zone_rates: tuple[float, ...]

    @classmethod
    def read(cls, rules: Rules) -> CapacityStandard:
        """Read the standard from the rules; zones from the highest rate to the lowest."""
        zones = rules.value("zone_rates")
        rates = tuple(sorted((float(rate) for rate in zones.values()), reverse=True))
        return cls(rules.number("capacity_per_building"), rules.number("uniform_rate"), rates)


@dataclass(frozen=True)
class EnergyLevel:
    """The level of one house type: UA of every dwelling [W/(m²K)] and BEI [1], with the way BEI is tested."""

    ua_max: float
    bei_max: float
    on_average: bool
    with_renewables: bool

    @classmethod
    def read(cls, rules: Rules, parameter_id: str) -> dict[str, EnergyLevel]:
        """Read `energy_standard` or `energy_guidance`, by house type."""
        rows = rules.value(parameter_id)
        return {
            row["category"]: cls(float(row["ua_max"]), float(row["bei_max"]), *_BEI_TESTS[row["bei_test"]])
            for row in rows
        }


@dataclass(frozen=True)
class ChargingStandard:
    """Charging for zero-emission vehicles: detached houses with parking, and other buildings from so many spaces."""

    detached_conduits: int
    other_parking_min: int
    other_chargers: int
    other_conduit_share: float

    @classmethod
    def read(cls, rules: Rules) -> ChargingStandard:
        """Read the standard; the adopted set states the minimum numbers apart from the ten-space line."""
        minimums = "zev_other_minimums" if rules.stated("zev_other_minimums") else "zev_other"
        return cls(
            int(rules.number("zev_detached", "conduit_min")),
            int(rules.number("zev_other", "condition_parking_min")),
            int(rules.number(minimums, "charger_installed_min")),
            rules.number(minimums, "conduit_share_min"),
        )


# A building may leave the count when its largest usable roof and, if there is one, the second largest are too small.
def roof_too_small(largest_m2: npt.ArrayLike, second_m2: npt.ArrayLike, limits: RoofLimits) -> BoolArray:
    """Say whether a building's usable roofs are small enough to be left out of the renewable count.

    Args:
        largest_m2: horizontal projection of the largest usable roof [m²]; NaN where unknown, which is never small.
        second_m2: the same of the second largest; NaN where there is none.
        limits: exclusive upper limits.

    Returns:
        True where the supplier may ask for exclusion.

    Source: report_programme.roof_excluded; the proposal's single test is on both roofs together.
    """
    largest, second = np.asarray(largest_m2, dtype=np.float64), np.asarray(second_m2, dtype=np.float64)
    if limits.second_m2 is None:
        together = largest + np.nan_to_num(second, nan=0.0)
        return np.asarray(~np.isnan(largest) & ~np.asarray(reaches(together, limits.largest_m2)))
    large_enough = np.asarray(reaches(largest, limits.largest_m2)) | np.asarray(reaches(second, limits.second_m2))
    return np.asarray(~np.isnan(largest) & ~large_enough)


# Only a building whose supplier asks for it is left out, and only for a small roof or a legal limit.
def eligible(requested: npt.ArrayLike, small_roof: npt.ArrayLike, restricted: npt.ArrayLike) -> BoolArray:
    """Say which supplied buildings count towards the requirement (source: report_programme.eligible_buildings)."""
    reason = np.asarray(small_roof, dtype=bool) | np.asarray(restricted, dtype=bool)
    return np.asarray(~(np.asarray(requested, dtype=bool) & reason))


# The requirement is the number of eligible buildings times the rate times the capacity of one building.
def required_capacity_kw(eligible_buildings: npt.ArrayLike, rate: float, kw_per_building: float) -> FloatArray:
    """Return the required capacity [kW] by one rate (source: report_programme.required_capacity_uniform).

    Args:
        eligible_buildings: number of eligible buildings a supplier and year.
        rate: share of eligible buildings [1].
        kw_per_building: capacity of one building [kW].
    """
    return scaled(np.asarray(eligible_buildings), rate, kw_per_building)


# Sorted by zone, each zone's buildings take the rate of their zone.
def required_capacity_by_zone_kw(
    eligible_by_zone: npt.ArrayLike, zone_rates: Sequence[float], kw_per_building: float
) -> FloatArray:
    """Return the required capacity [kW] by zone rates (source: report_programme.required_capacity_by_zone).

    Args:
        eligible_by_zone: eligible buildings, dims (…, zone).
        zone_rates: rate of each zone [1], in the order of the last dimension.
        kw_per_building: capacity of one building [kW].

    Returns:
        dims (…).
    """
    amounts = [exact(rate) * exact(kw_per_building) for rate in zone_rates]
    unit = lcm(*(amount.denominator for amount in amounts))
    whole = np.array([amount * unit for amount in amounts], dtype=np.float64)
    return np.asarray(np.asarray(eligible_by_zone, dtype=np.float64) @ whole / unit)


# Heat from the sun or the ground counts as the PV capacity that saves as much primary energy in a year.
def heat_as_pv_kw(heat_gj: npt.ArrayLike, gj_per_kw: float) -> FloatArray:
    """Return renewable heat [GJ primary energy a year] as PV capacity [kW]."""
    return np.asarray(np.asarray(heat_gj, dtype=np.float64) / gj_per_kw)


# Panels elsewhere stand in for panels on the new buildings up to a share of the requirement.
def substitute_credit_kw(substitute_kw: npt.ArrayLike, required_kw: npt.ArrayLike, limit: float) -> FloatArray:
    """Return how much of the substitutes counts [kW], capped at a share of the required capacity."""
    return np.asarray(np.minimum(np.asarray(substitute_kw, dtype=np.float64), scaled(np.asarray(required_kw), limit)))


# BEI is design over standard primary energy; over several houses the energies are summed first.
def bei(design_gj: npt.ArrayLike, standard_gj: npt.ArrayLike, generation_gj: npt.ArrayLike = 0.0) -> FloatArray:
    """Return BEI [1]; pass generation to include renewables (source: report_programme.average_bei).

    Args:
        design_gj: design primary energy before generation is taken off [GJ/yr], of a house or summed over houses.
        standard_gj: standard primary energy [GJ/yr].
        generation_gj: of which covered by own generation [GJ/yr].
    """
    net = np.asarray(design_gj, dtype=np.float64) - np.asarray(generation_gj, dtype=np.float64)
    return np.asarray(net / np.asarray(standard_gj, dtype=np.float64))


# Every dwelling keeps to the UA limit; BEI is tested house by house or on the supplier's average.
def energy_level_met(
    ua: npt.ArrayLike,
    design_gj: npt.ArrayLike,
    generation_gj: npt.ArrayLike,
    standard_gj: npt.ArrayLike,
    level: EnergyLevel,
) -> bool:
    """Say whether one supplier's houses of one type meet a level."""
    counted = np.asarray(generation_gj, dtype=np.float64) * level.with_renewables
    design, standard = np.asarray(design_gj, dtype=np.float64), np.asarray(standard_gj, dtype=np.float64)
    tested = bei(design.sum(), standard.sum(), counted.sum()) if level.on_average else bei(design, standard, counted)
    return bool(np.all(within(np.asarray(ua), level.ua_max)) and np.all(within(tested, level.bei_max)))


# A detached house with parking is prepared for a vehicle; other buildings from the line on equip a share of spaces.
def charging_required(
    detached: npt.ArrayLike, spaces: npt.ArrayLike, standard: ChargingStandard
) -> tuple[IntArray, IntArray]:
    """Return the chargers and the prepared spaces (chargers included) that each building owes.

    Args:
        detached: whether the building is a detached house.
        spaces: parking spaces of the building.
        standard: the charging standard.

    Returns:
        chargers, prepared spaces.
    """
    single, parking = np.asarray(detached, dtype=bool), np.asarray(spaces, dtype=np.int64)
    bound = ~single & (parking >= standard.other_parking_min)
    chargers = np.where(bound, standard.other_chargers, 0)
    shared = np.where(bound, share_up(parking, standard.other_conduit_share), 0)
    prepared = np.where(single & (parking > 0), standard.detached_conduits, shared)
    return chargers.astype(np.int64), prepared.astype(np.int64)


@dataclass(frozen=True)
class Buildings:
    """New buildings as arrays, one entry a building; NaN where a fact is unknown.

    `supplier` and `zone` are positions (zones in the order of `CapacityStandard.zone_rates`).
    """

    supplier: IntArray
    zone: IntArray
    floor_area_m2: FloatArray
    roof_largest_m2: FloatArray
    roof_second_m2: FloatArray
    restricted: BoolArray
    requested: BoolArray
    pv_kw: FloatArray
    heat_gj: FloatArray


@dataclass(frozen=True)
class SupplierTotals:
    """A year's totals by supplier: one entry a supplier."""

    floor_area_m2: FloatArray
    eligible: IntArray
    required_uniform_kw: FloatArray
    required_by_zone_kw: FloatArray
    on_site_kw: FloatArray

    @property
    def required_kw(self) -> FloatArray:
        """The smaller of the two requirements, as the supplier is free to choose [kW]."""
        return np.minimum(self.required_uniform_kw, self.required_by_zone_kw)


# Capacity on an excluded building is not counted, as the building is not in the requirement either.
def supplier_totals(
    buildings: Buildings, suppliers: int, roofs: RoofLimits, capacity: CapacityStandard, gj_per_kw: float
) -> SupplierTotals:
    """Return what every supplier owes and has installed, in one pass over all buildings.

    Args:
        buildings: buildings in the scope of the programme, of one fiscal year.
        suppliers: number of suppliers.
        roofs: limits of exclusion.
        capacity: the installation standard.
        gj_per_kw: heat that equals one kW of PV [GJ/kW].

    Returns:
        totals over suppliers.
    """
    small = roof_too_small(buildings.roof_largest_m2, buildings.roof_second_m2, roofs)
    counted = eligible(buildings.requested, small, buildings.restricted)
    zones = len(capacity.zone_rates)
    cell = buildings.supplier * zones + buildings.zone
    by_zone = _sums(cell, counted, suppliers * zones).reshape(suppliers, zones)
    whole = by_zone.sum(axis=1)
    kw = (buildings.pv_kw + heat_as_pv_kw(buildings.heat_gj, gj_per_kw)) * counted
    return SupplierTotals(
        floor_area_m2=_sums(buildings.supplier, buildings.floor_area_m2, suppliers),
        eligible=whole.astype(np.int64),
        required_uniform_kw=required_capacity_kw(whole, capacity.uniform_rate, capacity.kw_per_building),
        required_by_zone_kw=required_capacity_by_zone_kw(by_zone, capacity.zone_rates, capacity.kw_per_building),
        on_site_kw=_sums(buildings.supplier, kw, suppliers),
    )


def _sums(group: IntArray, amounts: npt.NDArray[Any], groups: int) -> FloatArray:
    """Return the sum of the amounts of each group."""
    return np.bincount(group, weights=amounts, minlength=groups).astype(np.float64)
