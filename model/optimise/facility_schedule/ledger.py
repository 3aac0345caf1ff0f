"""Amounts of a schedule in whole kilograms, so that every tonne that comes in is used, sold, given, kept or expires.

The solver's amounts are right to its tolerance only. Here positions are worked out anew from works and renewables and
rounded to the kilogram, and what the solver moved is cut back to what there is. The last kilograms come from a little
more renewables where some are bought, or from the owner's other facilities; else they are bought where credits are on
offer, and otherwise kept from a sale.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from model.optimise.facility_schedule.plan import Plan
from model.optimise.facility_schedule.problem import BoolArray, FloatArray, IntArray, Problem

#: Kilograms in a tonne: everything is counted in whole kilograms.
_KG = 1000
#: What rounding can take from a facility in a year, and in the moves of a period [kg].
_LOST_IN_YEAR = _LOST_IN_MOVES = 2
#: How often amounts are worked out again with the last kilograms, one facility's can be another's; what they come from.
_AGAIN = 3
_MOVED = ("sold", "given", "received")


@dataclass(frozen=True)
class Amounts:
    """What a schedule buys, keeps, sells and moves; tonnes are whole kilograms.

    Args:
        renewable_mwh: renewables bought, dims (option, facility, year).
        emissions_t: dims (facility, year).
        excess_t: own excess issued, dims (facility, period).
        short_t: shortfall before any cover.
        forgiven_t: what recognition as carbon half takes off it.
        recognised: years in which a facility is recognised, dims (facility, year).
        kept_t: own excess of the period before that is used.
        bought_t: credits of the period used; bought_kept_t: of the period before; outside…: from outside Tokyo.
        ordered_t: left to an order; missing_t: covered by nothing.
        given_t: excess given to the owner's other facilities; received_t: received from them.
        sold_t: dims (facility, slot).
        expired_t: own excess of the period before that nobody uses.
        purchase_t: kind of credit → tonnes bought in each period, dims (period).
    """

    renewable_mwh: FloatArray
    emissions_t: FloatArray
    excess_t: FloatArray
    short_t: FloatArray
    forgiven_t: FloatArray
    recognised: BoolArray
    kept_t: FloatArray
    bought_t: FloatArray
    bought_kept_t: FloatArray
    outside_t: FloatArray
    outside_kept_t: FloatArray
    ordered_t: FloatArray
    missing_t: FloatArray
    given_t: FloatArray
    received_t: FloatArray
    sold_t: FloatArray
    expired_t: FloatArray
    purchase_t: Mapping[str, FloatArray]

    def sold_by_period(self, problem: Problem) -> FloatArray:
        """Return what each facility sells on the results of each period [t-CO2], dims (facility, period)."""
        total = np.zeros(self.excess_t.shape)
        for number, slot in enumerate(problem.slots):
            total[:, slot.period] += self.sold_t[:, number]
        return total

    def costs(self, problem: Problem) -> dict[str, float]:
        """Return what renewables, credits and orders cost, less sales [JPY, present value]."""
        discount, last = problem.discount, [problem.last_year(p) for p in range(problem.periods)]
        price = np.where(np.isfinite(problem.renewable_price), problem.renewable_price, 0.0) * discount[:-1]
        order = np.where(np.isfinite(problem.order_price), problem.order_price, 0.0) * problem.practice.order_multiplier
        sale = np.array([discount[slot.year] * slot.price for slot in problem.slots])
        return {
            "renewables": float((price[:, np.newaxis, :] * self.renewable_mwh).sum()),
            "credits": sum(
                float((discount[last] * problem.credits[kind].price * amount).sum())
                for kind, amount in self.purchase_t.items()
            ),
            "orders": float((discount[last] * order * self.ordered_t.sum(axis=0)).sum()),
            "sales": -float((self.sold_t @ sale).sum()) if len(sale) else 0.0,
        }


def settled(problem: Problem, plans: Sequence[Plan], found: Mapping[str, FloatArray]) -> Amounts:
    """Return the exact amounts of a schedule.

    Args:
        problem: the schedule's problem.
        plans: works of each facility.
        found: what the solver found, by name.
    """
    grid = np.array([plan.grid_mwh for plan in plans])
    amounts = _rounded(problem, plans, grid, found)
    lost = (_LOST_IN_YEAR * problem.by_period(np.ones(len(problem.years))) + _LOST_IN_MOVES) / _KG
    small = (found["bought"] < 0.5 / _KG) & (amounts.bought_t > 0) & (amounts.bought_t <= lost)
    if small.any():
        found = _with_own_kilograms(problem, grid, found, amounts, small)
        amounts = _rounded(problem, plans, grid, found)
    for _ in range(_AGAIN):
        missing = amounts.missing_t
        if not (missing > 0).any() or (missing > lost).any():
            break
        found = _with_last_kilograms(problem, grid, found, amounts)
        amounts = _rounded(problem, plans, grid, found)
    return amounts


# Emissions are rounded up, so a facility that meets its duty exactly is kilograms short. Nobody buys a credit for that.
def _with_own_kilograms(
    problem: Problem, grid: FloatArray, found: Mapping[str, FloatArray], amounts: Amounts, small: BoolArray
) -> dict[str, FloatArray]:
    """Return amounts with which kilograms that no credit was planned for come from what the owner has.

    Args:
        problem: the schedule's problem.
        grid: electricity from the grid [MWh], dims (facility, year).
        found: what the solver found, by name.
        amounts: the same in whole kilograms.
        small: where rounding alone buys credits, dims (facility, period).
    """
    changed = {**found, "renewable": amounts.renewable_mwh.copy(), **{name: found[name].copy() for name in _MOVED}}
    for f, p in np.argwhere(small):
        needed = float(amounts.bought_t[f, p])
        years = np.flatnonzero(problem.period == p)
        left = _more_renewables(problem, grid, changed["renewable"], int(f), years, needed)
        if left > 1e-9 and problem.practice.transfer:
            _from_own_facility(problem, amounts, changed, int(f), int(p), needed)
    return changed


def _more_renewables(
    problem: Problem, grid: FloatArray, renewable: FloatArray, f: int, years: IntArray, needed: float
) -> float:
    """Add to renewables of years in which some are bought anyway, and return the tonnes that are still needed."""
    for option, y in product(range(len(renewable)), years.tolist()):
        cut, room = float(problem.renewable_cut[option, f, y]), float(grid[f, y] - renewable[:, f, y].sum())
        if needed > 1e-9 and renewable[option, f, y] > 0 and cut > 0 and room > 0:
            more = float(np.ceil(min(needed / cut, room) * _KG)) / _KG
            renewable[option, f, y] += more
            needed -= more * cut
    return needed


def _from_own_facility(
    problem: Problem, amounts: Amounts, changed: Mapping[str, FloatArray], f: int, p: int, needed: float
) -> bool:
    """Move kilograms to a facility from another one of its owner that has them to spare, or sells them otherwise.

    Returns:
        Whether there is such a facility.
    """
    group = next((group for group in problem.members() if f in group), [])
    slots = [number for number, slot in enumerate(problem.slots) if slot.period == p]
    sold = amounts.sold_by_period(problem)
    for other in group:
        gone = float(sold[other, p] + amounts.given_t[other, p])
        spare = float(amounts.excess_t[other, p]) - gone
        if p + 1 < problem.periods:
            spare -= float(amounts.kept_t[other, p + 1])
        if slots:
            # What may be sold by the end of the period is also the most that can be given.
            spare = min(spare, saleable(problem, slots[-1], amounts.emissions_t)[other] / _KG - gone)
        if other != f and spare + float(amounts.sold_t[other, slots].sum()) >= needed:
            short = needed - spare
            for number in reversed(slots):
                less = min(max(short, 0.0), float(changed["sold"][other, number]))
                changed["sold"][other, number] -= less
                short -= less
            changed["given"][other, p] += needed
            changed["received"][f, p] += needed
            return True
    return False


def _with_last_kilograms(
    problem: Problem, grid: FloatArray, found: Mapping[str, FloatArray], amounts: Amounts
) -> dict[str, FloatArray]:
    """Return amounts with which what rounding left uncovered comes from the owner, from sales before, or renewables."""
    changed = {**found, "renewable": amounts.renewable_mwh.copy(), **{name: found[name].copy() for name in _MOVED}}
    sold, renewable = changed["sold"], changed["renewable"]
    years = np.arange(len(problem.years))
    for f, p in np.argwhere(amounts.missing_t > 0):
        needed = float(amounts.missing_t[f, p]) + 1 / _KG
        if problem.practice.transfer and _from_own_facility(problem, amounts, changed, int(f), int(p), needed):
            continue
        for number in reversed(range(len(problem.slots))) if problem.practice.banking else ():
            if problem.slots[number].period == p - 1:
                kept = min(needed, float(sold[f, number]))
                sold[f, number] -= kept
                needed -= kept
        needed = _cheapest_renewables(problem, grid, renewable, int(f), years[problem.period == p], needed)
        if needed > 0 and problem.practice.banking and p > 0 and amounts.short_t[f, p - 1] == 0:
            _cheapest_renewables(problem, grid, renewable, int(f), years[problem.period == p - 1], needed)
    return changed


def _cheapest_renewables(
    problem: Problem, grid: FloatArray, renewable: FloatArray, f: int, years: IntArray, needed: float
) -> float:
    """Add to renewables by the cheapest way of each year, and return the tonnes that are still needed."""
    cut, price = problem.renewable_cut[:, f], problem.renewable_price
    dear = np.where((cut > 0) & np.isfinite(price), price / np.where(cut > 0, cut, 1.0), np.inf)
    for y in years:
        option = int(np.argmin(dear[:, y]))
        if needed <= 0 or not np.isfinite(dear[option, y]):
            continue
        more = min(needed / cut[option, y], max(float(grid[f, y] - renewable[:, f, y].sum()), 0.0))
        more = float(np.ceil(more * _KG)) / _KG
        renewable[option, f, y] += more
        needed -= more * cut[option, y]
    return needed


def _rounded(problem: Problem, plans: Sequence[Plan], grid: FloatArray, found: Mapping[str, FloatArray]) -> Amounts:
    """Return the amounts of a schedule in whole kilograms."""
    raw = np.array([plan.raw_emissions_t for plan in plans])
    renewable = np.floor(found["renewable"] * _KG + 1e-3) / _KG
    over = np.maximum(renewable.sum(axis=0) - grid, 0.0)
    renewable[0] = np.maximum(renewable[0] - over, 0.0)
    emissions = raw - (problem.renewable_cut * renewable).sum(axis=0)
    emissions = whole_kilograms(emissions)
    position = _grams(problem.position_t(emissions))
    excess = np.maximum(position - _grams(problem.withheld_t()), 0)
    short = np.maximum(-position, 0)
    sold, given = _sales(problem, emissions, excess, found)
    recognised = _recognised(problem, emissions, found)
    fallen = _fallen_t(problem, recognised)
    forgiven = np.minimum(_grams(fallen), short)
    given, received = _moves(problem, given, short - forgiven, found)
    usable = _grams((problem.practice.outside_share or 0.0) * (problem.required_t() - fallen))
    rest = _covered(problem, excess, short - forgiven, sold, given, received, usable, found)
    return Amounts(
        renewable_mwh=renewable, emissions_t=emissions, short_t=short / _KG, forgiven_t=forgiven / _KG,
        recognised=recognised, **rest,
    )  # fmt: skip


def whole_kilograms(emissions_t: FloatArray) -> FloatArray:
    """Return emissions in whole kilograms, rounded up [t-CO2]."""
    return np.asarray(np.ceil(emissions_t * _KG - 1e-6) / _KG)


def _recognised(problem: Problem, emissions: FloatArray, found: Mapping[str, FloatArray]) -> BoolArray:
    """Return the years in which a facility is recognised: as chosen, where its emissions are below the level."""
    if problem.recognition is None:
        return np.zeros(emissions.shape, dtype=np.bool_)
    below = emissions <= problem.recognition.level_t
    return np.asarray((found["recognised"] > 0.5) & below & (problem.recognition.forgiven_t > 0))


def _fallen_t(problem: Problem, recognised: BoolArray) -> FloatArray:
    """Return the reduction owed that falls away with recognition [t-CO2], dims (facility, period)."""
    if problem.recognition is None:
        return np.zeros((problem.facilities, problem.periods))
    return problem.by_period(np.where(recognised, problem.recognition.forgiven_t, 0.0))


def _grams(tonnes: FloatArray) -> IntArray:
    """Return tonnes as whole kilograms, rounded down: a facility never has more than it reduced."""
    return np.asarray(np.floor(np.asarray(tonnes) * _KG + 1e-6), dtype=np.int64)


def _sales(
    problem: Problem, emissions: FloatArray, excess: IntArray, found: Mapping[str, FloatArray]
) -> tuple[IntArray, IntArray]:
    """Return sales and gifts cut back to what may be sold by then [kg]; dims (facility, slot), (facility, period)."""
    sold = np.zeros(found["sold"].shape, dtype=np.int64)
    given = _grams(found["given"] + 1e-4)
    so_far = np.zeros(excess.shape, dtype=np.int64)
    for number, slot in enumerate(problem.slots):
        p = slot.period
        allowed = saleable(problem, number, emissions)
        if problem.is_final(number):
            allowed = np.minimum(allowed, excess[:, p])
            given[:, p] = np.minimum(given[:, p], np.maximum(allowed - so_far[:, p], 0))
            allowed = allowed - given[:, p]
        wanted = _grams(found["sold"][:, number] + 1e-4)
        left = np.minimum(allowed, excess[:, p]) - so_far[:, p]
        sold[:, number] = np.maximum(np.minimum(wanted, left), 0)
        so_far[:, p] += sold[:, number]
    if not problem.slots:
        given = np.minimum(given, excess)
    return sold, given


def saleable(problem: Problem, number: int, emissions: FloatArray) -> IntArray:
    """Return what facilities may have sold by a moment of sale on their results so far [kg], dims (facility)."""
    from model.optimise.facility_schedule.rules import past_saleable

    slot, cap = problem.slots[number], problem.practice.seller_cap_share
    places = np.flatnonzero(problem.period == slot.period)[: slot.results]
    base = problem.base_t[:, places]
    reduction = base - emissions[:, places]
    counted = reduction if cap is None else np.minimum(reduction, cap * base)
    owed = (problem.issue_rate[:, places] * base).sum(axis=1)
    made, duty = past_saleable(problem, slot.period)
    return np.maximum(_grams(counted.sum(axis=1) + made - owed - duty), 0)


def _moves(
    problem: Problem, given: IntArray, short: IntArray, found: Mapping[str, FloatArray]
) -> tuple[IntArray, IntArray]:
    """Return gifts and receipts that are equal for every owner and period [kg]."""
    received = np.minimum(_grams(found["received"] + 1e-4), short)
    for group in problem.members() if problem.practice.transfer else []:
        for p in range(problem.periods):
            moved = min(int(given[group, p].sum()), int(received[group, p].sum()))
            for amounts in (given, received):
                left = int(amounts[group, p].sum()) - moved
                for f in group:
                    cut = min(left, int(amounts[f, p]))
                    amounts[f, p] -= cut
                    left -= cut
    return given, received


def _covered(
    problem: Problem,
    excess: IntArray,
    short: IntArray,
    sold: IntArray,
    given: IntArray,
    received: IntArray,
    usable: IntArray,
    found: Mapping[str, FloatArray],
) -> dict[str, Any]:
    """Return amounts by name, with every shortfall covered in the order kept, received, kept credits, bought, ordered.

    `usable` is what credits from outside Tokyo may cover [kg], dims (facility, period).
    """
    by_period = np.zeros(excess.shape, dtype=np.int64)
    for number, slot in enumerate(problem.slots):
        by_period[:, slot.period] += sold[:, number]
    held = np.zeros(excess.shape, dtype=np.int64)
    held[:, 0] = _grams(problem.bank_t) * problem.practice.banking
    held[:, 1:] = (excess - by_period - given)[:, :-1] * problem.practice.banking
    left = short - received
    used = {}
    for name in ("kept", "bought_kept", "outside_kept", "outside", "ordered"):
        wanted = np.minimum(_grams(found[name] + 1e-4), left)
        if name in ("outside", "outside_kept"):
            wanted = np.minimum(wanted, usable)
            usable = usable - wanted
        used[name] = np.minimum(held, left) if name == "kept" else wanted
        left = left - used[name]
    offered = bool(problem.ordinary())
    used["bought"], missing = (left, np.zeros_like(left)) if offered else (np.zeros_like(left), left)
    bought, missing, purchase = _purchases(problem, used, missing)
    used["bought"] = bought
    return {
        "excess_t": excess / _KG,
        **{f"{name}_t": amount / _KG for name, amount in used.items()},
        "missing_t": missing / _KG,
        "given_t": given / _KG,
        "received_t": received / _KG,
        "sold_t": sold / _KG,
        "expired_t": (held - used["kept"]) / _KG,
        "purchase_t": purchase,
    }


def _purchases(
    problem: Problem, used: Mapping[str, IntArray], missing: IntArray
) -> tuple[IntArray, IntArray, dict[str, FloatArray]]:
    """Return credits used in the period, what nothing covers [kg], and credits of each kind bought [t-CO2].

    Cheapest kinds first, each up to what is on offer; what goes beyond all offers is missing.
    """
    bought, missing = used["bought"].copy(), missing.copy()
    purchase = {kind: np.zeros(problem.periods) for kind in problem.credits}
    ordinary = problem.ordinary()
    for p in range(problem.periods):
        later = [
            used[f"{name}_kept"][:, p + 1].sum() if p + 1 < problem.periods else 0 for name in ("bought", "outside")
        ]
        wanted = int(bought[:, p].sum() + later[0])
        cheapest = sorted((float(credit.price[p]), kind) for kind, credit in ordinary.items())
        for _, kind in cheapest:
            supply = ordinary[kind].supply[p]
            taken = wanted if np.isinf(supply) else min(wanted, int(supply * _KG))
            purchase[kind][p] = taken / _KG
            wanted -= taken
        for f in np.flatnonzero(bought[:, p]):
            cut = min(wanted, int(bought[f, p]))
            bought[f, p] -= cut
            missing[f, p] += cut
            wanted -= cut
        limited = [kind for kind in problem.credits if kind not in ordinary]
        for kind in limited:
            purchase[kind][p] = (int(used["outside"][:, p].sum()) + int(later[1])) / _KG
    return bought, missing, {kind: amount for kind, amount in purchase.items() if amount.any()}
