"""What is known of plans beforehand: against every plan of a few houses, one by one."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.optimise.solar_allocation.affordable import Affordable
from model.optimise.solar_allocation.completions import Ways
from model.optimise.solar_allocation.labels import few_things, most_of


@st.composite
def things(draw: st.DrawFn) -> tuple[list[Any], list[Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return costs and what is brought to two rows by house and slot, right-hand sides and prices."""
    costs, tied = [], []
    for _ in range(draw(st.integers(1, 4))):
        count = draw(st.integers(1, 3))
        numbers = st.lists(st.integers(0, 4), min_size=count, max_size=count)
        costs.append(np.array(draw(numbers), dtype=np.float64))
        halves = draw(st.sampled_from([1.0, 0.5]))
        tied.append(np.array([draw(numbers), [-halves * one for one in draw(numbers)]], dtype=np.float64))
    wanted = np.array([draw(st.integers(0, 3)), -draw(st.integers(0, 5))], dtype=np.float64)
    return costs, tied, wanted, np.array(draw(st.sampled_from([(0.0, 0.0), (1.5, 0.0), (0.5, 2.5), (2.0, 1.0)])))


@settings(max_examples=150, deadline=None)
@given(things())
def test_plans_cost_what_they_cost_under_prices_and_what_is_spared(case: Any) -> None:
    costs, tied, wanted, prices = case
    labels, exact = few_things(tuple(tied), wanted, prices)
    assert exact.sum() <= 1
    for path in product(*(range(one.size) for one in costs)):
        cost = sum(float(one[slot]) for one, slot in zip(costs, path, strict=True))
        brought = sum(one[:, slot] for one, slot in zip(tied, path, strict=True))
        total = sum(int(one[slot]) for one, slot in zip(labels.of_slots, path, strict=True))
        if np.any(brought[exact] < wanted[exact] - 1e-9):
            # Larger totals are in no plan.
            assert total >= labels.spared.size
        elif np.all(brought >= wanted):
            priced = cost - float(prices @ brought) + float(prices @ wanted)
            others = float((prices * ~exact) @ (brought - wanted))
            assert cost == pytest.approx(priced + labels.spared[total] + others)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_what_plans_can_afford_is_within_the_ends(data: Any) -> None:
    ways, room = [], data.draw(st.integers(0, 12))
    for _ in range(data.draw(st.integers(1, 4))):
        count = data.draw(st.integers(1, 3))
        labels, sizes, above = (
            np.array(data.draw(st.lists(st.integers(0, 3), min_size=count, max_size=count))) for _ in range(3)
        )
        ways.append(Ways(sizes, sizes, labels, above.astype(np.float64), np.arange(count), np.arange(count)))
    dear = np.array(data.draw(st.lists(st.sampled_from([0.0, 1.0, np.inf]), min_size=30, max_size=30))).reshape(5, 6)
    found = Affordable.find(ways, dear, float(room))
    some = False
    for path in product(*(range(one.size.size) for one in ways)):
        pairs = [(one.label[way], one.size[way]) for one, way in zip(ways, path, strict=True)]
        label, size = (sum(int(pair[number]) for pair in pairs) for number in (0, 1))
        spent = sum(float(one.above[way]) for one, way in zip(ways, path, strict=True))
        if size <= 6:
            assert label <= most_of(tuple(one.label for one in ways), [one.size for one in ways], 6)
        if label >= 5 or size >= 6 or spent + dear[label, size] > room:
            continue
        some = True
        for place in range(len(ways)):
            label, size = (sum(int(pair[number]) for pair in pairs[place:]) for number in (0, 1))
            assert found.first[place][label] <= size < found.last[place][label]
    assert some == any(one > 0 for one in found.places())


def test_no_more_is_looked_at_than_what_can_be_afforded() -> None:
    one = Ways(np.array([0, 2]), np.array([0, 2]), np.array([0, 1]), np.array([0.0, 5.0]), np.arange(2), np.arange(2))
    dear = np.full((3, 5), np.inf)
    dear[1, 2] = 0.0
    # One of two houses takes two steps: before the last one is decided, none or two are still to come.
    found = Affordable.find([one, one], dear, 5.0)
    assert found.places() == [1, 2]
    assert Affordable.find([one, one], dear, 4.0).places() == [0, 0]
