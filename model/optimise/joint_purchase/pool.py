"""The load of all facilities together: measured by half-hour, or from monthly energy and the shape of their class."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np

from model.optimise.joint_purchase.auction import BoolArray, FloatArray
from model.optimise.joint_purchase.inputs import Purchase
from model.optimise.joint_purchase.tariffs import FISCAL_MONTHS
from model.optimise.procurement_data import FACILITY_CLASSES, procurement

#: Months of each season of the load shapes.
_SEASON = dict.fromkeys((6, 7, 8, 9), "summer") | dict.fromkeys((12, 1, 2, 3), "winter")
_SATURDAY = 5


# Load of an hour: as measured where there is a half-hourly file; else energy of the month spread over its hours by the
# shape of season and day, so that the month's energy is met.
def pooled_load(purchase: Purchase, year: int) -> FloatArray:
    """Return the load of all facilities together [kW] for every hour of a fiscal year."""
    together = np.zeros(48 * _days_of(year))
    for load in _half_hours(purchase, year):
        together += load
    return np.asarray(together.reshape(-1, 2).mean(axis=1), dtype=np.float64)


# The shapes are of mean days, so their own peak is too low; how much lower the peak of the pool is than the sum of
# the peaks of classes and measured facilities carries over to the peaks that were billed. If every facility is measured
# the sum of their own peaks is that sum, and what is left is the peak of the pool itself.
def pooled_peak(purchase: Purchase, year: int) -> float:
    """Return the expected highest load of all facilities together [kW]: exact if all have half-hourly files."""
    together, apart = np.zeros(1), 0.0
    for load in _half_hours(purchase, year):
        together, apart = together + load, apart + float(load.max())
    return float(together.max()) / apart * float(purchase.peak.max(axis=1).sum())


def _half_hours(purchase: Purchase, year: int) -> Iterator[FloatArray]:
    """Yield the load [kW] of each measured facility, and of the others by class, by half-hour of a fiscal year."""
    unmeasured = np.array([number not in purchase.measured for number in range(len(purchase.facilities))])
    for name, energy in _by_class(purchase, unmeasured).items():
        yield np.repeat(_class_load(name, energy, year), 2)
    length = 48 * _days_of(year)
    for measured in purchase.measured.values():
        yield np.resize(measured.power, length)


def class_loads(purchase: Purchase, year: int) -> dict[str, FloatArray]:
    """Return the load of each class of facilities [kW] for every hour of a fiscal year, by the shapes alone."""
    every = np.ones(len(purchase.facilities), dtype=np.bool_)
    return {name: _class_load(name, energy, year) for name, energy in _by_class(purchase, every).items()}


def _by_class(purchase: Purchase, chosen: BoolArray) -> dict[str, FloatArray]:
    """Return monthly energy of each class among chosen facilities [kWh]."""
    found: dict[str, FloatArray] = {}
    for name in FACILITY_CLASSES:
        mask = chosen & np.array([row.facility_class == name for row in purchase.facilities])
        if mask.any():
            found[name] = np.asarray(purchase.kwh[mask].sum(axis=0), dtype=np.float64)
    return found


def _days_of(year: int) -> int:
    """Return the number of days of a fiscal year."""
    return 366 if calendar.isleap(year + 1) else 365


def _class_load(name: str, energy: FloatArray, year: int) -> FloatArray:
    """Return the load of a class [kW] for every hour of a fiscal year."""
    days = [date(year, 4, 1) + timedelta(days=number) for number in range(_days_of(year))]
    months = np.array([day.month for day in days])
    shape = np.array([_day(name, day) for day in days])
    load = np.zeros((len(days), 24))
    for month, amount in zip(FISCAL_MONTHS, energy, strict=True):
        mask = months == month
        load[mask] = amount * shape[mask] / shape[mask].sum()
    return load.ravel()


def _day(name: str, day: date) -> list[float]:
    """Return the shape of a day by hour [ratio to the mean]."""
    season = _SEASON.get(day.month, "other")
    kind = "weekend" if day.weekday() >= _SATURDAY else "workday"
    return [procurement().number("hourly_shape", "ratio_to_mean", name, season, kind, str(hour)) for hour in range(24)]
