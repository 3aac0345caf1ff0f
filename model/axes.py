"""The axes of a run: years, vintages and every label, with the attributes of segments as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from model.labels import classification
from model.ordinance.municipalities import municipalities

Years = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

#: How finely a run sees places: each of the 62 municipalities, or Tokyo as one, which is many times quicker.
Resolution = Literal["municipality", "metropolis"]
#: Code of Tokyo as a whole in the national list of local governments.
METROPOLIS: Final = "13000"

#: First fiscal year of every run: the stock at its end is the base year's, the march starts with the next.
BASE_YEAR = 2000
#: Last fiscal year with a published inventory; the hindcast ends here.
LAST_PUBLISHED_YEAR = 2022
#: First fiscal year that is a projection, not history.
PROJECTION_FROM = LAST_PUBLISHED_YEAR + 1


@dataclass(frozen=True)
class Axes:
    """Labels of every dimension of a run.

    Args:
        years: [year] fiscal years, the base year first.
        vintages: [vintage] years of construction, from the oldest of the base-year stock to the last year.
        resolution: whether `region` is the municipalities or Tokyo as one.
    """

    years: Years
    vintages: Years
    resolution: Resolution = "municipality"

    @classmethod
    def spanning(cls, last_year: int, oldest_vintage: int, resolution: Resolution = "municipality") -> Axes:
        """Return the axes of a run from the base year to `last_year`."""
        return cls(np.arange(BASE_YEAR, last_year + 1), np.arange(oldest_vintage, last_year + 1), resolution)

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """Building type by size class and tenure."""
        return tuple(classification("segments"))

    @cached_property
    def regions(self) -> tuple[str, ...]:
        """Codes of the 62 municipalities, or the one of Tokyo."""
        return (METROPOLIS,) if self.resolution == "metropolis" else tuple(municipalities())

    @cached_property
    def standards(self) -> tuple[str, ...]:
        """Performance levels, from worst to best."""
        return tuple(classification("standards"))

    @cached_property
    def end_uses(self) -> tuple[str, ...]:
        """Services that energy provides."""
        return tuple(classification("end_uses"))

    @cached_property
    def carriers(self) -> tuple[str, ...]:
        """Energy carriers."""
        return tuple(classification("carriers"))

    @cached_property
    def technologies(self) -> tuple[str, ...]:
        """Equipment, grouped by end use."""
        return tuple(classification("technologies"))

    @cached_property
    def sectors(self) -> tuple[str, ...]:
        """Sectors of the inventory, the two that are buildings first."""
        return tuple(classification("sectors"))

    @cached_property
    def building_classes(self) -> tuple[str, ...]:
        """Classes of buildings by the programmes that reach them."""
        return tuple(classification("building_classes"))

    @cached_property
    def load_moments(self) -> tuple[str, ...]:
        """Hours in which the load of buildings is highest."""
        return tuple(classification("load_moments"))

    @cached_property
    def payers(self) -> tuple[str, ...]:
        """Who bears costs."""
        return tuple(classification("payers"))

    @cached_property
    def cost_items(self) -> tuple[str, ...]:
        """What is paid for."""
        return tuple(classification("cost_items"))

    @cached_property
    def vintage_classes(self) -> tuple[str, ...]:
        """Periods of construction for results."""
        return tuple(classification("vintage_classes"))

    def attribute(self, name: str) -> tuple[str, ...]:
        """Return an attribute of every segment, such as `policy_group`."""
        return _attribute(name)

    def segments_where(self, **attributes: str) -> Mask:
        """Return which segments have all the given attributes [segment]."""
        return _segments_where(tuple(attributes.items())).copy()

    def technologies_of(self, end_use: str) -> npt.NDArray[np.intp]:
        """Return the positions of the technologies that serve an end use."""
        table = classification("technologies")
        return np.array([i for i, name in enumerate(self.technologies) if table[name]["end_use"] == end_use])

    def vintage_class_bounds(self) -> tuple[Years, Years]:
        """Return first and last vintage of each period of construction [vintage_class]."""
        rows = classification("vintage_classes").values()
        return np.array([int(row["first"]) for row in rows]), np.array([int(row["last"]) for row in rows])

    def year_index(self, year: int) -> int:
        """Return the position of a year on the year axis."""
        return int(year - self.years[0])

    def vintage_index(self, year: int) -> int:
        """Return the position of a year of construction on the vintage axis."""
        return int(year - self.vintages[0])


@cache
def _attribute(name: str) -> tuple[str, ...]:
    return tuple(row[name] for row in classification("segments").values())


@cache
def _segments_where(attributes: tuple[tuple[str, str], ...]) -> Mask:
    chosen = np.ones(len(classification("segments")), dtype=bool)
    for name, label in attributes:
        chosen &= np.array(_attribute(name)) == label
    return chosen


def period_bounds(periods: list[str], oldest: int) -> tuple[Years, Years]:
    """Return first and last year of periods written as 1971-1980 or pre1971."""
    first = [oldest if name.startswith("pre") else int(name.split("-")[0]) for name in periods]
    last = [int(name[3:]) - 1 if name.startswith("pre") else int(name.split("-")[1]) for name in periods]
    return np.array(first), np.array(last)
