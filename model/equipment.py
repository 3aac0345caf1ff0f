"""Equipment of one end use: it ages on its own life, and what leaves is replaced by choice.

`equipment_share` [segment, technology, vintage] says which share of a segment's floor area is served by which
technology of which year of installation; it sums to 1 over both. Demolition takes all equipment alike, since a
building's age says little about that of its boiler, so it leaves the shares as they are.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from model.faults import BadInput, Fault
from model.language import Text
from model.survival_families import Array


class Replacement(NamedTuple):
    """What a year's replacement did."""

    equipment_share: Array
    """Shares afterwards [segment, technology, vintage]."""
    retired: Array
    """Share of the floor area whose equipment ended its life [segment, technology]."""


def replace_equipment(equipment_share: Array, hazard: Array, choice: Array, year_index: int) -> Replacement:
    """Retire equipment by its own hazard and give its place to new equipment by choice.

    share[s, t, y] = choice[s, t] · Σ_{t,v} share[s, t, v] · hazard[t, v]. What fails within the half year after its
    installation is made good by the same technology, so all that is installed stands at the year's end.

    Args:
        equipment_share: at the end of the year before [segment, technology, vintage].
        hazard: share retired during the year [technology, vintage] or [segment, technology, vintage].
        choice: shares of the technologies in replacements [segment, technology], summing to 1.
        year_index: position of the year on the vintage axis.

    Returns:
        the shares afterwards and what was retired.
    """
    leaving = equipment_share * hazard
    retired = leaving.sum(axis=2)
    share = equipment_share - leaving
    share[:, :, year_index] += choice * retired.sum(axis=1, keepdims=True)
    return Replacement(share, retired)


def equip_new_buildings(equipment_share: Array, new_share: Array, choice: Array, year_index: int) -> Array:
    """Mix the equipment of new buildings into that of their segment, by floor area.

    share ← (1 − n) · share + n · choice in the vintage of the year, n = new area / area at year end

    Args:
        equipment_share: of what stood before construction [segment, technology, vintage].
        new_share: n, area built this year that stands at its end over all area then [segment].
        choice: shares of the technologies in new buildings [segment, technology], summing to 1.
        year_index: position of the year on the vintage axis.

    Returns:
        the shares at the end of the year [segment, technology, vintage].
    """
    share = equipment_share * (1.0 - new_share)[:, None, None]
    share[:, :, year_index] += new_share[:, None] * choice
    return share


def choice_shares(
    annual_cost: Array,
    sensitivity: npt.ArrayLike,
    calibration_constants: Array,
    allowed: npt.ArrayLike = True,
) -> Array:
    """Return the shares in which technologies are chosen.

    share[t] = exp(constant[t] − sensitivity · cost[t]) / Σ over the technologies allowed

    Args:
        annual_cost: cost of owning and running, subsidies taken off [JPY/year] [..., technology].
        sensitivity: how sharply choice responds to cost, at least 0 [year/JPY], broadcasts against `annual_cost`.
        calibration_constants: what else decides, without unit [..., technology]; −inf for what nobody chooses.
        allowed: False where a technology is banned, broadcasts against `annual_cost`.

    Returns:
        shares [..., technology], summing to 1; 0 where banned.

    Raises:
        BadInput: nothing is left to choose.

    Source: multinomial logit (McFadden 1974).
    """
    utility = np.where(allowed, calibration_constants - np.multiply(sensitivity, annual_cost), -np.inf)
    best = utility.max(axis=-1, keepdims=True)
    if not np.all(np.isfinite(best)):
        nothing_left = Text(
            "every technology is banned or has no share to start from; leave at least one to choose",
            "すべての技術が禁止されているか、基準年のシェアが0です。選べる技術を1つ以上残してください",
        )
        raise BadInput([Fault(place="equipment choice", problem=nothing_left)])
    # Relative to the best one no exponential overflows, and the shares sum to 1 to the last digit.
    weight = np.exp(utility - best)
    return np.asarray(weight / weight.sum(axis=-1, keepdims=True))


def calibration_constants(base_share: Array, annual_cost: Array, sensitivity: npt.ArrayLike) -> Array:
    """Return the constants with which the logit gives back the shares of the base year.

    constant[t] = ln share[t] + sensitivity · cost[t]

    Args:
        base_share: shares of the base year [..., technology]; what has share 0 is never chosen at any cost.
        annual_cost: cost of the base year [JPY/year] [..., technology].
        sensitivity: as in `choice_shares` [year/JPY].

    Returns:
        constants without unit [..., technology].
    """
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(base_share) + np.multiply(sensitivity, annual_cost))
