"""Solar panels on roofs: installed by year and municipality, ageing on their own life, used on site or fed in.

Panels leave on their own life alone: those on a building that is demolished earlier stay in the count, since data do
not say which buildings have them. Panels last about half as long as buildings, so the error is small.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.axes import PROJECTION_FROM, Axes
from model.faults import BadInput, Fault
from model.inputs import Data
from model.language import Text
from model.lifetimes import weibull_with_mean
from model.policy.acting import Scene
from model.policy.new_buildings import panels_on_new
from model.policy.stages import roofs
from model.survival import survival_table
from model.survival_families import Array


@dataclass(frozen=True)
class SolarYears:
    """Panels of every year, each [year, segment, region] unless it says otherwise.

    Args:
        capacity: at the end of the year [kW].
        installed: during the year [kW/year].
        generation: [MWh/year].
        installed_on_new: the part of `installed` on buildings of the year [kW/year] [year, segment].
        required: owed by obliged suppliers [kW/year] [year, region].
        obliged: installed by obliged suppliers [kW/year] [year, region].
        over_owed: what obliged suppliers plan to install over what they owe [1] [year, segment].
    """

    capacity: Array
    installed: Array
    generation: Array
    installed_on_new: Array
    required: Array
    obliged: Array
    over_owed: Array


# Panels lose a constant share of their yield every year of their age.
def degraded(age: npt.NDArray[np.floating], degradation: float) -> Array:
    """Return the yield left at an age [years] as a share of that of a new panel."""
    return np.asarray((1.0 - degradation) ** np.maximum(age, 0.0))


# What is generated in the dark of the grid's need is fed in; what the building can use at the time is used on site.
def self_use(generation: Array, self_use_share: Array, electricity: Array) -> Array:
    """Return rooftop electricity used on site, never more than the building uses.

    Args:
        generation: any unit [..., segment, region].
        self_use_share: share of generation that meets use in time [segment, 1].
        electricity: what the building uses in a year, in the unit of `generation`.
    """
    return np.minimum(generation * self_use_share, electricity)


def solar_years(scene: Scene, retrofit: Array, buildings: Array, built: Array) -> SolarYears:
    """Return panels of every year.

    To the last year known, installations are what the known capacity and the life of panels imply, shared out by who
    has panels; later they are those on new buildings (share × size) and retrofits, after the programmes on roofs.

    Args:
        scene: data, levers and axes of the run.
        retrofit: panels on existing roofs [kW/year] [year].
        buildings: standing at the end of each year [year, segment, region].
        built: buildings built in each year [year, segment, region].
    """
    data, axes, years = scene.data, scene.axes, scene.years
    mean, shape, loss, per_kw = (
        data.number("solar/parameters", name) for name in ("lifetime_mean", "lifetime_shape", "degradation", "yield")
    )
    standing = survival_table([weibull_with_mean(mean, shape)], axes.years, axes.years)[:, 0]
    totals = _installed_to_date(data.by_year("solar/capacity", "capacity", years), standing)
    where = _owners(data, axes, buildings)
    share, size = panels_on_new(scene)
    planned = roofs(scene, built * (share * size)[:, :, None], retrofit[:, None, None] * where, buildings, built)
    projected = (years >= PROJECTION_FROM)[:, None, None]
    installed = np.where(projected, planned.on_existing, totals[:, None, None] * where)
    on_new = np.where(projected, planned.on_new, 0.0)
    installed += on_new
    room = _room(scene, installed.sum(axis=(1, 2)), standing)
    installed, on_new, obliged = (each * room for each in (installed, on_new, planned.obliged[:, :, None]))
    ages = axes.years[:, None] - axes.years[None, :] + 0.5
    flat = installed.reshape(len(years), -1)
    shape_of = installed.shape
    capacity = (standing @ flat).reshape(shape_of)
    return SolarYears(
        capacity=capacity,
        installed=installed,
        generation=((standing * degraded(ages, loss)) @ flat).reshape(shape_of) * per_kw / 1000.0,
        installed_on_new=on_new.sum(axis=2),
        required=planned.required,
        obliged=obliged[:, :, 0],
        over_owed=planned.over_owed,
    )


def _room(scene: Scene, installed: Array, standing: Array) -> Array:
    """Return the share of each year's panels that roofs have room for [year, 1, 1]; where all find room it is 1.

    Args:
        scene: data, levers and axes of the run.
        installed: panels that want to be installed [kW/year] [year].
        standing: share of the panels of a year that stands at the end of each year [year, year installed].

    Raises:
        BadInput: roofs are full and the scenario says to stop there.
    """
    potential = scene.data.number("solar/parameters", "rooftop_potential")
    room, total = np.ones(len(installed)), standing @ installed
    if np.any(total > potential):
        first = int(np.argmax(total > potential))
        if scene.levers.solar.full_roofs == "stop":
            raise BadInput([_too_many(int(scene.axes.years[first]), float(total[first]), potential)])
        for index in range(first, len(installed)):
            left = potential - standing[index, :index] @ (installed * room)[:index]
            wanted = standing[index, index] * installed[index]
            room[index] = min(1.0, max(left, 0.0) / wanted) if wanted > 0 else 1.0
    return room[:, None, None]


def _too_many(year: int, total: float, potential: float) -> Fault:
    too_many = Text(
        f"in {year} there are more panels than the roofs of Tokyo can carry; lower the levers, or let panels wait with"
        " solar.full_roofs",
        f"{year}年度に、都内の屋根に設置できる容量を超えます。レバーの値を下げるか、solar.full_roofs で設置を待つ"
        "扱いにしてください",
    )
    return Fault("solar", too_many, f"{total / 1e6:.2f} GW", f"≤ {potential / 1e6:.2f} GW")


def _installed_to_date(capacity: Array, standing: Array) -> Array:
    """Return the yearly installations that build up a known capacity [kW/year] [year]; the base year's enters whole."""
    installed = np.zeros_like(capacity)
    for index in range(len(capacity)):
        survivors = standing[index, :index] @ installed[:index]
        installed[index] = max(capacity[index] - survivors, 0.0) / standing[index, index]
    return installed


def _owners(data: Data, axes: Axes, buildings: Array) -> Array:
    """Return who installs on existing roofs [year, segment, region], summing to 1: by group, then by buildings."""
    result = np.zeros_like(buildings)
    groups = axes.attribute("policy_group")
    for group in dict.fromkeys(groups):
        inside = axes.segments_where(policy_group=group)
        share = data.number("solar/capacity_shares", "share_of_installed", policy_group=group)
        result[:, inside] = share * buildings[:, inside] / buildings[:, inside].sum(axis=(1, 2), keepdims=True)
    return result
