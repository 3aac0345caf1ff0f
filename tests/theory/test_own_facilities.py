"""The metropolitan government's own facilities: published years against both plans, on both sides of a target."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from model.ordinance.derivation import Verdict
from model.ordinance.own_facilities.examples import REPRODUCED
from model.ordinance.own_facilities.programme import PROGRAMME, FacilitiesYear, assess
from model.ordinance.rulebook import rules, rules_at
from model.ordinance.target_progress import reduction, way_covered, yearly_step_needed
from model.ordinance.worked_examples import worked_examples

OLD, NEW = rules("own_facilities", "seed_2022"), rules("own_facilities", "adopted_2025")


def test_every_printed_figure_is_reproduced() -> None:
    checks = {(example.id, check.name): (example, check) for example in worked_examples() for check in example.checks}
    assert {key for key, (example, _) in checks.items() if example.programme == "own_facilities"} == set(REPRODUCED)
    for key, compute in REPRODUCED.items():
        example, check = checks[key]
        assert check.agrees(compute(example.inputs)), key


def test_fiscal_2023_had_passed_the_energy_target_of_2024_but_no_other() -> None:
    (answers,) = assess(PROGRAMME.examples[1:], OLD)
    verdicts = {finding.name: finding.verdict for finding in answers.findings}
    assert verdicts == {
        "ghg": Verdict.FOR_INFORMATION,
        "energy": Verdict.COMPLIES,
        "pv": Verdict.FOR_INFORMATION,
    }
    assert answers.finding("ghg").value == 33
    assert answers.finding("ghg").steps[-1].value == 7


@pytest.mark.parametrize(
    ("year", "left", "verdict"),
    [
        (2024, 60.1, Verdict.FALLS_SHORT),
        (2024, 60.0, Verdict.COMPLIES),
        (2024, 59.9, Verdict.COMPLIES),
        (2023, 60.1, Verdict.FOR_INFORMATION),
        (2025, 60.1, Verdict.FALLS_SHORT),
    ],
)
def test_the_target_of_2024_on_both_sides(year: int, left: float, verdict: Verdict) -> None:
    (answers,) = assess([FacilitiesYear(id="b", fiscal_year=year, ghg_base=100, ghg=left)], OLD)
    assert answers.finding("ghg").verdict is verdict


@pytest.mark.parametrize(
    ("governor", "energy", "renewable", "pv"),
    [(True, 50.0, 100.0, None), (False, 35.0, 65.0, 74_000.0)],
)
def test_the_new_plan_asks_more_of_the_governors_bureaus(
    governor: bool, energy: float, renewable: float, pv: float | None
) -> None:
    row = FacilitiesYear(
        id="b",
        fiscal_year=2030,
        governor_bureaus=governor,
        energy_base=100,
        energy=100 - energy,
        electricity_kwh=100,
        renewable_kwh=renewable,
        pv_kw=74_000,
    )
    (answers,) = assess([row], NEW)
    assert answers.finding("energy").verdict is Verdict.COMPLIES
    assert answers.finding("renewable").verdict is Verdict.COMPLIES
    assert [finding.value for finding in answers.findings if finding.name == "pv"] == ([] if pv is None else [pv])
    (short,) = assess([row.model_copy(update={"energy": 100 - energy + 0.1, "renewable_kwh": renewable - 0.1})], NEW)
    assert short.finding("energy").verdict is short.finding("renewable").verdict is Verdict.FALLS_SHORT


def test_the_old_plan_has_two_steps_for_all_own_facilities() -> None:
    row = FacilitiesYear(id="b", fiscal_year=2026, governor_bureaus=False, pv_kw=56_000)
    (answers,) = assess([row], OLD)
    assert answers.finding("pv_2026").verdict is Verdict.COMPLIES
    assert answers.finding("pv_2030").steps[-1].value == (74_000 - 56_000) / 4


def test_the_new_plan_counts_from_its_first_day() -> None:
    row = FacilitiesYear(id="b", fiscal_year=2024, ghg_base=100, ghg=60)
    (eve,) = assess([row], rules_at("own_facilities", date(2025, 3, 27)))
    (first,) = assess([row], rules_at("own_facilities", date(2025, 3, 28)))
    assert eve.finding("ghg").verdict is Verdict.COMPLIES
    assert first.finding("ghg").verdict is Verdict.FOR_INFORMATION


@pytest.mark.parametrize(
    "row",
    [{"ghg": 1}, {"cars": 10, "non_gasoline_cars": 11}, {"electricity_kwh": 1, "renewable_kwh": 2}, {"pv_kw": -1}],
)
def test_bad_rows_are_refused(row: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        FacilitiesYear(id="b", fiscal_year=2020, **row)


@given(st.floats(0, 99), st.floats(0, 99), st.integers(1, 30))
def test_the_steps_needed_lead_to_the_target(now: float, target: float, years: int) -> None:
    step = yearly_step_needed(now, target, years)
    assert step >= 0
    assert now + years * step == pytest.approx(max(now, target))


def test_the_way_covered_and_reductions() -> None:
    np.testing.assert_allclose(way_covered(100, [100, 75, 50, 25], 50), [0, 0.5, 1, 1.5])
    assert reduction(3110, 6220) == 0.5
    assert reduction(110, 100) == -0.1
