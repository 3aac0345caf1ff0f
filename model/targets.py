"""What Tokyo has set out to reach, and the published figures that it counts from, read from the data tables."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from typing import cast

from model.paths import data_folder
from model.schema import Quality

#: The fiscal year that the metropolis' targets for emissions and energy count from.
BASE_YEAR = 2000


@dataclass(frozen=True)
class Target:
    """A published number for a year, in the unit of its table."""

    year: int
    value: float
    source_id: str
    quality: Quality


def targets_of(quantity: str, sector: str = "all") -> dict[int, Target]:
    """Return the targets for a quantity of a sector by year; changes are against `BASE_YEAR` [1]."""
    return _by_year("targets/targets", quantity, sector)


def base_emissions() -> Target:
    """Return all greenhouse gases of `BASE_YEAR` as published [Mt]."""
    return _by_year("inventory/emissions", "greenhouse_gas", "all")[BASE_YEAR]


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
