"""What Tokyo has set out to reach, and the published figures that it counts from, as the reports ask for them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from typing import cast

from model.ordinance.rulebook import rules
from model.ordinance.targets.goals import BASE_YEAR, REDUCED, goals
from model.paths import data_folder
from model.schema import Quality

__all__ = ["BASE_YEAR", "Target", "base_emissions", "published_final_energy", "targets_of", "turnover_outlook"]

_KW_PER_GW = 1e6


@dataclass(frozen=True)
class Target:
    """A published number for a year, in the unit of its table."""

    year: int
    value: float
    source_id: str
    quality: Quality


@cache
def targets_of(quantity: str, sector: str = "all") -> dict[int, Target]:
    """Return the targets for a quantity of a sector by year, those of both rule sets.

    Args:
        quantity: "greenhouse_gas_change" and "final_energy_change" against `BASE_YEAR` [1], "solar_capacity" [GW],
            "renewable_share" [1].
        sector: label of a sector, or "all".
    """
    return {
        goal.year: Target(
            goal.year, _in_report_unit(quantity, goal.level), goal.parameter.source_id, goal.parameter.quality
        )
        for goal in goals(rules("targets", "adopted_2025", fallback=True))
        if goal.sector == sector
        and quantity == (f"{goal.quantity}_change" if goal.quantity in REDUCED else goal.quantity)
    }


def _in_report_unit(quantity: str, level: float) -> float:
    """Return a level of the rule data as the reports count it: changes below zero, capacity in GW."""
    if quantity.endswith("_change"):
        return -level
    return level / _KW_PER_GW if quantity == "solar_capacity" else level


def base_emissions() -> Target:
    """Return all greenhouse gases of `BASE_YEAR` as published [Mt]."""
    return _by_year("inventory/emissions", "greenhouse_gas", "all")[BASE_YEAR]


def published_final_energy() -> dict[int, Target]:
    """Return the final energy of all sectors as published or derived from what is, by year [PJ]."""
    return _by_year("inventory/energy", "final_energy", "all")


def turnover_outlook(sector: str = "all") -> dict[int, Target]:
    """Return the share of buildings built after 2022 that the metropolis itself expects by year [1]."""
    return _by_year("buildings/turnover", "share_built_after_2022", sector)


@cache
def _by_year(table: str, quantity: str, label: str) -> dict[int, Target]:
    """Return the rows of a quantity of one sector or category, by year."""
    with (data_folder() / f"{table}.csv").open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["quantity"] == quantity]
    return {
        int(row["year"]): Target(int(row["year"]), float(row["value"]), row["source_id"], cast(Quality, row["quality"]))
        for row in rows
        if row.get("sector", row.get("category")) == label
    }
