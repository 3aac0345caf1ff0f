"""Rows that tie houses together where heat is a decision beside panels: what each slot brings is added up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from model.optimise.solar_allocation.houses import Houses
from model.optimise.solar_allocation.problem import BoolArray, FloatArray, Row, Slots
from model.optimise.solar_allocation.slots import slot_kw
from model.ordinance.building_report.equations import HOUSE_TYPES, EnergyLevel

#: Amounts that rows add up where heat is a decision.
_COUNTED, _SAVED = "counted_kw", "saved_gj"


# With heat a rule no longer counts kW of panels alone: what a slot brings is added up slot by slot.
def tie_heat(
    rows: Sequence[Row], houses: Houses, slots: Slots, exists: BoolArray, gj_per_kw: float, levels: Mapping[str, Any]
) -> tuple[list[Row], dict[str, FloatArray]]:
    """Return the rows with the heat of slots counted, and the amounts that they add up.

    Args:
        rows: rows on panels alone.
        houses: facts.
        slots: what the slots mean.
        exists: which slots a house has, dims (slot, house).
        gj_per_kw: heat that equals one kW of PV [GJ/kW].
        levels: energy levels by house type.
    """
    saved = houses.heat_options.saved(np.broadcast_to(slots.heat[:, np.newaxis], exists.shape))
    expected = slot_kw(houses, slots, slice(None)) * houses.consent
    inside = exists & ~slots.left_out[:, np.newaxis]
    counted = np.where(inside, expected + np.where(houses.new, saved / gj_per_kw, 0.0), 0.0)
    renewable = np.array([isinstance(level, EnergyLevel) and level.with_renewables
                          for level in (levels.get(name) for name in HOUSE_TYPES)])[houses.house_type]  # fmt: skip
    taken_off = np.where(exists, expected * gj_per_kw * renewable + saved, 0.0)
    tied = []
    for row in rows:
        if row.name in ("renewables", "substitute_limit"):
            takes_part = np.ones(houses.size) if row.name == "renewables" else houses.new.astype(np.float64)
            tied.append(replace(row, slope=takes_part, measure=_COUNTED))
        elif row.name.startswith("energy."):
            of_type = houses.new & (houses.house_type == HOUSE_TYPES.index(row.name.split(".")[1]))
            tied.append(replace(row, slope=of_type.astype(np.float64), measure=_SAVED))
        else:
            tied.append(row)
    return tied, {_COUNTED: counted, _SAVED: taken_off}
