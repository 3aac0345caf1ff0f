"""How close it was: what every losing bid lacked, the second-best award, what each rule and each winner is worth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import numpy as np

from model.language import Text
from model.optimise.joint_purchase.auction import FloatArray, price_of
from model.optimise.joint_purchase.build import Built, build
from model.optimise.joint_purchase.clear import Clearing, clear, is_large
from model.optimise.joint_purchase.inputs import Purchase
from model.optimise.joint_purchase.model import total_of, winner_model
from model.optimise.joint_purchase.ranges import Neighbours, least_with
from model.optimise.solver import SolverOptions

#: Facilities of a bid, those of the lowest bound first, that it is tried to win.
_NEAREST = 10


@dataclass(frozen=True)
class Margin:
    """How far a losing bid was from winning.

    Args:
        bid: id.
        lost_by: the least by which the award would be dearer if the bid had to win [unit of the objective]; that much
            cheaper, it would have won. inf: it cannot win under the rules.
        at_most: the same from above; equal to `lost_by` where it was found by clearing again, else both are proven.
    """

    bid: str
    lost_by: float
    at_most: float

    @property
    def exact(self) -> bool:
        """Whether both ends meet."""
        return self.lost_by == self.at_most


def winning_bids(built: Built, cleared: Clearing) -> set[int]:
    """Return the positions of bids that won something."""
    assert cleared.award is not None
    won = {int(one) for one in built.bid_of[cleared.award.shares > 0] if one >= 0}
    return won | {
        built.package_bid[position] for position in cleared.award.packages if built.package_bid[position] >= 0
    }


def margins(built: Built, cleared: Clearing, options: SolverOptions) -> list[Margin]:
    """Return the margin of every admitted bid that won nothing, in the order of bids.

    Args:
        built: the auction with its bids.
        cleared: its award.
        options: gap, and seconds after which no further bid is cleared exactly.
    """
    award = cleared.award
    assert award is not None
    won = winning_bids(built, cleared)
    losers = [position for position in np.flatnonzero(built.admitted).tolist() if position not in won]
    lowest = price_of(cleared.auction, award)
    begun = perf_counter()
    if is_large(cleared.auction):
        return _proven(built, cleared, losers, options)
    model = winner_model(cleared.auction)
    found: list[Margin] = []
    for position in losers:
        if perf_counter() - begun > options.seconds:
            found.append(Margin(built.purchase.bids[position].id, 0.0, np.inf))
            continue
        own = _variables(built, model.model, position)
        lost_by = np.inf
        if own:
            model.model.forced = _one_of(own)
            proof, again = model.solve(options)
            lost_by = max(0.0, proof.objective - lowest) if again is not None else np.inf
            model.model.del_component(model.model.forced)
        found.append(Margin(built.purchase.bids[position].id, lost_by, lost_by))
    return found


def _variables(built: Built, model: Any, position: int) -> list[Any]:
    """Return the variables by which a bid can win."""
    places = np.argwhere(built.bid_of == position)
    own = [model.share[int(f), int(s)] for f, s in places if (int(f), int(s)) in model.OFFERS]
    return own + [model.taken[p] for p, bid in enumerate(built.package_bid) if bid == position]


def _one_of(variables: list[Any]) -> Any:
    """Return the row that makes one of some offers win."""
    import pyomo.environ as pyo

    return pyo.Constraint(expr=total_of(variables) >= 1)


def _proven(built: Built, cleared: Clearing, losers: list[int], options: SolverOptions) -> list[Margin]:
    """Return the margins of a large auction, each as a proven range."""
    auction, award = cleared.auction, cleared.award
    assert award is not None
    lowest = price_of(auction, award)
    least, near = least_with(auction, options), Neighbours(auction, award)
    offers: dict[int, list[tuple[float, int, int]]] = {}
    for facility, supplier in np.argwhere(built.bid_of >= 0).tolist():
        bid = int(built.bid_of[facility, supplier])
        offers.setdefault(bid, []).append((float(least.singles[facility, supplier]), facility, supplier))
    packages: dict[int, int] = {bid: number for number, bid in enumerate(built.package_bid) if bid >= 0}
    found = []
    for bid in losers:
        if bid in packages:
            below, above = float(least.packages[packages[bid]]), near.with_package(packages[bid])
        else:
            tried = sorted(offers.get(bid, []))
            below = tried[0][0] if tried else np.inf
            above = min((near.with_single(f, s) for _, f, s in tried[:_NEAREST]), default=np.inf)
        below = max(below, cleared.proof.bound)
        found.append(Margin(built.purchase.bids[bid].id, max(0.0, below - lowest), max(0.0, above - lowest)))
    return found


@dataclass(frozen=True)
class RuleCost:
    """What the award costs more because of a rule.

    Args:
        rule: which one, in words.
        cost: bills with the rule less bills without it [JPY/year]; below zero the rule makes the award cheaper.
        gap: distance within which the other award is known [1].
    """

    rule: Text
    cost: float
    gap: float


def rule_costs(
    purchase: Purchase, yen: float, options: SolverOptions, yen_of: Callable[[Built, Clearing], float]
) -> list[RuleCost]:
    """Return what every rule that is in force costs.

    Args:
        purchase: the tables.
        yen: yearly bills under all rules [JPY].
        options: seconds and gap of each clearing.
        yen_of: the yearly bills of a cleared auction [JPY].
    """
    found = []
    for rule, other in _without_rules(purchase).items():
        built = build(other)
        cleared = clear(built.auction, options)
        if cleared.award is not None:
            found.append(RuleCost(rule, yen - yen_of(built, cleared), cleared.proof.gap))
    return found


def _without_rules(purchase: Purchase) -> Mapping[Text, Purchase]:
    """Return the purchase without each rule that is in force."""
    rules = purchase.rules

    def changed(**values: Any) -> Purchase:
        return replace(purchase, rules=rules.model_copy(update=values))

    without: dict[Text, Purchase] = {}
    if rules.supplier_share_cap < 1:
        without[Text("cap on the share of one supplier", "1事業者の上限割合")] = changed(supplier_share_cap=1.0)
    if rules.emission_factor_cutoff is not None:
        without[Text("cut-off by emission factor", "排出係数の裾切り")] = changed(emission_factor_cutoff=None)
    if rules.environmental_points_cutoff is not None:
        without[Text("cut-off by environmental points", "環境評価点の裾切り")] = changed(
            environmental_points_cutoff=None
        )
    if rules.reserve_unit_price is not None:
        without[Text("reserve price", "予定価格")] = changed(reserve_unit_price=None)
    if np.isfinite(purchase.reserves).any():
        free_of = np.full(len(purchase.reserves), np.inf)
        without[Text("reserve price of each lot", "ロットごとの予定価格")] = replace(purchase, reserves=free_of)
    if rules.evaluation == "overall":
        without[Text("overall evaluation in place of price", "総合評価（価格のみに対して）")] = changed(
            evaluation="price"
        )
    if any(row.renewable_share > 0 for row in purchase.facilities):
        free = tuple(row.model_copy(update={"renewable_share": 0.0}) for row in purchase.facilities)
        without[Text("renewable share that facilities need", "施設ごとの再エネ比率")] = replace(
            purchase, facilities=free
        )
    if any(row.capacity_kw is not None for row in purchase.suppliers):
        able = tuple(row.model_copy(update={"capacity_kw": None}) for row in purchase.suppliers)
        without[Text("capacities of suppliers", "事業者の供給可能容量")] = replace(purchase, suppliers=able)
    kept = [number for number, bid in enumerate(purchase.bids) if bid.kind == "single"]
    if len(kept) < len(purchase.bids):
        single = replace(
            purchase,
            bids=tuple(purchase.bids[number] for number in kept),
            covers=tuple(purchase.covers[number] for number in kept),
        )
        without[Text("package bids admitted", "一括入札の受付")] = single
    if purchase.steps:
        without[Text("volume discounts admitted", "数量割引の受付")] = replace(purchase, steps=())
    return without


@dataclass(frozen=True)
class Departure:
    """What it costs if a winner leaves.

    Args:
        supplier: id.
        cost: how much dearer the best award without him is [unit of the objective].
        gap: distance within which that award is known [1].
    """

    supplier: str
    cost: float
    gap: float


def departures(cleared: Clearing, options: SolverOptions) -> list[Departure]:
    """Return what the auction would cost more without each supplier that won something, the largest first.

    Args:
        cleared: the award.
        options: gap and seconds of each clearing; no further one is begun when as many seconds have passed.
    """
    auction, award = cleared.auction, cleared.award
    assert award is not None
    begun = perf_counter()
    power: FloatArray = auction.power @ award.served(auction)
    lowest = price_of(auction, award)
    found: list[Departure] = []
    for supplier in np.argsort(-power, kind="stable").tolist():
        if power[supplier] <= 0 or (found and perf_counter() - begun > options.seconds):
            break
        if auction.suppliers[supplier].startswith("("):
            continue
        again = clear(auction.without_supplier(supplier), options)
        if again.award is not None:
            found.append(Departure(auction.suppliers[supplier], again.proof.objective - lowest, again.proof.gap))
    return found
