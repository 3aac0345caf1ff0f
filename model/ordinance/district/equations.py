"""Large developments and district heating and cooling (地域における脱炭素化): the equations, on plain arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.ordinance.exact import BoolArray, FloatArray, reaches, within
from model.ordinance.rulebook import Rules


# A development whose new buildings together exceed the line must file a plan; on the line it need not.
def plan_obliged(new_floor_area_m2: npt.ArrayLike, line_m2: float) -> BoolArray:
    """Return which developments must file a plan (source: district.development_floor_area_min).

    Args:
        new_floor_area_m2: floor area of all new buildings of each development [m²].
        line_m2: area that must be exceeded [m²].
    """
    return np.asarray(~np.asarray(within(np.asarray(new_floor_area_m2, dtype=np.float64), line_m2)))


@dataclass(frozen=True)
class AcceptanceLines:
    """When a building in a district must study taking heat: lines by use [m²] and the share of capacity renewed."""

    non_residential_m2: float
    residential_m2: float
    renewed_share: float

    @classmethod
    def read(cls, rules: Rules) -> AcceptanceLines:
        """Read the lines from the rules."""
        return cls(
            rules.number("heat_acceptance_study", "non_residential_min"),
            rules.number("heat_acceptance_study", "residential_min"),
            rules.number("heat_acceptance_renewed_share"),
        )


# A large building in a district studies whether to take its heat when it is new or renews more than half of its
# cooling or heating capacity. Each part of a mixed building is held against the line of its use (our reading).
def acceptance_study_due(
    in_district: BoolArray,
    non_residential_m2: npt.ArrayLike,
    residential_m2: npt.ArrayLike,
    new: BoolArray,
    renewed_share: npt.ArrayLike,
    lines: AcceptanceLines,
) -> BoolArray:
    """Return which buildings must file a study on taking heat (source: district.heat_acceptance_study).

    Args:
        in_district: inside a heating and cooling district.
        non_residential_m2: floor area of other uses [m²].
        residential_m2: floor area of dwellings [m²].
        new: newly built.
        renewed_share: share of cooling or of heating capacity that is renewed, the larger of the two [1].
        lines: lines of the rules.
    """
    large = np.asarray(
        reaches(np.asarray(non_residential_m2, dtype=np.float64), lines.non_residential_m2)
    ) | np.asarray(reaches(np.asarray(residential_m2, dtype=np.float64), lines.residential_m2))
    renewed = ~np.asarray(within(np.asarray(renewed_share, dtype=np.float64), lines.renewed_share))
    return np.asarray(np.asarray(in_district) & large & (np.asarray(new) | renewed))


# What part of a network's heat comes from sources that would be wasted or renew themselves.
def clean_share(heat_by_source_gj: Mapping[str, npt.ArrayLike], heat_supplied_gj: npt.ArrayLike) -> FloatArray:
    """Return the share of renewable and waste heat in the heat supplied [1].

    Args:
        heat_by_source_gj: renewable and waste heat by source [GJ], each dims (network).
        heat_supplied_gj: all heat and cold supplied [GJ], dims (network).

    Returns:
        dims (network); at most 1, zero where nothing is supplied.
    """
    supplied = np.asarray(heat_supplied_gj, dtype=np.float64)
    clean = np.asarray(
        sum((np.asarray(one, dtype=np.float64) for one in heat_by_source_gj.values()), np.zeros(supplied.shape))
    )
    share = np.divide(clean, supplied, out=np.zeros(supplied.shape), where=supplied > 0)
    return np.asarray(np.minimum(share, 1.0))


# Of all districts that supply heat, how many use any such source.
def share_of_districts(clean_shares: npt.ArrayLike) -> float:
    """Return the share of networks with any renewable or waste heat [1] (source: district.dhc_sources)."""
    shares = np.asarray(clean_shares, dtype=np.float64)
    return float(np.count_nonzero(shares > 0) / shares.size) if shares.size else 0.0


# How much heat a network delivers for the primary energy it takes.
def heat_efficiency(heat_supplied_gj: npt.ArrayLike, primary_energy_gj: npt.ArrayLike) -> FloatArray:
    """Return heat supplied over primary energy used [1]; NaN where no energy is given."""
    heat, energy = np.asarray(heat_supplied_gj, dtype=np.float64), np.asarray(primary_energy_gj, dtype=np.float64)
    efficiency = np.full(np.broadcast(heat, energy).shape, np.nan)
    return np.asarray(np.divide(heat, energy, out=efficiency, where=energy > 0))
