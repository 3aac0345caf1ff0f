"""Recognition as carbon half as a decision: it takes off a shortfall, is certified, and has a level."""

from dataclasses import replace

import numpy as np
import pytest

from model.inputs import Data
from model.optimise.facility_schedule.answer import solve_schedule
from model.optimise.facility_schedule.inputs import Settings, Tables, checked, problem
from model.optimise.facility_schedule.population import population
from model.optimise.facility_schedule.schedule import Schedule
from model.optimise.facility_schedule.verify import certify

WISHES = Settings(last_year=2029, carbon_half=True)


@pytest.fixture(scope="module")
def planned(data: Data) -> tuple[Tables, Schedule]:
    tables = checked(data, population(data, 1, 6), [], [], WISHES)
    return tables, solve_schedule(problem(tables, WISHES), 0.005, 120)


def test_recognition_takes_off_a_shortfall_and_the_programme_agrees(planned: tuple[Tables, Schedule]) -> None:
    tables, found = planned
    amounts, given = found.amounts, found.problem
    assert amounts.forgiven_t.sum() > 0
    assert np.all(amounts.emissions_t[amounts.recognised] <= 0.5 * given.base_t[amounts.recognised] + 1e-9)
    owed = given.by_period(np.where(amounts.recognised, given.rate * given.base_t, 0.0))
    assert np.all(amounts.forgiven_t <= np.minimum(owed, amounts.short_t) + 1e-9)
    assert np.all(amounts.excess_t[amounts.forgiven_t > 0] == 0.0)
    certificate = certify(found, tables, WISHES)
    assert [fault.en for fault in certificate.faults] == []
    assert certificate.uncovered_t.max() == 0.0


def test_to_be_able_to_choose_recognition_never_costs_more(planned: tuple[Tables, Schedule]) -> None:
    tables, found = planned
    without = solve_schedule(problem(tables, replace(WISHES, carbon_half=False)), 1e-4, 120)
    assert found.proof.bound < without.proof.objective
    assert found.proof.objective <= without.proof.objective + 0.005 * abs(without.proof.objective)


def test_recognition_above_the_level_is_not_certified(planned: tuple[Tables, Schedule]) -> None:
    tables, found = planned
    lower = tables.paths.changed(carbon_half_level=(np.array([2025.0]), np.array([0.1])))
    faults = certify(found, replace(tables, paths=lower), WISHES).faults
    assert any("cannot be recognised" in fault.en for fault in faults)


def test_nothing_is_offered_where_a_facility_has_another_recognition_or_the_level_is_zero(data: Data) -> None:
    rows = population(data, 1, 3)
    rows[0] = rows[0].model_copy(update={"recognition": "top_level"})
    rows[1] = rows[1].model_copy(update={"power_law_relief": "first_step", "recognition": "none"})
    wishes = replace(WISHES, last_year=2034)
    offer = problem(checked(data, rows, [], [], wishes), wishes).recognition
    assert offer is not None
    assert not offer.forgiven_t[:2].any()
    assert np.array_equal(offer.forgiven_t[2] > 0, np.arange(2025, 2035) <= 2029)
