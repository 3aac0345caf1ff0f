"""Support by the wards: the equations, on plain arrays, parameters passed in."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from model.ordinance.exact import BoolArray, FloatArray, reaches


# Adoption grows by the same number of points each year, and stands still outside the two years.
def linear_adoption(years: npt.ArrayLike, first: tuple[int, float], last: tuple[int, float]) -> FloatArray:
    """Return the share that has adopted by year [1], on a straight line between two (year, share)."""
    return np.interp(np.asarray(years, dtype=np.float64), [first[0], last[0]], [first[1], last[1]])


# Adoption spreads from those who have it to those who have not: the odds grow by the same factor each year.
def spreading_adoption(years: npt.ArrayLike, first: tuple[int, float], last: tuple[int, float]) -> FloatArray:
    """Return the share that has adopted by year [1], on the logistic curve through two (year, share).

    Args:
        years: fiscal years.
        first: year and share of the start; the share is above 0.
        last: year and share of the target; the share is below 1.

    Source of the formula: Fisher and Pry (1971), a simple substitution model of technological change.
    """
    odds = [np.log(share / (1.0 - share)) for share in (first[1], last[1])]
    slope = (odds[1] - odds[0]) / (last[0] - first[0])
    at = odds[0] + slope * (np.asarray(years, dtype=np.float64) - first[0])
    return np.asarray(1.0 / (1.0 + np.exp(-at)))


# Where adoption is decided when a thing is built, those that have it are the sum of all years so far.
def adopted_to_date(share: npt.ArrayLike, built: npt.ArrayLike) -> FloatArray:
    """Return how many of those built have adopted by the end of each year.

    Args:
        share: share of each year's buildings that adopts [1], dims (…, year).
        built: buildings of each year, dims (…, year) or one number.
    """
    return np.cumsum(np.asarray(share, dtype=np.float64) * np.asarray(built, dtype=np.float64), axis=-1)


# A grant for equipment needs an effect: so many tonnes, or such a share of the site.
def effect_is_enough(
    cut_t: npt.ArrayLike, site_t: npt.ArrayLike, tonnes_min: float, share_min: float | None
) -> BoolArray:
    """Say whether a cut of a site's emissions [t-CO2] is enough in tonnes or, if there is a line, as a share."""
    cut = np.asarray(cut_t, dtype=np.float64)
    by_tonnes = np.asarray(reaches(cut, tonnes_min))
    if share_min is None:
        return by_tonnes
    return by_tonnes | np.asarray(reaches(cut, share_min * np.asarray(site_t, dtype=np.float64)))
