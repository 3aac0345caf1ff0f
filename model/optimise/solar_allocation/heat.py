"""Heat from the sun and the ground as a decision: what a house could have beside panels, what it counts and costs.

A house may offer solar heat, ground-source heat, or both. Every slot of panels then comes without and with them. Heat
counts by converted kW like panels, lowers the design energy by what it saves, and costs what the list or the rule data
say. The options are those that the owner accepts, so that consent to panels does not weigh them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from model.language import Text
from model.optimise.solar_allocation.problem import FloatArray
from model.ordinance.rulebook import Rules
from model.ordinance.solar_economics.equations import discount_factors

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

#: Kinds of heat; the place of a kind is its bit in `Slots.heat`.
HEAT_KINDS = ("solar_heat", "ground_heat")
HEAT_NAMES = {
    "": Text("", ""),
    "solar_heat": Text("solar heat", "太陽熱"),
    "ground_heat": Text("ground-source heat", "地中熱"),
    "solar_heat+ground_heat": Text("solar and ground-source heat", "太陽熱・地中熱"),
}
#: Every combination by its bits.
HEAT_BY_BITS = tuple(HEAT_NAMES)


@dataclass(frozen=True)
class HeatTerms:
    """What heat costs and saves.

    Args:
        jpy_per_gj: initial cost by what is saved in a year, by kind [JPY/(GJ/yr)].
        life: years until it is replaced, by kind [years].
        saved_jpy_per_gj: price of the fuel that is not bought [JPY/GJ].
        kg_per_gj: its emissions [kg-CO2/GJ].
        cost_factor: initial costs are multiplied by this, for "what if the cost moves" [1].
    """

    jpy_per_gj: tuple[float, ...]
    life: tuple[int, ...]
    saved_jpy_per_gj: float
    kg_per_gj: float
    cost_factor: float = 1.0

    @classmethod
    def read(cls, assumed: Rules) -> HeatTerms:
        """Read the terms from the rules of "solar_allocation"."""
        terms = [assumed.value("heat_options", kind) for kind in HEAT_KINDS]
        return cls(
            tuple(float(one["initial_cost"]) for one in terms),
            tuple(int(one["life"]) for one in terms),
            assumed.number("heat_saved_price"),
            assumed.number("heat_emission_factor"),
        )


@dataclass(frozen=True)
class HeatOptions:
    """What heat each house could have; dims (kind, house), 0 and NaN where it could not.

    Args:
        gj: primary energy saved in a year [GJ].
        jpy: initial cost as listed [JPY]; NaN where the rule data hold.
    """

    gj: FloatArray
    jpy: FloatArray

    @classmethod
    def read(cls, cells: Mapping[str, npt.NDArray[Any]], open_to_change: BoolArray) -> HeatOptions:
        """Return the options of a list; houses that are settled have none."""
        gj = [np.nan_to_num(cells[f"{kind}_option_gj"].astype(np.float64)) for kind in HEAT_KINDS]
        jpy = [cells[f"{kind}_option_jpy"].astype(np.float64) for kind in HEAT_KINDS]
        return cls(np.where(open_to_change, np.stack(gj), 0.0), np.stack(jpy))

    @property
    def bits(self) -> IntArray:
        """The kinds that each house could have, as bits, dims (house)."""
        weights = np.left_shift(1, np.arange(len(HEAT_KINDS)))
        return np.asarray(weights @ (self.gj > 0), dtype=np.int64)

    def saved(self, bits: IntArray, houses: IntArray | slice = slice(None)) -> FloatArray:
        """Return what the chosen kinds save [GJ/yr]; `bits` has dims (…, house)."""
        return np.asarray(sum(_has(bits, kind) * self.gj[kind, houses] for kind in range(len(HEAT_KINDS))))

    def money(
        self, bits: IntArray, terms: HeatTerms, years: int, discount: float, houses: IntArray | slice = slice(None)
    ) -> dict[str, FloatArray]:
        """Return outlay, cost over the horizon, benefit [JPY] and CO₂ avoided in a year [t] of the chosen kinds."""
        outlay, cost = np.zeros(np.shape(bits)), np.zeros(np.shape(bits))
        for kind, life in enumerate(terms.life):
            gj, listed = self.gj[kind, houses], self.jpy[kind, houses]
            initial = (
                np.where(gj > 0, np.where(np.isnan(listed), gj * terms.jpy_per_gj[kind], listed), 0.0)
                * terms.cost_factor
            )
            turns = (1.0 + discount) ** -np.arange(0.0, years, life)
            outlay = outlay + _has(bits, kind) * initial
            cost = cost + _has(bits, kind) * initial * float(turns.sum())
        saved = self.saved(bits, houses)
        bills = saved * terms.saved_jpy_per_gj * float(discount_factors(discount, years).sum())
        return {"outlay": outlay, "cost": cost, "benefit": bills - cost, "co2": saved * terms.kg_per_gj / 1000.0}


def _has(bits: IntArray, kind: int) -> BoolArray:
    """Say where a kind is among the chosen ones."""
    return np.asarray(np.bitwise_and(bits, 1 << kind) > 0)


def kinds_offered(options: HeatOptions) -> IntArray:
    """Return the combinations of heat that some house could have, none first."""
    bits = np.arange(len(HEAT_BY_BITS))
    offered = np.unique(options.bits)
    return bits[[bool(np.any((offered & one) == one)) for one in bits]]


def offers(options: HeatOptions, bits: IntArray) -> BoolArray:
    """Say which houses could have the heat of each slot, dims (slot, house)."""
    return np.asarray((options.bits & bits[:, np.newaxis]) == bits[:, np.newaxis])
