"""Forest absorption: agreements that were printed, lines of certification, money, and the rule that is missing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from model.faults import BadInput
from model.ordinance.derivation import Verdict
from model.ordinance.forest_offset.equations import absorption_t, affordable_ha, cost_jpy
from model.ordinance.forest_offset.examples import REPRODUCED
from model.ordinance.forest_offset.programme import PROGRAMME, Project, assess
from model.ordinance.rulebook import Rules, rules
from model.ordinance.worked_examples import worked_examples

SEED, ADOPTED = rules("forest_offset", "seed_2022"), rules("forest_offset", "adopted_2025")
TAMA = Project(id="tama", municipality="13101", area_ha=22.35)


def test_every_printed_figure_is_reproduced() -> None:
    checks = {(example.id, check.name): (example, check) for example in worked_examples() for check in example.checks}
    assert {key for key, (example, _) in checks.items() if example.programme == "forest_offset"} == set(REPRODUCED)
    for key, compute in REPRODUCED.items():
        example, check = checks[key]
        assert check.agrees(compute(example.inputs)), key


def test_the_tama_programme_costs_what_its_budget_says() -> None:
    (answers,) = assess([TAMA], ADOPTED)
    assert answers.finding("cost").value == pytest.approx(2_264_000, abs=100)
    assert answers.finding("absorption").value == pytest.approx(22.35 * 4.1)
    assert answers.finding("certification").verdict is Verdict.NOT_ASSESSED
    assert not any(finding.fallbacks for finding in answers.findings)


def test_the_agreement_with_numata_expects_70_tonnes() -> None:
    numata = Project(id="n", municipality="新宿区", route="national", area_ha=17)
    (answers,) = assess([numata], ADOPTED)
    assert answers.finding("absorption").value == pytest.approx(70, abs=0.5)
    assert "certification" not in {finding.name for finding in answers.findings}


@pytest.mark.parametrize(("basis", "rate"), [("low", 1.2), ("central", 4.1), ("high", 8.8)])
def test_the_model_range_belongs_to_the_adopted_set(basis: str, rate: float) -> None:
    project = TAMA.model_copy(update={"basis": basis})
    (answers,) = assess([project], ADOPTED)
    assert answers.finding("absorption").value == pytest.approx(22.35 * rate)
    with pytest.raises(BadInput, match="adopted_2025 says"):
        assess([project], SEED)


def test_other_bases_and_an_own_value() -> None:
    cedar = TAMA.model_copy(update={"basis": "cedar", "cost_jpy_per_ha": 100_000.0})
    mean = TAMA.model_copy(update={"basis": "mean_forest", "cost_jpy_per_ha": 100_000.0})
    own = Project(id="o", municipality="13101", area_ha=10, basis="own", uptake_t_per_ha=5, cost_jpy_per_ha=100_000)
    values = [one.finding("absorption").value for one in assess([cedar, mean, own], SEED)]
    assert values == pytest.approx([22.35 * 8.8, 22.35 * 3.15, 50])


@pytest.mark.parametrize(
    ("area", "verdict", "supported"),
    [
        (9.99, Verdict.FALLS_SHORT, True),
        (10.0, Verdict.COMPLIES, True),
        (0.1, Verdict.FALLS_SHORT, True),
        (0.09, Verdict.FALLS_SHORT, False),
    ],
)
def test_certification_on_both_sides_of_its_lines(area: float, verdict: Verdict, supported: bool) -> None:
    given_rules = rules("forest_offset", "adopted_2025", fallback=True)
    (answers,) = assess([TAMA.model_copy(update={"area_ha": area})], given_rules)
    finding = answers.finding("certification")
    assert finding.verdict is verdict
    assert finding.steps[-1].value is supported


def test_transfer_tax_over_cost_is_area() -> None:
    (answers,) = assess([TAMA.model_copy(update={"transfer_tax_jpy": 1_012_980.0})], rules_with_fallback())
    assert answers.finding("transfer_tax").value == pytest.approx(10.0)


def test_deducting_from_the_ward_is_not_settled_anywhere() -> None:
    project = TAMA.model_copy(update={"ward_emissions_t": 2_000_000.0})
    (answers,) = assess([project], rules_with_fallback())
    finding = answers.finding("deduction")
    assert finding.verdict is Verdict.NOT_ASSESSED
    assert "deduct_from_ward_emissions" in finding.steps[-1].text.ja


def rules_with_fallback() -> Rules:
    return rules("forest_offset", "adopted_2025", fallback=True)


@given(st.floats(0.01, 1e4), st.floats(1e3, 1e6))
def test_area_and_yen_go_both_ways(area: float, price: float) -> None:
    assert float(affordable_ha(cost_jpy(area, price), price)) == pytest.approx(area)


@given(st.lists(st.floats(0, 1e3), min_size=1, max_size=20))
def test_a_larger_forest_never_takes_up_less(areas: list[float]) -> None:
    in_order = np.sort(np.array(areas))
    assert (np.diff(absorption_t(in_order, 4.1)) >= 0).all()


@pytest.mark.parametrize(
    "row",
    [{"area_ha": 0}, {"area_ha": 1, "basis": "own"}, {"area_ha": 1, "uptake_t_per_ha": 3}, {"area_ha": 1, "years": 0}],
)
def test_bad_rows_are_refused(row: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Project(id="x", municipality="13101", **row)


def test_the_worked_rows_are_assessed() -> None:
    assert len(assess(PROGRAMME.examples, rules_with_fallback())) == 2
