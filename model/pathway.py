"""The pathway of a scenario: the one place where the parts meet.

Order of events in a year: age and demolish → renovate survivors → replace equipment → build to close the gap →
install solar → energy → emissions. The stock needs the year before, so it marches year by year (`model.march`).
Equipment needs of the stock only its growth, panels only the buildings, so each follows for all years at once; then
come energy and emissions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.axes import Axes, Resolution
from model.calibration import Calibration
from model.costs import pathway_costs
from model.emissions import SectorEnergy, Supply
from model.emitting import EmittingYears, emitting_years
from model.inputs import Data
from model.levers import Levers
from model.lifetimes import Lifetimes
from model.march import Progress, StockYears
from model.peak_load import peak_loads
from model.policy.acting import Scene
from model.policy.homes import grants_of
from model.solar import SolarYears
from model.standing import BuildingYears, standing_years
from model.survival_families import Array

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
