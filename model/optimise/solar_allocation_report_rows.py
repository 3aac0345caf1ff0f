"""The plan as the supplier would report it: one row a building in the form of the report programme."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import isnan
from typing import Any

import numpy as np
import numpy.typing as npt

from model.optimise.solar_allocation_houses import Portfolio
from model.optimise.solar_allocation_inputs import FACES
from model.ordinance.building_report_facts import Building
from model.ordinance.exact import exact
from model.ordinance.rulebook import Rules

#: Day that stands for a list without days of delivery.
_NO_DAY = date(2025, 4, 1)


@dataclass(frozen=True)
class PlannedHouse:
    """What the plan says of one house."""

    kw: float
    left_out: bool
    way: str


def plan_by_id(
    ids: npt.NDArray[Any], kw: npt.NDArray[np.float64], left_out: npt.NDArray[np.bool_], ways: Sequence[str]
) -> dict[str, PlannedHouse]:
    """Return a plan by id of house."""
    return {
        str(one): PlannedHouse(float(size), bool(out), way)
        for one, size, out, way in zip(ids, kw, left_out, ways, strict=True)
    }


def report_rows(portfolio: Portfolio, plan: Mapping[str, PlannedHouse], rules: Rules, assumed: Rules) -> list[Building]:
    """Return the buildings as they would be reported, all in one fiscal year.

    Args:
        portfolio: the houses as listed; the list is one supplier's year.
        plan: by id of house.
        rules: rules of "report_programme".
        assumed: rules of "solar_allocation".
    """
    days = [day for day in portfolio.cells["delivered_on"] if day is not None]
    usual = min(days) if days else _NO_DAY
    gj_per_kw = exact(rules.number("heat_to_pv_conversion_factor"))
    per_m2 = assumed.number("standard_energy_per_floor_area")
    return [
        _building({name: values[number] for name, values in portfolio.cells.items()}, portfolio.supplier, usual,
                  plan[str(portfolio.ids[number])], float(gj_per_kw), per_m2)
        for number in range(portfolio.size)
    ]  # fmt: skip


def _building(
    cells: Mapping[str, Any], supplier: str, day: date, planned: PlannedHouse, gj_per_kw: float, per_m2: float
) -> Building:
    """Return one building of the report."""
    new = cells["role"] == "new_building"
    areas = [(cells[f"face{face}_m2"], cells[f"face{face}_azimuth"], cells[f"face{face}_tilt"]) for face in FACES]
    given = [area for area in areas if not isnan(area[0])]
    usable = sorted((float(area) for area, azimuth, tilt in given if abs(azimuth) <= 90 or tilt == 0), reverse=True)
    standard = cells["standard_gj"]
    standard = float(cells["floor_area_m2"]) * per_m2 if isnan(standard) else float(standard)
    bei = None if isnan(cells["bei"]) else exact(float(cells["bei"])) * exact(standard)
    return Building(
        id=str(cells["id"]),
        supplier=supplier,
        supplied_on=day,
        role="new_building" if new else "existing_house",
        house_type=cells["house_type"],
        municipality=cells["municipality"],
        floor_area_m2=float(cells["floor_area_m2"]),
        roof_largest_m2=usable[0] if usable else (0.0 if given else None),
        roof_second_m2=usable[1] if len(usable) > 1 else None,
        restricted=bool(cells["restricted"]),
        exclusion_requested=planned.left_out,
        pv_kw=round(planned.kw, 6),
        solar_heat_gj=float(cells["solar_heat_gj"]),
        ground_heat_gj=float(cells["ground_heat_gj"]),
        ua=None if isnan(cells["ua"]) else float(cells["ua"]),
        design_gj=None if bei is None or not new else float(bei),
        generation_gj=float(exact(gj_per_kw) * exact(round(planned.kw, 6))) if new else 0.0,
        standard_gj=standard if new else None,
        parking_spaces=int(cells["parking_spaces"]),
        chargers=int(cells["chargers"]),
        conduits=int(cells["conduits"]),
        explained=bool(cells["explained"]),
    )
