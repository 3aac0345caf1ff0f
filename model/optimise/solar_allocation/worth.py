"""What a rule is worth to the supplier, by solving again: each exclusion claim, the last kW, the choice of the rate.

A worth is the difference between two proven optima, so it is known as a range between the proofs: from the bound of the
one less the plan of the other, to the plan of the one less the bound of the other. Houses that are alike in everything
share their worth. What time does not reach keeps the range that prices prove.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
import numpy.typing as npt

from model.optimise.solar_allocation.at_once import keeps_rules, least_cost
from model.optimise.solar_allocation.certain_beside import Beside
from model.optimise.solar_allocation.finish import Finished
from model.optimise.solar_allocation.method import Plan, is_chance, solve_scheme
from model.optimise.solar_allocation.model import Model, build
from model.optimise.solar_allocation.near import Near, plans_near
from model.optimise.solar_allocation.prices import Prices
from model.optimise.solar_allocation.problem import FloatArray, best_at, priced_costs
from model.optimise.solver import relative_gap
from model.ordinance.rulebook import Rules

#: Gap of one solution, and where a year must be certain, which takes longer.
_GAP, _CHANCE_GAP = 1e-6, 1e-3
#: Parts of the time that the last and the next kW may take, and the rate after them.
_KW, _RATE = 0.7, 0.6
#: Part of the time of a solution, and plans, that are looked at near the bound under the prices in hand.
_NEAR, _SETS = 0.05, 1e6
#: Part of the time left that one claim may take.
_OF_CLAIM = 0.3
#: Gap to which a rate is tried, part of its time that one rate may take, and the widest range that says anything.
_RATE_GAP, _OF_RATE, _WIDEST = 1e-4, 0.3, 10


@dataclass(frozen=True)
class Range:
    """Where a number is proven to lie; infinite where nothing is proven."""

    low: float
    high: float


@dataclass(frozen=True)
class Worth:
    """What rules are worth [objective].

    Args:
        claim_low, claim_high: range of what the objective would lose if a house could not be left out, dims (house);
            NaN for houses that cannot be left out anyway.
        last_kw: what the plan would gain if one kW less were asked for.
        next_kw: what it would lose if one kW more were asked for; infinite if the roofs do not take it.
        even_rate: uniform rates, a per cent apart where time allows, between which the zone rates become the better
            choice; None where there are none.
    """

    claim_low: FloatArray
    claim_high: FloatArray
    last_kw: Range
    next_kw: Range
    even_rate: Range | None


def worth_of(plan: Plan, rules: Rules, seconds: float, seed: int = 0) -> Worth:
    """Return what the rules are worth under a plan.

    Args:
        plan: a plan that was found.
        rules: rules of "report_programme".
        seconds: time for everything together [s].
        seed: seed of every random choice.
    """
    end = perf_counter() + seconds

    def until(share: float) -> float:
        """Return the time when so much of what is left is over."""
        return perf_counter() + share * max(end - perf_counter(), 0.0)

    # First what is told of every plan, then claim after claim.
    less = _shifted(plan, rules, -1.0, until(0.5 * _KW), seed)
    more = _shifted(plan, rules, 1.0, until(_KW / (2 - _KW)), seed)
    rate = _even_rate(plan, rules, until(_RATE), seed)
    low, high = _claims(plan, rules, end, seed)
    # Asking for less never costs anything; what solutions leave open between their proofs is no gain.
    last = Range(_at_least_nothing(-less.high), _at_least_nothing(-less.low))
    more = Range(_at_least_nothing(more.low), _at_least_nothing(more.high))
    return Worth(low, high, last, more, rate)


def _solved(plan: Plan, model: Model, rules: Rules, seconds: float, seed: int) -> Finished:
    """Return what is found of a model that differs a little from one of the plan's."""
    if is_chance(model):
        return solve_scheme(model, rules, _CHANCE_GAP, seconds, seed).finished
    prices = plan.outcomes[model.scheme].prices
    if prices.size == len(model.problem.rows):
        # The prices in hand are nearly those of the model: among the plans near their bound the best is mostly found.
        known = Prices(prices, best_at(model.problem, prices))
        nothing = Near(known.priced.bound, np.zeros(0, dtype=np.int16), np.nan)
        near = plans_near(model.problem, known, _GAP, nothing, _NEAR * seconds, _SETS)
        if relative_gap(near.cost, near.bound) <= _GAP:
            return Finished(near.choice, near.cost, near.bound, 0)
    return solve_scheme(model, rules, _GAP, seconds, seed).finished


def _at_least_nothing(value: float) -> float:
    """Return a worth that cannot be negative, without a negative zero."""
    return max(value, 0.0) + 0.0


def _difference(plan: Plan, other: Finished) -> Range:
    """Return how much dearer another optimum is than the plan."""
    best = plan.best.finished
    bound = min(one.finished.bound for one in plan.outcomes.values() if not one.finished.impossible)
    bound = min(bound, best.cost)
    if other.impossible:
        return Range(np.inf, np.inf)
    cost = other.cost if other.choice.size else np.inf
    return Range(other.bound - best.cost, cost - bound)


def _claims(plan: Plan, rules: Rules, end: float, seed: int) -> tuple[FloatArray, FloatArray]:
    """Return the range of the worth of every claim."""
    houses = plan.best.model.houses
    out = plan.best.model.slots.left_out[plan.choice]
    # A claim that the plan does not use can be given up at no loss.
    low = np.where(houses.may_leave, 0.0, np.nan)
    high = low.copy()
    low[out], high[out] = 0.0, np.inf
    used = np.flatnonzero(out)
    if not used.size:
        return low, high
    models = [one.model for one in plan.outcomes.values() if not one.finished.impossible]
    low[used] = np.where(houses.must_leave[used], 0.0, np.maximum(_priced(plan, models, used), 0.0))
    groups: dict[bytes, list[int]] = {}
    for house in used.tolist():
        groups.setdefault(b"".join(_signature(model, house) for model in models), []).append(house)
    for members in sorted(groups.values(), key=lambda alike: -len(alike)):
        if perf_counter() >= end:
            break
        found = _counted(plan, models, members[0], rules, end, seed)
        low[members] = np.maximum(low[members], found.low)
        high[members] = np.maximum(found.high, low[members])
    return low, high


def _priced(plan: Plan, models: Sequence[Model], used: npt.NDArray[np.int64]) -> FloatArray:
    """Return a proven least worth of each claim, by the prices of the plan."""
    lowest = np.full(used.size, np.inf)
    for model in models:
        outcome = plan.outcomes[model.scheme]
        if outcome.prices.size != len(model.problem.rows):
            return np.zeros(used.size)
        values = priced_costs(model.problem, outcome.prices, used)
        counted = values[~model.slots.left_out].min(axis=0)
        everyone = priced_costs(model.problem, outcome.prices, slice(0, model.problem.houses)).min(axis=0)
        bound = float(everyone.sum()) + float(outcome.prices @ model.problem.at_least)
        lowest = np.minimum(lowest, bound + counted - values.min(axis=0) - plan.best.finished.cost)
    return lowest


def _signature(model: Model, house: int) -> bytes:
    """Return all that tells a house from others in a model."""
    problem = model.problem
    parts = [problem.cost[:, house].tobytes(), problem.step_kw[house].tobytes(), bytes(model.houses.must_leave[house])]
    if problem.full_kw is not None:
        parts.append(problem.full_kw[house].tobytes())
    for row in problem.rows:
        squared = 0.0 if row.squared is None else row.squared[house]
        parts.append(np.array([row.slope[house], row.intercept[house], squared]).tobytes())
    parts += [values[:, house].tobytes() for values in problem.amounts.values()]
    return b"".join(parts)


def _counted(plan: Plan, models: Sequence[Model], house: int, rules: Rules, end: float, seed: int) -> Range:
    """Return how much dearer the best plan is that counts a house, over both schemes."""
    ranges: list[Range] = []
    for model in sorted(models, key=lambda one: one.scheme != plan.scheme):
        known = plan.outcomes[model.scheme].finished.bound - plan.best.finished.cost
        if ranges and known >= ranges[0].high:
            # Even with the claim the other scheme is no better than this one without it.
            ranges.append(Range(known, np.inf))
            continue
        changed = _must_count(model, house, rules)
        ranges.append(
            _difference(plan, _solved(plan, changed, rules, _OF_CLAIM * max(end - perf_counter(), 0.0), seed))
        )
    return Range(min(one.low for one in ranges), min(one.high for one in ranges))


def _must_count(model: Model, house: int, rules: Rules) -> Model:
    """Return a model in which a house cannot be left out."""
    houses = model.houses
    if houses.must_leave[house]:
        others = np.arange(houses.size) != house
        free = replace(houses, must_leave=houses.must_leave & others, may_leave=houses.may_leave & others)
        return build(free, model.wishes, model.economics, rules, (model.scheme,))[0]
    cost = model.problem.cost.copy()
    cost[model.slots.left_out, house] = np.inf
    return replace(model, problem=replace(model.problem, cost=cost))


def _shifted(plan: Plan, rules: Rules, by_kw: float, end: float, seed: int) -> Range:
    """Return how much dearer the plan's scheme becomes when so many kW more are asked for."""
    model = plan.best.model
    names = [row.name for row in model.problem.rows]
    if "renewables" not in names:
        return Range(0.0, 0.0)
    left = end - perf_counter()
    if left <= 0:
        return Range(-np.inf, np.inf)
    asked = _asking(model, by_kw)
    if not Beside.suits(asked):
        return _difference(plan, _solved(plan, asked, rules, left, seed))
    beside = Beside.read(asked, plan.best, seed)
    found = beside.cheapest(asked, rules, _CHANCE_GAP, _NEAR * left)
    if not found.choice.size:
        return _difference(plan, _solved(plan, asked, rules, left, seed))
    found = replace(found, bound=least_cost(asked, seed))
    return _difference(plan, beside.proven(asked, found, rules, _CHANCE_GAP, end - perf_counter(), seed))


def _asking(model: Model, more_kw: float) -> Model:
    """Return a model whose requirement is larger by so many kW."""
    shares: Mapping[str, float] = {"renewables": 1.0, "substitute_limit": 1.0 - model.substitute_share}
    rows = tuple(
        replace(row, at_least=row.at_least + shares.get(row.name, 0.0) * more_kw) for row in model.problem.rows
    )
    return replace(model, problem=replace(model.problem, rows=rows), more_kw=model.more_kw + more_kw)


def _even_rate(plan: Plan, rules: Rules, end: float, seed: int) -> Range | None:
    """Return the uniform rate at which the best plan is worth as much as by zone rates, enclosed by halving.

    Prices and the plan by zone rates enclose it first, at little expense; solutions do so closer while time is left.
    """
    if set(plan.outcomes) != {"uniform", "by_zone"} or not plan.outcomes["by_zone"].finished.choice.size:
        return None
    model, target = plan.outcomes["uniform"].model, plan.outcomes["by_zone"].finished
    if "renewables" not in [row.name for row in model.problem.rows] or perf_counter() >= end:
        return None

    def kept(percent: int) -> bool:
        return keeps_rules(_at_rate(model, percent, rules), target.choice, rules)

    def may_be_better(percent: int) -> bool:
        return percent <= low or least_cost(_at_rate(model, percent, rules), seed) < target.bound

    # Where nothing is asked for, the plan by zone rates keeps the rules.
    low = _last(kept, 0, 100)
    high = _last(may_be_better, low, 100) + 1
    while high - low > 1 and (left := end - perf_counter()) > 0:
        middle = 100 if high > 100 else (low + high) // 2
        side = _side(_at_rate(model, middle, rules), target.cost, target.bound, rules, _OF_RATE * left, seed)
        if side == 0 or (side < 0 and middle == 100):
            break
        low, high = (middle, high) if side < 0 else (low, middle)
    return Range(low / 100, high / 100) if high <= 100 and high - low <= _WIDEST else None


def _side(model: Model, cost: float, bound: float, rules: Rules, seconds: float, seed: int) -> int:
    """Return -1 if a model is proven no dearer than a plan, 1 if dearer than its bound, 0 if neither is proven."""
    # A per cent of the rate moves the cost by far more than this gap.
    found = solve_scheme(model, rules, _RATE_GAP, seconds, seed).finished
    if found.choice.size and found.cost <= cost:
        return -1
    return 1 if found.impossible or found.bound >= bound else 0


def _last(holds: Callable[[int], bool], low: int, high: int) -> int:
    """Return the last whole number for which something holds that holds up to some number, `low` among them."""
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low


def _at_rate(model: Model, percent: int, rules: Rules) -> Model:
    """Return the model of the uniform scheme with another rate; whole per cents keep whole modules on a common unit."""
    houses = model.houses
    per_building = rules.number("capacity_per_building")
    more = np.where(houses.new, (percent / 100 - rules.number("uniform_rate")) * per_building, 0.0)
    shares: Mapping[str, float] = {"renewables": 1.0, "substitute_limit": 1.0 - model.substitute_share}
    rows = tuple(
        replace(row, intercept=row.intercept - shares[row.name] * more) if row.name in shares else row
        for row in model.problem.rows
    )
    owing = replace(houses, owed_uniform_kw=houses.owed_uniform_kw + more)
    return replace(model, houses=owing, problem=replace(model.problem, rows=rows))
