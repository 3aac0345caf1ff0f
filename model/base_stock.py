"""The stock at the end of the base year: what stood in 2000, by segment, municipality and year of construction."""

from __future__ import annotations

import numpy as np

from model.axes import Axes
from model.inputs import Data
from model.lifetimes import Lifetimes, base_periods, office_cohorts
from model.stock import base_year_cohorts
from model.survival import survival_table
from model.survival_families import Array


def base_stock(data: Data, axes: Axes, lifetimes: Lifetimes, base_demand: Array) -> Array:
    """Return the base-year stock in its own unit [segment, region, vintage], summing to what stood.

    Dwellings stand by the periods of construction of their type, spread within a period by what each vintage has
    survived; non-residential floor area has the age mix of offices, the only one surveyed.

    Args:
        data: input tables.
        axes: axes of the run.
        lifetimes: survival curves.
        base_demand: what stands at the end of the base year [segment, region].
    """
    mix = np.zeros((len(axes.segments), len(axes.vintages)))
    residential = np.flatnonzero(axes.segments_where(sector="residential"))
    curves = lifetimes.of_segments(axes)
    shares, first, last = base_periods(data, axes, residential)
    survivors = survival_table([curves[i] for i in residential], axes.vintages, axes.years[:1])[0]
    mix[residential] = base_year_cohorts(shares, survivors, axes.vintages, first, last)
    offices = office_cohorts(data, axes, lifetimes.curves["office"])
    mix[axes.segments_where(sector="commercial")] = offices / offices.sum()
    return base_demand[:, :, None] * mix[:, None, :]


def base_standards(data: Data, axes: Axes) -> Array:
    """Return the performance mix of every vintage as built, to the last published year [segment, vintage, standard]."""
    years = axes.vintages.astype(np.float64)
    result = np.zeros((len(axes.segments), len(axes.vintages), len(axes.standards)))
    for sector in ("residential", "commercial"):
        known = np.unique(data.column("buildings/standards_of_new", "share_of_new", "year", segment_sector=sector))
        shares = data.grid(
            "buildings/standards_of_new", "share_of_new", ("year", known.tolist()), ("standard", axes.standards),
            missing=0.0, segment_sector=sector,
        )  # fmt: skip
        mix = np.stack([np.interp(years, known, shares[:, i]) for i in range(shares.shape[1])], axis=-1)
        result[axes.segments_where(sector=sector)] = mix
    return result
