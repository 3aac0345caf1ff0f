"""Published targets beside what a run gives in their years: the residual, whether it is met, and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import xarray as xr

from model.language import Text
from model.ordinance.rulebook import rules
from model.ordinance.targets.goals import (
    BASE_YEAR,
    PLACES,
    QUANTITY_NAMES,
    REDUCED,
    SECTOR_NAMES,
    Place,
)
from model.ordinance.targets.programme import level_in_run
from model.targets import base_emissions, published_final_energy

#: Unit of a level of each quantity, and how many of it make one of the unit of the goal or of the run.
_UNITS: Final = {
    "greenhouse_gas": ("Mt/year", 1.0),
    "final_energy": ("PJ/year", 1.0),
    "solar_capacity": ("GW", 1e-6),
    "renewable_share": ("%", 100.0),
    "batteries": ("kWh", 1.0),
    "insulated_homes": ("dwelling", 1.0),
    "efficient_water_heaters": ("appliance", 1.0),
}


@dataclass(frozen=True)
class Waypoint:
    """One target beside the run.

    Args:
        name: machine name, quantity.sector.year.
        quantity: what is to be reached, in words.
        sector: of which sector, in words.
        year: fiscal year of the target.
        unit: of the three levels.
        target: the level asked for.
        value: the run's level; None where the run has no such variable or year.
        base: level of `BASE_YEAR` that a reduction counts from; None for other targets.
        asked: change against the base that is asked for [1]; None for other targets.
        ceiling: whether the target is met at or below its level; else at or above.
        source_id: source of the target.
        quality: how sure the target's figure is.
    """

    name: str
    quantity: Text
    sector: Text
    year: int
    unit: str
    target: float
    value: float | None
    base: float | None
    asked: float | None
    ceiling: bool
    source_id: str
    quality: str

    @property
    def residual(self) -> float | None:
        """Return the run's level less the target [unit]."""
        return None if self.value is None else self.value - self.target

    @property
    def change(self) -> float | None:
        """Return the run's change against the base [1]."""
        return None if self.value is None or self.base is None else self.value / self.base - 1

    @property
    def met(self) -> bool | None:
        """Return whether the run meets the target; None where it cannot tell."""
        if self.residual is None:
            return None
        return self.residual <= 0 if self.ceiling else self.residual >= 0


def waypoints(dataset: xr.Dataset) -> list[Waypoint]:
    """Return every published target for the city or a sector, by year, with the run's level where it has one.

    Args:
        dataset: a result of `assemble`.
    """
    book = rules("targets", "adopted_2025", fallback=True)
    found = [_waypoint(dataset, place) for place in PLACES if place.known(book)]
    return sorted(found, key=lambda one: (one.year, one.value is None))


def _waypoint(dataset: xr.Dataset, place: Place) -> Waypoint:
    goal = place.goal(rules("targets", "adopted_2025", fallback=True))
    unit, scale = _UNITS[goal.quantity]
    in_run = goal.year in dataset["year"].to_numpy()
    level = level_in_run(dataset, place, goal.year) if in_run else None
    base = _base(dataset, place) if goal.quantity in REDUCED else None
    return Waypoint(
        name=goal.name,
        quantity=QUANTITY_NAMES[goal.quantity],
        sector=SECTOR_NAMES[goal.sector],
        year=goal.year,
        unit=unit,
        target=scale * goal.level if base is None else base * (1.0 - goal.level),
        value=None if level is None else scale * level,
        base=base,
        asked=None if base is None else -goal.level,
        ceiling=goal.quantity in REDUCED,
        source_id=goal.parameter.source_id,
        quality=goal.parameter.quality,
    )


def _base(dataset: xr.Dataset, place: Place) -> float | None:
    """Return the level that a reduction counts from: published for the city, the run's own for a sector."""
    if place.sector == "all":
        known = base_emissions() if place.quantity == "greenhouse_gas" else published_final_energy()[BASE_YEAR]
        return known.value
    return level_in_run(dataset, place, BASE_YEAR) if BASE_YEAR in dataset["year"].to_numpy() else None
