"""What holds for programmes whatever their reach: more of one never emits more, averages are met, no bank is hidden."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from shipped import shipped_data

from model.axes import PROJECTION_FROM
from model.demand import segment_dwellings
from model.emitting import emitting_years
from model.levers import Levers
from model.lifetimes import lifetimes
from model.pathway import run_axes
from model.policy.acting import Scene, works_of
from model.policy.new_buildings import average_meets, each_meets
from model.programme_contributions import Runs, with_programmes
from model.scenario import load_scenario
from model.solar import SolarYears, solar_years
from model.standing import BuildingYears, building_years

#: A parameter of a programme's reach or of the response to it, the programme, and a range to try.
REACHES = {
    "sme_saving": ("ward_support", 0.0, 0.6),
    "attaining_share": ("small_facilities", 0.0, 1.0),
    "reported_share_of_supply": ("electricity_suppliers", 0.0, 1.0),
    "additionality": ("joint_purchase", 0.0, 1.0),
    "over_compliance": ("building_report", 0.0, 1.0),
    "renovation_sensitivity": ("subsidies", 0.0, 4.0),
    "grant_sensitivity": ("subsidies", 0.0, 2.0),
    "payback_sensitivity": ("subsidies", 0.0, 0.2),
}

SHARES = arrays(float, (2, 6), elements=st.floats(0.001, 1.0)).map(lambda x: x / x.sum(axis=1, keepdims=True))
LEVELS = st.permutations([1.6, 1.0, 0.9, 0.8, 0.7, 0.55]).map(np.array)


@cache
def alone(programme: str) -> Levers:
    levers = load_scenario("no_new_policy", ["programmes.form.all=rule"]).levers
    return with_programmes(levers, frozenset([programme]))


@cache
def gas(programme: str, name: str, value: float) -> np.ndarray:
    changed = shipped_data().with_values({("policy/parameters", name): np.array([value])})
    return Runs.of(changed, alone(programme)).greenhouse_gas(alone(programme)).sum(axis=1)


@pytest.mark.slow
@pytest.mark.parametrize("name", REACHES)
@given(ends=st.tuples(st.floats(0, 1), st.floats(0, 1)))
@settings(max_examples=3, deadline=None)
def test_a_programme_with_more_reach_never_emits_more(name: str, ends: tuple[float, float]) -> None:
    programme, low, high = REACHES[name]
    less, more = sorted(low + (high - low) * end for end in ends)
    assert (gas(programme, name, more) <= gas(programme, name, less) + 1e-9).all()


@given(SHARES, LEVELS, st.floats(0.4, 1.8))
def test_the_average_is_met_and_nothing_is_lost(mix: np.ndarray, bei: np.ndarray, limit: float) -> None:
    done = average_meets(mix, bei, np.full(2, limit))
    assert done.sum(axis=1) == pytest.approx(1.0)
    assert (done >= 0.0).all()
    for before, after in zip(mix, done, strict=True):
        if before @ bei <= limit:
            assert np.array_equal(before, after)
        elif limit >= bei.min():
            # No more than needed: the mean comes just to the limit, and nobody builds worse than before.
            assert after @ bei == pytest.approx(limit)
            assert (after[bei > limit] <= before[bei > limit] + 1e-12).all()
            assert (after[bei <= limit] >= before[bei <= limit] - 1e-12).all()
        else:
            assert after[np.argmin(bei)] == pytest.approx(1.0)


@given(SHARES, LEVELS, st.floats(0.55, 1.8))
def test_a_standard_for_each_moves_only_what_is_below_it(mix: np.ndarray, bei: np.ndarray, limit: float) -> None:
    meets = np.broadcast_to(bei <= limit, mix.shape)
    done = each_meets(mix, meets, bei)
    assert done.sum(axis=1) == pytest.approx(1.0)
    assert (done[:, bei > limit] == 0.0).all()
    easiest = np.flatnonzero(bei == bei[bei <= limit].max())
    better = np.setdiff1d(np.flatnonzero(bei <= limit), easiest)
    assert np.array_equal(done[:, better], mix[:, better])


@cache
def frame() -> tuple[BuildingYears, SolarYears]:
    levers = alone("cap_and_trade")
    axes = run_axes(shipped_data(), levers.years.last, "metropolis")
    scene = Scene(shipped_data(), levers, axes)
    buildings = building_years(
        scene, lifetimes(shipped_data(), levers, axes, segment_dwellings(shipped_data(), levers, axes)), works_of(scene)
    )
    stock = buildings.stock.values
    return buildings, solar_years(scene, works_of(scene).retrofit, stock["buildings"], stock["built_buildings"])


@given(
    rates=st.lists(st.floats(0.3, 1.0), min_size=5, max_size=5),
    share=st.floats(0.1, 0.9),
    rule_set=st.sampled_from(["seed_2022", "adopted_2025"]),
    limit=st.floats(0.0, 0.1),
    offered=st.lists(st.floats(0.0, 3e6), min_size=5, max_size=5),
)
@settings(max_examples=30, deadline=None)
def test_the_cap_banks_for_one_period_and_hides_nothing(
    rates: list[float], share: float, rule_set: str, limit: float, offered: list[float]
) -> None:
    levers = load_scenario(
        "no_new_policy",
        [
            "programmes.form.cap_and_trade=rule",
            f"programmes.rule_set={rule_set}",
            "programmes.cap_rate={" + ", ".join(f"{2030 + 5 * i}: {rate}" for i, rate in enumerate(rates)) + "}",
            f"electricity.renewable_share={{2022: 0.219, 2035: {share}}}",
        ],
    ).levers
    changed = shipped_data().with_values({("policy/credits", "supply"): np.array(offered)})
    changed = changed.with_values({("policy/parameters", "own_saving_limit"): np.array([limit])})
    axes = run_axes(changed, 2050, "metropolis")
    emitting = emitting_years(Scene(changed, levers, axes), *frame())
    cap = emitting.acted.cap
    assert cap is not None
    first = [2010, 2015, 2020, 2025, 2030, 2035, 2040, 2045]
    # The run does not see the end of the period that begins in 2050, so nothing of it is settled.
    assert all(cap.by_year(name)[-1] == 0.0 for name in ("carried_out_t", "expired_t", "uncovered_t"))
    banked = 0.0
    for start in first:
        inside = (axes.years >= start) & (axes.years < start + 5)
        last = np.flatnonzero(inside)[-1]
        spare = float((cap.allowance - cap.emissions)[inside].sum())
        used = min(banked, max(-spare, 0.0))
        close = pytest.approx
        assert cap.by_year("expired_t")[last] == close(banked - used, abs=1e-6)
        # Credits come in only for what the bank leaves, up to what may be used of each kind.
        owed = float((cap.base * cap.rate)[inside].sum())
        kinds = shipped_data().column("policy/credits", "supply", "credit_kind").tolist()
        usable = sum(0.85 * min(tonnes / 1e3, owed / 3 / 0.85 if kind == "outside_tokyo" else np.inf)
                     for kind, tonnes in zip(kinds, offered, strict=True))  # fmt: skip
        credits = min(max(-spare, 0.0) - used, usable)
        assert cap.by_year("credits_t")[last] == close(credits, abs=1e-6)
        assert cap.by_year("uncovered_t")[last] == close(max(-spare, 0.0) - used - credits, abs=1e-6)
        if max(-spare, 0.0) - used - credits > 1e-6:
            # Nothing is left uncovered while renewable electricity can still be bought.
            bought = emitting.acted.energy.purchased_share[inside][:, axes.segments_where(size_class="cap_and_trade")]
            assert bought.max() == 1.0
        # What is kept for the next period is this period's own excess, never what was carried in.
        banked = max(spare, 0.0)
        assert cap.by_year("carried_out_t")[last] == close(banked, abs=1e-6)
    ahead = axes.years >= PROJECTION_FROM
    capped = axes.segments_where(size_class="cap_and_trade")
    assert (emitting.acted.energy.left[:, ~capped] == 1.0).all()
    saved = 1.0 - emitting.acted.energy.left[:, capped]
    years = np.arange(1, ahead.sum() + 1)[:, None]
    assert (saved[ahead] <= 1.0 - (1.0 - limit) ** years + 1e-12).all()
    assert (saved[~ahead] == 0.0).all()


@given(rates=st.tuples(st.floats(0.5, 1.0), st.floats(0.5, 1.0)))
@settings(max_examples=10, deadline=None)
def test_a_tighter_cap_alone_never_emits_more(rates: tuple[float, float]) -> None:
    loose, tight = sorted(rates)

    def emitted(rate: float) -> np.ndarray:
        levers = load_scenario("no_new_policy", ["programmes.form.cap_and_trade=rule", f"programmes.cap_rate={rate}"])
        axes = run_axes(shipped_data(), 2050, "metropolis")
        return emitting_years(Scene(shipped_data(), levers.levers, axes), *frame()).values["greenhouse_gas_total"]

    assert (emitted(tight) <= emitted(loose) + 1e-9).all()
