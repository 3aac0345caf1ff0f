"""The load of all facilities together, hour by hour, from their monthly energy and the shape of their class."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

import numpy as np

from model.optimise.joint_purchase_auction import FloatArray
from model.optimise.joint_purchase_inputs import Purchase
from model.optimise.joint_purchase_tariffs import FISCAL_MONTHS
from model.optimise.procurement_data import FACILITY_CLASSES, procurement

#: Months of each season of the load shapes.
_SEASON = dict.fromkeys((6, 7, 8, 9), "summer") | dict.fromkeys((12, 1, 2, 3), "winter")
_SATURDAY = 5


# Load of an hour: energy of the month spread over its hours by the shape of season and day, so that the month's energy
# is met.
def pooled_load(purchase: Purchase, year: int) -> FloatArray:
    """Return the load of all facilities together [kW] for every hour of a fiscal year."""
    loads = list(class_loads(purchase, year).values())
    return np.asarray(np.sum(loads, axis=0), dtype=np.float64)


# The shapes are of mean days, so their own peak is too low; how much lower the peak of the pool is than the sum of
# the classes' peaks carries over to the peaks that were measured.
def pooled_peak(purchase: Purchase, year: int) -> float:
    """Return the expected highest load of all facilities together [kW], from their own peaks and the load shapes."""
    loads = list(class_loads(purchase, year).values())
    coincidence = float(np.sum(loads, axis=0).max() / sum(load.max() for load in loads))
    return coincidence * float(purchase.peak.max(axis=1).sum())


def class_loads(purchase: Purchase, year: int) -> dict[str, FloatArray]:
    """Return the load of each class of facilities [kW] for every hour of a fiscal year."""
    return {name: _class_load(name, energy, year) for name, energy in _by_class(purchase).items()}


def _by_class(purchase: Purchase) -> dict[str, FloatArray]:
    """Return monthly energy of each class that has facilities [kWh]."""
    found: dict[str, FloatArray] = {}
    for name in FACILITY_CLASSES:
        mask = np.array([row.facility_class == name for row in purchase.facilities])
        if mask.any():
            found[name] = np.asarray(purchase.kwh[mask].sum(axis=0), dtype=np.float64)
    return found


def _class_load(name: str, energy: FloatArray, year: int) -> FloatArray:
    """Return the load of a class [kW] for every hour of a fiscal year."""
    days = [date(year, 4, 1) + timedelta(days=number) for number in range(366 if calendar.isleap(year + 1) else 365)]
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
