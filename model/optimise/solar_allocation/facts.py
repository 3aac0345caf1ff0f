"""What the second look knows: the houses of the supplier's file, and what the plan says of each of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from model.optimise.solar_allocation.heat import HEAT_KINDS
from model.optimise.solar_allocation.inputs import FACES, FIXED_STATES
from model.optimise.solar_allocation.reread import BoolArray, FloatArray, Fractions, RawList
from model.ordinance.exact import exact
from model.ordinance.municipalities import municipalities
from model.ordinance.rulebook import Rules


@dataclass(frozen=True)
class Planned:
    """What the plan says of every house, dims (house).

    Args:
        ids: ids of the houses.
        kw: capacity [kW].
        left_out: left out of the count.
        way: way to pay; "" without panels.
        heat: kinds of heat that are added, as bits (`HEAT_BY_BITS`).
    """

    ids: npt.NDArray[Any]
    kw: npt.NDArray[np.float64]
    left_out: npt.NDArray[np.bool_]
    way: npt.NDArray[Any]
    heat: npt.NDArray[np.int64]

    def sorted_by_id(self) -> Planned:
        """Return the same plan in the order of the ids."""
        order = np.argsort(self.ids.astype(str), kind="stable")
        return Planned(self.ids[order], self.kw[order], self.left_out[order], self.way[order], self.heat[order])


class Facts:
    """The houses of the file that the programme covers, in the order of their ids; the plan follows the same order."""

    def __init__(self, raw: RawList, rules: Rules, assumed: Rules) -> None:
        self._raw, self._assumed, self._rules = raw, assumed, rules
        area = raw.numbers("floor_area_m2")
        new = raw.choices("role") == "new_building"
        inside = np.flatnonzero(~new | area.below(exact(rules.number("building_floor_area_max"))))
        ids = raw.texts("id")[inside].astype(str)
        self._order = inside[np.argsort(ids, kind="stable")]
        self.ids = raw.texts("id")[self._order].astype(str)
        self.size = int(self._order.size)
        self._numbers: dict[str, Fractions] = {}

    def number(self, name: str) -> Fractions:
        """Return a column of numbers."""
        if name not in self._numbers:
            all_rows = self._raw.numbers(name)
            self._numbers[name] = Fractions(
                all_rows.whole[self._order], all_rows.denominator, all_rows.known[self._order]
            )
        return self._numbers[name]

    def choice(self, name: str) -> npt.NDArray[Any]:
        """Return a column of choices."""
        return np.asarray(self._raw.choices(name)[self._order])

    def flag(self, name: str) -> BoolArray:
        """Return a column of yes and no."""
        return self._raw.flags(name)[self._order]

    @cached_property
    def days(self) -> npt.NDArray[Any]:
        """Days of delivery, None where there is none."""
        return np.asarray(self._raw.days("delivered_on")[self._order])

    @cached_property
    def new(self) -> BoolArray:
        """New buildings."""
        return np.asarray(self.choice("role") == "new_building")

    @cached_property
    def fixed(self) -> BoolArray:
        """Houses whose panels can no longer change."""
        return np.isin(self.choice("state"), FIXED_STATES)

    @cached_property
    def consent(self) -> Fractions:
        """Probability of consent; certain where panels are decided."""
        return Fractions.rounded(np.ones(self.size), 1).where(self.fixed, self.number("consent"))

    @cached_property
    def house_type(self) -> npt.NDArray[Any]:
        """House types."""
        return self.choice("house_type")

    @cached_property
    def zone_rate(self) -> npt.NDArray[Any]:
        """Rate of each house's zone."""
        return np.array([places_rate(code) for code in self._codes[0]], dtype=np.float64)[self._codes[1]]

    @cached_property
    def _codes(self) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
        distinct, codes = np.unique(self.choice("municipality").astype(str), return_inverse=True)
        return distinct, codes.astype(np.int64)

    @cached_property
    def standard_gj(self) -> Fractions:
        """Standard primary energy [GJ], by floor area where none is given."""
        per_m2 = exact(self._assumed.number("standard_energy_per_floor_area"))
        given = self.number("standard_gj")
        return given.where(given.known, self.number("floor_area_m2") * per_m2)

    @cached_property
    def roofs(self) -> tuple[FloatArray, FloatArray]:
        """Largest and second largest usable roof [m²]; NaN where unknown and where there is none."""
        areas, farthest = [], self._assumed.number("usable_azimuth")
        for face in FACES:
            area = self.number(f"face{face}_m2").floats
            away, tilt = np.abs(self.number(f"face{face}_azimuth").floats), self.number(f"face{face}_tilt").floats
            areas.append(np.where(np.isnan(area) | (away <= farthest) | (tilt == 0), area, 0.0))
        descending = -np.sort(-np.nan_to_num(np.stack(areas), nan=-1.0), axis=0)
        first, second = np.where(descending[:2] < 0, np.nan, descending[:2])
        return first, second

    def heat_gj(self, kind: str, plan: Planned) -> Fractions:
        """Return heat of a kind with what the plan adds [GJ]."""
        return self.number(kind + "_gj") + self.added(kind, plan)

    def added(self, kind: str, plan: Planned) -> Fractions:
        """Return heat of a kind that the plan adds [GJ]."""
        option = self.number(f"{kind}_option_gj")
        chosen = (plan.heat >> HEAT_KINDS.index(kind) & 1 > 0) & option.known
        return option.where(chosen, Fractions.rounded(np.zeros(self.size), 1))

    @property
    def offers(self) -> BoolArray:
        """Return which kinds of heat each house offers, dims (kind, house)."""
        return np.stack([self.number(f"{kind}_option_gj").known & ~self.fixed for kind in HEAT_KINDS])


def places_rate(code: str) -> float:
    """Return the rate of a municipality's zone."""
    return float(municipalities()[code].zone_rate)
