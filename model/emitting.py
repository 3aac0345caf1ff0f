"""Energy, supply and emissions of every year, once buildings and panels are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.axes import Axes
from model.emissions import (
    SectorEnergy,
    Supply,
    building_co2,
    greenhouse_gas,
    primary_energy,
    sector_energy,
    supply,
)
from model.energy import final_energy
from model.inputs import Data
from model.march import StockYears
from model.policy.acting import Scene
from model.policy.stages import EnergyYears, energy_years
from model.policy.supply import with_purchases
from model.regions import co2_by_region
from model.solar import SolarYears, self_use
from model.standing import BuildingYears
from model.survival_families import Array
from model.technology import EquipmentYears

#: TJ in a MWh.
_TJ_PER_MWH = 3.6e-3


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
