"""New large buildings (建築物環境計画書制度): the equations, on plain arrays, parameters passed in.

An argument is one number or an array over buildings; the result has the same shape.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.ordinance.exact import FloatArray, exact, reaches, scaled, share_up, within
from model.ordinance.rulebook import Rules

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class SolarStandard:
    """The renewable installation standard: share of the building area, kW per m², bounds by band of floor area."""

    share: float
    kw_per_m2: float
    band_starts_m2: tuple[float, ...]
    lower_kw: tuple[float, ...]
    upper_kw: tuple[float, ...]

    @classmethod
    def read(cls, rules: Rules) -> SolarStandard:
        """Read the standard from the rules."""
        bands = sorted(rules.value("capacity_bounds"), key=lambda band: float(band["floor_area_min"]))
        starts, lower, upper = (
            tuple(float(band[key]) for band in bands) for key in ("floor_area_min", "lower_kw", "upper_kw")
        )
        return cls(rules.number("installation_rate"), rules.number("capacity_per_area"), starts, lower, upper)


@dataclass(frozen=True)
class ParkingStandard:
    """Charging owed by one kind of parking: the line, chargers by number or share, prepared spaces by share, caps."""

    parking_min: int
    charger_min: int
    charger_share: float
    charger_cap: int | None
    conduit_share: float
    conduit_cap: int | None

    @classmethod
    def read(cls, rules: Rules, kind: str) -> ParkingStandard:
        """Read the standard of "dedicated" or "shared" parking; a cap that the rules leave empty is no cap."""
        said = rules.value(f"zev_{kind}")
        return cls(
            int(said["parking_min"]),
            int(said.get("charger_min", 0)),
            float(said.get("charger_share", 0.0)),
            said["charger_cap"],
            float(said["conduit_share"]),
            said["conduit_cap"],
        )


# The standard area is a share of the building area (footprint).
def standard_area_m2(building_area_m2: npt.ArrayLike, share: float) -> FloatArray:
    """Return the area [m²] that panels should take (source: plan_programme.standard_area)."""
    return scaled(np.asarray(building_area_m2), share)


# Panels can only go where no greening, shade or the like is in the way.
def installable_area_m2(available_m2: npt.ArrayLike, greening_m2: npt.ArrayLike, shade_m2: npt.ArrayLike) -> FloatArray:
    """Return the roof and site area [m²] left for panels, never below zero."""
    left = np.asarray(available_m2, dtype=np.float64) - np.asarray(greening_m2) - np.asarray(shade_m2)
    return np.asarray(np.maximum(left, 0.0))


# The lower and upper bound follow from the total floor area; a band starts at its own edge.
def capacity_bounds_kw(floor_area_m2: npt.ArrayLike, standard: SolarStandard) -> tuple[FloatArray, FloatArray]:
    """Return the lower and upper bound of the required capacity [kW]; zero below the first band."""
    band = np.searchsorted(np.asarray(standard.band_starts_m2), np.asarray(floor_area_m2), side="right")
    lower, upper = np.array([0.0, *standard.lower_kw]), np.array([0.0, *standard.upper_kw])
    return np.asarray(lower[band]), np.asarray(upper[band])


# The standard or the installable area, whichever is smaller, times kW per m²; the lower bound does not ask for more
# than fits where the installable area is short.
def required_capacity_kw(
    building_area_m2: npt.ArrayLike,
    floor_area_m2: npt.ArrayLike,
    installable_m2: npt.ArrayLike,
    standard: SolarStandard,
) -> FloatArray:
    """Return the required capacity of solar power [kW] (source: plan_programme.required_capacity).

    Args:
        building_area_m2: footprint [m²].
        floor_area_m2: total floor area [m²], which chooses the bounds.
        installable_m2: roof and site area left after deductions [m²].
        standard: shares and bounds.
    """
    building, installable = np.asarray(building_area_m2, dtype=np.float64), np.asarray(installable_m2, dtype=np.float64)
    area = standard_area_m2(building, standard.share)
    enough = np.asarray(reaches(installable, area))
    raw = np.where(
        enough, scaled(building, standard.share, standard.kw_per_m2), scaled(installable, standard.kw_per_m2)
    )
    lower, upper = capacity_bounds_kw(floor_area_m2, standard)
    return np.asarray(np.minimum(upper, np.where(enough, np.maximum(lower, raw), raw)))


# The other way round: the footprint whose standard area just gives a capacity, for example a bound.
def footprint_at_capacity_m2(capacity_kw: npt.ArrayLike, standard: SolarStandard) -> FloatArray:
    """Return the building area [m²] at which the unbounded requirement equals a capacity [kW]."""
    return scaled(np.asarray(capacity_kw), 1 / (exact(standard.share) * exact(standard.kw_per_m2)))


# Substitutes fill what is still open, one after another in their order of priority.
def filled_in_order_kw(required_kw: npt.ArrayLike, offered_kw: npt.ArrayLike) -> FloatArray:
    """Return how much of each offer counts [kW].

    Args:
        required_kw: requirement, dims (…).
        offered_kw: offers in order of priority, dims (…, offer).

    Returns:
        dims (…, offer); sums to the requirement or to all offers, whichever is smaller.
    """
    offered = np.asarray(offered_kw, dtype=np.float64)
    before = np.cumsum(offered, axis=-1) - offered
    still_open = np.maximum(np.asarray(required_kw, dtype=np.float64)[..., np.newaxis] - before, 0.0)
    return np.asarray(np.minimum(offered, still_open))


# From the line on, chargers and prepared spaces are shares of the spaces, rounded up, within their caps.
def charging_required(spaces: npt.ArrayLike, standard: ParkingStandard) -> tuple[IntArray, IntArray]:
    """Return the chargers and the prepared spaces (chargers included) owed (source: plan_programme.zev_*).

    Args:
        spaces: parking spaces of one kind.
        standard: the standard of that kind.
    """
    parking = np.asarray(spaces, dtype=np.int64)
    chargers = np.maximum(share_up(parking, standard.charger_share), standard.charger_min)
    prepared = share_up(parking, standard.conduit_share)
    if standard.charger_cap is not None:
        chargers = np.minimum(chargers, standard.charger_cap)
    if standard.conduit_cap is not None:
        prepared = np.minimum(prepared, standard.conduit_cap)
    bound = parking >= standard.parking_min
    return np.where(bound, chargers, 0).astype(np.int64), np.where(bound, prepared, 0).astype(np.int64)


# A grade is reached when both UA and BEI are within its limits; the best one counts.
def residential_grade(ua: npt.ArrayLike, bei: npt.ArrayLike, ua_max: npt.ArrayLike, bei_max: npt.ArrayLike) -> IntArray:
    """Return the grade of dwellings, 0 where not even the first is reached.

    Args:
        ua: UA of the weakest dwelling [W/(m²K)], dims (…).
        bei: BEI of the residential part [1], dims (…).
        ua_max: limits by grade, from grade 1 upwards.
        bei_max: limits by grade, from grade 1 upwards.
    """
    warm = within(np.asarray(ua, dtype=np.float64)[..., np.newaxis], np.asarray(ua_max, dtype=np.float64))
    lean = within(np.asarray(bei, dtype=np.float64)[..., np.newaxis], np.asarray(bei_max, dtype=np.float64))
    grades = np.arange(1, np.asarray(ua_max).size + 1)
    return np.asarray(np.max((np.asarray(warm) & np.asarray(lean)) * grades, axis=-1), dtype=np.int64)
