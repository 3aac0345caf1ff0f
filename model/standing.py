"""Buildings and panels of every year: demand, lives, the march of the stock, its equipment, the service it takes.

Runs of one set of axes go side by side: where years follow one another, samples are an axis of the arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from model.axes import Axes
from model.calibration import Calibration, calibrate
from model.demand import demand, segment_dwellings, sizes, vacancy_rate
from model.energy import final_energy, useful_at_unit_service
from model.inputs import Data
from model.levers import Levers
from model.lifetimes import Lifetimes, lifetimes
from model.march import Progress, Sample, StockYears, march
from model.policy.acting import Scene, Works
from model.policy.stages import check_forms, works
from model.solar import SolarYears, solar_years
from model.survival_families import Array
from model.technology import EquipmentYears, equipment_together


@dataclass(frozen=True)
class BuildingYears:
    """Buildings with their equipment, and the service they take, before any programme on their operation.

    Args:
        life: lives of buildings.
        stock: the march.
        equipment: what serves them.
        fitted: fit of energy to the inventory.
        useful: useful energy [TJ/year] [year, segment, end_use].
    """

    life: Lifetimes
    stock: StockYears
    equipment: EquipmentYears
    fitted: Calibration
    useful: Array


def standing_years(
    scene: Scene, progress: Progress | None = None, life: Lifetimes | None = None
) -> tuple[BuildingYears, SolarYears]:
    """Return buildings and panels of every year; supply, fuels and the other sectors play no part in them.

    Args:
        scene: data, levers and axes of the run.
        progress: told after every year of the march.
        life: lives of buildings where they are known; they rest on the levers of demand and stock alone.
    """
    return standing_together([scene], progress, None if life is None else [life])[0]


def standing_together(
    scenes: Sequence[Scene], progress: Progress | None = None, lives: Sequence[Lifetimes] | None = None
) -> list[tuple[BuildingYears, SolarYears]]:
    """Return buildings and panels of every year for each of several runs, which march side by side.

    Args:
        scenes: data, levers and axes of the runs; all have the same axes.
        progress: told after every year of a march.
        lives: lives of buildings of each run where they are known.

    Raises:
        BadInput: one of the runs asks for what cannot be.
    """
    for scene in scenes:
        check_forms(scene.levers)
    courses = [works(scene) for scene in scenes]
    known = lives or [
        lifetimes(scene.data, scene.levers, scene.axes, segment_dwellings(scene.data, scene.levers, scene.axes))
        for scene in scenes
    ]
    buildings = buildings_together(scenes, known, courses, progress)
    panels = [
        solar_years(scene, course.retrofit, one.stock.values["buildings"], one.stock.values["built_buildings"])
        for scene, course, one in zip(scenes, courses, buildings, strict=True)
    ]
    for number, (scene, one) in enumerate(zip(scenes, panels, strict=True)):
        if informed := informed_by_plans(scene, one):
            buildings[number] = building_years(informed, known[number], works(informed), progress)
    return list(zip(buildings, panels, strict=True))


def informed_by_plans(scene: Scene, panels: SolarYears) -> Scene | None:
    """Return what programmes may look at once suppliers' plans are known; None where the rule says what they install.

    Plans are drawn from the starts of the year, which no level of performance changes; panels count towards the mean
    BEI of dwellings. So panels come from a march, levels from a second one, and nothing moves any more after it.
    """
    if scene.form("building_report") != "optimised":
        return None
    return replace(scene, installed_over_owed=panels.over_owed)


def building_years(scene: Scene, life: Lifetimes, course: Works, progress: Progress | None = None) -> BuildingYears:
    """Return buildings and the service they take, in every year.

    Args:
        scene: data, levers and axes of the run.
        life: lives of buildings.
        course: new and renovated buildings, after the programmes that act on them; the panels in it play no part here.
        progress: told after every year of the march.
    """
    return buildings_together([scene], [life], [course], progress)[0]


def buildings_together(
    scenes: Sequence[Scene], lives: Sequence[Lifetimes], courses: Sequence[Works], progress: Progress | None = None
) -> list[BuildingYears]:
    """Return what `building_years` does for each of several runs, with the years of stock and equipment as one array.

    Args:
        scenes: data, levers and axes of the runs; all have the same axes.
        lives: lives of buildings of each run.
        courses: new and renovated buildings of each run.
        progress: told after every year of the march.
    """
    axes = scenes[0].axes
    samples = [
        Sample(
            one.data, one.levers, life, sizes(one.data, one.levers, axes), demand(one.data, one.levers, axes), course
        )
        for one, life, course in zip(scenes, lives, courses, strict=True)
    ]
    stocks = march(samples, axes, progress)
    inputs = [(one.data, one.levers) for one in scenes]
    equipment = equipment_together(inputs, axes, [stock.standing_new_share for stock in stocks])
    return [_with_service(*each) for each in zip(scenes, lives, stocks, equipment, strict=True)]


def _with_service(scene: Scene, life: Lifetimes, stock: StockYears, equipment: EquipmentYears) -> BuildingYears:
    """Return buildings with the service they take, its level fitted to the inventory."""
    data, levers, axes = scene.data, scene.levers, scene.axes
    unit = useful_at_unit_service(
        data, axes, stock.values["floor_area_by_standard"], equipment, _occupied(data, levers, axes, stock)
    )
    fitted = calibrate(data, levers, axes, final_energy(unit, equipment.final_per_useful, axes))
    return BuildingYears(life, stock, equipment, fitted, unit * fitted.end_use * fitted.service[:, :, None])


def _occupied(data: Data, levers: Levers, axes: Axes, stock: StockYears) -> Array:
    """Return the share of floor area in use [year, segment]: no vacant dwellings, nothing beyond demand."""
    surplus = stock.values["surplus_vacant_floor_area"].sum(axis=2) / stock.values["floor_area"].sum(axis=2)
    vacancy = vacancy_rate(data, levers, axes.years.astype(np.float64))[:, None]
    return np.asarray((1.0 - surplus) * np.where(axes.segments_where(sector="residential"), 1.0 - vacancy, 1.0))
