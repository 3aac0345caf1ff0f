"""The pathway of a scenario: the one place where the parts meet.

Order of events in a year: age and demolish → renovate survivors → replace equipment → build to close the gap →
install solar → energy → emissions. The stock needs the year before, so it marches year by year (`model.march`).
Equipment needs of the stock only its growth, panels only the buildings, so each follows for all years at once; then
come energy and emissions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from model.axes import Axes, Resolution
from model.calibration import Calibration, calibrate
from model.costs import pathway_costs
from model.demand import demand, segment_dwellings, sizes, vacancy_rate
from model.emissions import (
    SectorEnergy,
    Supply,
    building_co2,
    greenhouse_gas,
    primary_energy,
    sector_energy,
    supply,
)
from model.energy import final_energy, useful_at_unit_service
from model.inputs import Data
from model.levers import Levers
from model.lifetimes import Lifetimes, lifetimes
from model.march import Progress, Sample, StockYears, march
from model.peak_load import peak_loads
from model.policy.acting import Scene, Works
from model.policy.homes import grants_of
from model.policy.stages import EnergyYears, check_forms, energy_years, works
from model.policy.supply import with_purchases
from model.regions import co2_by_region
from model.solar import SolarYears, self_use, solar_years
from model.survival_families import Array
from model.technology import EquipmentYears, equipment_together

#: TJ in a MWh.
_TJ_PER_MWH = 3.6e-3
#: First vintage of the second period of construction; the open first period ends the year before.
_SECOND_PERIOD = 1971


@dataclass(frozen=True)
class Pathway:
    """Everything a run computed.

    Args:
        axes: its axes.
        levers: what the scenario set.
        lifetimes: lives of buildings, with what was fitted.
        stock: the march.
        calibration: fit of energy to the inventory.
        supply: factors of what is bought.
        used: energy of every sector of the inventory.
        values: result variables by name, with the dims and units of `model.schema`.
        gaps: largest proven gap of each programme that an optimiser decided [1].
    """

    axes: Axes
    levers: Levers
    lifetimes: Lifetimes
    stock: StockYears
    calibration: Calibration
    supply: Supply
    used: SectorEnergy
    values: dict[str, Array]
    gaps: dict[str, float]


def run_axes(data: Data, last_year: int, resolution: Resolution = "municipality") -> Axes:
    """Return the axes of a run; the open first period of construction gets the years that data give it."""
    spread = int(data.number("buildings/lifetimes", "oldest_vintage_years", building_type=""))
    return Axes.spanning(last_year, _SECOND_PERIOD - spread, resolution)


def run_pathway(
    levers: Levers, data: Data, progress: Progress | None = None, resolution: Resolution = "municipality"
) -> Pathway:
    """Return the pathway of a scenario.

    Args:
        levers: all levers of the scenario.
        data: input tables.
        progress: told after every year of the march.
        resolution: every municipality, or Tokyo as one place: quick enough for thousands of runs. As one place a
            surplus in one municipality meets the demand of another, so a little less is built.

    Raises:
        BadInput: the scenario asks for what cannot be, such as a falling stock where it says `stop`.
    """
    axes = run_axes(data, levers.years.last, resolution)
    scene = Scene(data, levers, axes)
    return pathway_of(scene, *standing_years(scene, progress))


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


def pathway_of(scene: Scene, buildings: BuildingYears, panels: SolarYears, costs: bool = True) -> Pathway:
    """Return the pathway of a scenario whose buildings and panels are known; costs and peaks where asked for."""
    emitting = emitting_years(scene, buildings, panels)
    values = emitting.values | _programme_values(panels, emitting)
    if costs:
        values |= peak_loads(scene.data, scene.axes, values)
        values |= pathway_costs(scene.levers, scene.data, scene.axes, values, grants_of(scene))
    return Pathway(
        scene.axes,
        scene.levers,
        buildings.life,
        buildings.stock,
        buildings.fitted,
        emitting.supplied,
        emitting.used,
        values,
        scene.gaps,
    )


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


@dataclass(frozen=True)
class EmittingYears:
    """What is used, supplied and emitted.

    Args:
        values: result variables by name, those of buildings too.
        supplied: factors of what is bought.
        used: energy of every sector of the inventory.
        acted: what programmes on supply and operation came to.
        electricity: bought by buildings [TWh/year] [year, segment].
    """

    values: dict[str, Array]
    supplied: Supply
    used: SectorEnergy
    acted: EnergyYears
    electricity: Array


def emitting_years(scene: Scene, buildings: BuildingYears, panels: SolarYears) -> EmittingYears:
    """Return energy, supply and emissions of every year, after the programmes on supply and operation.

    Args:
        scene: data, levers and axes of the run.
        buildings: with the service they take.
        panels: on their roofs.
    """
    data, levers, axes = scene.data, scene.levers, scene.axes
    stock, equipment = buildings.stock, buildings.equipment
    acted = energy_years(scene, final_energy(buildings.useful, equipment.final_per_useful, axes).sum(axis=2))
    useful = buildings.useful * acted.energy.left[:, :, None]
    values = stock.values | _energy(data, axes, stock, equipment, panels, useful)
    values |= {"service_level": buildings.fitted.service, "technology_share": equipment.share}
    values["technology_installed"] = equipment.installed
    used = sector_energy(data, levers, axes, values["final_energy"].sum(axis=(2, 3)), values["purchased_energy"])
    own = values["solar_self_use"].sum(axis=(1, 2)) / 1e6
    bought = used.electricity.sum(axis=1)
    by_segment = values["purchased_energy"][:, :, axes.carriers.index("electricity")] / 3.6e3
    grid = with_purchases(acted.energy, scene, by_segment, bought)
    supplied = supply(data, levers, axes, bought, own, grid, acted.energy.heat_factor)
    values["co2"] = building_co2(values["purchased_energy"], supplied.carriers)
    on_site = values["solar_self_use"] * _TJ_PER_MWH
    final = values["final_energy"].sum(axis=2)
    values["co2_by_region"] = co2_by_region(axes, final, values["floor_area"], on_site, supplied.carriers)
    gas = greenhouse_gas(data, levers, axes, supplied, used, values["co2"])
    values |= {
        "electricity_factor": supplied.electricity,
        "renewable_share": supplied.renewable_share,
        "sector_energy": used.energy,
        "sector_electricity": used.electricity,
        "greenhouse_gas": gas,
        "greenhouse_gas_total": gas.sum(axis=1),
    }
    return EmittingYears(values, supplied, used, acted, by_segment)


def _programme_values(panels: SolarYears, emitting: EmittingYears) -> dict[str, Array]:
    """Return what the programmes came to in their own units; zero where a programme is absent.

    Args:
        panels: with what obliged suppliers owe and install.
        emitting: with what programmes on supply and operation came to.
    """
    acted = emitting.acted
    cap, none = acted.cap, np.zeros(len(acted.forest))
    return {
        "solar_required": panels.required,
        "solar_of_obliged_suppliers": panels.obliged,
        "capped_emissions": none if cap is None else cap.emissions,
        "capped_allowance": none if cap is None else cap.allowance,
        "capped_rate": none if cap is None else cap.rate,
        "capped_electricity_factor": none if cap is None else cap.electricity_factor,
        "capped_banked": none if cap is None else cap.by_year("carried_out_t"),
        "capped_expired": none if cap is None else cap.by_year("expired_t"),
        "capped_credits": none if cap is None else cap.by_year("credits_t"),
        "capped_uncovered": none if cap is None else cap.by_year("uncovered_t"),
        "renewable_purchases": acted.energy.purchased_share * emitting.electricity,
        "energy_left_by_programmes": acted.energy.left,
        "forest_absorption": acted.forest,
    }


def _occupied(data: Data, levers: Levers, axes: Axes, stock: StockYears) -> Array:
    """Return the share of floor area in use [year, segment]: no vacant dwellings, nothing beyond demand."""
    surplus = stock.values["surplus_vacant_floor_area"].sum(axis=2) / stock.values["floor_area"].sum(axis=2)
    vacancy = vacancy_rate(data, levers, axes.years.astype(np.float64))[:, None]
    return np.asarray((1.0 - surplus) * np.where(axes.segments_where(sector="residential"), 1.0 - vacancy, 1.0))


def _energy(
    data: Data, axes: Axes, stock: StockYears, equipment: EquipmentYears, panels: SolarYears, useful: Array
) -> dict[str, Array]:
    """Return energy used, generated and bought, by segment and by municipality."""
    final = final_energy(useful, equipment.final_per_useful, axes)
    by_carrier = final.sum(axis=2)
    area = stock.values["floor_area"]
    place = area / area.sum(axis=2, keepdims=True)
    electricity = axes.carriers.index("electricity")
    shares = data.along("solar/self_use", "self_use_share", "segment_sector", axes.attribute("sector"))
    on_site = self_use(panels.generation, shares[:, None], by_carrier[:, :, electricity, None] * place / _TJ_PER_MWH)
    purchased = by_carrier.copy()
    purchased[:, :, electricity] -= on_site.sum(axis=2) * _TJ_PER_MWH
    factors = data.along("inventory/carriers", "primary_energy_factor", "carrier", axes.carriers)
    primary = primary_energy(purchased, factors)
    crude_oil = data.number("inventory/carriers", "crude_oil_equivalent", carrier="")
    return {
        "useful_energy": useful,
        "final_energy": final,
        "purchased_energy": purchased,
        "purchased_energy_by_region": _by_region(axes, by_carrier, place, on_site * _TJ_PER_MWH),
        "primary_energy": primary,
        "crude_oil_equivalent": primary * 1e3 * crude_oil,
        "solar_capacity": panels.capacity,
        "solar_installed": panels.installed,
        "solar_installed_on_new": panels.installed_on_new,
        "solar_generation": panels.generation,
        "solar_self_use": on_site,
        "solar_export": panels.generation - on_site,
    }


def _by_region(axes: Axes, by_carrier: Array, place: Array, on_site: Array) -> Array:
    """Return energy bought by municipality [year, region, building sector, carrier]: by floor area, less own power."""
    result = np.zeros((len(axes.years), len(axes.regions), 2, len(axes.carriers)))
    for number, sector in enumerate(("residential", "commercial")):
        inside = axes.segments_where(sector=sector)
        result[:, :, number] = np.einsum("ysc,ysr->yrc", by_carrier[:, inside], place[:, inside])
        result[:, :, number, axes.carriers.index("electricity")] -= on_site[:, inside].sum(axis=1)
    return result
