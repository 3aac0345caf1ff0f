"""Buildings of a supplier, and what the programme of building reports asks for them."""

from __future__ import annotations

from datetime import date
from typing import Any

from model.ordinance.building_report.facts import Building
from model.ordinance.building_report.programme import assess
from model.ordinance.derivation import Obligation
from model.ordinance.rulebook import Rules, rules

ADOPTED = rules("report_programme", "adopted_2025")


def house(number: int = 1, **facts: Any) -> Building:
    """Return a house supplied in Setagaya, with some facts."""
    given = {
        "id": f"H{number}",
        "supplier": "S",
        "supplied_on": date(2025, 10, 1),
        "municipality": "世田谷区",
        "floor_area_m2": 100,
    }
    return Building.model_validate({**given, **facts})


def owed(*buildings: Building, under: Rules = ADOPTED) -> Obligation:
    """Return what the only supplier of some buildings owes."""
    (one,) = assess(buildings, under)
    return one
