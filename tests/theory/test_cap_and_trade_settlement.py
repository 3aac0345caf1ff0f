"""Cap-and-trade from the balance on: credits, the bank, one facility from end to end, days, gaps and bad input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from capped_cases import ADOPTED, ADOPTED_OR_OLDER, PROPOSED, over, owed, step

from model.faults import BadInput
from model.ordinance.cap_and_trade.credits import (
    after_sale_t,
    bank,
    credit_limits_t,
    credit_use,
    reduction_order_t,
    renewable_credit_t,
    settle,
    transfer_within_owner,
)
from model.ordinance.cap_and_trade.facts import FacilityYear
from model.ordinance.cap_and_trade.programme import PROGRAMME, assess
from model.ordinance.derivation import Obligation, Verdict
from model.ordinance.rulebook import Rules, rules

# --- credits -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("held", "used"), [(999.0, 999.0), (1000.0, 1000.0), (1001.0, 1000.0)])
def test_credits_from_outside_tokyo_cover_a_third_of_the_duty(held: float, used: float) -> None:
    kinds = ("excess_reduction", "outside_tokyo")
    limits = credit_limits_t(3000.0, kinds, 1 / 3)
    assert credit_use(5000.0, [100.0, held], limits) == pytest.approx([100, used])


def test_credits_are_used_in_order_and_no_more_than_needed() -> None:
    assert credit_use([[120.0], [0.0]], [50.0, 60.0, 70.0]).tolist() == [[[50, 60, 10]], [[0, 0, 0]]]


def test_favoured_renewables_count_one_and_a_half_times() -> None:
    assert renewable_credit_t([100.0, 3.0], 1.5).tolist() == [150, 4.5]


def test_the_bank_reaches_the_next_period_and_no_further() -> None:
    book = bank(np.array([100.0, 0, 0, 0]), np.array([0.0, 30, 90, 0]))
    assert book.carried_in_t.tolist() == [[0, 100, 0, 0]]
    assert book.used_carried_t.tolist() == [[0, 30, 0, 0]]
    assert book.expired_t.tolist() == [[0, 70, 0, 0]]
    assert book.uncovered_t.tolist() == [0, 0, 90, 0]


def test_older_credits_are_used_first() -> None:
    fresh = np.array([[[40.0, 10.0]], [[0.0, 0.0]]])  # two facilities, one kind, two periods
    book = settle(fresh, np.array([[0.0, 45.0], [0.0, 5.0]]))
    assert book.used_carried_t[0, 0].tolist() == [0, 40]
    assert book.used_fresh_t[0, 0].tolist() == [0, 5]
    assert book.carried_out_t[0, 0].tolist() == [40, 5]
    assert book.uncovered_t.tolist() == [[0, 0], [0, 5]]


def test_what_was_sold_early_and_not_earned_is_owed_again() -> None:
    left, needed = after_sale_t(
        np.array([500.0, 500.0, 0.0]), np.array([0.0, 0.0, 100.0]), np.array([200.0, 700.0, 50.0])
    )
    assert left.tolist() == [300, 0, 0]
    assert needed.tolist() == [0, 200, 150]


def test_an_owner_moves_surplus_between_its_own_facilities_only() -> None:
    given, received = transfer_within_owner(
        np.array([100.0, 0, 50, 0]), np.array([0.0, 30, 0, 500]), np.array(["A", "A", "B", "C"])
    )
    assert given.tolist() == [30, 0, 0, 0]
    assert received.tolist() == [0, 30, 0, 0]


def test_order_over_more_than_what_is_missing() -> None:
    assert reduction_order_t(1000, 1.3) == 1300


# --- one facility from end to end --------------------------------------------------------------------------------


def third_period(**facts: Any) -> Obligation:
    rows = over(2020, [8_000.0, 8_000, 8_000, 8_000, 8_000])
    rows[2024] |= facts
    return owed(rows, PROPOSED, obliged_since=2010, base_t=10_000)[2020]


def test_shortfall_order_and_deadline() -> None:
    found = third_period()
    assert found.finding("cumulative_test").verdict is Verdict.FALLS_SHORT
    assert found.finding("settlement").value == pytest.approx(3_500)
    assert found.finding("order").value == pytest.approx(4_550)
    assert found.finding("deadline").value == "2026-09-30"


def test_bought_credits_with_their_limits() -> None:
    """Of 13,500 t owed at most 4,500 t may come from outside Tokyo."""
    found = third_period(outside_tokyo_t=9_000.0)
    assert found.finding("settlement").verdict is Verdict.COMPLIES
    assert step(found.finding("settlement"), "outside Tokyo: of this period, used") == pytest.approx(3_500)
    heavier = owed(over(2020, [10_000.0] * 5, outside_tokyo_t=3_000.0), PROPOSED, obliged_since=2010, base_t=10_000)[
        2020
    ]
    assert heavier.finding("settlement").value == pytest.approx(9_000)


@pytest.mark.parametrize(("source", "left"), [("solar", 500), ("other", 1_500)])
def test_renewable_credits_by_source(source: str, left: float) -> None:
    found = third_period(renewable_t=2_000.0, renewable_source=source)
    assert found.finding("settlement").value == pytest.approx(left)


def test_excess_is_carried_into_the_next_period_and_expires_after_it() -> None:
    rows = over(2010, [8_000.0] * 5) | over(2015, [8_400.0] * 5) | over(2020, [7_400.0] * 5)
    found = owed(rows, PROPOSED, obliged_since=2010, base_t=10_000)
    first, second, third = (found[year].finding("settlement") for year in (2010, 2015, 2020))
    assert step(first, "excess reductions: of this period, left") == pytest.approx(6_000)
    assert step(second, "carried in") == pytest.approx(6_000)
    assert step(second, "of which used") == pytest.approx(500)
    assert step(second, "expired") == pytest.approx(5_500)
    assert [one.value for one in (first, second)] == [0, 0]
    assert third.value == pytest.approx(500)
    assert not [one for one in third.steps if "carried in" in one.text.en]


def test_sale_uses_up_excess() -> None:
    rows = over(2015, [8_000.0] * 5)
    rows[2017]["sold_t"] = 900.0
    found = owed(rows, PROPOSED, obliged_since=2010, base_t=10_000)[2015]
    assert found.finding("sale").value == pytest.approx(1_500 - 900)
    assert step(found.finding("settlement"), "left") == pytest.approx(600)
    rows[2018]["sold_t"] = 700.0
    oversold = owed(rows, PROPOSED, obliged_since=2010, base_t=10_000)[2015]
    assert oversold.finding("sale").verdict is Verdict.FALLS_SHORT
    assert oversold.finding("settlement").value == pytest.approx(100)


def test_an_open_period_is_reported_so_far() -> None:
    found = owed(over(2025, [4_000.0, 4_500.0]), obliged_since=2010, base_t=10_000)[2025]
    assert found.finding("cumulative_test").verdict is Verdict.FOR_INFORMATION
    assert found.finding("allowance").value == 25_000
    assert step(found.finding("cumulative_test"), "beyond the duty") == 1_500


@pytest.mark.parametrize(
    ("kind", "share", "rate"), [("office", 0.0, 0.5), ("factory", 0.0, 0.48), ("district_plant", 0.0, 0.5)]
)
def test_adopted_rates_of_a_facility(kind: str, share: float, rate: float) -> None:
    found = owed(over(2025, [1.0]), obliged_since=2010, base_t=100, kind=kind, district_share=share)[2025]
    assert found.finding("obligation_rate").value == rate


def test_proposed_rate_of_the_fourth_period() -> None:
    found = owed(over(2025, [1.0]), PROPOSED, obliged_since=2010, base_t=100)[2025]
    assert found.finding("obligation_rate").value == 0.35
    assert found.finding("settlement").verdict is Verdict.FOR_INFORMATION


@pytest.mark.parametrize(
    ("facts", "rate"),
    [({"recognition": "top_level"}, 0.135), ({"recognition": "near_top_level"}, 0.2025),
     ({"power_law_relief": "first_step"}, 0.25), ({"power_law_relief": "second_step"}, 0.23),
     ({"kind": "office", "district_share": 0.2}, 0.25)],
)  # fmt: skip
def test_reliefs_of_a_facility(facts: dict[str, Any], rate: float) -> None:
    found = owed(over(2020, [1.0], **facts), PROPOSED, obliged_since=2010, base_t=100)[2020]
    assert found.finding("obligation_rate").value == pytest.approx(rate)


def test_carbon_half_begins_with_the_fourth_period() -> None:
    facts = {"recognition": "carbon_half"}
    found = owed(over(2025, [30.0] * 5, **facts), PROPOSED, obliged_since=2010, base_t=100)[2025]
    assert found.finding("obligation_rate").value == 0
    assert step(found.finding("cumulative_test"), "beyond the duty but") == pytest.approx(175)
    assert step(found.finding("settlement"), "left") == pytest.approx(175)
    with pytest.raises(BadInput, match="no carbon-half recognition"):
        owed(over(2024, [30.0], **facts), PROPOSED, obliged_since=2010, base_t=100)


def test_a_certificate_in_the_middle_of_a_period_eases_the_years_from_then_on() -> None:
    rows = over(2020, [7_300.0] * 5)
    rows[2023]["recognition"] = rows[2024]["recognition"] = "top_level"
    found = owed(rows, PROPOSED, obliged_since=2010, base_t=10_000)[2020]
    assert found.finding("allowance").value == pytest.approx(50_000 - 3 * 2_700 - 2 * 1_350)


# --- days, gaps and bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("under", "year", "day"),
    [(PROPOSED, 2010, "2016-09-30"), (PROPOSED, 2015, "2022-01-31"), (PROPOSED, 2020, "2026-09-30"),
     (PROPOSED, 2025, "2031-09-30"), (ADOPTED, 2010, "2016-09-30"), (ADOPTED, 2015, "2022-01-31"),
     (ADOPTED, 2020, "2026-09-30"), (ADOPTED, 2025, "2031-09-30")],
)  # fmt: skip
def test_deadlines(under: Rules, year: int, day: str) -> None:
    found = owed(over(year, [1.0]), under, obliged_since=2010, base_t=100)[year]
    assert found.finding("deadline").value == day


@pytest.mark.parametrize(
    ("facts", "parameter"),
    [({"recognition": "top_level"}, "top_level_relief"), ({"recognition": "carbon_half"}, "carbon_half_incentive"),
     ({"power_law_relief": "first_step"}, "power_law_relief_points"), ({"outside_tokyo_t": 1.0}, "credit_kinds"),
     ({"sold_t": 1.0}, "excess_cap_share_of_base"), ({"district_share": 0.3}, "category_I2_share_threshold"),
     ({"sme_owned_share": 0.3}, "sme_owned_share_min")],
)  # fmt: skip
def test_what_the_adopted_rules_do_not_say_stops_and_names_the_older_rule(
    facts: dict[str, Any], parameter: str
) -> None:
    rows = over(2025, [1.0], **facts)
    with pytest.raises(BadInput, match=rf"{parameter}.*seed_2022 says.*--fallback"):
        owed(rows, obliged_since=2010, base_t=100)
    found = owed(rows, ADOPTED_OR_OLDER, obliged_since=2010, base_t=100)[2025]
    used = {one.parameter.id for finding in found.findings for one in finding.fallbacks}
    assert parameter in used


def test_a_question_asked_for_information_is_left_open() -> None:
    sale = owed(over(2025, [1.0]), obliged_since=2010, base_t=100)[2025].finding("sale")
    assert sale.verdict is Verdict.NOT_ASSESSED
    assert "excess_cap_share_of_base" in sale.steps[0].text.ja


def test_carried_excess_needs_a_rule_on_banking() -> None:
    rows = over(2020, [5_000.0] * 5) | over(2025, [5_000.0])
    with pytest.raises(BadInput, match=r"banking.*--fallback"):
        owed(rows, obliged_since=2010, base_t=10_000)
    found = owed(rows, ADOPTED_OR_OLDER, obliged_since=2010, base_t=10_000)
    assert step(found[2025].finding("settlement"), "carried in") == pytest.approx(11_500)


def test_unknown_supplier_factors_leave_the_year_out() -> None:
    rows = {2025: {"electricity_mwh": 1000.0, "supplier_factor": 0.4}, 2026: {"electricity_mwh": 1000.0}}
    found = owed(rows, obliged_since=2010, base_t=1_000)[2025]
    assert found.finding("emissions").value == pytest.approx(400)
    assert [one.value for one in found.finding("emissions").steps] == [pytest.approx(400), None, pytest.approx(400)]


def test_the_proposal_has_no_factors_for_the_fourth_period() -> None:
    with pytest.raises(BadInput, match="supplier_factors"):
        owed({2025: {"electricity_mwh": 1.0}}, PROPOSED, obliged_since=2010, base_t=1)


@pytest.mark.parametrize(("year", "saved"), [(2015, 0.0), (2020, 189.0)])
def test_low_carbon_supply_counts_in_the_third_period(year: int, saved: float) -> None:
    rows = {year: {"electricity_mwh": 1000.0, "supplier_factor": 0.3}}
    found = owed(rows, PROPOSED, obliged_since=2010, base_t=1_000)[year]
    assert found.finding("emissions").value == pytest.approx(489 - saved)


def test_fuels_by_period() -> None:
    """1,000 m³ of gas: 45 GJ × 0.0138 or 0.0136 t-C/GJ × 44/12."""
    rows = {year: {"city_gas_1000m3": 100.0} for year in (2010, 2015)}
    found = owed(rows, PROPOSED, obliged_since=2010, base_t=1_000, crude_oil_kl=1600)
    emitted = [found[year].finding("emissions").value for year in (2010, 2015)]
    assert emitted == pytest.approx([100 * 45 * 0.0138 * 44 / 12, 100 * 45 * 0.0136 * 44 / 12])


def test_years_without_rules_are_refused_together() -> None:
    with pytest.raises(BadInput) as refused:
        owed(over(2029, [1.0, 1.0, 1.0]), obliged_since=2010, base_t=1)
    assert [fault.given for fault in refused.value.faults] == ["2030", "2031"]


def test_a_share_of_district_supply_is_for_offices() -> None:
    with pytest.raises(ValueError, match="only offices"):
        FacilityYear(facility="F", fiscal_year=2025, kind="factory", district_share=0.3)


def test_the_example_rows_pass_through_both_rule_sets() -> None:
    for under in (ADOPTED, rules("cap_and_trade", "seed_2022", fallback=True)):
        assert [one.subject.en for one in assess(PROGRAMME.examples, under)] == [
            "見本ビル FY2025–2029",
            "見本工場 FY2025–2029",
        ]
