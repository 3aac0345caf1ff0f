"""Few houses whose owners may refuse: against every plan and every combination of owners' answers, one by one."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.optimise.solar_allocation.completions import Completions, OpenHouse, Steps, tables_from_last
from model.optimise.solar_allocation.few import prove_best
from model.optimise.solar_allocation.house_by_house import HouseByHouse
from model.optimise.solar_allocation.labels import Labels
from model.optimise.solar_allocation.totals import Undecided, settle, tell_apart, try_prices

FloatArray = npt.NDArray[np.float64]

#: Whole modules, modules of two makes, and amounts with no common measure.
AMOUNTS = st.sampled_from([(0.0, 0.4, 0.8, 1.2), (0.0, 0.4, 0.3731, 0.7462), (0.0, 0.1 * 2**0.5, 0.9173, 0.1 * 3**0.5)])


@st.composite
def lists(draw: st.DrawFn, sums: int = 1) -> tuple[tuple[OpenHouse, ...], FloatArray, FloatArray, FloatArray]:
    """Return houses, the rows' right-hand sides, their prices, and what is missing from each sum."""
    amounts, rows = draw(AMOUNTS), draw(st.integers(0, 2))
    prices = np.array(draw(st.lists(st.sampled_from([0.0, 3.0]), min_size=rows, max_size=rows)))
    houses = []
    for number in range(draw(st.integers(1, 5))):
        count = draw(st.integers(1, 4))

        def numbers(values: Any, shape: tuple[int, ...]) -> FloatArray:
            size = int(np.prod(shape))
            return np.array(draw(st.lists(values, min_size=size, max_size=size)), dtype=np.float64).reshape(shape)

        added = numbers(st.sampled_from(amounts), (1, count))
        sure = numbers(st.sampled_from([0.0, 0.0, amounts[1], 0.55]), (1, count))
        sure -= sure.min(axis=1, keepdims=True)
        # Not every slot that counts in the first sum counts in the second.
        both = added * numbers(st.sampled_from([0.0, 1.0]), (1, count))
        cost = numbers(st.integers(-3, 9), (count,))
        tied = numbers(st.integers(0, 3), (rows, count))
        priced = cost - prices @ tied
        houses.append(
            OpenHouse(
                number, draw(st.sampled_from([0.5, 0.8, 0.9, 1.0])), np.arange(count), cost, priced - priced.min(),
                np.vstack((sure, 0.5 * sure))[:sums], np.vstack((added, both))[:sums], tied,
            )
        )  # fmt: skip
    houses.sort(key=lambda one: one.slot.size > 1)
    wanted = np.array(draw(st.lists(st.integers(0, 6), min_size=rows, max_size=rows)), dtype=np.float64)
    missing = np.array(draw(st.lists(st.sampled_from([-0.2, 0.0, 0.3, 0.8, 1.2, 2.1]), min_size=sums, max_size=sums)))
    return tuple(houses), wanted, prices, missing


def chance(houses: tuple[OpenHouse, ...], path: tuple[int, ...], missing: FloatArray) -> float:
    """Return the probability that nothing is missing from any sum."""
    found = 0.0
    for answers in product((False, True), repeat=len(houses)):
        likely, left = 1.0, missing.copy()
        for one, slot, accepts in zip(houses, path, answers, strict=True):
            likely *= one.consent if accepts else 1.0 - one.consent
            left = left - one.sure[:, slot] - accepts * one.added[:, slot]
        found += likely * bool(np.all(left <= 1e-9))
    return found


def plans(houses: tuple[OpenHouse, ...]) -> list[tuple[int, ...]]:
    return list(product(*(range(one.slot.size) for one in houses)))


def spent(houses: tuple[OpenHouse, ...], path: tuple[int, ...]) -> float:
    return float(sum(one.cost[slot] for one, slot in zip(houses, path, strict=True)))


def compare(case: tuple[tuple[OpenHouse, ...], FloatArray, FloatArray, FloatArray], certainty: float) -> None:
    houses, wanted, prices, missing = case
    best = np.inf
    for path in plans(houses):
        tied = sum((one.tied[:, slot] for one, slot in zip(houses, path, strict=True)), np.zeros(wanted.size))
        if np.all(tied >= wanted) and chance(houses, path, missing) >= certainty - 1e-12:
            best = min(best, spent(houses, path))
    search = HouseByHouse(
        houses, wanted, prices, missing, certainty,
        lambda path: chance(houses, tuple(path.tolist()), missing),
    )  # fmt: skip
    bound = search.within(search.greatest)
    assert bound <= best + 1e-6
    if np.isinf(bound):
        return
    proven, complete = prove_best(search, bound, 1e-9, np.inf, perf_counter() + 60.0)
    if np.isinf(best):
        assert complete
        assert not search.path.size
        return
    assert search.cost == pytest.approx(best, abs=1e-9)
    assert best - 1e-6 <= proven <= best + 1e-6


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(lists(), st.sampled_from([0.5, 0.72, 0.9, 0.99]))
def test_the_best_plan_is_that_of_listing_all(case: Any, certainty: float) -> None:
    compare(case, certainty)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(lists(sums=2), st.sampled_from([0.5, 0.72, 0.9]))
def test_two_sums_are_kept_together(case: Any, certainty: float) -> None:
    compare(case, certainty)


@settings(max_examples=60, deadline=None)
@given(lists(), st.sampled_from([0.0, 0.02, 0.1, 0.5]), st.lists(st.integers(0, 3), min_size=20, max_size=20))
def test_no_plan_is_likelier_for_its_costs_than_the_completions_of_its_totals(
    case: Any, worth: float, numbers: list[int]
) -> None:
    houses, _, _, missing = case
    steps = Steps.read(houses, 0, float(missing[0]))
    sizes = [added * steps.parts + sure for added, sure in zip(steps.added, steps.sure, strict=True)]
    # Any numbers may be added up.
    labels = tuple(np.array(numbers[4 * place :][: one.slot.size]) for place, one in enumerate(houses))
    most = (sum(int(one.max()) for one in labels), sum(int(one.max()) for one in sizes))
    made = list(tables_from_last(houses, steps, labels, worth, most, steps.missing))
    kept, single = Completions.find(made, steps, worth, most[1]), made[-1]
    for path in plans(houses):
        above = sum(float(one.above[slot]) for one, slot in zip(houses, path, strict=True))
        brought = sum(int(sizes[place][slot]) for place, slot in enumerate(path))
        column = kept.column(0, np.array([brought - steps.missing]))
        label = sum(int(labels[place][slot]) for place, slot in enumerate(path))
        likeliest = float(kept.tables[0][kept.rows(0, np.array([label]), np.array([brought])), column][0])
        reached = chance(houses, path, missing) - worth * above
        assert reached <= single[label].values[brought, column[0]] + 1e-9
        assert reached <= likeliest + 1e-9
        # Single precision, rounded up once.
        assert (
            0
            <= likeliest - single[label].values[brought, column[0]]
            <= 2 * np.spacing(np.float32(abs(likeliest))) + 1e-12
        )


@settings(max_examples=40, deadline=None)
@given(lists(), st.sampled_from([0.5, 0.72, 0.9]))
def test_exchanges_lead_to_plans_that_keep_everything(case: Any, certainty: float) -> None:
    houses, wanted, prices, missing = case
    search = HouseByHouse(
        houses, wanted, prices, missing, certainty,
        lambda path: chance(houses, tuple(path.tolist()), missing),
    )  # fmt: skip
    search.exchange(np.zeros(0, dtype=np.int16), perf_counter() + 0.05, 0)
    path = tuple(search.path.tolist())
    if not path:
        return
    assert chance(houses, path, missing) >= certainty - 1e-12
    tied = sum((one.tied[:, slot] for one, slot in zip(houses, path, strict=True)), np.zeros(wanted.size))
    assert np.all(tied >= wanted)
    assert search.cost == pytest.approx(spent(houses, path))
    # No other slots of any two houses make it cheaper.
    for other in plans(houses):
        changed = sum(one != two for one, two in zip(other, path, strict=True))
        tied = sum((one.tied[:, slot] for one, slot in zip(houses, other, strict=True)), np.zeros(wanted.size))
        if len(houses) > 2 or changed > 2 or np.any(tied < wanted):
            continue
        if chance(houses, other, missing) >= certainty - 1e-12:
            assert search.cost <= spent(houses, other) + 1e-6


def test_what_a_house_alone_can_bring_is_known_from_what_it_takes() -> None:
    slots = np.arange(3)
    added = np.array([[0.0, 0.4, 0.8]])
    house = OpenHouse(0, 0.7, slots, np.array([0.0, 2.0, 3.0]), np.array([0.0, 2.0, 3.0]), 0 * added, added,
                      np.zeros((0, 3)))  # fmt: skip
    steps = Steps.read((house,), 0, 0.8)
    assert (steps.units, steps.parts, steps.missing) == (2, 1, 2)
    made = tables_from_last((house,), steps, (np.array([0, 1, 1]),), 0.1, (1, 2), steps.missing)
    found = Completions.find(made, steps, 0.1, 2)
    # Two units taken with two missing: nothing may be refused, at a cost of 3; no other total reaches two units.
    nothing, less = found.tables[0][:, found.column(0, np.array([0, -1]))].T
    rows = found.rows(0, np.array([0, 0, 0, 1, 1, 1]), np.array([0, 1, 2, 0, 1, 2]))
    assert nothing[rows[5]] == pytest.approx(0.7 - 0.1 * 3.0)
    assert np.all((rows >= 0) == [True, False, False, False, True, True])
    assert less[rows[4]] == pytest.approx(-0.1 * 2.0)
    assert less[rows[0]] == pytest.approx(0.0)


def test_what_happens_beforehand_is_no_more_than_the_totals_allow() -> None:
    slots, added = np.arange(2), np.array([[0.0, 0.4]])
    houses = tuple(
        OpenHouse(number, 0.5, slots, np.array([0.0, 1.0]), np.array([0.0, 1.0]), 0 * added, added, np.zeros((0, 2)))
        for number in range(4)
    )
    steps = Steps.read(houses, 0, 0.4)
    nothing = Labels((np.zeros(2, dtype=np.int64),) * 4, np.zeros(1))
    undecided = Undecided(houses, steps, 0, 1, np.array([0.0, 1.0]), 0.7, 0.0, nothing)
    tried = try_prices(undecided, 4.0)
    # One of two owners accepts with three chances in four; one alone with one in two only.
    apart, again = tell_apart(undecided, tried)
    totals = settle(apart, again)
    assert totals is not None
    assert {2, 3} <= set(totals.steps.tolist())
    # Owners who are alike differ in nothing that can be told apart beside their number.
    assert np.all(totals.label % totals.steps == 0)
    assert np.all(totals.bound <= totals.steps + 1e-9)
    assert 1.0 < tried.bound <= 2.0
    # All four of them: one accepts in fifteen cases of sixteen.
    assert undecided.likeliest() == pytest.approx(15 / 16)
    assert np.isinf(try_prices(replace(undecided, enough=0.99), 4.0).bound)


def test_owners_alike_are_followed_once() -> None:
    slots, added = np.arange(5), np.array([[0.0, 0.4, 0.8, 1.2, 1.6]])
    cost = np.array([0.0, 5.0, 6.0, 7.0, 8.0])
    houses = tuple(
        OpenHouse(number, 0.8, slots, cost, cost, 0 * added, added, np.zeros((0, 5))) for number in range(14)
    )
    asked: list[tuple[int, ...]] = []

    def reached(path: npt.NDArray[np.int16]) -> float:
        asked.append(tuple(path.tolist()))
        return 1.0

    search = HouseByHouse(houses, np.zeros(0), np.zeros(0), np.array([6.4]), 0.9, reached)
    bound = search.within(search.greatest)
    proven, _ = prove_best(search, bound, 1e-9, np.inf, perf_counter() + 60.0)
    # Six houses of 1.6 kW: four of them accept with nine chances in ten; of five of them, not.
    sizes = sorted(slot for slot in search.path.tolist() if slot)
    assert sum(0.8**4 * 0.2 for _ in range(5)) + 0.8**5 < 0.9 <= 0.8**6 + 6 * 0.8**5 * 0.2 + 15 * 0.8**4 * 0.2**2
    assert proven == pytest.approx(search.cost, rel=1e-9)
    assert search.cost <= 6 * 8.0
    assert len(sizes) >= 6
    assert len(asked) == len(set(asked))
