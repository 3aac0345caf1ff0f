"""What the metropolis has set out to reach (都の目標), read from the rule data: one place for the city-wide targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from model.language import Text
from model.ordinance.rulebook import Parameter, Rules

Quantity = Literal[
    "greenhouse_gas",
    "final_energy",
    "solar_capacity",
    "renewable_share",
    "batteries",
    "insulated_homes",
    "efficient_water_heaters",
]

#: Quantities whose targets are reductions against this fiscal year; all others are levels.
BASE_YEAR = 2000
REDUCED: tuple[Quantity, ...] = ("greenhouse_gas", "final_energy")

QUANTITY_NAMES: dict[Quantity, Text] = {
    "greenhouse_gas": Text("greenhouse gases", "温室効果ガス"),
    "final_energy": Text("final energy", "最終エネルギー消費"),
    "solar_capacity": Text("solar power", "太陽光発電設備"),
    "renewable_share": Text("renewable share of electricity", "再エネ電力利用割合"),
    "batteries": Text("batteries of homes", "家庭用蓄電池"),
    "insulated_homes": Text("homes insulated", "断熱改修した住宅"),
    "efficient_water_heaters": Text("efficient water heaters", "高効率給湯器"),
}
QUANTITY_UNITS: dict[Quantity, str] = {
    "greenhouse_gas": "%",
    "final_energy": "%",
    "solar_capacity": "kW",
    "renewable_share": "%",
    "batteries": "kWh",
    "insulated_homes": "dwellings",
    "efficient_water_heaters": "units",
}
SECTOR_NAMES = {
    "all": Text("whole city", "都全体"),
    "industry_and_commercial": Text("industry and business", "産業・業務部門"),
    "commercial": Text("business", "業務部門"),
    "residential": Text("residential", "家庭部門"),
    "transport": Text("transport", "運輸部門"),
}

#: The rule file's names of sectors.
_SECTOR_KEYS = {
    "industry_and_commercial": "industry_business",
    "commercial": "business",
    "residential": "residential",
    "transport": "transport",
}


@dataclass(frozen=True)
class Goal:
    """One target.

    Args:
        quantity: what is to be reached.
        sector: of which sector, or "all".
        year: fiscal year by which.
        level: reduction against `BASE_YEAR` [1], share [1], or amount in the unit of the quantity.
        parameter: the row of the rule data, with source, quality and date.
        name: a stable name for machines.
    """

    quantity: Quantity
    sector: str
    year: int
    level: float
    parameter: Parameter
    name: str


@dataclass(frozen=True)
class Place:
    """Where the rule data state a target: parameter, and key inside its value."""

    parameter: str
    quantity: Quantity
    sector: str
    year: int
    path: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """A stable name for machines."""
        return f"{self.quantity}.{self.sector}.{self.year}"

    def known(self, rules: Rules) -> bool:
        """Say whether the rules know the target."""
        return rules.known(self.parameter)

    def goal(self, rules: Rules) -> Goal:
        """Return the target as the rules state it.

        Raises:
            BadInput: the rules do not know it.
        """
        peek = rules.fresh()
        level = peek.number(self.parameter, *self.path)
        return Goal(self.quantity, self.sector, self.year, level, peek.used[0].parameter, self.name)


#: Every target for the whole city, and those of 2030 by sector; the net zero of 2050 is a reduction by all.
PLACES: tuple[Place, ...] = (
    Place("ghg_2030", "greenhouse_gas", "all", 2030),
    Place("ghg_2035", "greenhouse_gas", "all", 2035),
    Place("zero_2050", "greenhouse_gas", "all", 2050),
    *(Place("sector_ghg_2030", "greenhouse_gas", sector, 2030, (key,)) for sector, key in _SECTOR_KEYS.items()),
    Place("energy_2030", "final_energy", "all", 2030),
    *(Place("sector_energy_2030", "final_energy", sector, 2030, (key,)) for sector, key in _SECTOR_KEYS.items()),
    Place("pv_capacity_2030", "solar_capacity", "all", 2030),
    Place("pv_capacity_2035", "solar_capacity", "all", 2035),
    Place("renewable_share_2026", "renewable_share", "all", 2026),
    Place("renewable_share_2030", "renewable_share", "all", 2030),
    Place("renewable_share_2035", "renewable_share", "all", 2035),
    Place("battery_2030", "batteries", "all", 2030),
    Place("insulated_homes_2030", "insulated_homes", "all", 2030),
    Place("efficient_water_heaters_2030", "efficient_water_heaters", "all", 2030),
)


def goals(rules: Rules) -> list[Goal]:
    """Return every target that the rules know.

    Args:
        rules: rules of "targets"; with `fallback` the targets of the older rule set stay beside those of the newer.
    """
    return [place.goal(rules) for place in PLACES if place.known(rules)]
