"""Fit of energy to the inventory: how much service a square metre takes, by sector and year, with the residual kept.

Two things are fitted. First, for one year, a factor on heat uses and one on electric uses close the sector's total
and its share of electricity. Then a service level by year, straight in the logarithm between a few knots and with one
number for the pandemic, comes as near to the published series as it can; it holds weather, behaviour and whatever the
stock and the equipment do not explain. Facilities under cap-and-trade have their own deviation from it, since their
emissions are published apart. What the fit leaves is shown as the hindcast's residual, never hidden.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import least_squares

from model.axes import LAST_PUBLISHED_YEAR, PROJECTION_FROM, Axes
from model.inputs import Data
from model.levers import Levers
from model.survival_families import Array
from model.year_path import path_values

#: End uses mostly served by heat; the others are electric.
_HEAT_USES: Final = ("heating", "hot_water", "cooking")


@dataclass(frozen=True)
class Calibration:
    """What was fitted.

    Args:
        end_use: factor on useful energy [segment, end_use].
        service: service level [year, segment].
        heat_factor: the factor on heat uses, by sector.
        electric_factor: the factor on electric uses, by sector.
    """

    end_use: Array
    service: Array
    heat_factor: dict[str, float]
    electric_factor: dict[str, float]


# Heat and electric uses of one year: two factors so that the total and its electricity are what is known.
def split_factors(
    heat: float, heat_electricity: float, electric: float, electric_electricity: float, total: float, electricity: float
) -> tuple[float, float]:
    """Return the factors on heat uses and on electric uses.

    a · heat + b · electric = total;  a · heat_electricity + b · electric_electricity = electricity

    Args:
        heat: final energy of heat uses, any unit; `heat_electricity` the electricity in it.
        heat_electricity: see `heat`.
        electric: final energy of the other uses; `electric_electricity` the electricity in it.
        electric_electricity: see `electric`.
        total: final energy that shall result.
        electricity: electricity that shall result.
    """
    a, b = np.linalg.solve([[heat, electric], [heat_electricity, electric_electricity]], [total, electricity])
    return float(a), float(b)


def calibrate(data: Data, levers: Levers, axes: Axes, final: Array) -> Calibration:
    """Fit both sectors to the inventory.

    Args:
        data: input tables.
        levers: `service` paths, which take over after the last published year.
        axes: axes of the run.
        final: final energy at service level 1 [TJ/year] [year, segment, end_use, carrier].

    Returns:
        factors and service levels of every year and segment.
    """
    end_use = np.ones((len(axes.segments), len(axes.end_uses)))
    heat_factor, electric_factor = {}, {}
    for sector in ("residential", "commercial"):
        inside = axes.segments_where(sector=sector)
        a, b = _split(data, axes, final[:, inside], sector)
        heat_factor[sector], electric_factor[sector] = a, b
        end_use[inside] = [a if name in _HEAT_USES else b for name in axes.end_uses]
    scaled: Array = np.einsum("ysec,se->ys", final, end_use)
    years = axes.years.astype(np.float64)
    service = np.ones((len(years), len(axes.segments)))
    residential, commercial = (axes.segments_where(sector=name) for name in ("residential", "commercial"))
    service[:, residential] = _fit_residential(data, axes, scaled[:, residential].sum(axis=1))[:, None]
    capped = axes.segments_where(sector="commercial", size_class="cap_and_trade")
    level, deviation = _fit_commercial(
        data, axes, scaled[:, commercial & ~capped].sum(axis=1), scaled[:, capped].sum(axis=1)
    )
    service[:, commercial] = level[:, None]
    service[:, capped] *= deviation[:, None]
    for name, inside in (("residential", residential), ("commercial", commercial)):
        projected = years >= PROJECTION_FROM
        path = np.where(projected, path_values(getattr(levers.service, name), years), 1.0)
        service[:, inside] *= path[:, None]
    return Calibration(end_use, service, heat_factor, electric_factor)


def _split(data: Data, axes: Axes, final: Array, sector: str) -> tuple[float, float]:
    """Return the factors on heat and electric uses of a sector in the year its electricity is known."""
    known, shares = data.series("energy/calibration", "electricity_share", sector=sector)
    uses = final[axes.year_index(int(known[-1]))].sum(axis=0)
    heat = np.array([name in _HEAT_USES for name in axes.end_uses])
    electricity = axes.carriers.index("electricity")
    total = published_energy(data, sector, known[-1:])[0] * 1e3
    return split_factors(
        uses[heat].sum(), uses[heat, electricity].sum(), uses[~heat].sum(), uses[~heat, electricity].sum(),
        total, shares[-1] * total,
    )  # fmt: skip


def published_energy(data: Data, sector: str, years: Array) -> Array:
    """Return the published final energy of a building sector [PJ/year] [year]; dwellings by index on the base level."""
    if sector == "commercial":
        return data.by_year("inventory/energy", "final_energy", years, sector=sector)
    level = data.number("inventory/energy", "final_energy", sector=sector)
    known, change = data.series("inventory/energy", "final_energy_change", sector=sector)
    return np.asarray(level * (1.0 + np.interp(years, np.append(2000.0, known), np.append(0.0, change))))


# A service level: straight in the logarithm between knots, flat after the last, and the pandemic where it was felt.
def service_level(years: Array, knots: Array, logarithms: Array, pandemic: float, profile: Array) -> Array:
    """Return a service level [year].

    ln s = line through (knot, logarithm) + pandemic · profile

    Args:
        years: fiscal years [year].
        knots: years at which the slope may change.
        logarithms: ln s at the knots.
        pandemic: ln s of the pandemic's full effect.
        profile: share of that effect present [year].
    """
    return np.exp(np.interp(years, knots, logarithms) + pandemic * profile)


def _fit_residential(data: Data, axes: Axes, unit: Array) -> Array:
    """Return the service level of dwellings [year] that brings `unit` [TJ/year] nearest the published index.

    ln s is linear in what is fitted, so the fit is one of linear least squares.
    """
    years = axes.years.astype(np.float64)
    profile = data.by_year("energy/calibration", "pandemic_profile", years, sector="residential")
    known, _ = data.series("inventory/energy", "final_energy_change", sector="residential")
    seen = np.append(2000.0, known)
    target = published_energy(data, "residential", seen) * 1e3
    at = (seen - years[0]).astype(int)
    knots, _ = data.series("energy/calibration", "service_knot", sector="residential")
    slopes = _slopes(years, knots, profile)
    fitted = np.linalg.lstsq(slopes[at], np.log(target / unit[at]), rcond=None)[0]
    return service_level(years, knots, fitted[:-1], fitted[-1], profile)


def _slopes(years: Array, knots: Array, profile: Array) -> Array:
    """Return how ln s of each year moves with ln s at each knot and with the pandemic [year, parameter]."""
    by_knot = [np.interp(years, knots, unit) for unit in np.eye(len(knots))]
    return np.stack([*by_knot, profile], axis=1)


def _fit_commercial(data: Data, axes: Axes, others: Array, capped: Array) -> tuple[Array, Array]:
    """Return the service level of non-residential buildings and the deviation of facilities under the cap [year].

    Args:
        data: input tables.
        axes: axes of the run.
        others: final energy at service level 1 outside the cap [TJ/year] [year].
        capped: the same under the cap.
    """
    years = axes.years.astype(np.float64)
    profile = data.by_year("energy/calibration", "pandemic_profile", years, sector="commercial")
    known, energy = data.series("inventory/energy", "final_energy", sector="commercial")
    cap_years, reduction = data.series("inventory/cap_and_trade", "reduction")
    seen = cap_years <= LAST_PUBLISHED_YEAR
    at, cap_at = (known - years[0]).astype(int), (cap_years[seen] - years[0]).astype(int)
    base_years, _ = data.series("inventory/cap_and_trade", "base_period")
    first, last = (axes.year_index(int(year)) for year in base_years)
    knots, _ = data.series("energy/calibration", "service_knot", sector="commercial")
    capped_knots, _ = data.series("energy/calibration", "capped_service_knot", sector="commercial")
    of_level = _slopes(years, knots, profile)
    # The first knot of the deviation stands at 0, so it has no slope of its own.
    of_deviation = _slopes(years, capped_knots, profile)[:, 1:-1]
    of_capped = np.concatenate([of_level, of_deviation], axis=1)
    only_level = np.concatenate([of_level, np.zeros_like(of_deviation)], axis=1)

    def amounts(parameters: Array) -> tuple[Array, Array]:
        return others * np.exp(only_level @ parameters), capped * np.exp(of_capped @ parameters)

    def residual(parameters: Array) -> Array:
        outside, under_cap = amounts(parameters)
        base = under_cap[first : last + 1].mean()
        return np.concatenate(
            [
                np.log((outside + under_cap)[at] / (energy * 1e3)),
                np.log(under_cap[cap_at] / base / (1.0 - reduction[seen])),
            ]
        )

    def slopes(parameters: Array) -> Array:
        outside, under_cap = (amount[:, None] for amount in amounts(parameters))
        of_total = (outside * only_level + under_cap * of_capped) / (outside + under_cap)
        base = under_cap[first : last + 1]
        of_base = (base * of_capped[first : last + 1]).sum(axis=0) / base.sum()
        return np.concatenate([of_total[at], of_capped[cap_at] - of_base])

    fit = least_squares(residual, np.zeros(of_capped.shape[1]), jac=slopes, method="lm")
    bend = np.concatenate([[0.0], fit.x[len(knots) + 1 :]])
    level = service_level(years, knots, fit.x[: len(knots)], fit.x[len(knots)], profile)
    return level, np.exp(np.interp(years, capped_knots, bend))
