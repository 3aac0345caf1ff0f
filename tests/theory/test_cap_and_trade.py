"""Cap-and-trade: cover, base, rates, reliefs, the test over five years, sale, credits, bank, order, days and gaps."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from capped_cases import ADOPTED, FIVE, PERIODS, PROPOSED, over, owed

from model.faults import BadInput
from model.ordinance.cap_and_trade.equations import (
    CATEGORIES,
    KINDS,
    Periods,
    balance_by_period,
    base_after_change_t,
    base_emissions_t,
    carbon_half_rates,
    category_index,
    cumulative_allowance_t,
    designated,
    duty_begun,
    excess_to_date_t,
    obligation_rate,
)
from model.ordinance.cap_and_trade.examples import REPRODUCED
from model.ordinance.derivation import Verdict
from model.ordinance.rule_gaps import rules_standing_on
from model.ordinance.rulebook import rules_at
from model.ordinance.worked_examples import worked_examples


@pytest.mark.parametrize(
    ("example", "check"), [(example, check) for example in worked_examples() for check in example.checks
                           if example.programme == "cap_and_trade"],
    ids=lambda part: getattr(part, "id", getattr(part, "name", "")),
)  # fmt: skip
def test_printed_examples_come_out(example: Any, check: Any) -> None:
    assert check.agrees(REPRODUCED[example.id, check.name](example.inputs))


def test_every_check_of_the_programme_is_reproduced() -> None:
    asked = {
        (one.id, check.name) for one in worked_examples() for check in one.checks if one.programme == "cap_and_trade"
    }
    assert set(REPRODUCED) == asked


# --- periods and rates -------------------------------------------------------------------------------------------


def test_periods_as_adopted_and_as_proposed() -> None:
    assert PERIODS.first_years == (2010, 2015, 2020, 2025)
    assert PERIODS.last_years == (2014, 2019, 2024, 2029)
    assert PERIODS.rates == ((0.08, 0.06, 0.06), (0.17, 0.15, 0.15), (0.27, 0.25, 0.25), (0.5, 0.48, 0.48))
    proposed = Periods.read(PROPOSED)
    assert proposed.rates == (*PERIODS.rates[:3], (0.35, 0.35, 0.35))
    assert (proposed.first_years, proposed.last_years) == (PERIODS.first_years, PERIODS.last_years)


def test_the_past_is_no_fallback() -> None:
    asked = ADOPTED.fresh()
    Periods.read(asked)
    assert {used.parameter.id for used in asked.used} == {"periods", "period_4", "period_4_rate_I2"}
    assert not any(used.fallback for used in asked.used)


@pytest.mark.parametrize(
    ("year", "place"), [(2009, -1), (2010, 0), (2014, 0), (2015, 1), (2024, 2), (2025, 3), (2029, 3), (2030, -1)]
)
def test_period_of_a_year(year: int, place: int) -> None:
    assert PERIODS.of_years([year]).tolist() == [place]


@pytest.mark.parametrize(("day", "rate"), [(date(2025, 3, 31), 0.35), (date(2025, 4, 1), 0.5)])
def test_the_adopted_rate_stands_from_its_day(day: date, rate: float) -> None:
    assert Periods.read(rules_at("cap_and_trade", day, fallback=True)).rates[3][0] == rate


def test_rules_of_the_past_stand_to_the_day_before() -> None:
    assert rules_standing_on(ADOPTED, date(2025, 3, 31)).rule_set == "seed_2022"
    assert rules_standing_on(ADOPTED, date(2025, 4, 1)) is ADOPTED


@pytest.mark.parametrize(
    ("kind", "share", "category"),
    [("office", 0.0, "I-1"), ("office", 0.1999, "I-1"), ("office", 0.2, "I-2"), ("office", 0.9, "I-2"),
     ("district_plant", 0.0, "I-1"), ("factory", 0.0, "II"), ("factory", 0.9, "II")],
)  # fmt: skip
def test_category(kind: str, share: float, category: str) -> None:
    assert CATEGORIES[category_index(KINDS.index(kind), share, 0.2)] == category


def test_rates_of_all_categories_over_the_years() -> None:
    years = [2009, 2010, 2019, 2024, 2029, 2030]
    rates = obligation_rate(PERIODS.rate_table, PERIODS.of_years(years), np.arange(3)[:, np.newaxis])
    assert rates.tolist() == [
        [0, 0.08, 0.17, 0.27, 0.5, 0],
        [0, 0.06, 0.15, 0.25, 0.48, 0],
        [0, 0.06, 0.15, 0.25, 0.48, 0],
    ]


def test_reliefs_one_by_one_and_together() -> None:
    rate = obligation_rate(PERIODS.rate_table, np.full(4, 1), [0], [1.0, 0.5, 1.0, 0.5], [0.0, 0.0, 0.02, 0.04])
    assert rate == pytest.approx([0.17, 0.085, 0.15, 0.065])
    assert obligation_rate(PERIODS.rate_table, np.array([0]), [1], points=0.9).tolist() == [0.0]


def test_carbon_half_owes_nothing_and_issues_from_the_ordinary_rate() -> None:
    ordinary = np.array([0.35, 0.35])
    owed_rate, issue = carbon_half_rates(ordinary * 0.5, ordinary, np.array([False, True]), 0.0, 1.0)
    assert owed_rate.tolist() == [0.175, 0.0]
    assert issue.tolist() == [0.175, 0.35]


# --- cover -------------------------------------------------------------------------------------------------------


def test_designated_in_the_year_after_the_line() -> None:
    kl = np.array([[1499.99, 1500.0, 1500.01, np.nan, 0.0]])
    assert designated(kl, 1500).tolist() == [[False, False, True, True, False]]


@pytest.mark.parametrize(
    ("kl", "full", "begun"),
    [
        ([1500, 1500, 1500, 0, 0], None, [False, False, False, True, True]),
        ([1500, 1499.9, 1500, 1500, 1500], None, [False] * 5),
        ([1500, 1500, np.nan, 1500, 1500], None, [False] * 5),
        ([1500, 1500, 1500, 1500, 0], [False, True, True, True, True], [False] * 4 + [True]),
    ],
)
def test_duty_begins_after_three_full_years_in_a_row(
    kl: list[float], full: list[bool] | None, begun: list[bool]
) -> None:
    whole = None if full is None else np.array([full])
    assert duty_begun(np.array([kl], dtype=float), 1500, 3, whole).tolist() == [begun]


def test_duty_of_a_facility_follows_its_energy() -> None:
    facts = over(2025, [100.0] * 5, base_t=1000)
    for place, kl in enumerate([1600, 1600, 1600, 1000, 1000]):
        facts[2025 + place]["crude_oil_kl"] = kl
    found = owed(facts)[2025]
    assert found.finding("plan_duty").value == 4  # FY2026-2028 designated, FY2028-2029 under duty
    assert found.finding("reduction_duty").value == 2
    assert found.finding("allowance").value == pytest.approx(2 * 500)


def test_a_facility_below_the_line_owes_nothing() -> None:
    found = owed({2025: {"crude_oil_kl": 1499, "emissions_t": 2000}, 2026: {"crude_oil_kl": 1499}})[2025]
    assert {one.name: one.verdict for one in found.findings} == {
        "plan_duty": Verdict.NOT_OBLIGED,
        "reduction_duty": Verdict.NOT_OBLIGED,
        "renewable_report": Verdict.OBLIGED,
    }


@pytest.mark.parametrize(("share", "obliged"), [(0.4999, True), (0.5, False), (0.6, False)])
def test_small_enterprises_lift_the_duty_but_not_the_plan(share: float, obliged: bool) -> None:
    found = owed({2020: {"sme_owned_share": share, "emissions_t": 1.0}}, obliged_since=2010, base_t=10)[2020]
    assert found.finding("reduction_duty").verdict is (Verdict.OBLIGED if obliged else Verdict.NOT_OBLIGED)
    assert found.finding("plan_duty").verdict is Verdict.OBLIGED


# --- base --------------------------------------------------------------------------------------------------------


def test_base_is_the_highest_mean_of_three_years_or_the_chosen_one() -> None:
    emissions = np.array([[90.0, 100, 110, 120, 100, 80], [np.nan, 10, 20, 30, np.nan, 100], [np.nan] * 6])
    assert base_emissions_t(emissions, 3)[:2].tolist() == [110, 20]
    assert np.isnan(base_emissions_t(emissions, 3)[2])
    assert base_emissions_t(emissions[:1], 3, np.array([3])).tolist() == [100]


@pytest.mark.parametrize(("change", "base"), [(59.9, 1000), (60, 1060), (-59.9, 1000), (-60, 940), (-2000, 0)])
def test_base_changes_from_six_per_cent_on(change: float, base: float) -> None:
    assert base_after_change_t(1000, change, 0.06) == base


def test_base_of_a_facility_from_its_own_years() -> None:
    base_years = {
        2002 + place: {"emissions_t": emitted} for place, emitted in enumerate([900, 1000, 1100, 1200, 1000, 800])
    }
    rows = {**base_years, **over(2020, [700.0] * 5)}
    assert owed(rows, PROPOSED, obliged_since=2010)[2020].finding("base_emissions").value == 1100
    assert owed(rows, PROPOSED, obliged_since=2010, base_from=2002)[2020].finding("base_emissions").value == 1000
    with pytest.raises(BadInput, match="2002 … 2005"):
        owed(rows, PROPOSED, obliged_since=2010, base_from=2006)


def test_base_years_count_with_the_factors_of_the_period() -> None:
    """1,000 MWh: 382 t for the duty of the first period, 489 t for that of the second."""
    rows = {year: {"electricity_mwh": 1000.0} for year in (2002, 2003, 2004)}
    rows |= {2010: {"emissions_t": 300.0}, 2015: {"emissions_t": 300.0}}
    found = owed(rows, PROPOSED, obliged_since=2010)
    assert [found[year].finding("base_emissions").value for year in (2010, 2015)] == pytest.approx([382, 489])


def test_a_later_entrant_takes_years_before_its_duty_and_says_that_this_is_an_estimate() -> None:
    rows = {year: {"crude_oil_kl": 1600.0, "emissions_t": 1000.0 + year} for year in range(2014, 2025)}
    base = owed(rows, PROPOSED)[2015].finding("base_emissions")
    assert owed(rows, PROPOSED)[2015].finding("reduction_duty").value == 3  # from FY2017
    assert base.value == pytest.approx((3014 + 3015 + 3016) / 3)
    assert base.quality == "estimate"
    assert owed(rows, PROPOSED)[2020].finding("base_emissions").value == base.value


def test_a_duty_by_size_begins_with_the_first_period_at_the_earliest() -> None:
    """At the line from FY2006 on, three years are over before FY2010; the duty and its base still start from there."""
    rows = {2006 + place: {"crude_oil_kl": 1600.0, "emissions_t": 100.0 * (place + 1)} for place in range(9)}
    found = owed(rows, PROPOSED)[2010]
    assert found.finding("reduction_duty").value == 5
    assert found.finding("base_emissions").value == (200 + 300 + 400) / 3


def test_a_base_once_determined_stays_until_the_next() -> None:
    rows = over(2025, [400.0] * 5)
    rows[2025]["base_t"], rows[2028]["base_t"] = 1000, 1200
    assert owed(rows, obliged_since=2010)[2025].finding("allowance").value == pytest.approx(0.5 * (3 * 1000 + 2 * 1200))


# --- the test over the period ------------------------------------------------------------------------------------


def balance(emissions: list[float], rate: float = 0.27, base: float = 10_000.0, **more: Any) -> dict[str, float]:
    test = balance_by_period(np.array([emissions]), np.array([[base]]), np.array([[rate]]), FIVE, 1, **more)
    return {name: float(getattr(test, name)[0, 0]) for name in test.__dataclass_fields__}


@pytest.mark.parametrize(
    ("last", "shortfall", "excess"), [(7_300.0, 0, 0), (7_301.0, 1, 0), (7_299.0, 0, 1), (0.0, 0, 7300)]
)
def test_only_the_sum_of_five_years_counts(last: float, shortfall: float, excess: float) -> None:
    """A base of 10,000 t less 27 % allows 36,500 t in five years, however they are spread."""
    found = balance([9_000.0, 5_600.0, 7_300.0, 7_300.0, last])
    assert found["allowance_t"] == 36_500
    assert (found["shortfall_t"], found["excess_t"]) == (pytest.approx(shortfall), pytest.approx(excess))
    assert found["shortfall_t"] * found["excess_t"] == 0


@pytest.mark.parametrize("rate", [0.06, 0.08, 0.15, 0.17, 0.25, 0.27, 0.48, 0.5, 0.35])
def test_exactly_on_the_line_nothing_is_owed_and_nothing_left(rate: float) -> None:
    allowed = float(cumulative_allowance_t(12_345.6, rate, 5))
    found = balance([allowed / 5] * 5, rate, 12_345.6)
    assert (found["shortfall_t"], found["excess_t"]) == (0, 0)


def test_sale_is_capped_by_half_the_base_in_each_year_but_the_bank_is_not() -> None:
    found = balance([4_000.0, 6_000.0, 6_000.0, 6_000.0, 6_000.0], sale_cap_share=0.5)
    assert found["excess_t"] == 22_000 - 13_500
    assert found["saleable_t"] == 21_000 - 13_500


def test_beside_a_duty_of_half_the_base_nothing_could_be_sold() -> None:
    assert balance([0.0] * 5, rate=0.5, sale_cap_share=0.5)["saleable_t"] == 0


def test_carbon_half_recognition_keeps_back_what_is_not_issued() -> None:
    found = balance([4_000.0] * 5, rate=0.0, issue_rate=np.array([[0.35]]))
    assert found["shortfall_t"] == 0
    assert found["excess_t"] == 30_000 - 17_500
    assert found["not_issued_t"] == 17_500
    assert found["allowance_t"] - found["emissions_t"] == found["excess_t"] + found["not_issued_t"]


def test_a_recognised_facility_sells_capped_reductions_beyond_the_ordinary_duty() -> None:
    found = balance([4_000.0] * 5, rate=0.0, issue_rate=np.array([[0.35]]), sale_cap_share=0.5)
    assert found["saleable_t"] == 25_000 - 17_500


def test_years_without_duty_do_not_count() -> None:
    duty = np.array([[False, False, True, True, True]])
    found = balance([np.nan, 99_999.0, 7_300.0, 7_300.0, 7_300.0], under_duty=duty)
    assert (found["allowance_t"], found["shortfall_t"], found["excess_t"]) == (21_900, 0, 0)


def test_excess_to_date_starts_anew_in_every_period() -> None:
    period = np.array([-1, 0, 0, 1, 1])
    reductions = np.array([9_000.0, 1_500.0, 2_500.0, 1_000.0, 3_000.0])
    saleable = excess_to_date_t(reductions, np.full(5, 10_000.0), np.full(5, 0.17), period, 0.5)
    assert saleable == pytest.approx([0, 0, 600, 0, 600])


def test_a_million_facilities_at_once_agree_with_one_at_a_time() -> None:
    chance = np.random.default_rng(7)
    emissions = chance.uniform(0, 2, (1_000_000, 5)) * 7_300
    rate = obligation_rate(PERIODS.rate_table, np.full(5, 2), chance.integers(0, 3, (1_000_000, 1)))
    whole = balance_by_period(emissions, np.array(10_000.0), rate, FIVE, 1, sale_cap_share=0.5)
    for one in (0, 123_456, 999_999):
        alone = balance(emissions[one].tolist(), rate=float(rate[one, 0]), sale_cap_share=0.5)
        assert [float(getattr(whole, name)[one, 0]) for name in alone] == pytest.approx(list(alone.values()))
