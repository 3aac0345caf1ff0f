"""Electricity suppliers: shares with certificates, factors, menus, levels on and around their line, days, gaps."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.faults import BadInput
from model.ordinance.derivation import Obligation, Verdict
from model.ordinance.electricity_suppliers.equations import (
    counted_renewable_mwh,
    emission_factor,
    metropolis_share,
    missing_mwh,
    rise_a_year,
    share,
)
from model.ordinance.electricity_suppliers.examples import REPRODUCED
from model.ordinance.electricity_suppliers.programme import PROGRAMME, SupplyRow, assess
from model.ordinance.rulebook import Rules, rules, rules_at
from model.ordinance.worked_examples import worked_examples

ADOPTED = rules("electricity_suppliers", "adopted_2025")
PROPOSED = rules("electricity_suppliers", "seed_2022")


def owed(*menus: dict[str, Any], under: Rules = ADOPTED) -> dict[str, Obligation]:
    rows = [
        SupplyRow.model_validate({"supplier": "S", "fiscal_year": 2025, "menu": f"M{at}", "supplied_mwh": 100, **menu})
        for at, menu in enumerate(menus)
    ]
    return {one.subject.en: one for one in assess(rows, under)}


@pytest.mark.parametrize(
    ("example", "check"), [(example, check) for example in worked_examples() for check in example.checks
                           if example.programme == "electricity_suppliers"],
    ids=lambda part: getattr(part, "id", getattr(part, "name", "")),
)  # fmt: skip
def test_printed_examples_come_out(example: Any, check: Any) -> None:
    assert check.agrees(REPRODUCED[example.id, check.name](example.inputs))


def test_the_printed_share_of_2020_comes_from_the_printed_amounts() -> None:
    used, printed = PROPOSED.value("consumption_2020"), PROPOSED.value("renewable_share_2020")
    found = metropolis_share(used["self_consumption"], used["grid_renewable"], used["consumption"])
    assert found == pytest.approx(printed["total"], abs=5e-4)
    assert found == pytest.approx(PROPOSED.value("renewable_share_series")[2020], abs=5e-4)
    assert used["self_consumption"] + used["grid_renewable"] == pytest.approx(used["renewable_total"])


def test_certificates_count_up_to_the_supply() -> None:
    assert counted_renewable_mwh([10, 10, 10], [0, 50, 500], 100).tolist() == [10, 60, 100]


def test_shares_and_factors() -> None:
    assert share([0.0, 25.0, 5.0], [100.0, 100.0, 0.0]).tolist() == [0, 0.25, 0]
    assert emission_factor(40.0, 100.0) == 0.4


@pytest.mark.parametrize(("have", "missing"), [(499.9, 0.1), (500, 0), (500.1, 0)])
def test_missing_to_a_level(have: float, missing: float) -> None:
    assert missing_mwh(have, 1000, 0.5) == pytest.approx(missing)


def test_rise_to_a_level() -> None:
    assert rise_a_year(0.192, 2020, 0.5, 2030) == pytest.approx(0.0308)
    assert rise_a_year(0.6, 2025, 0.5, 2030) == 0
    assert rise_a_year(0.1, 2030, 0.5, 2030) == 0


@pytest.mark.parametrize(
    ("fiscal_year", "renewable", "verdict"),
    [
        (2029, 49.9, Verdict.FOR_INFORMATION),
        (2029, 50, Verdict.COMPLIES),
        (2030, 49.9, Verdict.FALLS_SHORT),
        (2030, 50, Verdict.COMPLIES),
        (2031, 49.9, Verdict.FALLS_SHORT),
    ],
)
def test_level_of_2030(fiscal_year: int, renewable: float, verdict: Verdict) -> None:
    found = owed({"fiscal_year": fiscal_year, "renewable_mwh": renewable})
    assert found[f"S FY{fiscal_year}"].finding("level_2030").verdict is verdict


def test_certificates_stay_with_their_menu() -> None:
    found = owed({"renewable_mwh": 90, "certificates_mwh": 50}, {"renewable_mwh": 0})["S FY2025"]
    assert found.finding("renewable_share").value == 0.5


def test_menus_and_their_total() -> None:
    found = owed(
        {"supplied_mwh": 300, "renewable_mwh": 30, "co2_t": 150},
        {"supplied_mwh": 100, "renewable_mwh": 100, "co2_t": 0},
        {"supplied_mwh": 100, "certificates_mwh": 20},
    )["S FY2025"]
    assert [list(row.values()) for row in found.report] == [
        ["M0", 300, 0.1, 0.5],
        ["M1", 100, 1, 0],
        ["M2", 100, 0.2, None],
        ["Σ 3", 500, 0.3, None],
    ]
    assert found.finding("factor").verdict is Verdict.NOT_ASSESSED


@pytest.mark.parametrize(
    ("under", "fiscal_year", "target", "verdict"),
    [
        (ADOPTED, 2023, None, Verdict.NOT_OBLIGED),
        (ADOPTED, 2024, None, Verdict.FALLS_SHORT),
        (ADOPTED, 2024, 0.4, Verdict.COMPLIES),
        (PROPOSED, 2021, None, Verdict.NOT_OBLIGED),
        (PROPOSED, 2022, None, Verdict.FALLS_SHORT),
    ],
)
def test_a_target_is_due_from_the_year_of_its_day(
    under: Rules, fiscal_year: int, target: float | None, verdict: Verdict
) -> None:
    found = owed({"fiscal_year": fiscal_year, "own_target_2030": target}, under=under)
    assert found[f"S FY{fiscal_year}"].finding("target_duty").verdict is verdict


def test_the_level_stands_from_its_own_day_before_the_rule_set() -> None:
    assert rules_at("electricity_suppliers", date(2024, 4, 1)).number("target_level_2030") == 0.5
    with pytest.raises(BadInput, match="starts on 2024-04-01"):
        rules_at("electricity_suppliers", date(2024, 3, 31)).number("target_level_2030")


def test_the_proposal_left_the_level_open() -> None:
    finding = owed({"renewable_mwh": 50}, under=PROPOSED)["S FY2025"].finding("level_2030")
    assert finding.verdict is Verdict.NOT_ASSESSED
    assert "0.5" in finding.steps[0].text.en and "--fallback" in finding.steps[0].text.en
    known = owed({"renewable_mwh": 50}, under=rules("electricity_suppliers", "seed_2022", fallback=True))
    assert known["S FY2025"].finding("level_2030").verdict is Verdict.COMPLIES


def test_all_rows_together_as_in_2020() -> None:
    found = owed(
        {"supplier": "grid", "fiscal_year": 2020, "supplied_mwh": 76_180_000, "renewable_mwh": 14_207_000},
        {"supplier": "roofs", "fiscal_year": 2020, "party": "self_consumption", "supplied_mwh": 561_000,
         "renewable_mwh": 561_000},
        under=PROPOSED,
    )  # fmt: skip
    assert set(found) == {"grid FY2020", "total FY2020"}
    together = found["total FY2020"]
    assert round(100 * together.finding("metropolis_share").amount, 1) == 19.2
    assert [round(100 * float(step.value), 1) for step in together.finding("metropolis_share").steps] == [
        0.7,
        18.5,
        19.2,
    ]
    assert together.finding("metropolis_2030").value == pytest.approx(76_741_000 / 2 - 14_768_000)
    assert together.finding("metropolis_2026").value == pytest.approx(76_741_000 * 0.3 - 14_768_000)
    assert together.finding("metropolis_2035").verdict is Verdict.NOT_ASSESSED


@pytest.mark.parametrize(("renewable", "reached"), [(59.9, False), (60, True)])
def test_level_of_2035(renewable: float, reached: bool) -> None:
    finding = owed({"fiscal_year": 2035, "renewable_mwh": renewable})["total FY2035"].finding("metropolis_2035")
    assert finding.verdict is (Verdict.COMPLIES if reached else Verdict.FALLS_SHORT)


def test_the_adopted_rules_hold_the_supply_as_a_whole_against_their_own_level() -> None:
    finding = owed({"renewable_mwh": 40})["total FY2025"].finding("metropolis_2030")
    assert (finding.value, finding.fallbacks) == (10, ())
    assert [used.parameter.id for used in finding.parameters] == ["target_level_2030"]


def test_plans_do_not_count_as_results() -> None:
    found = owed({"renewable_mwh": 10}, {"renewable_mwh": 90, "planned": True})
    assert set(found) == {"S FY2025", "S FY2025 (plan)", "total FY2025"}
    assert found["total FY2025"].finding("metropolis_share").value == 0.1


def test_parts_cannot_exceed_their_whole() -> None:
    for parts in ({"renewable_mwh": 101}, {"renewable_mwh": 50, "new_renewable_mwh": 51}):
        with pytest.raises(ValueError, match="exceeds its whole"):
            owed(parts)


def test_the_example_rows_pass_through_both_rule_sets() -> None:
    for under in (ADOPTED, PROPOSED):
        assert [one.subject.en for one in assess(PROGRAMME.examples, under)] == ["見本電力 FY2025", "total FY2025"]


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 2), st.floats(1, 1e6)), min_size=1, max_size=6), st.floats(0, 1)
)
def test_more_certificates_never_lower_the_share_nor_raise_what_is_missing(
    menus: list[tuple[float, float, float]], level: float
) -> None:
    part, certified, supplied = (np.array(column) for column in zip(*menus, strict=True))
    plain = counted_renewable_mwh(part * supplied, 0.0, supplied)
    green = counted_renewable_mwh(part * supplied, certified * supplied, supplied)
    assert (share(plain, supplied) <= share(green, supplied)).all() and (share(green, supplied) <= 1).all()
    assert (missing_mwh(green, supplied, level) <= missing_mwh(plain, supplied, level)).all()
    whole = share(green.sum(), supplied.sum())
    assert share(green, supplied).min() - 1e-12 <= whole <= share(green, supplied).max() + 1e-12
