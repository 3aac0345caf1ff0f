"""The account of the cap by period: every tonne that was kept, bought or owed stands in one place."""

from __future__ import annotations

import numpy as np
import xarray as xr

from model.report.run.cap_table import cap_table

YEARS = np.arange(2008, 2027)


def capped(**by_year: dict[int, float]) -> xr.Dataset:
    """Return a run under a cap of 10 kt a year from FY2010, with a base of 20 kt at a rate of a half."""
    ahead = YEARS >= 2010
    values = {
        "capped_rate": np.where(ahead, 0.5, 0.0),
        "capped_allowance": np.where(ahead, 10.0, 0.0),
        "capped_emissions": np.where(YEARS < 2015, 8.0, np.where(YEARS < 2020, 12.0, 11.0)),
        "capped_electricity_factor": np.where(YEARS < 2015, 0.382, 0.489),
    }
    for name in ("capped_banked", "capped_expired", "capped_credits", "capped_uncovered"):
        amounts = by_year.get(name.removeprefix("capped_"), {})
        values[name] = np.array([amounts.get(int(year), 0.0) for year in YEARS])
    return xr.Dataset({name: ("year", of_year) for name, of_year in values.items()}, coords={"year": YEARS})


def test_each_period_says_what_became_of_every_tonne() -> None:
    # FY2010-14: 50 allowed, 40 emitted, 10 kept. FY2015-19: 60 emitted; 7 of the bank used (3 end), 2 bought, 1 open.
    run = capped(banked={2014: 10.0}, expired={2019: 3.0}, credits={2019: 2.0}, uncovered={2019: 1.0})
    table = cap_table(run, "en")
    assert [row[0] for row in table[1:]] == ["FY2010–FY2014", "FY2015–FY2019", "FY2020–FY2024"]
    assert table[1][1:] == [50.0, 0.382, 50.0, 40.0, 10.0, 0.0, 0.0, 0.0, 0.0, 10.0]
    assert table[2][1:] == [50.0, 0.489, 50.0, 60.0, -10.0, 7.0, 2.0, 1.0, 3.0, 0.0]
    # FY2025 and 2026 belong to a period that the run does not see to its end.
    assert len(table) == 4
    assert cap_table(run, "ja")[2][0] == "2015(平成27)年度–2019(令和元)年度"


def test_without_a_cap_there_is_no_account() -> None:
    assert cap_table(capped().assign(capped_rate=("year", np.zeros(len(YEARS)))), "en") == []
