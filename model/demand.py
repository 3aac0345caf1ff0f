"""What shall stand: dwellings by households and vacancy, other floor area by type, shared out to municipalities.

The unit of the stock is the dwelling in residential segments and the square metre in the others; `Sizes` turns both
into floor area, dwellings and buildings.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.polynomial import Polynomial
from scipy.interpolate import PchipInterpolator

from model.axes import BASE_YEAR, PROJECTION_FROM, Axes
from model.faults import BadInput, Fault
from model.inputs import Data
from model.labels import classification
from model.language import Text
from model.levers import Levers
from model.ordinance.municipalities import municipalities
from model.survival_families import Array
from model.table_labels import OPEN_LABELS
from model.year_path import path_values


@dataclass(frozen=True)
class Sizes:
    """What one unit of the stock is, by segment and vintage.

    Args:
        floor_area: [m²] per unit [segment, vintage].
        dwellings: dwellings per unit [segment, vintage].
        buildings: buildings per unit [segment, vintage].
    """

    floor_area: Array
    dwellings: Array
    buildings: Array


def smooth(years: Array, known: Array, values: Array) -> Array:
    """Return a driver between its known years without overshoot or kink, flat beyond them.

    Source: piecewise cubic Hermite interpolation (Fritsch and Carlson 1980).
    """
    # The same drivers are asked for in thousands of runs, and the interpolator takes longer to set up than to use.
    return _smooth(*(np.asarray(each, dtype=np.float64).tobytes() for each in (years, known, values))).copy()


@lru_cache(maxsize=1024)
def _smooth(years: bytes, known: bytes, values: bytes) -> Array:
    wanted, given, levels = (np.frombuffer(each) for each in (years, known, values))
    if len(given) == 1:
        return np.full(len(wanted), levels[0])
    inside = np.clip(wanted, given[0], given[-1])
    return np.asarray(PchipInterpolator(given, levels)(inside))


# Surveys five years apart scatter by more than a year's construction, so a parabola through them is the driver: the
# inflow is what the driver asks, and is never smoothed itself. From the last survey on dwellings follow households.
def total_dwellings(data: Data, levers: Levers, years: Array) -> Array:
    """Return the dwellings that shall stand in the metropolis at the end of each year.

    D = parabola through the surveys; later  D = D(last survey) + growth, where growth passes from the parabola's to
    that of households over the years that data give, times the household factor and
    (1 − vacancy of the last survey) / (1 − vacancy)

    Args:
        data: input tables.
        levers: demand levers.
        years: fiscal years [year].

    Returns:
        dwellings [year].
    """
    surveyed, dwellings = data.series("buildings/dwellings", "dwellings")
    known, households = data.series("buildings/households", "households", household_series=levers.demand.households)
    last = surveyed[-1]
    parabola = Polynomial.fit(surveyed, dwellings, deg=2)
    trend = _joined(parabola, last, data.number("buildings/dwellings", "years_to_outlook"), known, households, years)
    vacancy = path_values(levers.demand.vacancy_rate, years)
    vacancy_then = data.by_year("buildings/dwellings", "vacancy_rate", np.array([last]))[0]
    factor = path_values(levers.demand.households_factor, years) * (1 - vacancy_then) / (1 - vacancy)
    return np.where(years > last, trend * factor, trend)


def _joined(parabola: Polynomial, last: float, passage: float, known: Array, households: Array, years: Array) -> Array:
    """Return the driver before vacancy and factors [year]: history by surveys alone, then households' growth.

    From the last survey on the yearly growth is (1 − w) · parabola's + w · households' at the ratio of the last
    survey, w rising evenly from 0 to 1 over `passage` years, so that neither level nor growth jumps.
    """
    ratio = parabola(last) / smooth(np.array([last]), known, households)[0]
    steps = np.arange(last, max(years[-1], last) + 1.0)
    weight = np.clip((steps[1:] - last) / passage, 0.0, 1.0)
    growth = (1.0 - weight) * np.diff(parabola(steps)) + weight * np.diff(smooth(steps, known, households)) * ratio
    later = parabola(last) + np.concatenate([[0.0], np.cumsum(growth)])
    return np.where(years > last, np.interp(years, steps, later), parabola(years))


def vacancy_rate(data: Data, levers: Levers, years: Array) -> Array:
    """Return the share of dwellings that stand vacant [year]: surveyed, then the lever's path."""
    surveyed, rates = data.series("buildings/dwellings", "vacancy_rate")
    return np.where(
        years > surveyed[-1],
        path_values(levers.demand.vacancy_rate, years),
        np.interp(years, surveyed, rates),
    )


def segment_dwellings(data: Data, levers: Levers, axes: Axes) -> Array:
    """Return the dwellings of each segment [year, segment]; 0 in non-residential segments."""
    years = axes.years.astype(np.float64)
    total = total_dwellings(data, levers, years)
    by_type = _stock_type_shares(data, years)
    result = np.zeros((len(years), len(axes.segments)))
    for position, (segment, row) in enumerate(classification("segments").items()):
        if row["stock_type"]:
            within = smooth(years, *data.series("buildings/segment_shares", "share_of_stock_type", segment=segment))
            result[:, position] = total * by_type[row["stock_type"]] * within
    return result


def _stock_type_shares(data: Data, years: Array) -> dict[str, Array]:
    """Return each dwelling type's share of all dwellings [year]; concrete apartments are what the others leave."""
    table, quantity = "buildings/stock_types", "share_of_dwellings"
    *others, rest = OPEN_LABELS["stock_type"]
    shares = {name: smooth(years, *data.series(table, quantity, stock_type=name)) for name in others}
    return {**shares, rest: 1.0 - np.sum(list(shares.values()), axis=0)}


def segment_floor_area(data: Data, levers: Levers, axes: Axes) -> Array:
    """Return the floor area of each non-residential segment [m²] [year, segment]; 0 in residential ones."""
    years = axes.years.astype(np.float64)
    factor = path_values(levers.demand.non_residential_factor, years)
    shares = data.along("buildings/segments", "share_of_building_type", "segment", axes.segments, missing=0.0)
    result = np.zeros((len(years), len(axes.segments)))
    for position, building_type in enumerate(axes.attribute("building_type")):
        if axes.attribute("sector")[position] == "commercial":
            known, area = data.series("buildings/non_residential", "floor_area", building_type=building_type)
            projected = years >= PROJECTION_FROM
            reference = smooth(years, known, area)
            result[:, position] = reference * np.where(projected, factor, 1.0) * shares[position]
    return result


def demand(data: Data, levers: Levers, axes: Axes) -> Array:
    """Return what shall stand at the end of each year, in the unit of the stock [year, segment, region]."""
    whole = segment_dwellings(data, levers, axes) + segment_floor_area(data, levers, axes)
    return whole[:, :, None] * region_shares(data, axes)


def region_shares(data: Data, axes: Axes) -> Array:
    """Return the share of each municipality in each segment [year, segment, region], summing to 1 over region."""
    if axes.resolution == "metropolis":
        return np.ones((len(axes.years), len(axes.segments), 1))
    people = _population_shares(data, axes)
    dwelling_shares = {name: _dwelling_shares(data, axes, people, name) for name in ("detached", "other")}
    offices = _office_shares(data, axes, people[-1])
    result = np.empty((len(axes.years), len(axes.segments), len(axes.regions)))
    for position, row in enumerate(classification("segments").values()):
        if row["stock_type"]:
            result[:, position] = dwelling_shares["detached" if row["stock_type"] == "detached" else "other"]
        else:
            weight = data.number("buildings/region_weights", "office_weight", building_type=row["building_type"])
            result[:, position] = weight * offices + (1.0 - weight) * people
    return result


def _area_group(region: str) -> str:
    return "wards" if municipalities()[region].kind == "ward" else "tama_and_islands"


def _population_shares(data: Data, axes: Axes) -> Array:
    """Return municipal shares of people [year, region]: shares within an area of one year, areas by the outlook."""
    today = data.along("buildings/municipalities", "population", "region", axes.regions)
    groups = np.array([_area_group(region) for region in axes.regions])
    result = np.empty((len(axes.years), len(axes.regions)))
    for group in OPEN_LABELS["area_group"]:
        known, people = data.series("buildings/population_outlook", "population", area_group=group)
        inside = groups == group
        share = today[inside] / today[inside].sum()
        result[:, inside] = smooth(axes.years.astype(np.float64), known, people)[:, None] * share
    return np.asarray(result / result.sum(axis=1, keepdims=True))


def _dwelling_shares(data: Data, axes: Axes, people: Array, kind: str) -> Array:
    """Return municipal shares of detached houses or of all other dwellings [year, region].

    Dwellings follow households of one year, moved over time with the people of the area. The share of detached houses
    is known for the wards; elsewhere one share is taken, the one that closes the metropolis' total.
    """
    households = data.along("buildings/municipalities", "households", "region", axes.regions)
    known = data.rows("buildings/municipalities", "detached_share").set_index("region")["value"]
    given = known.reindex(list(axes.regions)).to_numpy(dtype=np.float64)
    year = np.array([data.rows("buildings/municipalities", "detached_share")["year"].iloc[0]], dtype=np.float64)
    metropolis = _stock_type_shares(data, year)["detached"][0]
    unknown = np.isnan(given)
    rest = (metropolis * households.sum() - np.nansum(households * given)) / households[unknown].sum()
    if not 0.0 <= rest <= 1.0:
        raise BadInput([_detached_fault(rest)])
    share = np.where(unknown, rest, given)
    counted = int(data.rows("buildings/municipalities", "households")["year"].iloc[0])
    moved = households * people / people[axes.year_index(counted)]
    weight = moved * (share if kind == "detached" else 1.0 - share)
    return np.asarray(weight / weight.sum(axis=1, keepdims=True))


def _detached_fault(rest: float) -> Fault:
    return Fault(
        "buildings/municipalities.csv, detached_share",
        Text(
            "the shares of the wards leave no possible share of detached houses for the other municipalities; correct"
            " them or buildings/stock_types.csv",
            "その他の市町村の戸建割合が0～1に収まりません。区部の値か buildings/stock_types.csv を見直してください",
        ),
        given=f"{rest:g}",
        allowed="0 … 1",
    )


def _office_shares(data: Data, axes: Axes, people: Array) -> Array:
    """Return municipal shares of offices [region]: tax roll in the wards, people beyond them."""
    wards = data.along("buildings/municipalities", "office_floor_area", "region", axes.regions, missing=0.0)
    beyond = data.number("buildings/region_weights", "office_floor_area_beyond_wards", building_type="office")
    outside = np.array([_area_group(region) != "wards" for region in axes.regions])
    area = np.where(outside, beyond * people / people[outside].sum(), wards)
    return np.asarray(area / area.sum())


def sizes(data: Data, levers: Levers, axes: Axes) -> Sizes:
    """Return floor area, dwellings and buildings per unit of the stock, by segment and vintage.

    Vintages up to the base year have the sizes of the existing stock, later ones those of new construction.
    """
    residential = axes.segments_where(sector="residential")[:, None]
    new = axes.vintages > BASE_YEAR
    factor = path_values(levers.demand.floor_area_per_dwelling_factor, axes.vintages.astype(np.float64))
    projected = axes.vintages >= PROJECTION_FROM

    def by_vintage(quantity: str) -> Array:
        existing, later = (
            data.along("buildings/segments", f"{quantity}_{when}", "segment", axes.segments, missing=0.0)
            for when in ("existing", "new")
        )
        return np.where(new, later[:, None], existing[:, None])

    per_dwelling = by_vintage("floor_area_per_dwelling") * np.where(projected, factor, 1.0)
    per_building = np.where(residential, by_vintage("dwellings_per_building"), by_vintage("floor_area_per_building"))
    return Sizes(
        floor_area=np.where(residential, per_dwelling, 1.0),
        dwellings=np.broadcast_to(np.where(residential, 1.0, 0.0), per_dwelling.shape),
        buildings=1.0 / per_building,
    )
