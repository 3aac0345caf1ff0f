"""Emissions: energy bought times its factor, in two views of electricity, and the sectors that are not buildings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.axes import PROJECTION_FROM, Axes
from model.inputs import Data
from model.levers import Levers
from model.survival_families import Array
from model.year_path import YearPath, path_values

#: The two views of the electricity factor, in the order of the dimension `factor_view`.
FACTOR_VIEWS = ("real", "fixed")
#: The sectors of the inventory that are buildings.
BUILDING_SECTORS = ("residential", "commercial")


@dataclass(frozen=True)
class Supply:
    """Factors of what is bought.

    Args:
        renewable_share: of all electricity used, what roofs give on site included [year].
        electricity: CO2 per electricity [kg/kWh] [year, factor_view].
        carriers: CO2 per energy [kg/MJ] [year, carrier, factor_view].
    """

    renewable_share: Array
    electricity: Array
    carriers: Array


# The real factor: what is not renewable comes from thermal plants and whatever else the grid has.
def real_electricity_factor(renewable_share: Array, thermal_factor: Array) -> Array:
    """Return CO2 per electricity supplied [kg/kWh]: (1 − renewable share) · factor of the rest."""
    return (1.0 - renewable_share) * thermal_factor


# Published shares are of all electricity used, so what roofs give on site counts with what the grid brings.
def renewable_share_of_use(grid_share: Array, bought: Array, own: Array) -> Array:
    """Return the renewable share of all electricity used: (grid share · bought + own) / (bought + own).

    Args:
        grid_share: renewable share of electricity supplied by the grid [year].
        bought: electricity bought, any unit [year].
        own: rooftop electricity used on site, in the same unit [year].
    """
    return (grid_share * bought + own) / (bought + own)


def supply(
    data: Data, levers: Levers, axes: Axes, bought: Array, own: Array, grid: Array, heat_factor: Array
) -> Supply:
    """Return the factors of every year: as published to date, by the scenario's supply later.

    Args:
        data: input tables.
        levers: electricity and fuel levers.
        axes: axes of the run.
        bought: electricity bought by all sectors [TWh/year] [year].
        own: rooftop electricity used on site [TWh/year] [year].
        grid: renewable share of what the grid supplies [1] [year].
        heat_factor: CO2 factor of district heat against the base factor [1] [year].
    """
    years = axes.years.astype(np.float64)
    projected = years >= PROJECTION_FROM
    published = data.by_year("inventory/electricity", "renewable_share", years)
    share = np.where(projected, renewable_share_of_use(grid, bought, own), published)
    later = real_electricity_factor(grid, path_values(levers.electricity.thermal_factor, years))
    real = np.where(projected, later, data.by_year("inventory/electricity", "co2_factor", years))
    electricity = np.stack([real, fixed_electricity_factor(data, levers, axes)], axis=1)
    base = data.along("inventory/carriers", "emission_factor", "carrier", axes.carriers, missing=0.0)
    carriers = np.broadcast_to(base[None, :, None], (len(years), len(base), len(FACTOR_VIEWS))).copy()
    for carrier, factor in (
        ("city_gas", path_values(levers.fuel.city_gas_factor, years)),
        ("district_heat", heat_factor),
    ):
        position = axes.carriers.index(carrier)
        carriers[:, position] *= np.where(projected, factor, 1.0)[:, None]
    carriers[:, axes.carriers.index("electricity")] = electricity / 3.6
    return Supply(share, electricity, carriers)


def fixed_electricity_factor(data: Data, levers: Levers, axes: Axes) -> Array:
    """Return the factor fixed for cap-and-trade [kg/kWh] [year]: a step a period, then the scenario's constant."""
    starts, values = data.series("inventory/electricity", "fixed_factor")
    held = values[np.maximum(np.searchsorted(starts, axes.years, side="right") - 1, 0)]
    last = data.number("inventory/electricity", "fixed_factor_last_year")
    return np.where(axes.years > last, levers.electricity.fixed_factor_after, held)


# CO2 of buildings: energy bought times its factor.
def building_co2(purchased: Array, carriers: Array) -> Array:
    """Return CO2 [kilotonne/year] [year, segment, carrier, factor_view].

    Args:
        purchased: energy bought [TJ/year] [year, segment, carrier].
        carriers: [kg/MJ = kilotonne/TJ] [year, carrier, factor_view].
    """
    return purchased[..., None] * carriers[:, None]


# Primary energy and crude oil, in which the rules speak: statutory factors on what is bought.
def primary_energy(purchased: Array, factors: Array) -> Array:
    """Return primary energy, in the unit of `purchased` [year, segment]; factors [carrier]."""
    return np.asarray(purchased @ factors)


@dataclass(frozen=True)
class SectorEnergy:
    """Energy of every sector of the inventory, each [year, sector]; 0 for waste and other gases.

    Args:
        energy: final energy [PJ/year].
        electricity: bought [TWh/year].
    """

    energy: Array
    electricity: Array


def sector_energy(data: Data, levers: Levers, axes: Axes, final: Array, purchased: Array) -> SectorEnergy:
    """Return energy and electricity of all sectors, buildings from the march, the others on their stated paths.

    Args:
        data: input tables.
        levers: paths of the other sectors.
        axes: axes of the run.
        final: final energy of buildings [TJ/year] [year, segment].
        purchased: energy bought by buildings [TJ/year] [year, segment, carrier].
    """
    energy, electricity = (np.zeros((len(axes.years), len(axes.sectors))) for _ in range(2))
    bought = purchased[:, :, axes.carriers.index("electricity")]
    for sector in BUILDING_SECTORS:
        inside, column = axes.segments_where(sector=sector), axes.sectors.index(sector)
        energy[:, column] = final[:, inside].sum(axis=1) / 1e3
        electricity[:, column] = bought[:, inside].sum(axis=1) / 3.6e3
    for sector in ("industry", "transport"):
        column = axes.sectors.index(sector)
        path = getattr(levers.other_sectors, f"{sector}_energy_pj")
        energy[:, column] = _history_then(data, axes, "inventory/energy", "final_energy", sector, path)
        share = _electric_share(data, levers, axes, sector)
        electricity[:, column] = energy[:, column] * share / 3.6
    return SectorEnergy(energy, electricity)


def greenhouse_gas(data: Data, levers: Levers, axes: Axes, supplied: Supply, used: SectorEnergy, co2: Array) -> Array:
    """Return greenhouse gases of every sector with the real electricity factor [Mt/year] [year, sector].

    Args:
        data: input tables.
        levers: paths of the other sectors.
        axes: axes of the run.
        supplied: factors.
        used: energy of every sector.
        co2: of buildings [kilotonne/year] [year, segment, carrier, factor_view].
    """
    gas = np.zeros_like(used.energy)
    for sector in BUILDING_SECTORS:
        real = co2[..., FACTOR_VIEWS.index("real")][:, axes.segments_where(sector=sector)]
        gas[:, axes.sectors.index(sector)] = real.sum(axis=(1, 2)) / 1e3
    for sector in ("industry", "transport"):
        column = axes.sectors.index(sector)
        fuel = data.number("inventory/other_sectors", "fuel_factor", sector=sector)
        burnt = used.energy[:, column] - used.electricity[:, column] * 3.6
        gas[:, column] = used.electricity[:, column] * supplied.electricity[:, 0] + burnt * fuel
    others = levers.other_sectors
    for sector, path in (("waste", others.waste_mt), ("other_gases", others.other_gases_mt)):
        gas[:, axes.sectors.index(sector)] = _history_then(
            data, axes, "inventory/other_sectors", "emissions", sector, path
        )
    return gas


def _electric_share(data: Data, levers: Levers, axes: Axes, sector: str) -> Array:
    path = getattr(levers.other_sectors, f"{sector}_electric_share")
    return _history_then(data, axes, "inventory/other_sectors", "electric_share", sector, path)


def _history_then(data: Data, axes: Axes, table: str, quantity: str, sector: str, path: YearPath) -> Array:
    """Return what is published to date and the scenario's path from the projection on [year]."""
    years = axes.years.astype(np.float64)
    history = data.by_year(table, quantity, years, sector=sector)
    return np.where(years >= PROJECTION_FROM, path_values(path, years), history)
