"""The limit that a certain year sets to plans: against enumeration, binomial sums, and plans drawn at random."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial
from itertools import product

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from model.optimise.solar_allocation.chance import solve_with_chance
from model.optimise.solar_allocation.cuts import aim
from model.optimise.solar_allocation.frontier import Known
from model.optimise.solar_allocation.narrow import Narrow
from model.optimise.solar_allocation.prices import find_prices
from model.optimise.solar_allocation.problem import Problem, Row, SlotArray, activity, cost_of
from model.optimise.solar_allocation.programme import beyond
from model.optimise.solar_allocation.sums import (
    ORDERS,
    Limit,
    Sum,
    cumulant_parts,
    deviations_of,
    held,
    parts_of,
    rounding,
    with_sums,
)

FloatArray = npt.NDArray[np.float64]


def chances(kw: Sequence[FloatArray], consent: FloatArray, owed: float, unit: float) -> float:
    """Return P(K + A ≥ R and K ≥ 0.8 R) of two groups of houses by convolution of single decisions."""
    sums = []
    for part in kw:
        found = np.ones(1)
        for size, p in zip(np.rint(part / unit).astype(int).tolist(), consent.tolist(), strict=True):
            found = np.convolve(found, np.append(np.append(1 - p, np.zeros(max(size - 1, 0))), p) if size else [1.0])
        sums.append(found)
    own, other = np.meshgrid(*(np.arange(one.size) * unit for one in sums), indexing="ij")
    kept = (own + other >= owed - 1e-9) & (own >= 0.8 * owed - 1e-9 if len(kw) > 1 and kw[1].any() else True)
    return float(np.sum(np.outer(*sums)[kept]))


def made_up(seed: int, houses: int, slots: int, others: bool) -> tuple[Problem, tuple[Row, ...], FloatArray]:
    """Return houses with sizes of 0.4 kW that may be left out, rows on mean capacity, and consents."""
    random = np.random.default_rng(seed)
    multiple, left_out = np.append(np.arange(float(slots)), 0.0), np.append(np.zeros(slots, dtype=bool), True)
    old = (random.random(houses) < 0.3) & others
    kw = multiple[:, np.newaxis] * np.full(houses, 0.4)
    cost = np.round(kw * random.integers(150, 260, houses) + 60.0 * (kw > 0), 3)
    cost[-1] = np.where((random.random(houses) < 0.4) & ~old, 0.0, np.inf)
    consent = np.round(random.uniform(0.6, 1.0, houses), 2)
    owed = np.where(old, 0.0, random.choice([0.5, 0.4], houses) * 0.4 * slots)
    rows = [Row("renewables", consent, -owed, 0.0, counted_only=True)]
    if old.any():
        own = np.where(old, 0.0, consent)
        rows.append(Row("substitute_limit", own, -0.8 * owed, 0.0, counted_only=True))
    return Problem(cost, multiple, left_out, np.full(houses, 0.4), ()), tuple(rows), consent


def of_plan(problem: Problem, rows: tuple[Row, ...], consent: FloatArray, choice: npt.NDArray[np.integer]) -> float:
    inside = ~problem.left_out[choice]
    kw = problem.multiple[choice] * problem.step_kw * inside
    old = rows[-1].slope == 0
    owed = float(-np.sum(rows[0].intercept[inside]))
    return chances((np.where(old, 0.0, kw), np.where(old, kw, 0.0)), consent, owed, 0.4)


@pytest.mark.slow
@settings(max_examples=4, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.7, 0.9]), st.booleans())
def test_no_plan_that_is_certain_enough_lies_below_the_bound(seed: int, certainty: float, others: bool) -> None:
    compare(seed, 5, certainty, others)


@pytest.mark.slow
@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.integers(4, 7), st.sampled_from([0.6, 0.75, 0.9, 0.97]), st.booleans())
def test_many_bounds_hold_for_all_plans(seed: int, houses: int, certainty: float, others: bool) -> None:
    compare(seed, houses, certainty, others)


@pytest.mark.parametrize("places", [0, pytest.param(3, marks=pytest.mark.slow)])
def test_a_bound_holds_wherever_the_looking_ends(places: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces that are not looked at any closer prove less, and nothing that is not so."""
    monkeypatch.setattr("model.optimise.solar_allocation.narrow._MOST_PLACES", places)
    for seed in range(3):
        compare(seed, 4, 0.9, seed % 2 == 1)


# Where a gap is left open, only plans are looked for that are better by more than it: those left out still bound it.
@pytest.mark.parametrize("gap", [0.01, pytest.param(0.05, marks=pytest.mark.slow)])
def test_a_wide_gap_is_proven_against_all_plans(gap: float) -> None:
    for seed in range(4):
        compare(seed, 4, 0.75 + 0.05 * (seed % 4), seed % 2 == 1, gap)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(4, 6), st.sampled_from([0.6, 0.9]), st.booleans(), st.floats(1e-4, 0.2))
def test_many_wide_gaps_hold_for_all_plans(seed: int, houses: int, certainty: float, others: bool, gap: float) -> None:
    compare(seed, houses, certainty, others, gap)


def compare(seed: int, houses: int, certainty: float, others: bool, gap: float = 1e-9) -> None:
    problem, rows, consent = made_up(seed, houses, 3, others)
    slots = [np.flatnonzero(np.isfinite(problem.cost[:, house])) for house in range(houses)]
    plans = sorted((cost_of(problem, np.array(one)), one) for one in product(*slots))
    best = next((cost for cost, one in plans if of_plan(problem, rows, consent, np.array(one)) >= certainty), np.inf)

    def probabilities(choice: SlotArray, number: int = 1) -> FloatArray:
        return np.full(number, of_plan(problem, rows, consent, choice))

    found, _ = solve_with_chance(problem, rows, consent, certainty, probabilities, gap, 1.0)
    assert found.bound <= best + 1e-6
    assert not found.impossible or np.isinf(best)
    if found.choice.size:
        assert found.cost >= best - 1e-6
        assert of_plan(problem, rows, consent, found.choice) >= certainty


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_year_of_which_nothing_is_known_in_time_is_not_called_impossible(seed: int) -> None:
    problem, rows, consent = made_up(seed, 4 + seed, 3, others=seed != 2)
    found, _ = solve_with_chance(problem, rows, consent, 0.9, lambda _, number: np.zeros(number), 1e-9, 1e-3)
    assert not found.impossible


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_a_cut_takes_away_no_plan_that_is_certain_enough(seed: int, others: bool) -> None:
    """All plans of four houses by enumeration; the plan that is cut off is drawn among those that are not sure."""
    problem, rows, consent = made_up(seed, 4, 3, others)
    sums = tuple(Sum.read(problem, one, consent) for one in rows)
    plans = list(product(*(np.flatnonzero(np.isfinite(one)) for one in problem.cost.T)))
    sure = {one: of_plan(problem, rows, consent, np.array(one)) >= 0.7 for one in plans}
    unsure = [one for one in plans if not sure[one]]
    drawn = unsure[np.random.default_rng(seed).integers(len(unsure))]
    above = problem.cost - np.min(problem.cost, axis=0)
    cut = beyond(sums, np.array(drawn, dtype=np.int16), above, lambda one: sure[tuple(one.tolist())])
    left = [one for one in plans if cut[np.array(one), np.arange(4)].any()]
    assert drawn not in left
    assert all(one in left for one in plans if sure[one])


def narrow(
    houses: int, consent: FloatArray, sizes: Sequence[float], owed: float, room: float
) -> tuple[Narrow, Problem, Sum, Row]:
    """Return what plans keep that lie a room above the bound, for houses of a few sizes in modules of 0.4 kW."""
    random = np.random.default_rng(3)
    multiple = np.array(sizes)
    kw = multiple[:, np.newaxis] * np.full(houses, 0.4)
    cost = np.round(200.0 * kw + 60.0 * random.random(kw.shape) * (kw > 0), 3)
    row = Row("renewables", consent, np.full(houses, -owed), 0.0, counted_only=True)
    problem = Problem(cost, multiple, np.zeros(multiple.size, dtype=bool), np.full(houses, 0.4), ())
    part = Sum.read(problem, row, consent)
    z = 1.2815515655446004
    at = np.array([0.4 * sizes[2] * float(np.sqrt(np.sum(consent * (1 - consent))))])
    shape = np.append((z**2 - 1) / (6 * at**2), np.zeros(len(ORDERS) - 1))
    limit = Limit(np.ones(1), np.full(1, z), shape, -0.2)
    inner = with_sums(problem, (part,), (part,), limit)
    inner = Problem(inner.cost, multiple, inner.left_out, inner.step_kw, (limit.tangent((part,), at),), inner.amounts)
    prices = find_prices(inner)
    return Narrow(inner, (part,), (part,), prices, limit, at, prices.priced.bound + room, 0.9), inner, part, row


def test_the_limit_is_that_of_a_binomial_sum_where_houses_are_alike() -> None:
    """300 owners who accept with four chances in five, one module each: as many as are reached with nine in ten."""
    consent = np.full(300, 0.8)
    found, _, part, _ = narrow(300, consent, (0.0, 1.0, 2.0), 0.3, 3.0)
    asked = found.asked()
    constant = min(least for *_, least in asked.ranges) - asked.taken
    reached = 0.4 * max(mark for mark in range(300) if binom.sf(mark - 1, 300, 0.8) >= 0.9)
    choice = np.ones(300, dtype=np.int64)
    terms = [0.4 * float(np.sqrt(300 * 0.16)), *(float(one[choice, np.arange(300)].sum()) for one in part.higher)]
    above = float(asked.limit.at(np.array([0.4 * 240.0 - reached]), np.array(terms)))
    # The mark is a whole number of modules; Cantelli's inequality alone would give 4 kW less.
    assert constant <= above + 1e-9 < constant + 1.0


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_plans_near_the_bound_that_are_certain_enough_keep_the_limit(seed: int) -> None:
    random = np.random.default_rng(seed)
    consent = np.round(np.random.default_rng(7).uniform(0.7, 1.0, 120), 2)
    found, problem, part, _ = NARROWED
    asked = found.asked()
    choice, houses = found.changes[3].copy(), np.arange(120)
    for house in random.permutation(120)[: random.integers(1, 30)].tolist():
        choice[house] = random.integers(1, 4)
    above = (cost_of(problem, choice) - found.price * float(activity(problem, choice)[0])) - (
        cost_of(problem, found.changes[3]) - found.price * float(activity(problem, found.changes[3])[0])
    )
    if above > found.room:
        return
    kw, sure = part.kw[choice, houses], part.sure[choice, houses]
    owed = float(120 * 1.6) - float(np.sum(sure + 1.6))
    means = np.array([[float(np.sum(consent * kw + sure)) - float(rounding(np.sum(sure), part.unit))]])
    terms = [np.sqrt(np.sum(consent * (1 - consent) * kw**2)), *(one[choice, houses].sum() for one in part.higher)]
    if chances((kw, np.zeros(120)), consent, owed, 0.4) >= 0.9:
        deviation = np.array(terms[:1])
        kept = asked.limit.at(means, np.array(terms)[:, np.newaxis])[0]
        assert kept >= asked.constant(deviation, deviation) - asked.taken - 1e-9


NARROWED = narrow(120, np.round(np.random.default_rng(7).uniform(0.7, 1.0, 120), 2), (0.0, 4.0, 5.0, 6.0), 1.6, 400.0)


def narrow_both(seed: int) -> tuple[Narrow, Problem, tuple[Row, ...], FloatArray, SlotArray]:
    """Return what plans keep where existing houses stand in up to a fifth: 150 houses, both marks close."""
    random = np.random.default_rng(seed)
    houses, multiple = 150, np.array([0.0, 4.0, 5.0, 6.0])
    consent, old = np.round(random.uniform(0.7, 0.99, houses), 2), np.arange(houses) % 5 == 0
    kw = multiple[:, np.newaxis] * np.full(houses, 0.4)
    cost = np.round(kw * random.uniform(100, 400, houses) + 20.0 * random.random(kw.shape) * (kw > 0), 3)
    owed = np.where(old, 0.0, 1.6)
    rows = (
        Row("renewables", consent, -owed, 0.0, counted_only=True),
        Row("substitute_limit", np.where(old, 0.0, consent), -0.8 * owed, 0.0, counted_only=True),
    )
    problem = Problem(cost, multiple, np.zeros(4, dtype=bool), np.full(houses, 0.4), ())
    sums = tuple(Sum.read(problem, row, consent) for row in rows)
    parts = parts_of(sums)

    def probabilities(choice: SlotArray, number: int = 1) -> FloatArray:
        return np.full(number, of_plan(problem, rows, consent, choice))

    aimed = aim(problem, sums, parts, probabilities, 0.9, 1e-4, 20.0)
    parts = tuple(one.tilted(aimed.last) for one in parts)
    limit, before = aimed.limit, None
    for _ in range(2):
        inner = with_sums(problem, sums, parts, limit)
        inner = replace(inner, rows=(limit.tangent(sums, aimed.deviations),))
        prices = find_prices(inner)
        before = Narrow(
            inner,
            sums,
            parts,
            prices,
            limit,
            aimed.deviations,
            aimed.best.cost + 60.0,
            0.9,
            before=before,
            together=before is not None,
        )
        limit = before.limit_here()
    assert before is not None
    return before, problem, rows, consent, aimed.best.choice


def plan_that_matters(seed: int) -> tuple[Narrow, Problem, SlotArray] | None:
    """Return a plan beside the one in hand that is certain enough and no dearer; None where the draw is none."""
    found, problem, rows, consent, best = BOTH[seed % len(BOTH)]()
    random, choice = np.random.default_rng(seed), best.copy()
    for house in random.permutation(150)[: random.integers(1, 25)].tolist():
        choice[house] = np.clip(choice[house] + random.integers(-1, 2), 0, 3)
    if cost_of(problem, choice) > found.cost or of_plan(problem, rows, consent, choice) < 0.9:
        return None
    return found, problem, choice


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**6))
def test_plans_that_reach_both_marks_keep_limits_in_all_directions(seed: int) -> None:
    if (drawn := plan_that_matters(seed)) is None:
        return
    (found, _, choice), houses = drawn, np.arange(150)
    sure = np.array([one.sure[choice, houses].sum() for one in found.sums])
    means = np.array([one.mean[choice, houses].sum() for one in found.sums]) - rounding(sure, found.sums[0].unit)
    variances = np.array([one.variance[choice, houses].sum() for one in found.parts])
    higher = [one[choice, houses].sum() for part in found.parts for one in part.higher]
    terms = np.append(deviations_of(variances[:, np.newaxis])[:, 0], higher)[:, np.newaxis]
    for weight in (None, found.direction(means), np.array([0.6, 0.4])):
        asked = found.asked(weight)
        constant = asked.constant(terms[:2, 0], terms[:2, 0])
        kept = asked.limit.at(means[:, np.newaxis], terms)[0]
        assert kept >= constant - asked.limit.weight[0] * asked.taken - 1e-9


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**6))
def test_plans_in_a_box_of_deviations_cost_no_less_than_its_bound(seed: int) -> None:
    if (drawn := plan_that_matters(seed)) is None:
        return
    (found, problem, choice), houses = drawn, np.arange(150)
    deviations = np.sqrt([one.variance[choice, houses].sum() for one in found.parts])
    for box in BOXES[seed % len(BOTH)]():
        if np.all((deviations >= box.sides[:, 0]) & (deviations <= box.sides[:, 1])):
            assert cost_of(problem, choice) >= min(box.bound, found.cost) - 1e-6


def boxes(number: int) -> list[Narrow]:
    """Return the halves of the deviations of both parts, each narrowed with prices and a limit of its own."""
    found, problem, *_ = BOTH[number]()
    sides, halves = found.sides, []
    for part, end in product(range(2), range(2)):
        one = sides.copy()
        one[part, end] = sides[part].mean()
        half = found.within(one[:, 0], one[:, 1])
        halves.append(looked_at(half, problem, deviations_of(one.mean(axis=1) ** 2)))
    return halves


def looked_at(before: Narrow, problem: Problem, at: FloatArray) -> Narrow:
    """Return a box with prices and a limit of its own, without the slots that no plan in it has."""
    limit = before.limit_here()
    inner = with_sums(before.of_plans_that_matter(problem), before.sums, before.parts, limit)
    rows = held(before.parts, [one.variances for one in before.near])
    inner = replace(inner, rows=(*rows, limit.tangent(before.sums, at)))
    prices = find_prices(inner)
    return Narrow(inner, before.sums, before.parts, prices, limit, at, before.cost, 0.9, before=before, together=True)


def turned(number: int) -> list[tuple[Narrow, Narrow]]:
    """Return boxes in which a house has few panels, or many: as they are taken apart, and as they are looked at."""
    found, problem, *_ = BOTH[number]()
    at = deviations_of(np.mean(found.sides, axis=1) ** 2)
    first = found.turning()
    second = [half for one in first for half in one.turning()]
    return [(one, looked_at(one, problem, at)) for one in (*first, *second)]


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**6))
def test_plans_with_few_or_many_panels_on_a_house_cost_no_less_than_the_bound_of_their_box(seed: int) -> None:
    if (drawn := plan_that_matters(seed)) is None:
        return
    (_, problem, choice), houses, boxed = drawn, np.arange(150), 0
    for taken, box in TURNED[seed % len(BOTH)]():
        if np.isfinite(taken.above[choice, houses]).all():
            boxed += 1
            assert cost_of(problem, choice) >= min(box.bound, box.cost) - 1e-6
    assert boxed > 0


def alone(number: int) -> Known:
    """Return what plans that matter need of the first sum, without a look at the second one."""
    found, problem, *_ = BOTH[number]()
    total = found.sums[0].tilted(BOTH[number]()[-1])
    at = deviations_of(np.array([found.usual.sum()]))
    limit = Limit(np.ones(1), np.full(1, 1.2815515655446004), np.array([0.1 / at[0] ** 2, 0.0, 0.0]), 0.0)
    inner = with_sums(problem, (total,), (total,), limit)
    inner = replace(inner, rows=(limit.tangent((total,), at),))
    narrowed = Narrow(inner, (total,), (total,), find_prices(inner), limit, at, found.cost, 0.9)
    return Known(limit, total.tilt, narrowed.least(limit))


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_plans_that_reach_both_marks_bring_what_the_first_one_needs_by_itself(seed: int) -> None:
    if (drawn := plan_that_matters(seed)) is None:
        return
    (found, _, choice), houses, known = drawn, np.arange(150), ALONE[seed % len(BOTH)]()
    first = found.sums[0]
    mean = first.mean[choice, houses].sum() - rounding(first.sure[choice, houses].sum(), first.unit)
    variance = float(first.variance[choice, houses].sum())
    parts = cumulant_parts(first.consent, first.kw[choice, houses])
    total = np.array([float(first.variance[choice, houses] @ one) for one in parts])
    assert mean >= known.least(variance, total) - 1e-9
    # Cantelli's inequality alone would give two deviations less.
    assert known.least(variance, total) > 0.9 * variance**0.5


BOTH = [cache(partial(narrow_both, seed)) for seed in (1, 2)]
BOXES = [cache(partial(boxes, number)) for number in range(len(BOTH))]
TURNED = [cache(partial(turned, number)) for number in range(len(BOTH))]
ALONE = [cache(partial(alone, number)) for number in range(len(BOTH))]
