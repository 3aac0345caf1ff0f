"""A year that is certain enough: against every plan and every combination of owners' decisions, one by one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from house_cases import CHIYODA, SETAGAYA, SHINJUKU, portfolio
from hypothesis import given, settings
from hypothesis import strategies as st

from model.language import Language
from model.optimise.solar_allocation.answer import Setting, answer
from model.optimise.solar_allocation.chance import solve_with_chance
from model.optimise.solar_allocation.dataset import dataset
from model.optimise.solar_allocation.finish import Finished
from model.optimise.solar_allocation.houses import Houses, houses_of
from model.optimise.solar_allocation.method import Outcome, allocate, probabilities_of, solve_scheme
from model.optimise.solar_allocation.model import Model, Wishes, build
from model.optimise.solar_allocation.problem import coefficients
from model.ordinance.rulebook import Rules
from model.report.allocation.overview import overview_table
from model.report.allocation.page import write_plan_page
from model.report.allocation.summary import summary_table

SETTING = Setting.read("adopted_2025")
#: kW of power that a GJ of heat counts for (the document's 10 GJ a kW), and share that substitutes may reach.
KW_PER_GJ, SHARE = Fraction(1, 10), Fraction(1, 5)


def exactly(value: float) -> Fraction:
    return Fraction(str(round(float(value), 6)))


def chance_of(facts: Houses, kw: list[Fraction], out: list[bool], owed: list[Fraction]) -> Fraction:
    """Return the probability that the year closes above the requirement: the sum over all decisions of owners."""
    counted = [number for number in range(facts.size) if not out[number]]
    required = sum((owed[number] for number in counted), Fraction(0))
    heat = sum((exactly(facts.heat_kw[number]) for number in counted if facts.new[number]), Fraction(0))
    unsure = [number for number in counted if kw[number] > 0]
    total = Fraction(0)
    for decisions in product((True, False), repeat=len(unsure)):
        chance, own, other = Fraction(1), heat, Fraction(0)
        for number, accepts in zip(unsure, decisions, strict=True):
            consent = exactly(facts.consent[number])
            chance *= consent if accepts else 1 - consent
            if accepts and facts.new[number]:
                own += kw[number]
            elif accepts:
                other += kw[number]
        if chance and own + min(other, SHARE * required) >= required:
            total += chance
    return total


def cheapest(model: Model, certainty: Fraction) -> float:
    """Return the least cost over all plans of a scheme; the other rows are checked on every plan."""
    facts, problem = model.houses, model.problem
    slots = [np.flatnonzero(np.isfinite(problem.cost[:, house])) for house in range(facts.size)]
    plans = np.array(list(product(*slots)))
    rows = [number for number, row in enumerate(problem.rows) if row.name not in ("renewables", "substitute_limit")]
    kept, cost = np.ones(len(plans), dtype=bool), np.zeros(len(plans))
    reached = np.zeros((len(problem.rows), len(plans)))
    for house in range(facts.size):
        reached += coefficients(problem, np.full(len(plans), house), plans[:, house])
        cost += problem.cost[plans[:, house], house]
    for number in rows:
        kept &= reached[number] >= problem.rows[number].at_least - 1e-7
    owed = facts.owed_uniform_kw if model.scheme == "uniform" else facts.owed_by_zone_kw
    exact_owed = [exactly(one) for one in owed]
    known: dict[tuple[Any, ...], bool] = {}
    for place in np.argsort(np.where(kept, cost, np.inf), kind="stable"):
        if not kept[place]:
            break
        kw = [exactly(model.slots.multiple[slot] * facts.module_step_kw[house])
              for house, slot in enumerate(plans[place])]  # fmt: skip
        out = [bool(one) for one in model.slots.left_out[plans[place]]]
        key = (*kw, *out)
        if key not in known:
            known[key] = chance_of(facts, kw, out, exact_owed) >= certainty
        if known[key]:
            return float(cost[place])
    return np.inf


HOUSE = st.fixed_dictionaries(
    {
        "max_kw": st.sampled_from([0.4, 1.6, 2.0]),
        "consent": st.sampled_from([0.6, 0.85, 0.95, 1.0]),
        "municipality": st.sampled_from([SETAGAYA, SHINJUKU, CHIYODA]),
        "restricted": st.sampled_from([False, False, True]),
        "exclusion": st.sampled_from(["decide", "claim", "never"]),
        "house_type": st.sampled_from(["custom_detached", "rental_apartment"]),
        "bei": st.sampled_from([None, 0.75, 0.82]),
        "ua": st.sampled_from([0.6, 0.87]),
        "solar_heat_gj": st.sampled_from([0.0, 4.0]),
        "cost_jpy_per_kw": st.sampled_from([None, 150_000.0, 233_333.0]),
        "delivered_on": st.sampled_from([date(2025, 5, 1), date(2026, 1, 15)]),
    }
)
SMALL = st.fixed_dictionaries(
    {"max_kw": st.just(0.4), "consent": st.sampled_from([0.7, 0.9]), "municipality": st.just(CHIYODA)}
)
BUILT = st.fixed_dictionaries({"state": st.just("done"), "kw": st.sampled_from([0.9, 2.0, 3.1])})
OLD = st.fixed_dictionaries(
    {"role": st.just("existing_house"), "max_kw": st.just(0.8), "consent": st.sampled_from([0.8, 1.0]),
     "delivered_on": st.just(date(2025, 8, 1))}
)  # fmt: skip
LISTS = st.tuples(
    st.lists(HOUSE, min_size=1, max_size=3), st.lists(SMALL, max_size=2), st.lists(BUILT, max_size=2),
    st.lists(OLD, max_size=1),
)  # fmt: skip
WISHES = st.fixed_dictionaries(
    {
        "objective": st.sampled_from(["cost", "benefit", "co2"]),
        "certainty": st.sampled_from([0.6, 0.8, 0.9, 0.97]),
        "without": st.sampled_from([frozenset(), frozenset({"energy"})]),
        "budget_jpy": st.sampled_from([None, 900_000.0]),
        "installer_kw": st.sampled_from([None, (2.4, 0.8, 4.0, 2.0)]),
        "ways_to_pay": st.sampled_from([("purchase",), ("purchase", "power_purchase")]),
    }
)


@settings(max_examples=10, deadline=None)
@given(LISTS, WISHES)
def test_a_certain_year_equals_enumeration_of_plans_and_decisions(
    lists: tuple[list[dict[str, Any]], ...], wishes: dict[str, Any]
) -> None:
    compare(lists, wishes)


def test_a_plan_that_is_just_certain_enough_is_taken() -> None:
    # 1 - 0.15 * 0.2 is 0.97, but sums of rounded probabilities fall short of it in some orders.
    small = {"municipality": CHIYODA, "exclusion": "decide", "ua": 0.6}
    houses: list[dict[str, Any]] = [
        small | {"max_kw": 0.4, "consent": 0.85},
        small | {"max_kw": 0.4, "consent": 0.6, "municipality": SETAGAYA},
        small | {"max_kw": 1.6, "consent": 0.85, "municipality": SETAGAYA, "solar_heat_gj": 4.0},
    ]
    built: list[dict[str, Any]] = [{"state": "done", "kw": 3.1}, {"state": "done", "kw": 3.1}]
    old: list[dict[str, Any]] = [
        {"role": "existing_house", "max_kw": 0.8, "consent": 0.8, "delivered_on": date(2025, 8, 1)}
    ]
    compare((houses, [], built, old), {"objective": "cost", "certainty": 0.97})


def test_where_sums_tell_nothing_houses_are_followed_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_a_bound(*facts: Any) -> tuple[Finished, Any]:
        found, prices = solve_with_chance(*facts)
        return replace(found, bound=-np.inf), prices

    monkeypatch.setattr("model.optimise.solar_allocation.method.MOST_FEW", 0)
    monkeypatch.setattr("model.optimise.solar_allocation.method.solve_with_chance", without_a_bound)
    houses: list[dict[str, Any]] = [
        {"municipality": place, "max_kw": kw, "consent": consent, "exclusion": "decide", "ua": 0.6}
        for place, kw, consent in ((CHIYODA, 1.6, 0.85), (SETAGAYA, 2.0, 0.6), (SHINJUKU, 1.6, 0.95))
    ]
    compare((houses, [], [{"state": "done", "kw": 2.0}], []), {"objective": "cost", "certainty": 0.8})


def test_what_is_reached_on_site_alone_is_told_without_existing_houses_too() -> None:
    houses: list[dict[str, Any]] = [
        {"municipality": SETAGAYA, "max_kw": 4.0, "consent": one, "ua": 0.6} for one in (0.8, 0.7, 0.6)
    ]
    old = {"role": "existing_house", "max_kw": 0.8, "consent": 0.8, "delivered_on": date(2025, 8, 1)}
    facts = houses_of(portfolio(*houses, old), SETTING.rules, SETTING.assumed)
    model = build(facts, Wishes(certainty=0.5), SETTING.economics, SETTING.rules, ("uniform",))[0]
    kw = model.slots.multiple * float(facts.module_step_kw[0])
    none, some = (int(np.argmin(np.abs(kw - one) + 9 * model.slots.left_out)) for one in (0.0, 2.4))
    required, answers = Fraction(51, 10), list(product((0, 1), repeat=3))
    for slot_of_old in (none, int(np.argmin(np.abs(kw - 0.8) + 9 * model.slots.left_out))):
        choice = np.array([some, some, some, slot_of_old], dtype=np.int16)
        reached = probabilities_of(model, SETTING.rules)(choice, 3)
        on_site = 0.0
        for one in answers:
            likely = np.prod([p if yes else 1 - p for p, yes in zip((0.8, 0.7, 0.6), one, strict=True)])
            on_site += float(likely) * (Fraction(12, 5) * sum(one) >= (1 - SHARE) * required)
        assert reached[2] == pytest.approx(on_site)
        assert reached[0] <= min(reached[1], reached[2]) + 1e-12


def test_a_year_in_which_nothing_can_be_built_is_told() -> None:
    barred: dict[str, Any] = {
        "max_kw": 0.4, "consent": 0.6, "municipality": SETAGAYA, "restricted": True, "exclusion": "never",
        "solar_heat_gj": 4.0, "delivered_on": date(2025, 5, 1),
    }  # fmt: skip
    built: list[dict[str, Any]] = [{"state": "done", "kw": 0.9}, {"state": "done", "kw": 3.1}]
    old: list[dict[str, Any]] = [
        {"role": "existing_house", "max_kw": 0.8, "consent": 0.8, "delivered_on": date(2025, 8, 1)}
    ]
    compare(([barred], [], built, old), {"objective": "cost", "certainty": 0.6})


@pytest.mark.slow
@settings(max_examples=120, deadline=None)
@given(LISTS, WISHES)
def test_many_certain_years_equal_enumeration(lists: tuple[list[dict[str, Any]], ...], wishes: dict[str, Any]) -> None:
    compare(lists, wishes)


def test_unlike_houses_are_proven_where_few_owners_may_refuse() -> None:
    kw, consent = (4.0, 3.2, 2.4, 2.0, 1.6), 0.8
    houses = [{"max_kw": one, "consent": consent, "municipality": SETAGAYA, "exclusion": "never"} for one in kw]
    for number, house in enumerate(houses):
        house["delivered_on"] = date(2025, 5 + number, 1)
    facts = houses_of(portfolio(*houses), SETTING.rules, SETTING.assumed)
    plan = allocate(facts, Wishes(certainty=0.7), SETTING.economics, SETTING.rules, 1e-6, 60.0)
    assert plan.proof.status == "optimal"
    assert plan.best.finished.cost == pytest.approx(least_of_modules(plan.best.model, Fraction(7, 10)), rel=1e-9)


def least_of_modules(model: Model, certainty: Fraction) -> float:
    """Return the least cost over all vectors of modules of a scheme in which every house counts."""
    facts, problem = model.houses, model.problem
    owed = facts.owed_uniform_kw if model.scheme == "uniform" else facts.owed_by_zone_kw
    # Capacity comes in whole modules of 0.4 kW, so that the requirement is so many of them.
    needed = -(-sum(exactly(one) for one in owed) // Fraction(2, 5))
    costs = [
        {int(model.slots.multiple[slot]): float(problem.cost[slot, house])
         for slot in np.flatnonzero(np.isfinite(problem.cost[:, house]) & ~problem.left_out)}
        for house in range(facts.size)
    ]  # fmt: skip
    sizes = [np.array(sorted(one)) for one in costs]
    grid = np.stack([one.ravel() for one in np.meshgrid(*sizes, indexing="ij")])
    total = np.sum([np.array([own[size] for size in sorted(own)])[place] for own, place in zip(
        costs, np.indices([one.size for one in sizes]).reshape(facts.size, -1), strict=True)], axis=0)  # fmt: skip
    chance = np.zeros(grid.shape[1])
    for decisions in product((0, 1), repeat=facts.size):
        accepted = sum(decisions)
        reached = np.array(decisions) @ grid >= int(needed)
        chance += reached * float(Fraction(4, 5) ** accepted * Fraction(1, 5) ** (facts.size - accepted))
    return float(np.min(total[chance >= float(certainty) - 1e-12]))


def compare(lists: tuple[list[dict[str, Any]], ...], wishes: dict[str, Any]) -> None:
    houses = [house for part in lists for house in part]
    for number, house in enumerate(houses):
        house.setdefault("delivered_on", date(2025, 5 + number % 3, 1))
    facts = houses_of(portfolio(*houses), SETTING.rules, SETTING.assumed)
    asked = Wishes(**wishes)
    models = build(facts, asked, SETTING.economics, SETTING.rules)
    plan = allocate(facts, asked, SETTING.economics, SETTING.rules, 1e-9, 120.0)
    certainty = Fraction(str(asked.certainty))
    best = np.inf if models[0].out_of_level else min(cheapest(model, certainty) for model in models)
    if np.isinf(best):
        assert plan.scheme is None
        return
    assert plan.scheme is not None
    assert plan.best.finished.cost == pytest.approx(best, rel=1e-9, abs=1e-5)
    assert plan.proof.status == "optimal"
    assert plan.best.probability >= float(certainty) - 1e-12


@pytest.mark.parametrize(("exact", "proven"), [(20, "rules"), (10, "normal_form_only")])
def test_every_answer_says_what_its_proof_holds_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exact: int, proven: str
) -> None:
    monkeypatch.setattr("model.optimise.solar_allocation.method.MOST_EXACT", exact)
    monkeypatch.setattr("model.optimise.solar_allocation.method.MOST_FEW", 10)
    supply = portfolio(*({"max_kw": 2.4, "consent": 0.9, "municipality": CHIYODA} for _ in range(20)))
    found = answer(supply, Wishes(certainty=0.8), SETTING, gap=0.5, seconds=10.0, moves=False)
    assert found.plan.proven == proven
    assert dataset(found).attrs["proven_for"] == proven
    said: dict[Language, str] = {
        "en": "proven against the normal approximation, by which the plan is checked too",
        "ja": "証明は正規近似に対するもの。計画の確率も正規近似で確認",
    }
    for language, words in said.items():
        write_plan_page(found, tmp_path / "page.html", [], language)
        page = (tmp_path / "page.html").read_text(encoding="utf-8")
        shown = [summary_table(found, language), overview_table([found], language), page]
        assert [words in str(one) for one in shown] == [proven != "rules"] * 3


@pytest.mark.parametrize(("unknown", "status"), [(frozenset(), "infeasible"), (frozenset({"by_zone"}), "no_solution")])
def test_rules_clash_only_if_no_rate_scheme_may_have_a_plan(
    monkeypatch: pytest.MonkeyPatch, unknown: frozenset[str], status: str
) -> None:
    supply = portfolio(*({"max_kw": 0.4, "consent": 0.9} for _ in range(3)))
    facts = houses_of(supply, SETTING.rules, SETTING.assumed)

    def found(model: Model, *_: Any) -> Outcome:
        nothing = Finished(np.zeros(0, dtype=np.int16), np.nan, -np.inf, 0, impossible=model.scheme not in unknown)
        return Outcome(model, nothing, np.zeros(0), (), np.nan)

    monkeypatch.setattr("model.optimise.solar_allocation.method.solve_scheme", found)
    plan = allocate(facts, Wishes(), SETTING.economics, SETTING.rules, seconds=5.0)
    assert plan.proof.status == status
    assert (plan.clash is not None) == (status == "infeasible")


def test_a_plan_is_looked_for_though_the_time_asked_for_has_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that is found within a second is hidden, as if it took longer."""

    def slow(model: Model, under: Rules, gap: float, seconds: float, *others: Any) -> Outcome:
        found = solve_scheme(model, under, gap, seconds, *others)
        nothing = replace(found.finished, choice=np.zeros(0, dtype=np.int16), cost=np.nan)
        return found if seconds > 1.0 else replace(found, finished=nothing)

    monkeypatch.setattr("model.optimise.solar_allocation.method.solve_scheme", slow)
    monkeypatch.setattr("model.optimise.solar_allocation.method._LEAST_SECONDS", 60.0)
    listed = [{"max_kw": 4.0, "consent": 0.8}] * 6
    late = answer(portfolio(*listed), Wishes(certainty=0.9), SETTING, gap=0.5, seconds=0.5, moves=False)
    assert late.plan.scheme is not None
    assert late.plan.best.probability >= 0.9
    # Six of at most 4 kW that accept with 0.8 cannot be certain to bring 10.2 kW with less than that.
    assert late.kw.sum() > 10.2
