"""Half-hourly meter files in the two common layouts: 365 lines of 48 values, and a date with 48 values."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import isfinite
from pathlib import Path

import numpy as np

from model.faults import FaultList
from model.language import Text
from model.optimise.joint_purchase.auction import FloatArray
from model.optimise.joint_purchase.tariffs import FISCAL_MONTHS
from model.ordinance.columns import CellError, Column
from model.record_files import raw_lines

#: Half-hours of a day, and what turns the energy of one into a mean power.
SLOTS, PER_HOUR = 48, 2.0
_DATE = Column("date", Text("date", "日付"), "", "date", True, None)


@dataclass(frozen=True)
class HalfHours:
    """A year of half-hourly demand.

    Args:
        first_day: the day of the first row.
        kwh: dims (day, half-hour) [kWh].
    """

    first_day: date
    kwh: FloatArray

    @property
    def monthly_kwh(self) -> FloatArray:
        """Energy by fiscal month, April first [kWh]."""
        months = self._months()
        return np.array([self.kwh[months == month].sum() for month in FISCAL_MONTHS])

    @property
    def monthly_peak(self) -> FloatArray:
        """Highest mean power of a half-hour by fiscal month [kW]."""
        months = self._months()
        return np.array([self.kwh[months == month].max() * PER_HOUR for month in FISCAL_MONTHS])

    @property
    def power(self) -> FloatArray:
        """Mean power by half-hour from 1 April to 31 March [kW]; a year that began later goes round to April."""
        days = [self.first_day + timedelta(days=number) for number in range(len(self.kwh))]
        begins = next((number for number, day in enumerate(days) if (day.month, day.day) == (FISCAL_MONTHS[0], 1)), 0)
        return np.asarray(np.roll(self.kwh, -begins, axis=0).ravel() * PER_HOUR, dtype=np.float64)

    def _months(self) -> np.ndarray:
        return np.array([(self.first_day + timedelta(days=day)).month for day in range(len(self.kwh))])


def read_half_hours(path: Path, fiscal_year: int, faults: FaultList) -> HalfHours | None:
    """Read a meter file of a year.

    Args:
        path: CSV or Excel, with or without a heading; lines of 48 values from 1 April on, or a date and 48 values.
        fiscal_year: the year that lines without a date stand for.
        faults: where everything wrong is recorded: days that do not exist, stand twice or are missing, bad values.

    Returns:
        the year, or None after recording why it cannot be used.
    """
    before = len(faults.faults)
    lines = raw_lines(path, faults)
    if lines is None:
        return None
    if lines and not _is_data(lines[0][1]):
        lines = lines[1:]
    wanted = _days(fiscal_year)
    dated = bool(lines) and len(lines[0][1]) == SLOTS + 1
    table: dict[date, list[float]] = {}
    for position, (number, cells) in enumerate(lines):
        place = f"{path}:{number}"
        if len(cells) != SLOTS + dated:
            problem = Text("a line needs 48 values, or a date and 48 values", "1行は48値、又は日付と48値です")
            faults.add(place, problem, given=len(cells), allowed=str(SLOTS + dated))
            continue
        day = _day(place, cells[0], faults) if dated else (wanted[position] if position < len(wanted) else None)
        values = _values(place, cells[int(dated) :], faults)
        if day is not None and values is not None:
            if day in table:
                faults.add(place, Text("this day stands twice", "同じ日が二つあります"), day)
            table[day] = values
    if not dated and len(lines) != len(wanted):
        problem = Text(
            f"the year needs {len(wanted)} lines; write a date in front of each if the year is another",
            f"{len(wanted)}行必要です。年が異なる場合は各行の先頭に日付を入れてください",
        )
        faults.add(str(path), problem, given=len(lines))
    elif dated and len(faults.faults) == before:
        wanted = _year_from(min(table)) if table else wanted
        _check_days(path, table, wanted, faults)
    if len(faults.faults) > before:
        return None
    return HalfHours(wanted[0], np.array([table[day] for day in wanted]))


def _days(fiscal_year: int) -> list[date]:
    """Return the days of a fiscal year."""
    return _year_from(date(fiscal_year, 4, 1))


def _year_from(first: date) -> list[date]:
    """Return the days of the twelve months that start on a day."""
    leap_day = date(first.year + (first.month > 2), 2, 28) + timedelta(days=1)
    length = 366 if leap_day.month == 2 and calendar.isleap(leap_day.year) else 365
    return [first + timedelta(days=number) for number in range(length)]


def _check_days(path: Path, table: dict[date, list[float]], wanted: list[date], faults: FaultList) -> None:
    """Record days that are missing or beyond the twelve months."""
    missing = [day for day in wanted if day not in table]
    beyond = sorted(set(table) - set(wanted))
    if missing:
        shown = ", ".join(str(day) for day in missing[:5])
        faults.add(str(path), Text(f"{len(missing)} days are missing", f"{len(missing)}日分がありません"), shown)
    if beyond:
        shown = ", ".join(str(day) for day in beyond[:5])
        faults.add(str(path), Text("more than twelve months", "12か月を超えています"), shown)


def _is_data(cells: Sequence[object]) -> bool:
    """Say whether a line holds values and not headings."""
    if len(cells) < SLOTS:
        return False
    try:
        float(str(cells[-1]))
    except ValueError:
        return False
    return True


def _day(place: str, cell: object, faults: FaultList) -> date | None:
    """Return the day in a cell."""
    try:
        found = _DATE.read(cell)
    except CellError as bad:
        faults.add(place, Text(f"not {bad.expected.en}", f"{bad.expected.ja}で入力してください"), cell)
        return None
    return found if isinstance(found, date) else None


def _values(place: str, cells: Sequence[object], faults: FaultList) -> list[float] | None:
    """Return 48 consumptions [kWh], or None after recording the first that is none."""
    values = []
    for slot, cell in enumerate(cells, start=1):
        try:
            value = float(str(cell).replace(",", ""))
        except ValueError:
            value = float("nan")
        if not isfinite(value) or value < 0:
            problem = Text("a consumption of at least 0 kWh is needed", "0以上の電力量(kWh)が必要です")
            faults.add(f"{place} › {slot}", problem, cell)
            return None
        values.append(value)
    return values
