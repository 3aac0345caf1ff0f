"""Energy of buildings: floor area × intensity × service gives useful energy, equipment turns it into final energy."""

from __future__ import annotations

import numpy as np

from model.axes import Axes
from model.inputs import Data
from model.labels import classification
from model.survival_families import Array
from model.technology import EquipmentYears


# Service asked for: every square metre asks for what its performance level leaves to ask.
def service_area(floor_area: Array, factors: Array) -> Array:
    """Return floor area weighted by what its performance level asks for [m²] [year, segment, end_use].

    Args:
        floor_area: by performance level [m²] [year, segment, standard].
        factors: useful energy against the reference level [segment, standard, end_use].
    """
    return np.asarray(np.einsum("ysk,ske->yse", floor_area, factors))


# Final energy: useful energy of an end use, times each technology's share over its efficiency.
def final_energy(useful: Array, per_useful: Array, axes: Axes) -> Array:
    """Return final energy, in the unit of `useful` [year, segment, end_use, carrier].

    Args:
        useful: useful energy [year, segment, end_use].
        per_useful: final per useful energy with the technology's share taken in [year, segment, technology].
        axes: axes of the run.
    """
    table = classification("technologies")
    result = np.zeros((*useful.shape, len(axes.carriers)))
    for position, name in enumerate(axes.technologies):
        end_use = axes.end_uses.index(table[name]["end_use"])
        carrier = axes.carriers.index(table[name]["carrier"])
        result[:, :, end_use, carrier] += useful[:, :, end_use] * per_useful[:, :, position]
    return result


def standard_factors(data: Data, axes: Axes) -> Array:
    """Return useful energy by performance level against the reference level [segment, standard, end_use]."""
    result = np.empty((len(axes.segments), len(axes.standards), len(axes.end_uses)))
    for sector in ("residential", "commercial"):
        result[axes.segments_where(sector=sector)] = data.grid(
            "energy/standard_factors", "factor", ("standard", axes.standards), ("end_use", axes.end_uses),
            segment_sector=sector,
        )  # fmt: skip
    return result


def reference_intensity(data: Data, axes: Axes) -> Array:
    """Return final energy per floor area of the stock's mean in the intensity year [MJ/m²/year] [segment, end_use].

    Dwellings: energy of an occupied dwelling over its private area. Others: primary energy, electricity taken at its
    statutory factor back to final energy, times the share of the end use.
    """
    electric_factor = data.number("inventory/carriers", "primary_energy_factor", carrier="electricity")
    result = np.empty((len(axes.segments), len(axes.end_uses)))
    for position, (segment, row) in enumerate(classification("segments").items()):
        kind = row["building_type"]
        if row["sector"] == "residential":
            per_dwelling = data.along(
                "energy/residential_intensity",
                "final_energy_per_dwelling",
                "end_use",
                axes.end_uses,
                building_type=kind,
            )
            area = data.number("buildings/segments", "floor_area_per_dwelling_existing", segment=segment)
            result[position] = per_dwelling * 1000.0 / area
        else:
            table = "energy/commercial_intensity"
            primary = data.number(table, "primary_intensity", building_type=kind)
            electric = data.number(table, "electricity_share_of_primary", building_type=kind)
            shares = data.along(table, "end_use_share_of_final", "end_use", axes.end_uses, building_type=kind)
            size = data.number("energy/size_intensity", "relative_intensity", size_class=row["size_class"])
            result[position] = size * primary * (electric / electric_factor + 1.0 - electric) * shares
    return result


def useful_at_unit_service(
    data: Data, axes: Axes, floor_area: Array, equipment: EquipmentYears, occupied: Array
) -> Array:
    """Return useful energy at service level 1 [TJ/year] [year, segment, end_use].

    The useful intensity of the reference level is the one with which the stock of the intensity year uses just the
    final energy that data give it.

    Args:
        data: input tables.
        axes: axes of the run.
        floor_area: by performance level [m²] [year, segment, standard].
        equipment: equipment of every year.
        occupied: share of floor area in use [year, segment].
    """
    asked = service_area(floor_area, standard_factors(data, axes)) * occupied[:, :, None]
    intensity = reference_intensity(data, axes)
    unit = np.ones((len(axes.years), len(axes.segments), len(axes.end_uses)))
    per_useful = final_energy(unit, equipment.final_per_useful, axes).sum(axis=3)
    result = np.empty_like(asked)
    for sector in ("residential", "commercial"):
        index = axes.year_index(int(data.number("energy/calibration", "intensity_year", sector=sector)))
        inside = axes.segments_where(sector=sector)
        used = (floor_area[index].sum(axis=1) * occupied[index])[:, None]
        mean_asked = asked[index] / used
        useful_intensity = intensity / per_useful[index] / mean_asked
        result[:, inside] = asked[:, inside] * useful_intensity[inside] * 1e-6
    return result
