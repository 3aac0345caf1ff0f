"""The plan of a joint purchase: price model in closed form, lots and menus against listing all, calendar, ward hall."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest

from model.optimise.joint_purchase.calendar import business_day, calendar
from model.optimise.joint_purchase.forms import write_tables
from model.optimise.joint_purchase.inputs import Purchase, read_purchase
from model.optimise.joint_purchase.loads import HalfHours
from model.optimise.joint_purchase.lots import plan_lots
from model.optimise.joint_purchase.menu import choose_menus
from model.optimise.joint_purchase.plan import effects, hall_of_the_study, stress
from model.optimise.joint_purchase.pool import pooled_load, pooled_peak
from model.optimise.joint_purchase.price_model import second_lowest, with_reserve
from model.optimise.joint_purchase.rows import Facility
from model.optimise.joint_purchase.synthetic import synthetic
from model.optimise.joint_purchase.tariffs import FISCAL_MONTHS
from model.optimise.solver import SolverOptions

EXACT = SolverOptions(seconds=20, relative_gap=0.0)


def purchase_of(folder: Path, rows: list) -> Purchase:
    files = write_tables({"auction_facilities": rows}, folder, "en")
    return read_purchase(files, bids_needed=False)[0]


@pytest.fixture
def few(tmp_path: Path) -> Purchase:
    return purchase_of(tmp_path, synthetic(2, 3, 2, 0, seed=4).tables["auction_facilities"])


def hall(kwh: float) -> object:
    months = {f"kwh_{month:02d}": kwh / 12 for month in FISCAL_MONTHS}
    peaks = {f"kw_{month:02d}": 400.0 for month in FISCAL_MONTHS}
    return Facility(id="hall", ward="13101", facility_class="hall", **months, **peaks)


def test_ward_hall_of_the_study(tmp_path: Path) -> None:
    # 35,691 m² use 3.915 GWh; 100 % renewable saves about 1,695 t, as much as 589 households.
    found = effects(purchase_of(tmp_path, [hall(3_915_000)]))
    assert len(found) == 1
    values = [finding.value for finding in found[0].findings]
    assert values[0] == pytest.approx(3_915_000)
    assert round(float(values[1])) == 1695
    assert values[2] == 589


def test_second_lowest_of_uniform_costs_against_draws() -> None:
    draws = np.sort(np.random.default_rng(0).uniform(70, 100, (200_000, 4)), axis=1)[:, 1]
    assert float(second_lowest(np.array([70.0]), np.array([100.0]), np.array([4.0]))[0]) == pytest.approx(
        draws.mean(), abs=0.05
    )


def test_reserve_for_one_bidder_in_closed_form() -> None:
    # E = L (1 − F) + F r with r = a + (b − a) F is least at F = (L − a) / (2 (b − a)): a 60, b 100, L 110 → F 0.625.
    found = with_reserve(60, 100, 1, 110)
    assert found.reserve == pytest.approx(85, abs=0.05)
    assert found.no_award == pytest.approx(0.375, abs=0.001)
    assert found.price == pytest.approx(110 * 0.375 + 0.625 * 85, abs=0.05)


def test_reserve_with_several_bidders_against_draws() -> None:
    found = with_reserve(60, 100, 3, 105)
    draws = np.sort(np.random.default_rng(1).uniform(60, 100, (400_000, 3)), axis=1)

    def cost(reserve: float) -> float:
        price = np.where(draws[:, 1] < reserve, draws[:, 1], reserve)
        return float(np.where(draws[:, 0] < reserve, price, 105).mean())

    assert found.price == pytest.approx(cost(found.reserve), abs=0.06)
    assert found.price <= min(cost(reserve) for reserve in (70, 80, 90, 100)) + 0.06


def test_lots_are_the_cheapest_partition(few: Purchase) -> None:
    lots = plan_lots(few, EXACT)
    served = np.concatenate([lot.facilities for lot in lots.lots])
    assert sorted(served.tolist()) == list(range(6))
    assert lots.proof.gap == 0
    expected = sum(lot.expectation.price for lot in lots.lots)
    assert {one.name.en: one.lots for one in lots.others}["ward by ward"] == 2
    for one in lots.others:
        assert not one.allowed or expected <= one.price * (1 + 1e-6)


def test_a_limit_of_lots_is_kept_and_costs_what_is_told(tmp_path: Path) -> None:
    purchase = purchase_of(tmp_path, synthetic(5, 4, 2, 0, seed=1).tables["auction_facilities"])
    prices = []
    for most in (1, 2, 3, 5, 30):
        lots = plan_lots(purchase, EXACT, most)
        prices.append(lots.proof.objective)
        assert 1 <= len(lots.lots) <= most
        allowed = {one.name.en: one.allowed for one in lots.others}
        assert allowed["ward by ward"] == (most >= 5)
        free = next((one for one in lots.others if one.name.en.startswith("best without")), None)
        assert free is None or free.price <= prices[-1] * (1 + 1e-6)
    assert all(later <= earlier + 1e-6 for earlier, later in pairwise(prices))


def test_a_plan_cut_short_is_no_dearer_than_the_simple_partitions(tmp_path: Path) -> None:
    purchase = purchase_of(tmp_path, synthetic(6, 6, 2, 0, seed=2).tables["auction_facilities"])
    lots = plan_lots(purchase, SolverOptions(seconds=20, relative_gap=0.5))
    assert sorted(np.concatenate([lot.facilities for lot in lots.lots]).tolist()) == list(range(36))
    expected = sum(lot.expectation.price for lot in lots.lots)
    assert expected <= min(one.price for one in lots.others if one.allowed) * (1 + 1e-6)


@pytest.mark.slow
def test_menus_equal_listing_every_choice(few: Purchase) -> None:
    for target in (0.0, 0.6, 1.0):
        menu = choose_menus(few, target, EXACT)
        energy = few.kwh.sum(axis=1)
        share = np.array([one.share for one in menu.options])
        best = min(
            sum(menu.cost[facility, option] for facility, option in enumerate(choice))
            for choice in product(range(len(share)), repeat=len(energy))
            if (share[list(choice)] * energy).sum() >= target * energy.sum() * (1 - 1e-9)
        )
        assert menu.total == pytest.approx(best)
        assert menu.share >= target - 1e-9


def test_the_pool_keeps_energy_and_stays_below_the_sum_of_peaks(few: Purchase) -> None:
    load = pooled_load(few, 2025)
    assert load.sum() == pytest.approx(few.kwh.sum())
    assert len(load) == 8760
    assert 0 < pooled_peak(few, 2025) <= few.peak.max(axis=1).sum() + 1e-6


def test_one_class_pools_nothing(tmp_path: Path) -> None:
    alone = purchase_of(tmp_path, [hall(1_000_000)])
    assert pooled_peak(alone, 2025) == pytest.approx(400)


def test_stress_by_ward_adds_up(few: Purchase) -> None:
    lots = plan_lots(few, EXACT)
    found = {one.name.en: one for one in stress(few, lots)}
    for one in found.values():
        assert one.by_ward.sum() == pytest.approx(one.change)
    crisis, last = found["2022 market, every lot awarded"], found["2022 market, last-resort supply only"]
    assert last.bills == pytest.approx(1.5 * crisis.bills)
    new = found["new tariff structure: base +1,000, energy −2.95"]
    expected = sum(
        12 * 0.85 * 1000 * kw - 2.95 * kwh for kw, kwh in zip(few.contract_kw, few.kwh.sum(axis=1), strict=True)
    )
    assert new.change == pytest.approx(expected, abs=24 * len(few.facilities))


def test_calendar_runs_back_from_april_to_windows_in_winter() -> None:
    steps = calendar(date(2027, 4, 1))
    for one, following in pairwise(steps):
        assert one.first <= one.last < following.first
    joint = steps[3]
    assert joint.first.month in (12, 1, 2)
    assert joint.last.month in (12, 1, 2)
    assert (date(2027, 4, 1) - joint.last).days >= 41
    assert not business_day(date(2027, 1, 2))
    assert not business_day(date(2027, 2, 13))
    assert not business_day(date(2027, 2, 11))  # National Foundation Day
    assert not business_day(date(2027, 3, 22))  # substitute for the vernal equinox on a Sunday
    assert business_day(date(2027, 2, 12))


@pytest.mark.parametrize("supply", [date(year, month, 1) for year in range(2026, 2033) for month in (1, 4, 5, 10)])
def test_every_step_begins_and_ends_on_a_business_day(supply: date) -> None:
    steps = calendar(supply)
    assert all(business_day(one.first) and business_day(one.last) for one in steps[:-1])
    assert all(one.first <= one.last < following.first for one, following in pairwise(steps))
    assert steps[-1].first == supply


# Two facilities that peak in different half-hours: the pool's peak is that of the sum, not a share of the peaks.
def test_measured_facilities_pool_exactly(tmp_path: Path) -> None:
    days = np.full((365, 48), 10.0)
    noon, night = days.copy(), days.copy()
    noon[100, 24], night[200, 2] = 100.0, 60.0
    rows = []
    for name, table in (("noon", noon), ("night", night)):
        (tmp_path / f"{name}.csv").write_text("\n".join(",".join(f"{v:g}" for v in day) for day in table))
        rows.append(Facility(id=name, ward="13101", facility_class="hall", load_file=f"{name}.csv"))
    pair = purchase_of(tmp_path, rows)
    assert pair.peak.max(axis=1).tolist() == [120.0, 200.0]
    assert pooled_peak(pair, 2025) == pytest.approx(2 * (100.0 + 10.0))
    load = pooled_load(pair, 2025)
    assert load.sum() == pytest.approx(noon.sum() + night.sum())
    assert load.max() == pytest.approx(100.0 + 10.0 + 2 * 10.0)


def test_a_measured_year_from_july_is_turned_round_to_april(tmp_path: Path) -> None:
    first = date(2024, 7, 1)
    days = [first + timedelta(days=number) for number in range(365)]
    table = np.array([[float(day.month)] * 48 for day in days])
    power = HalfHours(first, table).power.reshape(-1, 48)[:, 0]
    assert power[0] == 2 * 4.0 and power[-1] == 2 * 3.0
    assert np.sort(power).tolist() == np.sort(2 * table[:, 0]).tolist()


def test_the_hall_of_the_study_comes_out_of_the_functions_of_a_plan() -> None:
    hall, worked = hall_of_the_study()
    assert (hall.floor_area_m2, hall.kwh) == (35_691, 3_915_000)
    assert round(worked.finding("carbon").amount) == 1695
    assert worked.finding("equivalent").amount == 589


# Closed form: one facility that may buy certificates for 50 or 100 % pays the certificate's price for each kWh more.
@pytest.mark.parametrize("target", [0.75, 1.0])
def test_the_last_renewable_kwh_costs_the_slope_below_the_target(tmp_path: Path, target: float) -> None:
    few = purchase_of(tmp_path, [hall(1_000_000)])
    lower, at = (choose_menus(few, share, EXACT) for share in (target - 0.01, target))
    hull = lambda menu: relaxed_cost(menu.cost[0], [one.share for one in menu.options])  # noqa: E731
    energy = float(few.kwh.sum())
    slope = (hull(at)(target) - hull(lower)(target - 0.01)) / (0.01 * energy)
    assert at.price_of_share == pytest.approx(slope, rel=1e-6)


def relaxed_cost(costs: np.ndarray, shares: list[float]):
    """Return the least cost of mixing options to a share: over every pair of options, those that reach it."""

    def at(target: float) -> float:
        found = [cost for cost, share in zip(costs, shares, strict=True) if share >= target]
        for (one, low), (two, high) in product(zip(costs, shares, strict=True), repeat=2):
            if low < target < high:
                part = (target - low) / (high - low)
                found.append(one * (1 - part) + two * part)
        return min(found)

    return at
