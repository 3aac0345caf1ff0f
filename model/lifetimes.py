"""How long buildings stand: the literature's range, and the fit within it to what was built and what was lost.

Two numbers are fitted, both a position between the lowest (0) and the highest (1) mean life of the literature: one for
detached houses and one for the other dwellings, so that the model's starts meet the published ones; a third, for
offices, so that the offices of 2000 that survived to the surveyed year are those found there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import numpy as np
from scipy.optimize import brentq, least_squares

from model.axes import BASE_YEAR, LAST_PUBLISHED_YEAR, PROJECTION_FROM, Axes, Years, period_bounds
from model.inputs import Data
from model.labels import classification
from model.levers import Levers
from model.stock import Cells, base_year_cohorts
from model.survival import Family, Survival, conditional_survival, survival_table
from model.survival_families import Array

#: Building types whose position in the literature's range is fitted together with detached houses' own.
_OTHER_DWELLINGS = ("row_house", "apartment_wood", "apartment_rental", "condominium")

#: Step of a position by which the fit sees slopes; large against rounding, small against what a life can be told to.
_STEP = 1e-4


@dataclass(frozen=True)
class Lifetimes:
    """Mean life and survival curve of each building type.

    Args:
        mean: [years] by building type.
        curves: survival curve by building type, as it was up to the projection.
        later_curves: the same from the projection on, with the factors of the scenario.
        position: fitted place within the literature's range, 0 lowest to 1 highest, of what was fitted.
    """

    mean: Mapping[str, float]
    curves: Mapping[str, Survival]
    later_curves: Mapping[str, Survival]
    position: Mapping[str, float]

    def of_segments(self, axes: Axes) -> list[Survival]:
        """Return the curve of every segment."""
        return [self.curves[name] for name in axes.attribute("building_type")]

    def of_segments_later(self, axes: Axes) -> list[Survival]:
        """Return the curve of every segment from the projection on."""
        return [self.later_curves[name] for name in axes.attribute("building_type")]


# A Weibull curve of known shape has mean scale · Γ(1 + 1/shape).
def weibull_with_mean(mean: float, shape: float) -> Survival:
    """Return the Weibull curve with this mean [years] and shape."""
    return Survival.weibull(shape, mean / math.gamma(1.0 + 1.0 / shape))


# Its spread depends on the shape alone: (sd/mean)² = Γ(1 + 2/shape)/Γ(1 + 1/shape)² − 1.
def weibull_variation(shape: float) -> float:
    """Return the coefficient of variation, sd over mean, of a Weibull curve."""
    return math.sqrt(math.gamma(1.0 + 2.0 / shape) / math.gamma(1.0 + 1.0 / shape) ** 2 - 1.0)


def mean_in_range(data: Data, building_type: str, position: float) -> float:
    """Return a mean life [years] within the literature's range: 0 is the lowest, 1 the highest."""
    low = data.number("buildings/lifetimes", "lowest_mean", building_type=building_type)
    high = data.number("buildings/lifetimes", "highest_mean", building_type=building_type)
    return low + position * (high - low)


def lifetimes(data: Data, levers: Levers, axes: Axes, dwellings: Array) -> Lifetimes:
    """Return the lifetimes that a scenario asks for.

    Args:
        data: input tables.
        levers: `stock.lifetime` chooses fitted, literature or outlook; `stock.lifetime_factor` multiplies
            the means from the projection on.
        axes: axes of the run.
        dwellings: dwellings that shall stand [year, segment], used by the fit.

    Returns:
        means and curves.
    """
    types = dict.fromkeys(axes.attribute("building_type"))
    position: dict[str, float] = {}
    if levers.stock.lifetime == "literature":
        mean = {name: data.number("buildings/lifetimes", "mean", building_type=name) for name in types}
    elif levers.stock.lifetime == "outlook":
        mean = {name: mean_in_range(data, name, 0.0) for name in types}
    else:
        position = fitted_positions(data, levers, axes, dwellings)
        mean = {name: data.number("buildings/lifetimes", "mean", building_type=name) for name in types}
        mean["detached"] = mean_in_range(data, "detached", position["detached"])
        mean |= {name: mean_in_range(data, name, position["other_dwellings"]) for name in _OTHER_DWELLINGS}
        mean["office"] = mean_in_range(data, "office", position["office"])
    factor = levers.stock.lifetime_factor
    residential = {
        row["building_type"] for row in classification("segments").values() if row["sector"] == "residential"
    }
    later = {name: value * (factor.residential if name in residential else factor.non_residential)
             for name, value in mean.items()}  # fmt: skip
    family = cast(Family, levers.stock.survival_family)
    curves, later_curves = (
        {name: _curve(data, family, name, value) for name, value in means.items()} for means in (mean, later)
    )
    return Lifetimes(mean, curves, later_curves, position)


def _curve(data: Data, family: Family, building_type: str, mean: float) -> Survival:
    """Return a type's curve: the Weibull curve of its shape, or another family with the same mean and spread."""
    shape = data.number("buildings/lifetimes", "weibull_shape", building_type=building_type)
    if family == "weibull":
        return weibull_with_mean(mean, shape)
    return Survival.from_mean_sd(family, mean, mean * weibull_variation(shape))


def fitted_positions(data: Data, levers: Levers, axes: Axes, dwellings: Array) -> dict[str, float]:
    """Return the fitted places within the literature's range: detached, other_dwellings, office."""
    family = cast(Family, levers.stock.survival_family)
    houses, others = _fit_dwellings(data, family, axes, dwellings)
    return {"detached": houses, "other_dwellings": others, "office": _fit_offices(data, family, axes)}


def _fit_dwellings(data: Data, family: Family, axes: Axes, dwellings: Array) -> tuple[float, float]:
    """Return the positions of detached houses and of other dwellings whose starts come nearest the published ones."""
    residential = np.flatnonzero(axes.segments_where(sector="residential"))
    types = [axes.attribute("building_type")[i] for i in residential]
    detached = np.array(types) == "detached"
    # No later year has anything to compare with.
    seen_axes = Axes.spanning(min(PROJECTION_FROM, int(axes.years[-1])), int(axes.vintages[0]), axes.resolution)
    wanted = dwellings[: len(seen_axes.years), residential]
    shares, first, last = base_periods(data, axes, residential)
    twice = (np.tile(shares, (2, 1)), first, last)
    weights = _mean_starts(data, len(residential), seen_axes)
    hang_on = np.stack([detached, ~detached], axis=1).astype(np.float64)

    @lru_cache(maxsize=2)
    def tried(*position: float) -> tuple[Array, Array]:
        """Return what is missed, and how it changes with each position, from one march of two sets of curves."""
        curves = [
            {name: _curve(data, family, name, mean_in_range(data, name, position[int(name != "detached")] + step))
             for name in dict.fromkeys(types)}
            for step in (0.0, _STEP)
        ]  # fmt: skip
        both = [of_type[name] for of_type in curves for name in types]
        built, moved = np.split(dwellings_built(both, np.tile(wanted, 2), twice, seen_axes), 2, axis=1)
        # Houses hang on the first position only, the others on the second.
        slopes = np.einsum("mys,ys,sp->mp", weights, (moved - built) / _STEP, hang_on)
        return np.einsum("mys,ys->m", weights, built) - 1.0, slopes

    def residual(position: Array) -> Array:
        return tried(*position)[0]

    def slopes(position: Array) -> Array:
        return tried(*position)[1]

    fit = least_squares(residual, x0=[0.5, 0.5], jac=slopes, bounds=(0.0, 1.0), method="dogbox", xtol=1e-10)
    return float(fit.x[0]), float(fit.x[1])


def _mean_starts(data: Data, segments: int, axes: Axes) -> Array:
    """Return weights [3, year, segment] with which dwellings built give mean starts over the published mean.

    The rows are custom-built houses, houses for sale (the first two segments) and all dwellings, each over the years
    that are published for it.
    """
    weights = np.zeros((3, len(axes.years), segments))
    for row, category in enumerate(("detached_custom", "detached_for_sale", "all")):
        years, started = data.series("buildings/turnover", "dwellings_started", category=category)
        seen = years <= LAST_PUBLISHED_YEAR if category == "all" else np.ones(len(years), dtype=bool)
        at = np.searchsorted(axes.years, years[seen])
        inside = slice(None) if category == "all" else slice(row, row + 1)
        weights[row, at, inside] = 1.0 / len(at) / started[seen].mean()
    return weights


def base_periods(data: Data, axes: Axes, residential: Cells) -> tuple[Array, Years, Years]:
    """Return base-year dwellings by period of construction as shares [segment, period], and first and last years."""
    table = "buildings/dwelling_vintages"
    chosen = data.column(table, "dwellings", "year") == BASE_YEAR
    columns = (data.column(table, "dwellings", name)[chosen] for name in ("stock_type", "period", "value"))
    base = {(kind, period): value for kind, period, value in zip(*columns, strict=True)}
    periods = list(dict.fromkeys(period for _, period in base))
    first, last = period_bounds(periods, int(axes.vintages[0]))
    types = [axes.attribute("stock_type")[i] for i in residential]
    shares = np.array([[base[name, period] for period in periods] for name in types])
    return shares / shares.sum(axis=1, keepdims=True), first, last


def dwellings_built(curves: list[Survival], wanted: Array, periods: tuple[Array, Years, Years], axes: Axes) -> Array:
    """Return the dwellings built each year [year, segment] for given curves, in the metropolis as a whole.

    The same march as the pathway's, without municipalities: survivors by hazard, the gap to demand built at mid-year.
    """
    shares, first, last = periods
    standing = survival_table(curves, axes.vintages, axes.years)
    cohorts = base_year_cohorts(wanted[0][:, None] * shares, standing[0], axes.vintages, first, last)
    left = np.divide(cohorts, standing[0], out=np.zeros_like(cohorts), where=standing[0] > 0)
    start = axes.vintage_index(int(axes.years[0]))
    old = np.einsum("sv,ysv->ys", left[:, : start + 1], standing[:, :, : start + 1])
    later = standing[:, :, start:]
    built = np.zeros_like(wanted)
    for index in range(1, len(axes.years)):
        survivors = np.einsum("vs,sv->s", built[1:index], later[index, :, 1:index])
        built[index] = np.maximum(wanted[index] - old[index] - survivors, 0.0) / later[index, :, index]
    return built


def office_cohorts(data: Data, axes: Axes, curve: Survival) -> Array:
    """Return the base-year offices by vintage [m²] [vintage], carried back from the surveyed year.

    A[2000, v] = A[surveyed, v] · S(2000 − v + 0.5) / S(surveyed − v + 0.5)
    """
    years, known, areas = (
        data.column("buildings/office_vintages", "floor_area", name) for name in ("year", "period", "value")
    )
    surveyed = int(years[0])
    first, last = period_bounds(known.tolist(), int(axes.vintages[0]))
    survivors = survival_table([curve], axes.vintages, np.array([surveyed]))[0, 0]
    later = base_year_cohorts(areas.astype(np.float64), survivors, axes.vintages, first, last)
    ages = BASE_YEAR - axes.vintages + 0.5
    lost = conditional_survival(curve, np.maximum(ages, 0.0) + surveyed - BASE_YEAR, np.maximum(ages, 0.0))
    return np.where(axes.vintages <= BASE_YEAR, later / lost, 0.0)


def _fit_offices(data: Data, family: Family, axes: Axes) -> float:
    """Return the position at which the offices carried back make up those known of the base year."""
    known = data.by_year("buildings/non_residential", "floor_area", np.array([BASE_YEAR]), building_type="office")[0]

    def excess(position: float) -> float:
        curve = _curve(data, family, "office", mean_in_range(data, "office", position))
        return float(office_cohorts(data, axes, curve).sum() / known - 1.0)

    if excess(0.0) <= 0.0:
        return 0.0
    if excess(1.0) >= 0.0:
        return 1.0
    return float(brentq(excess, 0.0, 1.0, xtol=1e-9))
