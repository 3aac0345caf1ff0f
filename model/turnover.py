"""How much of the residential stock is new by the last year, under one choice of lifetimes or another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.axes import LAST_PUBLISHED_YEAR, Axes
from model.demand import segment_dwellings, sizes
from model.inputs import Data
from model.levers import Levers
from model.lifetimes import base_periods, dwellings_built, lifetimes
from model.survival import survival_table
from model.survival_families import Array


@dataclass(frozen=True)
class Turnover:
    """What a choice of lifetimes makes of the residential stock.

    Args:
        buildings: share of the residential buildings of the last year that were built after the last published year.
        dwellings: the same in dwellings.
        started: residential buildings started in the year of the published count [building/year].
        detached_mean: mean life of detached houses [years].
    """

    buildings: float
    dwellings: float
    started: float
    detached_mean: float


def turnover_of(data: Data, levers: Levers, axes: Axes, choice: str, counted: int) -> Turnover:
    """Return the turnover of dwellings under `stock.lifetime: choice`, in the metropolis as a whole."""
    levers = levers.model_copy(update={"stock": levers.stock.model_copy(update={"lifetime": choice})})
    wanted = segment_dwellings(data, levers, axes)
    life = lifetimes(data, levers, axes, wanted)
    residential = np.flatnonzero(axes.segments_where(sector="residential"))
    curves = [life.of_segments(axes)[i] for i in residential]
    built = dwellings_built(curves, wanted[:, residential], base_periods(data, axes, residential), axes)
    standing = survival_table(curves, axes.vintages, axes.years)
    later = axes.years > LAST_PUBLISHED_YEAR
    left: Array = standing[-1][:, axes.vintage_index(int(axes.years[0])) :].T
    per_dwelling = sizes(data, levers, axes).buildings[residential]
    standing_built = built * left
    new, since_base = standing_built[later].sum(axis=0), standing_built.sum(axis=0)
    old = wanted[-1, residential] - new
    new_buildings = (new * per_dwelling[:, -1]).sum()
    old_buildings = ((since_base - new) * per_dwelling[:, -1]).sum()
    old_buildings += ((wanted[-1, residential] - since_base) * per_dwelling[:, 0]).sum()
    return Turnover(
        buildings=float(new_buildings / (new_buildings + old_buildings)),
        dwellings=float(new.sum() / (new.sum() + old.sum())),
        started=float((built[axes.year_index(counted)] * per_dwelling[:, -1]).sum()),
        detached_mean=life.mean["detached"],
    )
