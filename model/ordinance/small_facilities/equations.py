"""Existing small and mid-size facilities (地球温暖化対策報告書制度): the equations, on plain arrays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from model.ordinance.exact import BoolArray, FloatArray, reaches


# The programme covers facilities below the cap-and-trade line; a facility on the line is covered by the other one.
def is_small(facility_kl: npt.ArrayLike, facility_max_kl: float) -> BoolArray:
    """Return which facilities are small or mid-size (source: report_small_existing.facility_max_crude_oil).

    Args:
        facility_kl: yearly energy of each facility [kL crude-oil equivalent], dims (facility).
        facility_max_kl: first amount that is no longer small [kL].
    """
    return np.asarray(~np.asarray(reaches(np.asarray(facility_kl, dtype=np.float64), facility_max_kl)))


# A company's energy is the sum over its small facilities; large ones are left to the other programme.
def company_total_kl(
    facility_kl: npt.ArrayLike, company: npt.ArrayLike, companies: int, facility_max_kl: float
) -> FloatArray:
    """Return the energy that decides on each company's duty [kL] (source: report_small_existing.is_report_obliged).

    Args:
        facility_kl: yearly energy of each facility [kL], dims (facility).
        company: index of the company of each facility, dims (facility).
        companies: number of companies.
        facility_max_kl: line of cap-and-trade [kL].

    Returns:
        dims (company).
    """
    kl = np.asarray(facility_kl, dtype=np.float64)
    counted = np.where(is_small(kl, facility_max_kl), kl, 0.0)
    return np.asarray(np.bincount(np.asarray(company), weights=counted, minlength=companies), dtype=np.float64)


# From the line on, the company must report every year.
def report_obliged(total_kl: npt.ArrayLike, aggregate_min_kl: float) -> BoolArray:
    """Return which companies must report (source: report_small_existing.is_report_obliged)."""
    return np.asarray(reaches(np.asarray(total_kl, dtype=np.float64), aggregate_min_kl))


# What has been saved is measured against the base year.
def reduction_share(now: npt.ArrayLike, base: npt.ArrayLike) -> FloatArray:
    """Return the reduction against a base [1]; negative where there is more than in the base."""
    return np.asarray(1.0 - np.asarray(now, dtype=np.float64) / np.asarray(base, dtype=np.float64))
