"""The calendar of a joint purchase, counted back from the first day of supply."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING

from model.language import Text
from model.optimise.procurement_data import procurement

if TYPE_CHECKING:
    from holidays import HolidayBase

#: Days on which offices are closed at the turn of the year, as month and day.
_CLOSED = {(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3)}
_SATURDAY = 5


@dataclass(frozen=True)
class Step:
    """A step of the calendar."""

    name: Text
    first: date
    last: date


def business_day(day: date) -> bool:
    """Say whether offices are open: no weekend, no national holiday and not the turn of the year."""
    return day.weekday() < _SATURDAY and (day.month, day.day) not in _CLOSED and day not in _national_holidays()


@cache
def _national_holidays() -> HolidayBase:
    """Return the national holidays of Japan with their substitutes; years come in as they are asked for."""
    from holidays import country_holidays

    return country_holidays("JP")


def before(day: date, days: int) -> date:
    """Return the last business day at least some days before a day."""
    found = day - timedelta(days=days)
    while not business_day(found):
        found -= timedelta(days=1)
    return found


def after(day: date, days: int) -> date:
    """Return the first business day at least some days after a day."""
    found = day + timedelta(days=days)
    while not business_day(found):
        found += timedelta(days=1)
    return found


def calendar(supply: date) -> list[Step]:
    """Return the steps up to the start of supply, the latest that leave the time that auctions on record had.

    Every step begins and ends on a business day; supply itself begins on the day that the rules state.

    For a supply from April the windows lie between December and February, as practised.
    """
    data = procurement()

    def days(name: str) -> int:
        return int(data.parameter(name))

    close = before(supply, days("days_before_supply"))
    opening = before(close, days("window_days") - 1)
    first_close = before(opening, days("days_between_stages"))
    first_opening = before(first_close, days("window_days") - 1)
    notice = before(first_opening, days("notice_days"))
    award = after(close, days("award_days"))
    return [
        Step(Text("notice and enrolment of wards", "公告・参加区の登録"), notice, before(first_opening, 1)),
        Step(Text("stage 1: each ward's own offer", "第1段階：各区の個別提示"), first_opening, first_close),
        Step(
            Text("wards compare and may leave", "各区の比較検討・離脱の判断"), after(first_close, 1), before(opening, 1)
        ),
        Step(Text("stage 2: joint auction", "第2段階：共同オークション"), opening, close),
        Step(Text("award and contracts", "落札決定・契約"), after(close, 1), award),
        Step(Text("switch of supplier", "供給切替の手続き"), after(award, 1), before(supply, 1)),
        Step(Text("supply begins", "供給開始"), supply, supply),
    ]
