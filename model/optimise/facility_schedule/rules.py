"""The rules of the programme as rows of a model: periods, bank and expiry, credits, sale, transfers, order.

Nothing of a facility can be in surplus and short in the same period, so what expires cannot be rolled over.
"""

from __future__ import annotations

from itertools import permutations
from typing import Any, Final

import numpy as np
import pyomo.environ as pyo

from model.optimise.facility_schedule.problem import MILLION, Aim, BoolArray, FloatArray, Problem

#: Charge on a tonne that nothing covers, in units of each aim: so high that it is the last resort and seen as such.
_MISSING: Final[dict[Aim, float]] = {"cost": 1e6 / MILLION, "emissions": 1e6, "tonnes": 1.0, "money": np.inf}
#: How many times dearer it is than the dearest tonne of renewables, and its limit, beyond which programs lose digits
#: [1 and JPY/t-CO2].
_DEARER, _DEAREST = 2.0, 1e8
#: What a shortfall is covered with that neither the facility has of its own nor another one of its owner gives.
PURCHASES: Final = ("bought", "bought_kept", "outside", "outside_kept", "ordered", "missing")


def missing_price(problem: Problem) -> float:
    """Return the charge on a tonne that nothing covers, in the unit of programs; infinite: no option."""
    charge = _MISSING[problem.aim]
    if problem.aim != "cost":
        return charge
    price = np.where(np.isfinite(problem.renewable_price), problem.renewable_price, 0.0)[:, np.newaxis, :]
    cut = problem.renewable_cut
    dearest = float(np.max(np.where(cut > 0, price / np.where(cut > 0, cut, 1.0), 0.0), initial=0.0))
    return max(charge, min(_DEARER * dearest, _DEAREST) / MILLION)


def add_rules(model: pyo.ConcreteModel, problem: Problem, most: FloatArray) -> None:
    """Add the rules and the objective to a model that has works, energy and emissions before renewables.

    Args:
        model: has grid, raw [t-CO2], energy_cost, works_cost [million JPY] by facility.
        problem: the schedule.
        most: most that each facility can emit [t-CO2], dims (facility, year).
    """
    _renewables(model, problem)
    _positions(model, problem, most)
    _recognition(model, problem, most)
    _sales(model, problem)
    _cover(model, problem)
    _transfers(model, problem)
    _objective(model, problem)


# Renewables are bought for what is still taken from the grid, and only in ways that are not dearer than another that
# does as much.
def _renewables(model: pyo.ConcreteModel, problem: Problem) -> None:
    offered = worthwhile(problem)
    model.renewable = pyo.Var(
        [(o, f, y) for f in model.facilities for y in model.years for o in np.flatnonzero(offered[:, f, y]).tolist()],
        domain=pyo.NonNegativeReals,
    )
    model.emitted = pyo.Var(model.facilities, model.years)

    def options(f: int, y: int) -> tuple[int, ...]:
        return tuple(np.flatnonzero(offered[:, f, y]).tolist())

    model.within_grid = pyo.Constraint(
        [(f, y) for f in model.facilities for y in model.years if options(f, y)],
        rule=lambda m, f, y: sum(m.renewable[o, f, y] for o in options(f, y)) <= m.grid[f, y],
    )
    model.emissions = pyo.Constraint(
        model.facilities,
        model.years,
        rule=lambda m, f, y: (
            m.emitted[f, y]
            == m.raw[f, y] - sum(float(problem.renewable_cut[o, f, y]) * m.renewable[o, f, y] for o in options(f, y))
        ),
    )


def worthwhile(problem: Problem) -> BoolArray:
    """Return the ways to buy renewables that are on offer, cut emissions, and are not beaten by another way.

    Returns:
        dims (option, facility, year).
    """
    cut = problem.renewable_cut
    price = np.broadcast_to(problem.renewable_price[:, np.newaxis, :], cut.shape)
    fine = np.isfinite(price) & (cut > 0)
    kept = fine.copy()
    for one, other in permutations(range(len(cut)), 2):
        no_worse = (price[other] <= price[one]) & (cut[other] >= cut[one])
        same = (price[other] == price[one]) & (cut[other] == cut[one])
        kept[one] &= ~(fine[other] & no_worse & (~same | np.bool_(other < one)))
    return kept


# Over each period: reduction made less reduction owed. Above zero it is excess, below zero a shortfall, never both.
def _positions(model: pyo.ConcreteModel, problem: Problem, most: FloatArray) -> None:
    required, withheld = problem.required_t(), problem.withheld_t()
    base = problem.by_period(np.where(problem.duty, problem.base_t, 0.0))
    highest = base - required
    highest[:, 0] += problem.past_base_t - problem.past_emissions_t
    lowest = problem.position_t(most)
    model.surplus = pyo.Var(model.facilities, model.periods, domain=pyo.Binary)
    model.excess = pyo.Var(model.facilities, model.periods, domain=pyo.NonNegativeReals)
    model.short = pyo.Var(model.facilities, model.periods, domain=pyo.NonNegativeReals)
    model.position = pyo.Expression(
        model.facilities,
        model.periods,
        rule=lambda m, f, p: (
            float(highest[f, p])
            - sum(m.emitted[f, y] for y in m.years if problem.period[y] == p and problem.duty[f, y])
        ),
    )
    model.is_short = pyo.Constraint(
        model.facilities, model.periods, rule=lambda m, f, p: m.short[f, p] >= -m.position[f, p]
    )
    model.is_excess = pyo.Constraint(
        model.facilities,
        model.periods,
        rule=lambda m, f, p: (
            m.excess[f, p] <= m.position[f, p] + m.short[f, p] - float(withheld[f, p]) * m.surplus[f, p]
        ),
    )
    model.excess_only = pyo.Constraint(
        model.facilities,
        model.periods,
        rule=lambda m, f, p: m.excess[f, p] <= max(float(highest[f, p]), 0.0) * m.surplus[f, p],
    )
    model.short_only = pyo.Constraint(
        model.facilities,
        model.periods,
        rule=lambda m, f, p: m.short[f, p] <= max(-float(lowest[f, p]), 0.0) * (1 - m.surplus[f, p]),
    )


# In a year in which emissions stay below the level a facility may be recognised as carbon half; what it owes for that
# year falls away as far as a shortfall is left, so it takes nothing from excess.
def _recognition(model: pyo.ConcreteModel, problem: Problem, most: FloatArray) -> None:
    model.forgiven = pyo.Var(model.facilities, model.periods, domain=pyo.NonNegativeReals)
    model.recognised = pyo.Var(model.facilities, model.years, domain=pyo.Binary)
    model.recognition = pyo.ConstraintList()
    offer = problem.recognition
    if offer is None:
        model.forgiven.fix(0)
        model.recognised.fix(0)
        return
    for f in model.facilities:
        for y in model.years:
            aim = float(offer.aim_t[f, y])
            if offer.forgiven_t[f, y] > 0:
                above = max(float(most[f, y]) - aim, 0.0)
                model.recognition.add(model.emitted[f, y] <= aim + above * (1 - model.recognised[f, y]))
            else:
                model.recognised[f, y].fix(0)
        for p in model.periods:
            model.recognition.add(model.forgiven[f, p] <= _fallen(model, problem, f, p))


def _fallen(model: pyo.ConcreteModel, problem: Problem, f: int, p: int) -> Any:
    """Return the reduction owed of a period that falls away with recognition [t-CO2]."""
    if problem.recognition is None:
        return 0.0
    years = np.flatnonzero(problem.period == p).tolist()
    return sum(float(problem.recognition.forgiven_t[f, y]) * model.recognised[f, y] for y in years)


# What may be sold counts each year's reduction up to a share of the base, less the duty so far; what is sold early
# counts against what may be sold later. A transfer within an owner comes out of the same amount at the period's end.
def _sales(model: pyo.ConcreteModel, problem: Problem) -> None:
    slots, practice = problem.slots, problem.practice
    model.slots = pyo.RangeSet(0, len(slots) - 1)
    model.sold = pyo.Var(model.facilities, model.slots, domain=pyo.NonNegativeReals)
    moves = practice.transfer and bool(problem.members())
    shared = {f for group in problem.members() for f in group} if moves else set()
    model.given = pyo.Var(sorted(shared), model.periods, domain=pyo.NonNegativeReals)
    model.counted = pyo.Var(model.facilities, model.years)
    model.saleable_now = pyo.Var(model.facilities, model.slots, domain=pyo.Binary)
    model.sale_rows = pyo.ConstraintList()
    cap = practice.seller_cap_share
    if not slots and not shared:
        return
    for f in model.facilities:
        base = problem.base_t[f]
        for y in model.years:
            model.sale_rows.add(model.counted[f, y] <= float(base[y]) - model.emitted[f, y])
            if cap is not None:
                model.sale_rows.add(model.counted[f, y] <= cap * float(base[y]))
        for number, slot in enumerate(slots):
            _one_slot(model, problem, f, number, slot.results)
        if shared and not slots and f in shared:
            for p in model.periods:
                model.sale_rows.add(model.given[f, p] <= model.excess[f, p])


def _one_slot(model: pyo.ConcreteModel, problem: Problem, f: int, number: int, results: int) -> None:
    """Limit what one facility has sold up to one moment by its results up to then."""
    slot = problem.slots[number]
    places = [int(y) for y in np.flatnonzero(problem.period == slot.period)][:results]
    past_made, past_owed = (float(amount[f]) for amount in past_saleable(problem, slot.period))
    owed = float(problem.issue_rate[f, places] @ problem.base_t[f, places]) + past_owed
    cap = problem.practice.seller_cap_share
    base = float(problem.base_t[f, places].sum())
    upper = max((base if cap is None else cap * base) + past_made - owed, 0.0)
    before = [other for other in range(number + 1) if problem.slots[other].period == slot.period]
    taken: Any = sum(model.sold[f, other] for other in before)
    final = problem.is_final(number)
    if final and (f, slot.period) in model.given:
        taken = taken + model.given[f, slot.period]
    now = model.saleable_now[f, number]
    model.sale_rows.add(taken <= upper * now)
    if upper > 0:
        made = sum(model.counted[f, y] for y in places) + past_made
        lowest = most_negative(problem, f, places)
        model.sale_rows.add(taken <= made - owed + (owed + lowest) * (1 - now))
    if final:
        model.sale_rows.add(taken <= model.excess[f, slot.period])


def past_saleable(problem: Problem, period: int) -> tuple[FloatArray, FloatArray]:
    """Return saleable reduction and duty of the years of a period before the plan [t-CO2], dims (facility) each.

    Only their sum is known, so the cap on a year's reduction is put on it as a whole.
    """
    if period > 0:
        return np.zeros(problem.facilities), np.zeros(problem.facilities)
    made = problem.past_base_t - problem.past_emissions_t
    cap = problem.practice.seller_cap_share
    counted = made if cap is None else np.minimum(made, cap * problem.past_base_t)
    return counted, problem.past_required_t


def most_negative(problem: Problem, f: int, places: list[int]) -> float:
    """Return a bound on how far emissions can exceed the base over years [t-CO2]."""
    worst = problem.factor[f][:, places] * problem.energy[f][:, np.newaxis] * problem.growth[f, places]
    return float(problem.base_t[f, places].sum() + 3.0 * worst.sum() + abs(problem.past_emissions_t[f]))


# A shortfall is covered by what was kept from the period before, by the owner's other facilities, by credits of this
# period or kept from the one before, or - where that is an option - by an order.
def _cover(model: pyo.ConcreteModel, problem: Problem) -> None:
    both, practice = (model.facilities, model.periods), problem.practice
    for name in ("kept", *PURCHASES):
        model.add_component(name, pyo.Var(*both, domain=pyo.NonNegativeReals))
    shared = {f for group in problem.members() for f in group} if practice.transfer else set()
    model.received = pyo.Var(sorted(shared), model.periods, domain=pyo.NonNegativeReals)
    model.cover = pyo.Constraint(
        *both,
        rule=lambda m, f, p: m.short[f, p]
        <= m.kept[f, p] + m.bought[f, p] + m.bought_kept[f, p] + m.outside[f, p] + m.outside_kept[f, p]
        + m.forgiven[f, p] + m.ordered[f, p] + m.missing[f, p] + (m.received[f, p] if f in shared else 0),
    )  # fmt: skip
    model.keep = pyo.ConstraintList()
    for f in model.facilities:
        for p in model.periods:
            if not practice.banking:
                for name in ("kept", "bought_kept", "outside_kept"):
                    model.component(name)[f, p].fix(0)
            if not np.isfinite(problem.order_price[p]):
                model.ordered[f, p].fix(0)
            _one_bank(model, problem, f, p, f in shared)
    _credits(model, problem)


def _one_bank(model: pyo.ConcreteModel, problem: Problem, f: int, p: int, shared: bool) -> None:
    """Share out the excess of one facility and period: sold, given, kept for the next period."""
    sold = sum(model.sold[f, n] for n, slot in enumerate(problem.slots) if slot.period == p)
    given = model.given[f, p] if shared else 0
    kept = model.kept[f, p + 1] if p + 1 < problem.periods else 0
    model.keep.add(sold + given + kept <= model.excess[f, p])
    if p == 0:
        if problem.practice.banking:
            model.keep.add(model.kept[f, 0] <= float(problem.bank_t[f]))
        model.bought_kept[f, 0].fix(0)
        model.outside_kept[f, 0].fix(0)
    limited = problem.limited()
    if limited is None:
        model.outside[f, p].fix(0)
        model.outside_kept[f, p].fix(0)
    else:
        limit = (problem.practice.outside_share or 0.0) * float(problem.required_t()[f, p])
        less = (problem.practice.outside_share or 0.0) * _fallen(model, problem, f, p)
        model.keep.add(model.outside[f, p] + model.outside_kept[f, p] <= limit - less)


# Credits are bought for use in the period or the next, up to what is on offer.
def _credits(model: pyo.ConcreteModel, problem: Problem) -> None:
    kinds = list(problem.ordinary())
    limited = problem.limited()
    model.purchase = pyo.Var(
        [(kind, p) for kind in [*kinds, *(["limited"] if limited is not None else [])] for p in model.periods],
        domain=pyo.NonNegativeReals,
    )
    model.market = pyo.ConstraintList()
    for p in model.periods:
        later = p + 1 < problem.periods

        def used(now: Any, kept: Any, p: int = p, later: bool = later) -> Any:
            return sum(now[f, p] + (kept[f, p + 1] if later else 0) for f in model.facilities)

        model.market.add(used(model.bought, model.bought_kept) <= sum(model.purchase[kind, p] for kind in kinds))
        if limited is not None:
            model.market.add(used(model.outside, model.outside_kept) <= model.purchase["limited", p])
        for kind, credit in problem.credits.items():
            name = kind if kind in kinds else "limited"
            if np.isfinite(credit.supply[p]):
                model.purchase[name, p].setub(float(credit.supply[p]))


# An owner's facilities help each other, and the owner sells nothing while one of them buys. What one of them has of its
# own and does not need cannot stand for what another one buys, so purchases count, not what is short on the whole.
def _transfers(model: pyo.ConcreteModel, problem: Problem) -> None:
    model.owner_rows = pyo.ConstraintList()
    if not problem.practice.transfer:
        return
    required = problem.required_t()
    base = problem.by_period(problem.base_t)
    for number, group in enumerate(problem.members()):
        sells = pyo.Var(model.periods, domain=pyo.Binary)
        model.add_component(f"owner_sells_{number}", sells)
        for p in model.periods:
            model.owner_rows.add(sum(model.received[f, p] for f in group) <= sum(model.given[f, p] for f in group))
            sold = sum(model.sold[f, n] for f in group for n, slot in enumerate(problem.slots) if slot.period == p)
            outside = sum(model.component(name)[f, p] for name in PURCHASES for f in group)
            most = float(base[group, p].sum() + problem.past_base_t[group].sum())
            model.owner_rows.add(sold <= most * sells[p])
            worst = 4.0 * most + float(required[group, p].sum()) + float(problem.past_emissions_t[group].sum())
            model.owner_rows.add(outside <= worst * (1 - sells[p]))


def _objective(model: pyo.ConcreteModel, problem: Problem) -> None:
    """Add the plan's own cost [million JPY] - works, renewables, credits, energy saved - and what is looked for."""
    discount = problem.discount
    last = [problem.last_year(p) for p in range(problem.periods)]
    model.renewable_cost = pyo.Expression(
        expr=sum(
            float(discount[y] * problem.renewable_price[o, y]) / MILLION * model.renewable[o, f, y]
            for o, f, y in model.renewable
        )
    )
    model.credit_cost = pyo.Expression(
        expr=sum(
            float(discount[last[p]]) * float(_credit(problem, kind)[p]) / MILLION * model.purchase[kind, p]
            for kind, p in model.purchase
        )
    )
    model.sale_income = pyo.Expression(
        expr=sum(
            float(discount[slot.year] * slot.price) / MILLION * model.sold[f, n]
            for n, slot in enumerate(problem.slots)
            for f in model.facilities
        )
    )
    multiplier = problem.practice.order_multiplier
    model.order_cost = pyo.Expression(
        expr=sum(
            float(discount[last[p]] * multiplier * problem.order_price[p]) / MILLION * model.ordered[f, p]
            for f in model.facilities
            for p in model.periods
            if np.isfinite(problem.order_price[p])
        )
    )
    own = sum(model.works_cost[f] + model.energy_cost[f] for f in model.facilities)
    model.cost = pyo.Expression(
        expr=own + model.renewable_cost + model.credit_cost - model.sale_income + model.order_cost
    )
    if np.isfinite(problem.cost_limit):
        model.cost_limit = pyo.Constraint(expr=model.cost <= problem.cost_limit / MILLION)
    wanted: dict[Aim, Any] = {
        "cost": model.cost,
        "emissions": sum(model.emitted[f, y] for f in model.facilities for y in model.years),
        "tonnes": 0.0,
        "money": sum(model.extra[index] for index in model.extra),
    }
    price = missing_price(problem)
    missing: Any = 0.0
    if np.isfinite(price):
        missing = price * sum(model.missing[f, p] for f in model.facilities for p in model.periods)
    else:
        model.missing.fix(0)
    model.least = pyo.Objective(expr=wanted[problem.aim] + missing)


def _credit(problem: Problem, kind: str) -> FloatArray:
    """Return the price of a kind by the name it has in the model [JPY/t-CO2], dims (period)."""
    limited = problem.limited()
    credit = limited if kind == "limited" and limited is not None else problem.credits[kind]
    return credit.price
