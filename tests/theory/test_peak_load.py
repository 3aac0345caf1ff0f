"""Load at the hours in which it is highest: by hand, and what panels can and cannot take off it."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from shipped import shipped_data

from model.pathway import Pathway, run_pathway
from model.peak_load import load_after_panels, load_at
from model.scenario import load_scenario


@cache
def run(*changes: str) -> Pathway:
    return run_pathway(load_scenario("adopted_2025", changes).levers, shipped_data(), resolution="metropolis")


def test_an_even_use_draws_its_mean_and_others_their_multiple() -> None:
    # 8.76 TWh a year are 1 GW all year round; 31,536 TJ are 8.76 TWh.
    electricity = np.array([[31536.0, 0.0], [31536.0, 15768.0]])
    ratio = np.array([[1.0, 3.0], [0.0, 2.0]])
    assert load_at(electricity, ratio) == pytest.approx(np.array([[1.0, 3.0], [1.0, 4.0]]))


def test_panels_take_off_what_they_give_at_the_hour() -> None:
    left = load_after_panels(np.array([[10.0, 9.0]]), np.array([2e6]), np.array([0.6, 0.0]))
    assert left == pytest.approx(np.array([[8.8, 9.0]]))


def test_panels_of_a_run_lower_the_afternoon_of_summer_and_leave_the_evening_of_winter() -> None:
    few, many = run(), run("solar.retrofit_mw={2022: 15, 2030: 200}")
    moments, year = few.axes.load_moments, few.axes.year_index(2030)
    afternoon, evening = moments.index("summer_afternoon"), moments.index("winter_evening")
    # The building itself draws the same; 0.6 kW of each kW more is off the grid's load at that hour.
    assert np.array_equal(few.values["building_load"], many.values["building_load"])
    more = (many.values["solar_capacity"] - few.values["solar_capacity"])[year].sum() / 1e6
    less = (few.values["building_load_after_panels"] - many.values["building_load_after_panels"])[year]
    assert more > 0.1
    assert less[afternoon] == pytest.approx(0.6 * more)
    assert less[evening] == 0.0


def test_a_load_is_no_less_than_the_mean_of_the_year() -> None:
    result = run()
    electricity = result.values["final_energy"][..., result.axes.carriers.index("electricity")].sum(axis=(1, 2))
    mean = electricity / 3.6e3 / 8.76
    highest = result.values["building_load"].max(axis=1)
    # A load factor between 0.4 and 0.8, as supply areas have.
    assert ((mean / highest > 0.4) & (mean / highest < 0.8)).all()
