"""Japanese fiscal years: from 1 April to 31 March, named after the year in which they begin."""

from __future__ import annotations

from datetime import date


def fiscal_year_of(day: date) -> int:
    """Return the fiscal year that a day belongs to: 31 March 2026 is still FY2025."""
    return day.year if day.month >= 4 else day.year - 1
