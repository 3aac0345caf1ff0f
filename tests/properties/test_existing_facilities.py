"""What must hold for any existing facility: reliefs only ease, tonnes are conserved, nothing is kept for too long."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from model.ordinance.cap_and_trade.credits import (
    after_sale_t,
    credit_limits_t,
    credit_use,
    settle,
    transfer_within_owner,
)
from model.ordinance.cap_and_trade.equations import (
    Balance,
    Periods,
    balance_by_period,
    designated,
    duty_begun,
    excess_to_date_t,
    obligation_rate,
)
from model.ordinance.energy_equations import (
    EnergyUse,
    FixedFactors,
    FuelFactors,
    emissions_by_actual_factors_t,
    emissions_by_fixed_factors_t,
)
from model.ordinance.rulebook import rules
from model.ordinance.small_facilities.equations import company_total_kl, is_small, report_obliged

PERIODS = Periods.read(rules("cap_and_trade", "adopted_2025"))
YEARS = np.arange(2010, 2030)
PERIOD = PERIODS.of_years(YEARS)
SHARES = st.floats(0, 1)
TONNES = st.integers(0, 10**7)


def whole(*shape: int, most: int = 10**7) -> st.SearchStrategy[Any]:
    return arrays.arrays(np.float64, shape, elements=st.integers(0, most).map(float))


def balance_of(emissions: Any, base: float, rate: Any, **more: Any) -> Balance:
    return balance_by_period(emissions, np.array(base), rate, PERIOD, 4, **more)


@given(st.integers(0, 2), SHARES, st.floats(0, 0.1))
def test_a_relief_never_raises_the_duty(category: int, relief: float, points: float) -> None:
    plain = obligation_rate(PERIODS.rate_table, PERIOD, [category])
    assert (obligation_rate(PERIODS.rate_table, PERIOD, [category], relief) <= plain).all()
    assert (obligation_rate(PERIODS.rate_table, PERIOD, [category], 1.0, points) <= plain).all()
    both = obligation_rate(PERIODS.rate_table, PERIOD, [category], relief, points)
    assert (both <= obligation_rate(PERIODS.rate_table, PERIOD, [category], relief)).all()
    assert (both >= 0).all()


@given(whole(3, 20), TONNES, SHARES, SHARES)
def test_a_looser_rate_never_raises_a_shortfall_nor_lowers_an_excess(
    emissions: Any, base: int, one: float, other: float
) -> None:
    looser, tighter = (balance_of(emissions, base, np.array(rate)) for rate in sorted((one, other)))
    assert (looser.shortfall_t <= tighter.shortfall_t + 1e-6).all()
    assert (looser.excess_t >= tighter.excess_t - 1e-6).all()


@given(whole(3, 20), TONNES, SHARES, SHARES, SHARES)
def test_the_balance_closes(emissions: Any, base: int, rate: float, issue: float, cap: float) -> None:
    found = balance_of(emissions, base, np.array(rate), issue_rate=np.array(issue), sale_cap_share=cap)
    closing = found.excess_t + found.not_issued_t - found.shortfall_t
    assert closing == pytest.approx(found.allowance_t - found.emissions_t, rel=1e-9, abs=max(1.0, base) * 1e-8)
    assert (np.minimum(found.excess_t + found.not_issued_t, found.shortfall_t) == 0).all()
    assert (found.saleable_t <= found.excess_t).all() and (found.not_issued_t >= -1e-6).all()


@given(whole(1, 5), TONNES, st.permutations(range(5)))
def test_the_order_of_the_years_does_not_matter(emissions: Any, base: int, order: list[int]) -> None:
    one, other = (
        balance_by_period(years, np.array(base), np.array(0.27), np.zeros(5, dtype=np.int64), 1)
        for years in (emissions, emissions[:, order])
    )
    assert (one.shortfall_t == other.shortfall_t).all() and (one.excess_t == other.excess_t).all()


@given(whole(5, most=20_000), st.floats(0, 0.6), st.floats(0, 1))
def test_what_can_be_sold_at_the_end_is_what_the_balance_says(reductions: Any, rate: float, cap: float) -> None:
    base, one_period = 20_000.0, np.zeros(5, dtype=np.int64)
    to_date = excess_to_date_t(reductions, np.full(5, base), np.full(5, rate), one_period, cap)
    at_end = balance_by_period(
        (base - reductions)[np.newaxis], np.array(base), np.array(rate), one_period, 1, sale_cap_share=cap
    )
    assert to_date[-1] == pytest.approx(at_end.saleable_t[0, 0], abs=1e-6)


@given(whole(2, 3, 5), whole(2, 5), arrays.arrays(np.float64, (2, 3, 5), elements=st.integers(0, 10**7).map(float)))
def test_credits_conserve_every_tonne(fresh: Any, needed: Any, limits: Any) -> None:
    book = settle(fresh, needed, limits)
    assert (
        fresh + book.carried_in_t == book.used_carried_t + book.used_fresh_t + book.carried_out_t + book.expired_t
    ).all()
    assert (book.carried_in_t[..., 1:] == book.carried_out_t[..., :-1]).all()
    used = book.used_carried_t + book.used_fresh_t
    assert (used.sum(axis=1) + book.uncovered_t == needed).all()
    assert (used <= limits).all()
    assert fresh.sum() == used.sum() + book.expired_t.sum() + book.carried_out_t[..., -1].sum()
    for part in (book.carried_in_t, book.used_carried_t, book.used_fresh_t, book.carried_out_t, book.expired_t):
        assert (part >= 0).all()


@given(st.integers(0, 4), TONNES, whole(5))
def test_nothing_banked_survives_two_periods(issued: int, tonnes: int, needed: Any) -> None:
    fresh = np.zeros((1, 5))
    fresh[0, issued] = tonnes
    book = settle(fresh, needed)
    used = (book.used_carried_t + book.used_fresh_t)[0]
    assert used[:issued].sum() == 0 and used[issued + 2 :].sum() == 0
    assert book.carried_in_t[0, issued + 2 :].sum() == 0
    if issued < 4:
        assert book.expired_t[0, issued + 1] == tonnes - used[issued] - used[issued + 1]


@given(arrays.arrays(np.int64, (2, 5), elements=st.integers(0, 6)))
def test_the_ledger_agrees_with_tonnes_counted_one_by_one(given_t: Any) -> None:
    fresh, needed = given_t.astype(float)
    purse: list[int] = []  # vintages of the tonnes held
    uncovered, expired = [], []
    for period in range(5):
        purse = sorted(purse + [period] * int(fresh[period]))
        covered = min(int(needed[period]), len(purse))
        uncovered.append(needed[period] - covered)
        purse = purse[covered:]
        expired.append(sum(vintage < period for vintage in purse))
        purse = [vintage for vintage in purse if vintage == period]
    book = settle(fresh[np.newaxis], needed)
    assert book.uncovered_t.tolist() == uncovered
    assert book.expired_t[0].tolist() == expired


@given(whole(4), whole(4), whole(4))
def test_sale_conserves_every_tonne(excess: Any, shortfall: Any, sold: Any) -> None:
    shortfall = np.where(excess > 0, 0.0, shortfall)
    left, needed = after_sale_t(excess, shortfall, sold)
    assert (left - needed == excess - shortfall - sold).all()
    assert (left >= 0).all() and (needed >= shortfall).all()


@given(whole(8), whole(8), st.lists(st.sampled_from("ABC"), min_size=8, max_size=8))
def test_transfers_inside_an_owner_conserve_every_tonne(saleable: Any, needed: Any, owner: list[str]) -> None:
    given_t, received = transfer_within_owner(saleable, needed, owner)
    assert (given_t <= saleable).all() and (received <= needed).all()
    for one in set(owner):
        own = np.array(owner) == one
        assert given_t[own].sum() == received[own].sum() == min(saleable[own].sum(), needed[own].sum())


@given(TONNES, TONNES, whole(2))
def test_outside_credits_stay_within_their_share(required: int, needed: int, held: Any) -> None:
    limits = credit_limits_t(required, ("excess_reduction", "outside_tokyo"), 1 / 3)
    used = credit_use(needed, held, limits)
    assert used[1] <= required / 3 * (1 + 1e-12)
    assert (used <= held).all() and used.sum() <= needed * (1 + 1e-12)


@given(arrays.arrays(np.float64, (2, 9), elements=st.sampled_from([0.0, 1499.9, 1500.0, 3000.0])), st.integers(1, 4))
def test_a_duty_comes_late_stays_and_needs_designation(kl: Any, consecutive: int) -> None:
    begun, named = duty_begun(kl, 1500, consecutive), designated(kl, 1500)
    assert (np.diff(begun.astype(int), axis=-1) >= 0).all()
    assert not begun[:, :consecutive].any()
    starts = begun & ~np.concatenate([np.zeros((2, 1), dtype=bool), begun[:, :-1]], axis=1)
    assert not (starts & ~named).any()
    assert (duty_begun(kl, 1500, consecutive + 1) <= begun).all()
    assert (duty_begun(np.maximum(kl, 1500), 1500, consecutive) >= begun).all()


@given(st.lists(st.floats(0, 3000), min_size=1, max_size=9), st.floats(0, 1499))
def test_another_small_facility_never_lifts_the_duty_to_report(kl: list[float], more: float) -> None:
    before, after = (company_total_kl(all_kl, [0] * len(all_kl), 1, 1500) for all_kl in (kl, [*kl, more]))
    assert after >= before and report_obliged(after, 3000) >= report_obliged(before, 3000)
    assert before == pytest.approx(sum(one for one in kl if is_small(one, 1500)))


AMOUNTS = st.floats(0, 1e5)


@given(AMOUNTS, AMOUNTS, AMOUNTS, st.floats(0, 0.8))
def test_more_renewables_never_raise_emissions(
    grid: float, off_site: float, certificates: float, factor: float
) -> None:
    names = [name for name in EnergyUse.__dataclass_fields__ if name != "fuels"]

    def use(**amounts: float) -> EnergyUse:
        return EnergyUse(**{name: np.array([amounts.get(name, 0.0)]) for name in names}, fuels={})

    no_fuels = FuelFactors(0.0, {})
    plain = use(electricity_mwh=grid + off_site, supplier_factor=factor)
    green = use(electricity_mwh=grid, off_site_mwh=off_site, certificates_mwh=certificates, supplier_factor=factor)
    assert emissions_by_actual_factors_t(green, no_fuels) <= emissions_by_actual_factors_t(plain, no_fuels) * (
        1 + 1e-12
    )
    fixed = FixedFactors(0.489, 0.06, None)
    at_all = emissions_by_fixed_factors_t(plain, fixed, no_fuels)
    assert emissions_by_fixed_factors_t(green, fixed, no_fuels) == pytest.approx(at_all)
    chosen = emissions_by_fixed_factors_t(plain, FixedFactors(0.489, 0.06, 0.37), no_fuels)
    assert (chosen >= 0).all() and (chosen <= at_all).all()
