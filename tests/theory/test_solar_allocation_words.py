"""What the answer of a panel plan says where figures mean different things, a claim is refused, or rules clash."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pytest
from house_cases import portfolio

from model.language import Language
from model.optimise.solar_allocation.answer import Answer, Front, FrontPoint, Setting, answer
from model.optimise.solar_allocation.model import Wishes
from model.ordinance.derivation import number
from model.report.allocation.clash import clash_lines, clash_table
from model.report.allocation.summary import summary_table
from model.report.allocation.tables import front_table, prices_table, values_table
from model.report.allocation.texts import remarks, schemes_compared, why

SETTING = Setting.read("adopted_2025")
LISTED = {"max_kw": 6.0, "ua": 0.6, "bei": 0.75}


def planned(*houses: dict[str, Any], moves: bool = False, gap: float = 1e-6, **wishes: Any) -> Answer:
    return answer(portfolio(*houses), Wishes(**wishes), SETTING, gap, moves=moves)


@pytest.mark.slow
def test_with_owners_who_all_accept_a_certainty_changes_nothing() -> None:
    houses = [{**LISTED, "max_kw": 3.0 + 0.4 * number_} for number_ in range(40)]
    plain, sure = planned(*houses), planned(*houses, certainty=0.9)
    assert sure.plan.proof.status == "optimal"
    assert sure.plan.proof.objective == plain.plan.proof.objective
    assert sure.plan.best.probability == pytest.approx(1.0)
    # An owner may refuse whose house takes no panel, or is left out of the count.
    outside = [
        {**LISTED, "consent": 0.5, "max_kw": 0.0},
        {**LISTED, "consent": 0.5, "restricted": True, "exclusion": "claim"},
    ]
    beside = planned(*houses, *outside, certainty=0.9)
    assert beside.plan.proof.status == "optimal"
    assert beside.plan.best.probability == pytest.approx(1.0)
    # One who counts may not: the plan has to be surer than the mean.
    few = houses[:20]
    unsure = planned(*[{**one, "consent": 0.8} for one in few], certainty=0.9, gap=0.5)
    assert 0.9 <= unsure.plan.best.probability < 1.0
    assert unsure.kw.sum() > planned(*few).kw.sum()


def test_margins_are_named_by_what_they_count() -> None:
    houses = [{**LISTED, "consent": 0.9} for _ in range(8)]
    found = planned(*houses)
    items = [row[0] for row in summary_table(found, "en")]
    assert "margin if every owner accepts [kW]" in items
    assert "margin [kW]" not in items
    assert "net cost over the horizon if every owner accepts [JPY]" in items
    assert "net cost by expected consent [JPY]" in items
    assert "期間中の純費用（全員が同意した場合） [円]" in [row[0] for row in summary_table(found, "ja")]
    assert prices_table(found, "en")[0][1] == "reached beyond what is asked, by expected consent"
    everyone = planned(*[LISTED] * 8)
    assert "margin [kW]" in [row[0] for row in summary_table(everyone, "en")]
    assert prices_table(everyone, "en")[0][1] == "reached beyond what is asked"


def test_the_break_even_rate_is_told_in_words() -> None:
    """Zone rates ask for 30 per cent: uniform rates ask for as much up to there, and for more beyond."""
    found = planned(*[{**LISTED, "municipality": "13101", "bei": 0.9}] * 6, moves=True)
    told = schemes_compared(found)
    assert told is not None
    assert told.en.endswith("; the uniform rate would have to lie below 30 to 31 % to be the better one.")
    assert told.ja.endswith("。一律の算定基準率が30～31％を下回ると一律が有利になります。")


def test_of_the_other_rate_scheme_no_more_is_told_than_is_proven() -> None:
    """What is known of it is put in by hand: a plan 30 above, with bounds from far below to just below it."""
    found = planned(*[{**LISTED, "municipality": "13101", "bei": 0.9}] * 6)
    plan = found.plan
    cost = plan.best.finished.cost

    def told(**known: Any) -> str:
        finished = replace(plan.outcomes["uniform"].finished, impossible=False, **known)
        outcomes = {**plan.outcomes, "uniform": replace(plan.outcomes["uniform"], finished=finished)}
        said = schemes_compared(replace(found, plan=replace(plan, outcomes=outcomes)))
        assert said is not None
        return said.en

    assert plan.scheme == "by_zone"
    nothing = {"choice": np.zeros(0, dtype=np.int16), "cost": np.nan}
    by = "With the rates by zone the plan is better than with the uniform rate by "
    open_still = "With the uniform rate no better plan was found in the time; that there is none is not proven."
    assert told(cost=cost + 30, bound=cost + 30) == f"{by}30 JPY."
    assert told(cost=cost + 30, bound=cost + 10) == f"{by}10 to 30 JPY (proven)."
    assert told(bound=cost + 10, **nothing) == f"{by}at least 10 JPY (proven)."
    assert told(cost=cost + 30, bound=cost - 10) == told(bound=cost - 10, **nothing) == open_still
    assert told(cost=cost, bound=cost - 10) == open_still
    assert told(cost=cost, bound=cost) == "With the uniform rate net cost would be the same."


def test_a_limit_on_changes_without_a_plan_before_is_told() -> None:
    told = "No house that can still change states the capacity planned so far: nothing counts as a change."
    built = {**LISTED, "state": "done", "kw": 2.0}
    assert told in [one.en for one in remarks(planned(LISTED, built, most_changes=0))]
    assert told in [one.en for one in remarks(planned(LISTED, objective="changes"))]
    assert told not in [one.en for one in remarks(planned({**LISTED, "kw": 2.0}, most_changes=0))]
    assert told not in [one.en for one in remarks(planned(LISTED))]


def test_names_are_told_apart_as_the_language_does() -> None:
    found = planned(LISTED, ways_to_pay=("purchase", "lease"), without=frozenset(("energy", "renewables")))
    assert ["調達方法", "自己購入、リース"] in summary_table(found, "ja")
    assert ["ways to pay", "purchase, lease"] in summary_table(found, "en")


def test_last_digits_are_no_gap_of_a_trade_off() -> None:
    points = (FrontPoint(1.0, 2.0, 1.3e-16, 3.0), FrontPoint(2.0, 3.0, 2e-6, 4.0))
    found = replace(planned(LISTED), front=Front("co2", points))
    assert [row[2] for row in front_table(found, "en")[1:]] == [0.0, 2e-6]


def test_a_claim_that_is_refused_is_told() -> None:
    claims = {**LISTED, "exclusion": "claim"}
    found = planned({**claims, "max_kw": None, "face1_m2": 10}, {**claims, "max_kw": None, "face1_m2": 30}, LISTED)
    told = [one.en for one in remarks(found) if "claims" in one.en]
    assert told == ["Counted although the list claims that they be left out, as they do not qualify: 1 house (h1)."]
    assert any(row[1] == told[0] for row in summary_table(found, "en"))
    assert not [one for one in remarks(planned(LISTED)) if "claims" in one.en]


def test_what_long_lists_leave_out_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    found = planned(LISTED)
    assert not any("reasons" in one.en for one in remarks(found))
    monkeypatch.setattr("model.report.allocation.texts.MOST_REASONS", 0)
    assert any("neither the rows of the report nor reasons" in one.en for one in remarks(found))


def test_a_reason_never_says_that_prices_would_pay_for_what_is_not_taken() -> None:
    random = np.random.default_rng(4)
    houses = [{**LISTED, "max_kw": round(random.uniform(2, 9), 1), "bei": 0.83,
               "cost_jpy_per_kw": float(random.integers(160_000, 240_000))} for _ in range(12)]  # fmt: skip
    found = planned(*houses)
    dear = np.isfinite(found.next_size) & (found.next_size > 0) & (found.next_size_worth > found.next_size)
    assert dear.any()
    for house in np.flatnonzero(dear):
        said = why(found, int(house)).en
        assert "would pay" not in said
        assert "keeps all rules without it" in said


def test_limits_charge_for_one_size_more() -> None:
    """With the greatest benefit as the aim and a budget that binds, only its price keeps larger systems away."""
    houses = [{**LISTED, "cost_jpy_per_kw": 200_000 + 10_000 * number_} for number_ in range(6)]
    found = planned(*houses, objective="benefit", budget_jpy=4_000_000.0)
    assert found.plan.price("budget") > 0
    smaller = np.flatnonzero((found.kw > 0) & (found.kw < found.houses.largest_kw - 0.1))
    assert smaller.size
    house = int(smaller[0])
    # The budget charges for the outlay of a module of 0.4 kW more.
    before, after = (
        SETTING.economics.money(np.array([kw]), np.zeros(1), "purchase", np.zeros(1, dtype=bool),
                                np.array([np.nan]), np.array([200_000.0 + 10_000 * house])).outlay[0]
        for kw in (found.kw[house], found.kw[house] + 0.4)
    )  # fmt: skip
    assert found.plan.price("renewables") == 0
    assert found.next_size_worth[house] == pytest.approx(-found.plan.price("budget") * (after - before))
    told = why(found, house)
    assert "the prices of the rules would charge" in told.en
    assert "規定の価格での負担は" in told.ja


# Two of 1.2 kW that accept with 0.8 and one of 0.4 kW with 0.5 come to 2.12 kW on the mean, for 1.7 + 1.7 + 0.6 kW owed
# by zone; with 95 % they are above 1.2 kW only, so the 1.88 kW short on the mean would not do.
def test_a_clash_by_expected_consent_is_not_said_to_be_all_that_a_probability_needs() -> None:
    places = ("13112", "13112", "13101")
    houses = [
        {"max_kw": kw, "consent": consent, "municipality": place, "exclusion": "never"}
        for kw, consent, place in zip((1.2, 1.2, 0.4), (0.8, 0.8, 0.5), places, strict=True)
    ]
    sure, mean = planned(*houses, certainty=0.95), planned(*houses)
    told = [[line.en for line in clash_lines(one)] for one in (sure, mean)]
    assert "at least so much is needed" in told[0][0] and told[0][1].split(": ")[1].startswith("1.88 kW short")
    assert "relaxed as stated it could" in told[1][0]
    assert [clash_table(one, "en")[1][4] for one in (sure, mean)] == ["no", "yes"]


def test_a_budget_that_clashes_names_no_houses_and_the_rules_beside_it() -> None:
    houses = [{**LISTED, "house_type": "for_sale_detached", "bei": 0.95} for _ in range(4)]
    for budget in (0.0, 1000.0):
        lines = [one.en for one in clash_lines(planned(*houses, budget_jpy=budget))]
        of_budget = [one for one in lines if one.startswith("budget")]
        assert len(of_budget) == 1
        assert "houses" not in of_budget[0]
        assert "%" not in of_budget[0]
        assert of_budget[0].endswith(f"JPY in place of {budget:,.0f})")
        assert not any("as well" in one for one in lines)


def test_no_figure_is_a_negative_zero() -> None:
    assert number(-0.0) == number(-1e-9) == number(-0.4, 0) == "0"
    assert number(-0.5, 1) == "-0.5"
    # 1.7 × 3 is 5.1 only to within a last digit in floating point.
    found = planned(*[LISTED] * 3)
    assert found.required_under("uniform", np.zeros(3, dtype=bool)) == 5.1
    for row in prices_table(found, "en")[1:]:
        assert not (isinstance(row[1], float) and row[1] == 0 and np.signbit(row[1]))


def test_values_are_told_in_the_words_of_each_language() -> None:
    """Also those of islands, heat, weather and guidance; names of files, rule sets and sources stay as they are."""
    found = planned({**LISTED, "solar_heat_option_gj": 6.0, "municipality": "13401"}, objective="guidance")
    for name in ("weather_model", "weather_site"):
        found.setting.assumed.value(name)
    told = {language: values_table(found, language)[1:] for language in get_args(Language)}
    names = [str(cell) for row in told["ja"] for cell in (row[1], row[2], row[3], row[7])]
    assert not [one for one in names if re.search("[a-z]{3,}_[a-z]|[a-z]{4,} [a-z]{3,}", one)]
    assert not [row for row in told["en"] if re.search("[ぁ-んァ-ヶ一-龥]", "".join(str(cell) for cell in row))]
