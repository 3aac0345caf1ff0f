"""Large developments and district energy: lines on both sides, parts by use, days, shares of networks, gaps."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.ordinance.derivation import Obligation, Verdict
from model.ordinance.district.equations import (
    AcceptanceLines,
    acceptance_study_due,
    clean_share,
    heat_efficiency,
    plan_obliged,
    share_of_districts,
)
from model.ordinance.district.programme import PROGRAMME, SOURCES, DistrictRow, assess
from model.ordinance.rulebook import Rules, rules

ADOPTED = rules("district", "adopted_2025")
ADOPTED_OR_OLDER = rules("district", "adopted_2025", fallback=True)
PROPOSED = rules("district", "seed_2022")
LINES = AcceptanceLines.read(PROPOSED)


def owed(*rows: dict[str, Any], under: Rules = ADOPTED) -> list[Obligation]:
    return assess([DistrictRow.model_validate({"id": f"R{place}", **row}) for place, row in enumerate(rows)], under)


def building(**facts: Any) -> dict[str, Any]:
    return {"development": "D", "non_residential_m2": 60_000, "filed_on": date(2025, 6, 1), **facts}


def network(**heat: float) -> dict[str, Any]:
    return {"kind": "network", "heat_supplied_gj": 1_000.0, **heat}


def test_the_line_itself_brings_no_plan() -> None:
    assert plan_obliged([49_999.9, 50_000, 50_000.1], 50_000).tolist() == [False, False, True]


@pytest.mark.parametrize("under", [ADOPTED, PROPOSED])
@pytest.mark.parametrize(
    ("areas", "verdict"), [((25_000, 25_000), Verdict.NOT_OBLIGED), ((25_000, 25_001), Verdict.OBLIGED)]
)
def test_all_new_buildings_of_a_development_count_together(
    areas: tuple[int, ...], verdict: Verdict, under: Rules
) -> None:
    rows = [building(non_residential_m2=area - 1_000, residential_m2=1_000) for area in areas]
    (found,) = owed(*rows, building(new=False, non_residential_m2=90_000), under=under)
    assert found.finding("plan_duty").verdict is verdict


def test_a_building_on_its_own_is_a_development_unless_it_only_stands_in_a_district() -> None:
    alone = {"non_residential_m2": 60_000}
    assert [one.finding("plan_duty").verdict for one in owed(alone, {**alone})] == [Verdict.OBLIGED] * 2
    (in_district,) = owed({**alone, "in_district": True})
    assert [one.name for one in in_district.findings] == ["acceptance_study"]
    both = owed(building(in_district=True))
    assert [one.findings[0].name for one in both] == ["plan_duty", "acceptance_study"]


def test_decimals_that_sum_to_the_line_do_not_exceed_it() -> None:
    rows = [building(non_residential_m2=5_000.1)] * 9 + [building(non_residential_m2=4_999.1)]
    (found,) = owed(*rows)
    assert found.finding("plan_duty").verdict is Verdict.NOT_OBLIGED


@pytest.mark.parametrize(
    ("filed_on", "published", "under", "verdict"),
    [
        (date(2025, 3, 31), False, ADOPTED, Verdict.NOT_OBLIGED),
        (date(2025, 4, 1), False, ADOPTED, Verdict.FALLS_SHORT),
        (date(2025, 4, 1), True, ADOPTED, Verdict.COMPLIES),
        (date(2022, 7, 31), False, PROPOSED, Verdict.NOT_OBLIGED),
        (date(2022, 8, 1), False, PROPOSED, Verdict.FALLS_SHORT),
        (None, True, ADOPTED, Verdict.COMPLIES),
    ],
)
def test_policy_towards_zero_emission(filed_on: date | None, published: bool, under: Rules, verdict: Verdict) -> None:
    (found,) = owed(building(filed_on=filed_on, policy_published=published), under=under)
    assert found.finding("policy_duty").verdict is verdict


def test_a_small_development_owes_no_policy() -> None:
    (found,) = owed(building(non_residential_m2=50_000))
    assert [one.name for one in found.findings] == ["plan_duty"]


@pytest.mark.parametrize(
    ("introduces", "under", "verdict"),
    [(False, ADOPTED, Verdict.NOT_OBLIGED), (True, ADOPTED, Verdict.NOT_ASSESSED),
     (True, ADOPTED_OR_OLDER, Verdict.OBLIGED), (True, PROPOSED, Verdict.OBLIGED)],
)  # fmt: skip
def test_supply_plan_where_district_energy_comes_in(introduces: bool, under: Rules, verdict: Verdict) -> None:
    (found,) = owed(building(introduces_network=introduces), under=under)
    assert found.finding("supply_plan_duty").verdict is verdict


@pytest.mark.parametrize(
    ("facts", "due"),
    [
        ({"non_residential_m2": 9_999.9}, False),
        ({"non_residential_m2": 10_000}, True),
        ({"residential_m2": 19_999.9}, False),
        ({"residential_m2": 20_000}, True),
        ({"non_residential_m2": 9_000, "residential_m2": 19_000}, False),
        ({"non_residential_m2": 10_000, "new": False}, False),
        ({"non_residential_m2": 10_000, "new": False, "renewed_share": 0.5}, False),
        ({"non_residential_m2": 10_000, "new": False, "renewed_share": 0.501}, True),
        ({"non_residential_m2": 90_000, "in_district": False}, False),
    ],
)
def test_study_on_taking_heat(facts: dict[str, Any], due: bool) -> None:
    row = {
        "in_district": True,
        "new": True,
        "renewed_share": 0.0,
        "non_residential_m2": 0,
        "residential_m2": 0,
        **facts,
    }
    kernel = acceptance_study_due(
        np.array([row["in_district"]]), [row["non_residential_m2"]], [row["residential_m2"]], np.array([row["new"]]),
        [row["renewed_share"]], LINES,
    )  # fmt: skip
    assert kernel.tolist() == [due]
    if row["in_district"]:
        (found,) = owed(row, under=PROPOSED)
        assert found.finding("acceptance_study").verdict is (Verdict.OBLIGED if due else Verdict.NOT_OBLIGED)


def test_a_study_unknown_to_the_adopted_rules_is_left_open_with_what_the_proposal_says() -> None:
    row = {"in_district": True, "non_residential_m2": 12_000}
    (found,) = owed(row)
    finding = found.finding("acceptance_study")
    assert finding.verdict is Verdict.NOT_ASSESSED
    assert "10,000" in finding.steps[0].text.ja and "--fallback" in finding.steps[0].text.ja
    (found,) = owed(row, under=ADOPTED_OR_OLDER)
    assert {used.parameter.id for used in found.finding("acceptance_study").fallbacks} == {
        "heat_acceptance_study",
        "heat_acceptance_renewed_share",
    }


def test_shares_of_networks() -> None:
    heat = {"waste": [0.0, 300.0, 50.0, 5.0], "sewage": [0.0, 200.0, 0.0, 5.0]}
    shares = clean_share(heat, [1_000.0, 1_000.0, 200.0, 0.0])
    assert shares.tolist() == [0, 0.5, 0.25, 0]
    assert share_of_districts(shares) == 0.5
    assert share_of_districts([]) == 0


def test_a_network_reports_its_efficiency_and_share() -> None:
    found = owed(network(primary_energy_gj=800.0, sewage_heat_gj=100.0, off_site_renewable_gj=300.0), under=PROPOSED)
    (one,) = found
    assert one.finding("network_report").verdict is Verdict.OBLIGED
    assert one.finding("network_report").value == pytest.approx(1.25)
    assert one.finding("clean_share").value == pytest.approx(0.1)
    assert [step.value for step in one.finding("clean_share").steps] == [100, 0.1, 0.4]


def test_efficiency_without_energy_is_unknown() -> None:
    assert np.isnan(heat_efficiency([1.0], [0.0])).all()
    (one,) = owed(network(), under=PROPOSED)
    assert one.finding("network_report").value is None


def test_networks_together() -> None:
    found = owed(network(), network(river_heat_gj=1.0), network(ground_heat_gj=2.0), network())
    together = found[-1].finding("districts_with_clean_heat")
    assert (found[-1].subject.en, together.value) == ("4 networks together", 0.5)


@given(st.dictionaries(st.sampled_from(sorted(SOURCES)), st.floats(0, 1e6)), st.floats(1, 1e6), st.floats(0, 1e6))
def test_more_clean_heat_never_lowers_the_share(heat: dict[str, float], supplied: float, more: float) -> None:
    before = clean_share(heat, supplied)
    assert before <= clean_share({**heat, "more": more}, supplied) <= 1


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({}, "floor area"),
        ({"kind": "network"}, "heat supplied above 0"),
        (network(sewage_heat_gj=600.0, river_heat_gj=500.0), "exceed the heat supplied"),
    ],
)
def test_rows_that_cannot_be(row: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        owed(row)


def test_the_example_rows_pass_through_both_rule_sets() -> None:
    for under in (ADOPTED, PROPOSED):
        subjects = [one.subject.en for one in assess(PROGRAMME.examples, under)]
        assert subjects == ["見本地区再開発", "C棟", "見本熱供給"]
