"""Power that buildings draw at the hours in which load is highest, before and after the panels on their roofs.

Annual energy says nothing of peaks, and an hourly model would need shapes that nobody has published for Tokyo. Four
hours stand for all: an afternoon and an evening of the hottest day, a morning and an evening of the coldest. What each
end use draws then, over its mean of the year, is a table of estimates, so levels are rough and changes say more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from model.axes import Axes
from model.inputs import Data
from model.survival_families import Array

_TABLE: Final = "energy/load_moments"
#: GW that a TJ in a year is on average, and GW in a kW.
_MEAN_GW: Final = 1e12 / 1e9 / (8760.0 * 3600.0)
_GW_PER_KW: Final = 1e-6


# What is drawn in an hour is the mean of the year, raised or lowered by what the end use does in that hour.
def load_at(electricity: Array, ratio_to_mean: Array) -> Array:
    """Return the power drawn at each moment [GW] [year, moment].

    load[m] = Σ_u mean power[u] · ratio[u, m]

    Args:
        electricity: used in a year [TJ/year] [year, use].
        ratio_to_mean: power at the moment over the mean power of the year [1] [use, moment].
    """
    return np.asarray(electricity @ ratio_to_mean * _MEAN_GW)


# Panels take off the load of the grid what they give at the moment, whether their own building uses it or a neighbour.
def load_after_panels(load: Array, capacity: Array, output: Array) -> Array:
    """Return the load that is left for the grid, below zero where panels give more than buildings draw [GW].

    left[m] = load[m] − capacity · output[m]

    Args:
        load: [GW] [year, moment].
        capacity: of all panels [kW] [year].
        output: power per capacity at the moment [kW/kW] [moment].
    """
    return np.asarray(load - np.outer(capacity * _GW_PER_KW, output))


def peak_loads(data: Data, axes: Axes, values: Mapping[str, Array]) -> dict[str, Array]:
    """Return the load of all buildings at the moments of highest load, before and after panels.

    Args:
        data: input tables.
        axes: axes of the run.
        values: result variables of the run, in the units of `model.schema`.

    Returns:
        `building_load` and `building_load_after_panels` [GW] [year, load_moment].
    """
    power = values["final_energy"][..., axes.carriers.index("electricity")]
    moments = axes.load_moments
    load = np.zeros((len(axes.years), len(moments)))
    for sector in ("residential", "commercial"):
        inside = axes.segments_where(sector=sector)
        ratio = data.grid(
            _TABLE, "ratio_to_mean", ("end_use", axes.end_uses), ("load_moment", moments), segment_sector=sector
        )
        load = load + load_at(power[:, inside].sum(axis=1), ratio)
    output = data.along(_TABLE, "panel_output", "load_moment", moments)
    after = load_after_panels(load, values["solar_capacity"].sum(axis=(1, 2)), output)
    return {"building_load": load, "building_load_after_panels": after}
