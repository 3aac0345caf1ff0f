"""Combinations of substitutes: against products of slots, convolution of single decisions, and plans at random."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from itertools import product

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.optimise.solar_allocation.cuts import aim
from model.optimise.solar_allocation.edge import Edge
from model.optimise.solar_allocation.enumerated import Enumerated, listed
from model.optimise.solar_allocation.narrow import Narrow
from model.optimise.solar_allocation.nearby import Nearby
from model.optimise.solar_allocation.prices import find_prices
from model.optimise.solar_allocation.problem import Problem, Row, SlotArray, cost_of
from model.optimise.solar_allocation.programme import Area, cheapest_within
from model.optimise.solar_allocation.substitutes import Substitutes
from model.optimise.solar_allocation.sums import Sum, deviations_of, held, parts_of, rounding, with_sums

FloatArray = npt.NDArray[np.float64]
ComplexArray = npt.NDArray[np.complex128]

HOUSES, UNIT, OWED = 120, 0.4, 1.6


def added_up(kw: FloatArray, consent: FloatArray) -> FloatArray:
    """Return the probabilities of 0, 1, 2, … units by convolution of single decisions."""
    found = np.ones(1)
    for size, p in zip(np.rint(kw / UNIT).astype(int).tolist(), consent.tolist(), strict=True):
        found = np.convolve(found, np.append(np.append(1 - p, np.zeros(max(size - 1, 0))), p) if size else [1.0])
    return found


def both_met(own: FloatArray, other: FloatArray, first: int, second: int) -> float:
    """Return P(K + A ≥ first and K ≥ second) of distributions in units."""
    k, a = np.meshgrid(np.arange(own.size), np.arange(other.size), indexing="ij")
    return float(np.sum(np.outer(own, other)[(k + a >= first) & (k >= second)]))


@dataclass(frozen=True)
class Case:
    """Houses of which a few stand in for others up to a fifth, and what plans keep there that matter."""

    problem: Problem
    rows: tuple[Row, ...]
    consent: FloatArray
    old: npt.NDArray[np.bool_]
    best: SlotArray
    found: Enumerated

    def chance(self, choice: npt.NDArray[np.integer]) -> float:
        kw = self.problem.multiple[choice] * UNIT
        first, second = (int(np.rint(OWED * np.sum(~self.old) * one / UNIT)) for one in (1.0, 0.8))
        own, other = (added_up(kw[one], self.consent[one]) for one in (~self.old, self.old))
        return both_met(own, other, first, second)


@cache
def case(seed: int) -> Case:
    random = np.random.default_rng(seed)
    multiple = np.array([0.0, 4.0, 5.0, 6.0])
    consent, old = np.round(random.uniform(0.7, 0.99, HOUSES), 2), np.arange(HOUSES) % 24 == 0
    kw = multiple[:, np.newaxis] * np.full(HOUSES, UNIT)
    cost = np.round(kw * random.uniform(100, 400, HOUSES) + 20.0 * random.random(kw.shape) * (kw > 0), 3)
    owed = np.where(old, 0.0, OWED)
    rows = (
        Row("renewables", consent, -owed, 0.0, counted_only=True),
        Row("substitute_limit", np.where(old, 0.0, consent), -0.8 * owed, 0.0, counted_only=True),
    )
    problem = Problem(cost, multiple, np.zeros(4, dtype=bool), np.full(HOUSES, UNIT), ())
    first = Case(problem, rows, consent, old, np.zeros(0, dtype=np.int16), None)  # type: ignore[arg-type]
    sums = tuple(Sum.read(problem, row, consent) for row in rows)
    parts = parts_of(sums)
    aimed = aim(problem, sums, parts, lambda one, number: np.full(number, first.chance(one)), 0.9, 1e-3, 5.0)
    parts = tuple(one.tilted(aimed.last) for one in parts)
    limit, before, most = aimed.limit, None, aimed.best.cost + 40.0
    for _ in range(3):
        inner = with_sums(problem if before is None else before.of_plans_that_matter(problem), sums, parts, limit)
        holds = () if before is None else held(parts, [one.variances for one in before.near])
        inner = replace(inner, rows=(*holds, limit.tangent(sums, aimed.deviations)))
        facts = (inner, sums, parts, find_prices(inner), limit, aimed.deviations, most, 0.9, np.inf)
        combinations = None if before is None else listed(before)
        before = Narrow(*facts, before) if combinations is None else Enumerated(combinations, *facts, before)
        limit = before.limit_here()
    assert isinstance(before, Enumerated)
    return replace(first, best=aimed.best.choice, found=before)


def drawn(seed: int) -> tuple[Case, SlotArray] | None:
    """Return a plan beside the one in hand that is certain enough and no dearer; None where the draw is none."""
    one = case(seed % 2)
    random, choice = np.random.default_rng(seed), one.best.copy()
    for house in random.permutation(HOUSES)[: random.integers(1, 12)].tolist():
        choice[house] = np.clip(choice[house] + random.integers(-1, 2), 0, 3)
    return None if cost_of(one.problem, choice) > one.found.cost or one.chance(choice) < 0.9 else (one, choice)


def terms_of(found: Enumerated, choice: SlotArray) -> tuple[FloatArray, FloatArray]:
    """Return means above their marks, and deviations with higher cumulants."""
    houses = np.arange(HOUSES)
    sure = np.array([one.sure[choice, houses].sum() for one in found.sums])
    means = np.array([one.mean[choice, houses].sum() for one in found.sums]) - rounding(sure, UNIT)
    variances = np.array([one.variance[choice, houses].sum() for one in found.parts])
    higher = [one[choice, houses].sum() for part in found.parts for one in part.higher]
    return means, np.append(deviations_of(variances[:, np.newaxis])[:, 0], higher)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**6))
def test_plans_that_are_certain_enough_keep_the_limit_of_their_combination(seed: int) -> None:
    if (plan := drawn(seed)) is None:
        return
    (one, choice), (means, terms) = plan, terms_of(plan[0].found, plan[1])
    found, number = one.found, one.found.substitutes.number(one.problem.multiple[choice] * UNIT)
    assert found.kept[number]
    assert cost_of(one.problem, choice) >= min(found.bound, found.cost) - 1e-6
    assert np.isfinite(found.of_plans_that_matter(one.problem).cost[choice, np.arange(HOUSES)]).all()
    for weight in (None, found.direction(means), np.array([0.6, 0.4])):
        asked = found.asked(weight)
        constant = asked.constants(terms[:2], terms[:2])[number] - asked.limit.weight[0] * asked.taken
        kept = float(asked.limit.at(means[:, np.newaxis], terms[:, np.newaxis])[0])
        assert kept >= constant - 1e-9


@pytest.mark.parametrize("seed", [0, 1])
def test_the_cheapest_plan_of_a_range_is_no_dearer_than_plans_that_are_certain_enough(seed: int) -> None:
    one = case(seed)
    found, asked = one.found, [one.found.asked()]
    plain = found.of_plans_that_matter(one.problem)
    area = Area.read(plain, asked, found.sums, found.parts, *asked[0].ends, [], found.substitutes)
    assert area is not None
    prices = find_prices(area.problem)
    room = found.cost - prices.priced.bound
    cheapest = cheapest_within(area, prices.of_rows, prices.priced, room, found.cost, 1e-6, 20.0, 0)
    assert cheapest.bound <= cost_of(one.problem, one.best) + 1e-6
    # It takes a combination, and keeps the limit of that one.
    kw = one.problem.multiple[cheapest.choice] * UNIT
    number = found.substitutes.number(kw)
    assert np.allclose(found.substitutes.kw[number], kw[found.substitutes.house])
    means, terms = terms_of(found, cheapest.choice)
    low, high = asked[0].ends
    constant = area.constant(0, cheapest.choice) - asked[0].limit.weight[0] * asked[0].taken
    lines = float(asked[0].lines(low, high).sum())
    assert asked[0].limit.at(means[:, np.newaxis], terms[:, np.newaxis])[0] >= constant - lines - 1e-6
    for other in range(400):
        if (plan := drawn(2 * other + seed)) is not None:
            assert cost_of(one.problem, plan[1]) >= cheapest.bound - 1e-6


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.1, 4.0))
def test_combinations_are_those_of_all_products_of_slots(seed: int, room: float) -> None:
    random = np.random.default_rng(seed)
    kw = np.vstack((np.zeros(7), random.integers(0, 6, (3, 7)) * UNIT))
    consent, may = random.uniform(0.5, 1.0, 7), random.random(7) < 0.7
    above = np.where(random.random((4, 7)) < 0.8, random.uniform(0, 2, (4, 7)), np.inf)
    above[random.integers(0, 4, 7), np.arange(7)] = 0.0
    choice = above.argmin(axis=0)
    part = Sum(consent, kw, np.zeros((4, 7)))
    found = Substitutes.read(Nearby(part, UNIT, choice, above), may, room)
    assert found is not None
    least: dict[tuple[float, ...], float] = {}
    for one in product(range(4), repeat=int(may.sum())):
        costs = float(above[np.array(one, dtype=int), np.flatnonzero(may)].sum())
        sizes = tuple(np.round(kw[np.array(one, dtype=int), np.flatnonzero(may)], 6).tolist())
        least[sizes] = min(costs, least.get(sizes, np.inf))
    within = {one: costs for one, costs in least.items() if costs <= room}
    assert {tuple(one) for one in np.round(found.kw, 6).tolist()} == set(within)
    for one, likely, mean in zip(found.kw, found.likely, found.mean, strict=True):
        alone = added_up(one, consent[may])
        assert np.allclose(likely[: alone.size], alone, atol=1e-12)
        assert np.isclose(mean, float(one @ consent[may]))
    costs = found.above(Nearby(part, UNIT, choice, above))
    assert np.allclose(costs, [within[tuple(one)] for one in np.round(found.kw, 6).tolist()])


class Alone(Edge):
    """Probabilities of one plan of new buildings, with no error at all."""

    def __init__(self, units: npt.NDArray[np.int64], consent: FloatArray) -> None:
        self.unit, end = UNIT, np.pi / UNIT
        nodes, weights = np.polynomial.legendre.leggauss(2_000)
        self.points = 0.5 * end * (nodes + 1)
        self.weight = 0.5 * end * weights * UNIT / np.pi / (2 * np.sin(self.points * UNIT / 2))
        self.variances = (float(np.sum(consent * (1 - consent) * (units * UNIT) ** 2)),) * 2
        function = np.ones(self.points.size, dtype=np.complex128)
        for size, p in zip((units * UNIT).tolist(), consent.tolist(), strict=True):
            no, yes = np.exp(-1j * p * size * self.points), np.exp(1j * (1 - p) * size * self.points)
            function *= (1 - p) * no + p * yes
        self.made = function * np.exp(0.5j * UNIT * self.points) * self.weight

    def inversions(self, variance: float, higher: FloatArray) -> list[tuple[ComplexArray, FloatArray]]:
        return [(np.repeat(self.made[np.newaxis], higher.shape[0], axis=0), np.zeros(higher.shape[0]))]


def test_nothing_is_read_between_units_that_are_large_beside_the_deviation() -> None:
    """One new building of two modules: between whole units, probabilities follow no curve."""
    edge = Alone(np.array([2]), np.array([0.92]))
    kw = np.zeros((3, 2))
    choice = np.zeros(2, dtype=np.int64)
    whole = np.zeros((2, 2))
    one = Substitutes.read(Nearby(Sum(np.full(2, 0.7), whole, whole), UNIT, choice, whole), np.ones(2, dtype=bool), 1.0)
    assert one is not None
    one = replace(one, kw=kw, likely=np.ones((3, 1)), mean=np.zeros(3), variance=np.zeros(3), higher=np.zeros((3, 3)))
    apart = np.array([0, 1])
    least = one.least(edge, edge.variances[0], np.zeros((1, 3)), 0.9, apart, np.ones(3, dtype=bool))[0]
    # Both units are there with 92 chances in 100, so that the mark may lie two units high.
    assert np.all(least <= UNIT * (2 * 0.92 - 2))


@pytest.mark.parametrize("many", [5, 400])
def test_what_a_combination_needs_is_that_of_adding_up_decisions(many: int) -> None:
    """The mean from which on both marks are reached lies between the last one that is enough and the next lower one."""
    random = np.random.default_rng(many)
    units, consent = random.integers(2, 12, 200), random.uniform(0.7, 0.97, 200)
    own, mean = added_up(units * UNIT, consent), float(units @ consent)
    kw, accepts = random.integers(0, 10, (many, 8)) * UNIT, random.uniform(0.6, 0.95, 8)
    whole = np.zeros((2, 8))
    spread = Nearby(Sum(accepts, whole, whole), UNIT, np.zeros(8, dtype=np.int64), whole)
    one = Substitutes.read(spread, np.ones(8, dtype=bool), 1.0)
    assert one is not None
    likely = np.zeros((many, int(np.rint(kw.sum(axis=1).max() / UNIT)) + 1))
    for number, sizes in enumerate(kw):
        alone = added_up(sizes, accepts)
        likely[number, : alone.size] = alone
    one = replace(one, kw=kw, likely=likely, mean=kw @ accepts, variance=np.zeros(many), higher=np.zeros((3, many)))
    edge, apart = Alone(units, consent), np.array([12, 18, 30])
    least = one.least(edge, edge.variances[0], np.zeros((1, 3)), 0.9, apart, np.ones(many, dtype=bool))[0]
    for number in range(0, many, max(many // 5, 1)):
        for place, between in enumerate(apart.tolist()):
            first = next(
                mark
                for mark in range(int(mean) + 40, 0, -1)
                if both_met(own, added_up(kw[number], accepts), mark, mark - between) >= 0.9
            )
            enough, too_little = UNIT * (mean - first), UNIT * (mean - first - 1)
            assert too_little - 1e-6 < least[number, place] <= enough + 1e-6
