"""Joint purchase of renewable electricity: the printed ward office, levers, and what is not known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from model.faults import BadInput
from model.ordinance.derivation import Verdict
from model.ordinance.joint_purchase.equations import co2_saving_t, switched_kwh
from model.ordinance.joint_purchase.examples import REPRODUCED
from model.ordinance.joint_purchase.programme import PROGRAMME, WardFacility, assess
from model.ordinance.rulebook import rules
from model.ordinance.worked_examples import worked_examples

SEED = rules("joint_purchase", "seed_2022")
OFFICE = WardFacility(id="office", municipality="葛飾区", floor_area_m2=35_691, kwh=3_915_000)


def test_every_printed_figure_is_reproduced() -> None:
    checks = {(example.id, check.name): (example, check) for example in worked_examples() for check in example.checks}
    assert {key for key, (example, _) in checks.items() if example.programme == "joint_purchase"} == set(REPRODUCED)
    for key, compute in REPRODUCED.items():
        example, check = checks[key]
        assert check.agrees(compute(example.inputs)), key


def test_the_ward_office_of_the_study() -> None:
    (answers,) = assess([OFFICE], SEED)
    assert round(float(answers.finding("carbon").value)) == 1695
    assert answers.finding("equivalent").value == 589


def test_the_floor_area_alone_comes_close_to_the_meter() -> None:
    (answers,) = assess([OFFICE.model_copy(update={"kwh": None})], SEED)
    assert answers.finding("electricity").value == pytest.approx(3_915_000, rel=1e-3)


def test_all_wards_together_are_the_sum_of_the_wards() -> None:
    facilities = [
        OFFICE.model_copy(update={"id": str(number), "municipality": f"131{number:02d}"}) for number in range(1, 24)
    ]
    *wards, together = assess(facilities, SEED)
    assert len(wards) == 23
    assert together.finding("carbon").value == pytest.approx(sum(float(ward.finding("carbon").value) for ward in wards))
    assert together.finding("carbon").value == pytest.approx(23 * 1695.195)


def test_who_does_not_join_brings_nothing() -> None:
    (answers,) = assess([OFFICE.model_copy(update={"joins": False})], SEED)
    assert answers.finding("carbon").value == 0
    assert answers.finding("equivalent").value == 0


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1e7))
def test_only_a_rise_of_the_renewable_share_counts(present: float, target: float, kwh: float) -> None:
    switched = float(switched_kwh(kwh, present, target))
    assert 0 <= switched <= kwh * (1 + 1e-12)
    if target <= present:
        assert switched == 0
    full = float(switched_kwh(kwh, 0.0, 1.0))
    assert float(co2_saving_t(switched, 0.433)) <= float(co2_saving_t(full, 0.433)) + 1e-9


def test_a_menu_of_30_per_cent_saves_30_per_cent() -> None:
    (answers,) = assess([OFFICE.model_copy(update={"target_renewable_share": 0.3})], SEED)
    assert answers.finding("carbon").value == pytest.approx(0.3 * 1695.195)


def test_the_bill_needs_a_price_that_the_study_does_not_print() -> None:
    priced = OFFICE.model_copy(update={"price_jpy_per_kwh": 26.0})
    (answers,) = assess([priced], SEED)
    assert answers.finding("bill").verdict is Verdict.NOT_ASSESSED
    assert "price_effect" in answers.finding("bill").steps[-1].text.en
    (answers,) = assess([priced.model_copy(update={"joint_price_jpy_per_kwh": 25.0})], SEED)
    assert answers.finding("bill").value == 3_915_000
    (dearer,) = assess([priced.model_copy(update={"joint_price_jpy_per_kwh": 26.5})], SEED)
    assert dearer.finding("bill").value == -3_915_000 / 2


def test_the_adopted_set_has_no_factor_of_its_own() -> None:
    with pytest.raises(BadInput, match=r"seed_2022 says 0\.433"):
        assess([OFFICE], rules("joint_purchase", "adopted_2025"))
    chosen = rules("joint_purchase", "adopted_2025", fallback=True)
    (answers,) = assess([OFFICE], chosen)
    assert [used.parameter.id for used in answers.finding("carbon").fallbacks] == ["implied_emission_factor"]


@pytest.mark.parametrize(
    "row",
    [{}, {"kwh": -1}, {"floor_area_m2": 0}, {"kwh": 1, "present_renewable_share": 1.2}, {"municipality": "横浜市"}],
)
def test_bad_rows_are_refused(row: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        WardFacility(**({"id": "x", "municipality": "13101"} | row))


def test_equations_keep_the_shape_of_their_input() -> None:
    assert co2_saving_t(np.ones((2, 3)), 0.433).shape == (2, 3)
    assert len(assess(PROGRAMME.examples, SEED)) == 3
