"""Economics of panels: the published pay-back and benefits, closed forms, contracts, and what must hold always."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from model.faults import BadInput
from model.ordinance.exact import half_up
from model.ordinance.rulebook import rules
from model.ordinance.solar_economics.equations import (
    PURCHASE,
    Assumptions,
    benefit,
    cost_of_system,
    fee_at_cost_jpy,
    lease,
    payback_years,
    power_purchase,
    price_at_cost_jpy_per_kwh,
    roof_rent,
    sale_right,
    yearly_cash_flow,
)
from model.ordinance.solar_economics.examples import REPRODUCED
from model.ordinance.solar_economics.facts import System
from model.ordinance.solar_economics.programme import PROGRAMME, assess
from model.ordinance.worked_examples import worked_examples

SEED = rules("pv_economics", "seed_2022")
PUBLISHED = Assumptions.read(SEED)
GRANT = 400_000

shares = st.floats(0, 1)
sizes = st.floats(0.5, 20)
money = st.floats(0, 1_000_000)


def test_every_printed_figure_is_reproduced() -> None:
    checks = {(example.id, check.name): (example, check) for example in worked_examples() for check in example.checks}
    ours = {key for key, (example, _) in checks.items() if example.programme == "pv_economics"}
    assert ours == set(REPRODUCED)
    for key, compute in REPRODUCED.items():
        example, check = checks[key]
        assert check.agrees(compute(example.inputs)), key


def test_the_published_pay_back_and_benefits_of_4_kw() -> None:
    assert float(payback_years(4, PUBLISHED)) == 10.0
    assert half_up(float(payback_years(4, PUBLISHED, GRANT))) == 6
    bare = [half_up(float(benefit(years, 4, PUBLISHED)) / 10_000) for years in (20, 25, 30)]
    granted = [half_up(float(benefit(years, 4, PUBLISHED, GRANT)) / 10_000) for years in (20, 25, 30)]
    assert (bare, granted) == ([45, 78, 112], [85, 118, 152])


def test_a_self_use_share_of_30_per_cent_does_not_give_the_published_benefits() -> None:
    other = replace(PUBLISHED, self_use_share=0.3)
    assert [half_up(float(benefit(years, 4, other)) / 10_000) for years in (20, 25, 30)] != [45, 78, 112]


def test_the_rows_of_the_programme_print_the_same() -> None:
    (answers,) = assess([System(id="s", kw=4)], SEED)
    assert answers.finding("cost").value == 520_000
    assert answers.finding("income").value == 92_000
    assert answers.finding("benefit_30").value == 1_516_000
    assert answers.finding("carbon").value == pytest.approx(1.76)


def test_an_inverter_before_the_money_is_back_delays_it() -> None:
    # 1,300,000 − 10 × 92,000 = 380,000; four years at 66,800 leave 112,800; year 15 costs 220,000 more than it earns
    # less 66,800; 266,000 at 66,800 a year take 3.98 years from the end of year 15.
    dear = replace(PUBLISHED, cost_jpy_per_kw=325_000.0)
    assert float(payback_years(4, dear)) == pytest.approx(15 + 266_000 / 66_800)
    # 1,160,000 − 920,000 = 240,000 are back before year 15.
    assert float(payback_years(4, replace(PUBLISHED, cost_jpy_per_kw=290_000.0))) == pytest.approx(
        10 + 240_000 / 66_800
    )


def test_what_never_comes_back_is_infinite_and_what_costs_nothing_is_back_at_once() -> None:
    assert np.isinf(payback_years(4, replace(PUBLISHED, yield_kwh_per_kw=10.0)))
    assert float(payback_years(4, PUBLISHED, 920_000)) == 0
    assert float(payback_years(4, PUBLISHED, financing=lease(10, 50_000))) == 0
    assert float(payback_years(0, PUBLISHED)) == 0


def test_pay_back_of_many_systems_is_that_of_each() -> None:
    """Systems that are paid back early, late, at once and never stand in one array, with houses along one dim."""
    grants = np.array([0.0, 400_000.0, 920_000.0, 5e6])
    kw = np.array([[0.0], [1.0], [4.0], [12.5]])
    together = payback_years(kw, PUBLISHED, grants)
    assert together.shape == (4, 4)
    for row, size in enumerate(kw[:, 0]):
        for place, grant in enumerate(grants):
            assert together[row, place] == float(payback_years(size, PUBLISHED, grant))
    # 4 kW: 920,000 JPY, or 520,000 with the grant, at 92,000 a year. 12.5 kW: 2,475,000 with it, at 287,500 a year.
    assert together[2].tolist() == [10.0, pytest.approx(520 / 92), 0.0, 0.0]
    assert together[3, 1] == pytest.approx(2_475 / 287.5)


def test_no_panels_cost_and_earn_nothing() -> None:
    with_fixed = replace(PUBLISHED, cost_fixed_jpy=100_000.0, inverter_fixed_jpy=50_000.0, inspection_interval=4)
    np.testing.assert_array_equal(cost_of_system([0.0, 2.0], with_fixed), [0, 560_000])
    assert float(benefit(30, 0, with_fixed)) == 0
    assert not yearly_cash_flow(0, with_fixed, 30).any()


def test_inspections_and_fixed_costs_by_hand() -> None:
    inspected = replace(PUBLISHED, inspection_interval=4, inverter_fixed_jpy=20_000.0, cost_fixed_jpy=30_000.0)
    # 7 inspections of 30,000 in 30 years.
    assert float(benefit(30, 4, inspected)) == pytest.approx(1_116_000 - 7 * 30_000 - 20_000 - 30_000)


def test_loss_of_yield_and_discount_against_geometric_sums() -> None:
    loss, rate = 0.005, 0.02
    assumed = replace(PUBLISHED, degradation=loss, discount_rate=rate, inverter_years=(), fit_years=30)
    ratio = (1 - loss) / (1 + rate)
    worth = 92_000 / (1 + rate) * (1 - ratio**30) / (1 - ratio)
    assert float(benefit(30, 4, assumed)) == pytest.approx(worth - 920_000, rel=1e-12)


@given(sizes, shares, st.floats(0, 60), st.floats(0, 0.03), money, st.integers(1, 40))
def test_the_benefit_is_the_sum_of_the_yearly_flows(
    kw: float, share: float, retail: float, loss: float, grant: float, years: int
) -> None:
    assumed = replace(
        PUBLISHED, self_use_share=share, retail_jpy_per_kwh=retail, degradation=loss, inspection_interval=5
    )
    for contract in (PURCHASE, lease(10, 40_000, 1_000), power_purchase(12, 25), roof_rent(20, 10_000), sale_right(10)):
        flows = yearly_cash_flow(kw, assumed, years, grant, contract)
        assert flows.shape == (years + 1,)
        assert float(benefit(years, kw, assumed, grant, contract)) == pytest.approx(flows.sum(), abs=1e-3)


@given(sizes, money, money)
def test_a_larger_grant_never_makes_a_home_worse_off(kw: float, one: float, other: float) -> None:
    small, large = sorted((one, other))
    assert float(benefit(30, kw, PUBLISHED, small)) <= float(benefit(30, kw, PUBLISHED, large)) + 1e-6
    assert float(payback_years(kw, PUBLISHED, large)) <= float(payback_years(kw, PUBLISHED, small)) + 1e-9


@given(sizes, shares, shares)
def test_more_use_at_home_pays_while_buying_is_dearer_than_selling(kw: float, one: float, other: float) -> None:
    less, more = (replace(PUBLISHED, self_use_share=share) for share in sorted((one, other)))
    assert float(benefit(25, kw, less)) <= float(benefit(25, kw, more)) + 1e-6


def test_houses_and_sizes_broadcast() -> None:
    sizes_kw = np.array([0.0, 2.0, 4.0])
    grants = np.array([[0.0], [400_000.0]]) * (sizes_kw > 0)
    both = benefit(20, sizes_kw, PUBLISHED, grants)
    assert both.shape == (2, 3)
    for row in range(2):
        for place, kw in enumerate(sizes_kw):
            assert both[row, place] == pytest.approx(float(benefit(20, kw, PUBLISHED, grants[row, place])))
    assert payback_years(sizes_kw, PUBLISHED, grants).shape == (2, 3)
    assert yearly_cash_flow(sizes_kw, PUBLISHED, 20, grants).shape == (2, 3, 21)


def test_a_grant_beyond_the_cost_is_not_paid_out() -> None:
    assert float(benefit(20, 4, PUBLISHED, 2_000_000)) == pytest.approx(float(benefit(20, 4, PUBLISHED, 920_000)))


@pytest.mark.parametrize("years", [5, 10, 15, 20])
def test_a_provider_that_earns_nothing_leaves_the_home_as_well_off_as_a_buyer(years: int) -> None:
    bought = float(benefit(30, 4, PUBLISHED, GRANT))
    fee = float(fee_at_cost_jpy(4, PUBLISHED, years, GRANT))
    assert float(benefit(30, 4, PUBLISHED, GRANT, lease(years, fee))) == pytest.approx(bought)
    price = float(price_at_cost_jpy_per_kwh(4, PUBLISHED, years, GRANT))
    if price > 0:
        assert float(benefit(30, 4, PUBLISHED, GRANT, power_purchase(years, price))) == pytest.approx(bought)


def test_a_fee_with_return_is_an_annuity() -> None:
    annuity = 0.03 / (1 - 1.03**-10)
    assert float(fee_at_cost_jpy(4, PUBLISHED, 10, GRANT, 0.03)) == pytest.approx(520_000 * annuity)


def test_contracts_by_hand() -> None:
    saving, early, late = 46_400, 45_600, 20_400
    later = 20 * (saving + late) - 220_000
    assert float(benefit(30, 4, PUBLISHED, 0, lease(10, 60_000))) == pytest.approx(
        10 * (saving + early - 60_000) + later
    )
    assert float(benefit(30, 4, PUBLISHED, 0, sale_right(10))) == pytest.approx(10 * saving + later)
    assert float(benefit(30, 4, PUBLISHED, 0, power_purchase(10, 25))) == pytest.approx(10 * 1600 * (29 - 25) + later)
    rented = roof_rent(20, 12_000)
    assert float(benefit(30, 4, PUBLISHED, 0, rented)) == pytest.approx(20 * 12_000 + 10 * (saving + late))
    assert float(benefit(30, 4, PUBLISHED, 0, replace(rented, takes_over=False))) == pytest.approx(20 * 12_000)


def test_without_fallback_the_adopted_set_says_what_it_does_not_know() -> None:
    with pytest.raises(BadInput, match="seed_2022 says") as stopped:
        assess([System(id="s", kw=4)], rules("pv_economics", "adopted_2025"))
    assert "--fallback" in str(stopped.value)
    (chosen,) = assess([System(id="s", kw=4)], rules("pv_economics", "adopted_2025", fallback=True))
    assert chosen.finding("cost").value == 1_000_000 - 400_000
    assert "assumed_self_consumption_share" in {used.parameter.id for used in chosen.finding("payback").fallbacks}


def test_what_the_row_gives_takes_the_place_of_the_rule_data() -> None:
    given_row = System(id="s", kw=4, cost_jpy=1_000_000, grant_jpy=0, fit_fiscal_year=2022, inverter_jpy=100_000)
    (answers,) = assess([given_row], SEED)
    assert answers.finding("cost").value == 1_000_000
    assert answers.finding("income").value == pytest.approx(46_400 + 2_400 * 17)
    assert answers.finding("benefit_20").value == pytest.approx(10 * 87_200 + 10 * 66_800 - 1_000_000 - 100_000)


def test_a_fixed_price_that_is_not_in_the_data_is_asked_for() -> None:
    with pytest.raises(BadInput, match="2020, 2021, 2022"):
        assess([System(id="s", kw=4, fit_fiscal_year=2030)], SEED)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"kw": 0}, "greater than 0"),
        ({"kw": 4, "self_use_share": 1.1}, "less than or equal to 1"),
        ({"kw": 4, "financing": "lease"}, "years of the contract"),
        ({"kw": 4, "financing": "roof_rent", "contract_years": 10}, "rent of the roof"),
    ],
)
def test_bad_rows_are_refused(row: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        System(id="s", **row)


def test_every_contract_of_the_programme_is_answered() -> None:
    terms = {
        "lease": {},
        "power_purchase": {"price_jpy_per_kwh": 25},
        "roof_rent": {"yearly_rent_jpy": 12_000},
        "sale_right": {},
    }
    rows = [System(id=name, kw=4, financing=name, contract_years=10, **more) for name, more in terms.items()]
    gained = [one.finding("financing").value for one in assess(rows, SEED)]
    later = 20 * 66_800 - 220_000
    assert gained == pytest.approx([1_516_000, 10 * 1600 * 4 + later, 120_000 + later, 464_000 + later])


def test_the_worked_rows_are_assessed() -> None:
    assert len(assess(PROGRAMME.examples, SEED)) == len(PROGRAMME.examples)
