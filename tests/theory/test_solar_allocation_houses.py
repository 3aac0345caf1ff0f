"""From a supplier's list to facts, costs and rules: sizes, exclusions, defaults, economics, and the whole answer."""

from __future__ import annotations

import tracemalloc
from datetime import date
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from house_cases import CHIYODA, SETAGAYA, SHINJUKU, portfolio
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import binom, norm

from model.optimise.solar_allocation.answer import Answer, Setting, answer, verified
from model.optimise.solar_allocation.consent import both_reached, can_be_added, distribution, probability_of_meeting
from model.optimise.solar_allocation.dataset import dataset
from model.optimise.solar_allocation.economics import generation_by_faces, relative_yield
from model.optimise.solar_allocation.generator import generate, write_generated
from model.optimise.solar_allocation.houses import Portfolio, houses_of, split_by_supplier
from model.optimise.solar_allocation.inputs import WAYS_TO_PAY
from model.optimise.solar_allocation.model import Wishes, build
from model.optimise.solar_allocation.problem import activity, cost_of
from model.optimise.solar_allocation.reread import reread
from model.optimise.solar_allocation.slots import available, slot_kw
from model.ordinance.building_report.programme import assess
from model.ordinance.column_reader import Columns
from model.ordinance.derivation import Verdict
from model.ordinance.solar_economics.equations import benefit, payback_years, power_purchase
from model.ordinance.subsidies.equations import panel_grant_jpy
from model.report.allocation.texts import remarks

SETTING = Setting.read("adopted_2025")


def looked_at(supply: Portfolio, wishes: Wishes, gap: float = 1e-6) -> Answer:
    """Return the plan of a list with the second look at it, through a file."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{supply.supplier}.csv"
        write_generated(path, Columns("list", supply.cells, supply.lines))
        raw = reread(path)[supply.supplier]
    return verified(answer(supply, wishes, SETTING, gap=gap, moves=False), raw)


def found(*houses: dict[str, Any], **wishes: Any) -> Answer:
    return looked_at(portfolio(*houses), Wishes(**wishes))


def test_sizes_are_whole_modules_of_the_roof() -> None:
    facts = houses_of(
        portfolio({"max_kw": 4.0}, {"face1_m2": 20, "face2_m2": 9}, {"max_kw": 60.0}, {"max_kw": 0.3}),
        SETTING.rules, SETTING.assumed,
    )  # fmt: skip
    # 20 m² × 0.15 kW/m² = 3.0 kW = 7 modules of 0.4 kW, 9 m² = 1.35 kW = 3 modules.
    assert facts.largest_kw == pytest.approx([4.0, 4.0, 60.0, 0.0])


def test_a_larger_roof_never_has_a_worse_plan() -> None:
    """4.8 kW is twelve modules, 11.2 kW the 28 of a usual largest roof, 40 and 40.4 kW a hundred and one more."""
    costs = [found({"max_kw": kw, "ua": 0.6, "bei": 0.85}).plan.proof.objective
             for kw in (4.8, 5.2, 8.0, 11.2, 14.0, 40.0, 40.4, 500.0)]  # fmt: skip
    assert costs == sorted(costs, reverse=True)


def test_large_roofs_have_their_full_capacity_among_their_sizes_and_steps_are_told() -> None:
    listed = [{"max_kw": 4.0}, {"max_kw": 40.4}, {"max_kw": 500.0}, {"max_kw": 498.8}]
    plan = found(*listed, objective="benefit")
    houses, slots = plan.houses, plan.plan.best.model.slots
    assert houses.largest_kw == pytest.approx([4.0, 40.4, 500.0, 498.8])
    kw = np.where(available(houses, slots, ("purchase",)), slot_kw(houses, slots, slice(None)), np.nan)
    widest = 0
    for house, largest in enumerate((10, 101, 1250, 1247)):
        sizes = np.unique(np.rint(kw[np.isfinite(kw[:, house]), house] / 0.4))
        assert sizes[-1] == largest
        assert sizes.size <= 102
        # Fine steps for small capacities, and no step wider than one part in 16.
        assert np.array_equal(sizes[:11], np.arange(11))
        assert np.all(np.diff(sizes) <= np.maximum(1, sizes[:-1] / 16))
        widest = int(np.diff(sizes).max()) if largest == 1250 else widest
    assert [one.en for one in remarks(plan) if "steps" in one.en] == [
        f"Sizes go in steps of up to {widest} modules on 3 houses, the full roof among them: the proof holds for these "
        "sizes."
    ]
    assert plan.verification is not None
    assert plan.verification.holds
    assert not [one for one in remarks(found(listed[0], {"max_kw": 40.0})) if "steps" in one.en]


def test_small_roofs_and_legal_limits_may_be_left_out() -> None:
    facts = houses_of(
        portfolio(
            {"face1_m2": 19, "face2_m2": 9}, {"face1_m2": 19, "face2_m2": 10}, {"face1_m2": 20}, {"max_kw": 1},
            {"max_kw": 1, "restricted": True}, {"face1_m2": 50, "face1_azimuth": 180},
            {"face1_m2": 5, "exclusion": "never"},
        ),
        SETTING.rules, SETTING.assumed,
    )  # fmt: skip
    assert facts.may_leave.tolist() == [True, False, False, False, True, True, False]


def test_requirement_by_zone_and_uniform() -> None:
    facts = houses_of(portfolio({"max_kw": 4}, {"max_kw": 4, "municipality": SHINJUKU},
                                {"max_kw": 4, "municipality": CHIYODA}), SETTING.rules, SETTING.assumed)  # fmt: skip
    assert facts.owed_uniform_kw.tolist() == [1.7, 1.7, 1.7]
    assert facts.owed_by_zone_kw.tolist() == [1.7, 1.4, 0.6]


def test_sunny_faces_are_filled_first_and_the_best_direction_yields_most() -> None:
    table = SETTING.assumed.value("yield_by_orientation")
    seen = relative_yield(np.array([0.0, 90.0, -90.0, 22.5]), np.array([30.0, 30.0, 30.0, 30.0]), table)
    assert seen == pytest.approx([1.0, 0.85, 0.85, 0.98])
    kw = np.array([[0.0], [2.0], [5.0]])
    made = generation_by_faces(kw, [np.array([3.0]), np.array([9.0])], [np.array([1000.0]), np.array([800.0])])
    assert made.ravel().tolist() == [0.0, 2000.0, 4600.0]


@pytest.mark.parametrize("way", WAYS_TO_PAY)
def test_benefit_is_that_of_the_economics_of_a_single_system(way: str) -> None:
    economics, nothing = SETTING.economics, np.array([np.nan])
    kw, usual = np.array([4.0]), np.array([False])
    money = economics.money(kw, kw * economics.assumptions.yield_kwh_per_kw, way, usual, nothing, nothing)
    grant = float(panel_grant_jpy(4.0, economics.grant_new))
    if way == "purchase":
        # Published: 4 kW cost 1,000,000 JPY; the grant is 4 × 100,000 JPY.
        assert money.outlay[0] == pytest.approx(600_000)
        assert money.benefit[0] == pytest.approx(float(benefit(30, 4.0, economics.assumptions, grant)))
    elif way == "power_purchase":
        terms = power_purchase(10, economics.power_price)
        assert money.benefit[0] == pytest.approx(float(benefit(30, 4.0, economics.assumptions, 0.0, terms)))
        assert money.outlay[0] == 0
    else:
        bought = economics.money(kw, kw * 1000.0, "purchase", usual, nothing, nothing)
        # A provider that earns 3 % takes more than the system costs.
        assert money.cost[0] > bought.cost[0]
        assert money.outlay[0] == 0


def test_pay_back_is_that_of_a_single_system() -> None:
    economics = SETTING.economics
    kw = np.array([4.0, 4.0, 0.0, 4.0])
    generation = kw * economics.assumptions.yield_kwh_per_kw
    grant = float(panel_grant_jpy(4.0, economics.grant_new))
    outlay = np.array([1_000_000.0 - grant, 1_000_000.0, 0.0, 1e8])
    single = [float(payback_years(4.0, economics.assumptions, one)) for one in (grant, 0.0)]
    found = economics.payback_years(kw, generation, outlay)
    assert found[:2] == pytest.approx(single)
    assert np.isnan(found[2])
    assert np.isinf(found[3])


def enumerated(supply: Portfolio, wishes: Wishes) -> float:
    """Return the best cost over every plan and both schemes, with the rows checked one by one."""
    facts = houses_of(supply, SETTING.rules, SETTING.assumed)
    best = np.inf
    for model in build(facts, wishes, SETTING.economics, SETTING.rules):
        if model.out_of_level:
            return np.inf
        slots = [np.flatnonzero(np.isfinite(model.problem.cost[:, house])) for house in range(facts.size)]
        for choice in product(*slots):
            picked = np.array(choice)
            if np.all(activity(model.problem, picked) >= model.problem.at_least - 1e-9):
                best = min(best, cost_of(model.problem, picked))
    return best


HOUSES = st.lists(
    st.fixed_dictionaries(
        {
            "max_kw": st.sampled_from([0.0, 0.4, 0.8, 1.2]),
            "municipality": st.sampled_from([SETAGAYA, SHINJUKU, CHIYODA]),
            "restricted": st.booleans(),
            "exclusion": st.sampled_from(["decide", "claim", "never"]),
            "house_type": st.sampled_from(["custom_detached", "rental_apartment", "other_housing"]),
            "bei": st.sampled_from([None, 0.75, 0.95, 1.05]),
            "ua": st.sampled_from([0.6, 0.87]),
            "solar_heat_gj": st.sampled_from([0.0, 4.0]),
            "solar_heat_option_gj": st.sampled_from([None, None, 3.0]),
            "ground_heat_option_gj": st.sampled_from([None, None, 8.0]),
            "ground_heat_option_jpy": st.sampled_from([None, 150_000.0]),
            "cost_jpy_per_kw": st.sampled_from([None, 150_000.0, 233_333.0]),
            "delivered_on": st.sampled_from([date(2025, 5, 1), date(2026, 1, 15)]),
        }
    ),
    min_size=1, max_size=3,
)  # fmt: skip
WISHES = st.fixed_dictionaries(
    {
        "objective": st.sampled_from(["cost", "benefit", "co2", "guidance"]),
        "without": st.sampled_from([frozenset(), frozenset({"energy"}), frozenset({"renewables"})]),
        "budget_jpy": st.sampled_from([None, 500_000.0, 900_000.0]),
        "installer_kw": st.sampled_from([None, (2.0, 0.0, 0.0, 1.2)]),
        "ways_to_pay": st.sampled_from([("purchase",), ("purchase", "power_purchase")]),
    }
)


@settings(max_examples=20, deadline=None)
@given(HOUSES, WISHES, st.booleans())
def test_every_option_on_and_off_equals_enumeration(
    houses: list[dict[str, Any]], wishes: dict[str, Any], existing: bool
) -> None:
    equals_enumeration(houses, wishes, existing)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(HOUSES, WISHES, st.booleans())
def test_many_lists_equal_enumeration(houses: list[dict[str, Any]], wishes: dict[str, Any], existing: bool) -> None:
    equals_enumeration(houses, wishes, existing)


def equals_enumeration(houses: list[dict[str, Any]], wishes: dict[str, Any], existing: bool) -> None:
    if existing:
        houses = [*houses, {"role": "existing_house", "max_kw": 0.8, "delivered_on": date(2025, 8, 1)}]
    supply, asked = portfolio(*houses), Wishes(**wishes)
    best = enumerated(supply, asked)
    plan = looked_at(supply, asked, 1e-9)
    if np.isinf(best):
        assert plan.plan.proof.status == "infeasible"
        assert plan.plan.clash is not None
        return
    assert plan.plan.best.finished.cost == pytest.approx(best, rel=1e-9, abs=1e-6)
    assert plan.plan.proof.status == "optimal"
    assert plan.verification is not None
    assert [check for check in plan.verification.checks if not check.holds] == []


def test_order_of_rows_does_not_matter() -> None:
    houses = [{"id": f"x{n}", "max_kw": 2.0 + n % 5, "municipality": [SETAGAYA, SHINJUKU][n % 2]} for n in range(40)]
    first, second = found(*houses), found(*reversed(houses))
    assert first.kw.tolist() == second.kw.tolist()
    assert first.portfolio.ids.tolist() == second.portfolio.ids.tolist()


@pytest.mark.parametrize("allocation", [[(100, 4.0), (250, 2.0), (150, 0.0)], [(200, 5.0), (300, 0.0)]])
def test_the_published_allocations_comply_and_ours_is_no_dearer(allocation: list[tuple[int, float]]) -> None:
    sizes = [kw for houses, kw in allocation for _ in range(houses)]
    published = [{"id": f"p{number:03d}", "state": "done", "kw": kw} for number, kw in enumerate(sizes)]
    free = [{"id": f"p{number:03d}", "max_kw": 5.2} for number in range(500)]
    theirs, ours = found(*published), found(*free)
    assert theirs.verification is not None
    assert theirs.verification.holds
    assert theirs.required_kw == pytest.approx(850)
    assert theirs.counted_kw == pytest.approx(sum(sizes))
    assert ours.plan.proof.status == "optimal"
    assert ours.plan.proof.objective <= theirs.plan.proof.objective


def test_what_is_built_stays_and_few_plans_change() -> None:
    fixed = {"state": "done", "kw": 3.3}
    planned = [{"max_kw": 4.0, "kw": 4.0, "state": "ordered"} for _ in range(3)]
    plan = found(fixed, *planned, most_changes=1)
    assert plan.kw[0] == pytest.approx(3.3)
    assert np.sum(np.abs(plan.kw[1:] - 4.0) > 1e-9) <= 1
    least = found(fixed, *planned, objective="changes")
    assert least.plan.proof.objective == 0


def test_a_planned_size_stays_one_of_the_sizes_of_a_large_roof() -> None:
    # 1,250 modules are planned in steps; an order of 1,001 modules stays a size, though steps are wide there.
    facts = houses_of(portfolio({"max_kw": 500.0}, {"max_kw": 450.0, "kw": 400.4, "state": "ordered"}),
                      SETTING.rules, SETTING.assumed)  # fmt: skip
    assert 1_001 in facts.sizes
    assert 1_001 not in houses_of(portfolio({"max_kw": 500.0}), SETTING.rules, SETTING.assumed).sizes
    large = found({"max_kw": 500.0}, {"max_kw": 450.0, "kw": 400.4, "state": "ordered"}, most_changes=0)
    assert large.kw[1] == pytest.approx(400.4)
    orders = [{"max_kw": 9.6, "kw": 2.0, "state": "ordered"} for _ in range(6)]
    plan = found(*orders, most_changes=0)
    assert plan.kw == pytest.approx([2.0] * 6)
    assert plan.verification is not None
    assert plan.verification.holds
    one = found(*orders[:3], {"max_kw": 9.6}, most_changes=1)
    assert int(np.sum(np.abs(one.kw[:3] - 2.0) > 0.2)) <= 1
    assert one.verification is not None
    assert one.verification.holds


def test_the_report_programme_recognises_the_plan() -> None:
    columns = generate(120, 3, SETTING.assumed)
    plan = looked_at(split_by_supplier(columns)[0], Wishes())
    assert plan.verification is not None
    assert plan.verification.obligation is not None
    assert plan.verification.obligation.finding("renewables").verdict is Verdict.COMPLIES
    assert assess.__module__ == "model.ordinance.building_report.programme"
    data = dataset(plan)
    assert float(data["capacity"].sum()) == pytest.approx(float(plan.kw.sum()))
    assert data.attrs["status"] == "optimal"


def test_a_made_up_portfolio_follows_the_published_shares() -> None:
    columns = generate(40_000, 1, SETTING.assumed)
    kinds, counts = np.unique(columns.cells["house_type"].astype(str), return_counts=True)
    shares = dict(zip(kinds, counts / 40_000, strict=True))
    assert shares["custom_detached"] == pytest.approx(14474 / 40165, abs=0.01)
    assert shares["rental_apartment"] == pytest.approx(8213 / 40165, abs=0.01)
    kw = 0.15 * (columns.cells["face1_m2"] + np.nan_to_num(columns.cells["face2_m2"]))
    # Published: 19 % of granted systems have 3 to 4 kW, 15 % from 9 kW on.
    assert np.mean((kw >= 3) & (kw < 4)) == pytest.approx(0.19, abs=0.01)
    assert np.mean(kw >= 9) == pytest.approx(0.15, abs=0.01)
    again = generate(40_000, 1, SETTING.assumed)
    assert all(np.array_equal(columns.cells[name], again.cells[name], equal_nan=name.endswith("m2"))
               for name in ("id", "municipality", "face1_m2", "face2_m2"))  # fmt: skip


def test_consents_add_up_to_their_exact_distribution() -> None:
    kw, consent = np.array([0.4, 0.8, 0.8]), np.array([0.5, 0.9, 1.0])
    brute = np.zeros(6)
    for given_ in product([0, 1], repeat=3):
        chance = np.prod([p if taken else 1 - p for p, taken in zip(consent, given_, strict=True)])
        brute[round(float(np.dot(kw, given_)) / 0.4)] += chance
    assert distribution(kw, consent, 0.4) == pytest.approx(brute)
    met = probability_of_meeting((kw, consent), (np.array([0.8]), np.array([0.5])), 2.0, 0.0, 0.2)
    # With the substitute 0.4 kW count (a fifth of 2.0): 1.6 kW of one's own suffice, otherwise all 2.0 are needed.
    assert met == pytest.approx(0.5 * (0.9 * 1.0) + 0.5 * (0.5 * 0.9))


def test_many_consents_alike_are_binomial() -> None:
    houses = 1_000
    added = distribution(np.full(houses, 0.4), np.full(houses, 0.9), 0.4)
    assert added == pytest.approx(binom.pmf(np.arange(houses + 1), houses, 0.9), abs=1e-14)


def test_capacities_without_a_common_unit_are_added_as_normal_sums_in_little_memory() -> None:
    """Four thousand houses in tenths of a watt would need a table of 20 million units."""
    random = np.random.default_rng(3)
    kw, consent = np.round(random.uniform(1.0, 9.0, 4_000), 4), random.uniform(0.7, 0.95, 4_000)
    nobody = (np.zeros(0), np.zeros(0))
    mean, deviation = kw @ consent, np.sqrt(kw**2 @ (consent * (1 - consent)))
    tracemalloc.start()
    met = probability_of_meeting((kw, consent), nobody, float(mean - 1.5 * deviation), 0.0, 1.0)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert not can_be_added(kw)
    assert met == pytest.approx(norm.cdf(1.5), abs=1e-6)
    assert most < 20e6


@pytest.mark.parametrize("correlation", [0.3, 0.9, 0.999, 0.999_999, 1.0])
@pytest.mark.parametrize("first", [-1.2, 0.0, 1.5])
@pytest.mark.parametrize("second", [-0.7, 0.0, 1.4, 9.0])
def test_two_sums_reach_their_marks_together(first: float, second: float, correlation: float) -> None:
    # One dimension at a time, by an adaptive rule that is told where the integrand bends.
    width = max(np.sqrt(1 - correlation**2), 1e-9)
    bends = [min(max(first / correlation + step * width, -9.0), second) for step in (-8, -1, 0, 1, 8)]
    both = quad(
        lambda at: norm.pdf(at) * norm.cdf((first - correlation * at) / width), -9.0, second, points=bends, limit=200
    )[0]
    assert both_reached(first, second, correlation) == pytest.approx(both, abs=1e-8)


def test_where_the_year_stands_and_how_it_may_close() -> None:
    plan = found(
        {"state": "done", "kw": 4.0}, {"state": "started", "kw": 0.0, "slip": 0.5},
        {"max_kw": 0.0, "municipality": CHIYODA},
        without=frozenset({"renewables"}),
    )  # fmt: skip
    assert plan.year is not None
    # Done: 4.0 − 1.7; started adds a requirement of 1.7, Chiyoda one of 0.6.
    assert plan.year.to_date == pytest.approx(4.0 - 1.7)
    assert plan.year.under_way == pytest.approx(4.0 - 3.4)
    assert plan.year.planned == pytest.approx(4.0 - (3.4 + (0.6 if plan.plan.scheme == "by_zone" else 1.7)))
    assert plan.year.high == pytest.approx(plan.year.planned + 1.7)
    assert plan.year.low == pytest.approx(plan.year.planned)
    lone = found({"max_kw": 2.0, "consent": 0.6, "municipality": CHIYODA},
                 {"state": "done", "kw": 0.4, "municipality": CHIYODA})  # fmt: skip
    assert lone.year is not None
    # Drawn from one owner's decision: 4,000 draws lie within 3 % of its probability.
    assert lone.year.probability == pytest.approx(0.6, abs=0.03)


def test_equal_schemes_are_both_proven_to_the_gap_asked_for() -> None:
    random = np.random.default_rng(5)
    sizes, costs = random.choice([2.0, 3.2, 4.4], 120), random.integers(150_000, 250_000, 120)
    houses = [{"max_kw": float(kw), "cost_jpy_per_kw": float(cost)} for kw, cost in zip(sizes, costs, strict=True)]
    plan = found(*houses)
    assert {one.value for one in plan.plan.outcomes.values()} == {plan.plan.proof.objective}
    assert plan.plan.proof.gap <= 1e-6
    assert plan.plan.proof.status == "optimal"
