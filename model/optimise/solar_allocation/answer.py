"""The answer of the panel allocation: house by house, in total, with prices, reasons and what-ifs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt

from model.faults import FaultList
from model.language import Text
from model.optimise.solar_allocation.economics import Economics
from model.optimise.solar_allocation.facts import Planned
from model.optimise.solar_allocation.houses import Houses, Portfolio, houses_of, in_scope
from model.optimise.solar_allocation.list_checks import check_begun
from model.optimise.solar_allocation.method import Plan, allocate
from model.optimise.solar_allocation.model import GREATEST, Model, Objective, Wishes, money_of
from model.optimise.solar_allocation.names import unit_of_price
from model.optimise.solar_allocation.problem import activity, priced_costs
from model.optimise.solar_allocation.reread import RawList
from model.optimise.solar_allocation.slots import slot_kw
from model.optimise.solar_allocation.trials import WhatIf, moves_of, trials
from model.optimise.solar_allocation.verify import Verification, verify
from model.optimise.solar_allocation.weather import Weather
from model.optimise.solar_allocation.worth import Worth, worth_of
from model.optimise.solar_allocation.year import YearEnd, year_end
from model.ordinance.joint_purchase.equations import co2_saving_t
from model.ordinance.rulebook import Rules, RuleSet, rules

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_NONE_COVERED = Text(
    "the programme covers none of these houses: all have too large a floor area",
    "延床面積が上限以上のため、本制度の対象となる住宅がありません",
)

#: Parts of the time: kept for solving again, the most that it may take, of that for moves, and kept for what follows.
_KEPT, _MOST_AGAIN, _FOR_MOVES, _AFTER = 0.1, 0.7, 0.65, 0.05
#: Most houses for which that is done.
_MOST_TRIED = 20_000


@dataclass(frozen=True)
class Setting:
    """Under what a supplier is planned: rules, assumptions and money, read once.

    Args:
        rules: rules of "report_programme".
        assumed: assumptions of "solar_allocation".
        economics: prices, grants and contracts.
        weather: hours from which yields are worked out; None for the table of directions.
    """

    rules: Rules
    assumed: Rules
    economics: Economics
    weather: Weather | None = None

    @classmethod
    def read(
        cls,
        rule_set: RuleSet,
        fallback: bool = False,
        years: int | None = None,
        discount_rate: float | None = None,
        weather: Weather | None = None,
    ) -> Setting:
        """Return the setting under a rule set.

        Args:
            rule_set: rules of the report programme.
            fallback: use the other rule set where this one has no value.
            years: horizon of costs and benefits; the longest published one if None.
            discount_rate: yearly discount; as in the published figures if None.
            weather: hours from which yields are worked out.
        """
        # Assumptions and printed prices stand in one rule set only; which one is shown with every value.
        assumed = rules("solar_allocation", rule_set, fallback=True)
        economics = Economics.read(assumed, years, discount_rate)
        return cls(rules("report_programme", rule_set, fallback=fallback), assumed, economics, weather)


@dataclass(frozen=True)
class FrontPoint:
    """One plan of a front: both objectives, the proven gap of the first, and its capacity [kW]."""

    first: float
    second: float
    gap: float
    kw: float


@dataclass(frozen=True)
class Front:
    """Plans between the best for the objective and the best for another."""

    other: Objective
    points: tuple[FrontPoint, ...]


@dataclass(frozen=True)
class Answer:
    """Everything about one supplier's plan; arrays have dims (house), in the order of the ids.

    Args:
        portfolio: houses in scope.
        out_of_scope: ids of new buildings that the programme does not cover.
        houses: facts.
        wishes: what was asked for.
        setting: rules and money.
        plan: plan with proof.
        kw: capacity [kW].
        left_out: houses left out of the count.
        way: way to pay; "" without panels.
        heat: heat that is added, as bits (`HEAT_BY_BITS`).
        generation: first year [kWh].
        outlay, cost, benefit, grant: money of each house [JPY].
        co2: CO₂ avoided in a year [t].
        next_size: by how much the objective would move with one size more, all else alike [objective]; NaN where there
            is none.
        next_size_worth: what the prices of the rules pay for it; negative where limits such as a budget charge for it
            [objective].
        verification: second look; None until `verified`.
        what_if: the best plans found when something moves.
        year: where the year stands and how it may close; None where there is no plan.
        worth: what the rules are worth, by solving again; None where that was not asked for.
        front: the trade-off with another objective; None where that was not asked for.
    """

    portfolio: Portfolio
    out_of_scope: tuple[str, ...]
    houses: Houses
    wishes: Wishes
    setting: Setting
    plan: Plan
    kw: FloatArray
    left_out: BoolArray
    way: npt.NDArray[Any]
    heat: npt.NDArray[np.int64]
    generation: FloatArray
    outlay: FloatArray
    cost: FloatArray
    benefit: FloatArray
    grant: FloatArray
    co2: FloatArray
    next_size: FloatArray
    next_size_worth: FloatArray
    verification: Verification | None
    what_if: tuple[WhatIf, ...]
    year: YearEnd | None = None
    worth: Worth | None = None
    front: Front | None = None

    @property
    def required_kw(self) -> float:
        """Requirement under the scheme chosen [kW]."""
        return self.required_under(self.plan.scheme or "by_zone", self.left_out)

    def required_under(self, scheme: str, left_out: BoolArray) -> float:
        """Return the requirement under a scheme when some houses are left out [kW]."""
        owed = self.houses.owed_uniform_kw if scheme == "uniform" else self.houses.owed_by_zone_kw
        # Sums of 1.7, 1.4 and 0.6 kW are whole tenths; what floating point adds to them is taken off.
        return round(float(np.sum(owed[~left_out])), 6)

    @property
    def counted_kw(self) -> float:
        """Capacity that counts: panels and heat on counted buildings, and substitutes up to their limit [kW]."""
        counted = self.houses.new & ~self.left_out
        own = float(np.sum(self.kw[counted]) + np.sum(self.heat_kw[counted]))
        return own + min(self.substitute_kw, self._substitute_limit)

    @property
    def heat_kw(self) -> FloatArray:
        """Heat that a house has or is given, as solar power [kW]."""
        gj_per_kw = self.setting.rules.number("heat_to_pv_conversion_factor")
        return self.houses.heat_kw + self.houses.heat_options.saved(self.heat) / gj_per_kw

    @property
    def heat_outlay(self) -> FloatArray:
        """What added heat costs at the start [JPY]."""
        economics = self.setting.economics
        discount = economics.assumptions.discount_rate
        return self.houses.heat_options.money(self.heat, economics.heat, economics.years, discount)["outlay"]

    @property
    def _substitute_limit(self) -> float:
        best = self.plan.best.model
        return best.substitute_share * self.required_kw if not self.houses.new.all() else 0.0

    @property
    def substitute_kw(self) -> float:
        """Panels on existing houses [kW]."""
        return float(np.sum(self.kw[~self.houses.new]))

    def prices(self) -> dict[str, tuple[float, str]]:
        """Return the price of one unit of every rule, with its unit."""
        best = self.plan.best
        return {
            name: (float(price), unit_of_price(self.wishes.objective, name))
            for name, price in zip(best.row_names, best.prices, strict=True)
        }


def answer(
    portfolio: Portfolio,
    wishes: Wishes,
    setting: Setting,
    gap: float = 1e-6,
    seconds: float = 30.0,
    seed: int = 0,
    *,
    moves: bool = True,
) -> Answer:
    """Return the plan of one supplier with everything that explains it.

    Args:
        portfolio: the supplier's list.
        wishes: objective and limits.
        setting: rules and money.
        gap: relative gap asked for [1].
        seconds: time limit [s]: of the plan, and of what is solved again.
        seed: seed of every random choice.
        moves: solve again for what rules are worth, and for what changes when cost, tariff or subsidy move.

    Raises:
        BadInput: a rule that is needed is not known, the wishes ask for facts that the list does not give, or the
            programme covers no house or has not begun.
    """
    end, faults = perf_counter() + seconds, FaultList()
    check_begun(portfolio.cells, portfolio.place, setting.rules.start("commencement_date"), faults)
    inside = in_scope(portfolio, setting.rules)
    outside = tuple(str(one) for one in portfolio.ids[~inside])
    if not inside.any():
        faults.add(f"{portfolio.source} ({portfolio.supplier})", _NONE_COVERED, portfolio.size)
    faults.raise_if_any()
    kept = portfolio.part(inside)
    houses = houses_of(kept, setting.rules, setting.assumed, setting.weather)
    again = moves and houses.size <= _MOST_TRIED
    for_plan = (1 - _KEPT) * seconds if again else seconds
    plan = allocate(houses, wishes, setting.economics, setting.rules, gap, for_plan, seed)
    nothing = np.full(houses.size, np.nan)
    nobody, no_way, no_heat = np.zeros(houses.size, dtype=bool), np.full(houses.size, ""), np.zeros(houses.size, int)
    empty = Answer(kept, outside, houses, wishes, setting, plan, nothing, nobody, no_way, no_heat, *(nothing,) * 8,
                   None, ())  # fmt: skip
    if plan.scheme is None:
        return empty
    filled = _filled(empty)
    owed = houses.owed_uniform_kw if plan.scheme == "uniform" else houses.owed_by_zone_kw
    share = plan.best.model.substitute_share
    filled = replace(filled, year=year_end(houses, filled.kw, filled.heat_kw, filled.left_out, owed, share, seed))
    if not again:
        return filled
    end = min(end - _AFTER * seconds, perf_counter() + _MOST_AGAIN * seconds)
    tried = moves_of(setting.assumed)
    moved = trials(plan, setting.economics, setting.rules, tried, _FOR_MOVES * (end - perf_counter()), seed)
    return replace(filled, what_if=moved, worth=worth_of(plan, setting.rules, end - perf_counter(), seed))


def verified(found: Answer, raw: RawList) -> Answer:
    """Return the answer with a second look at the plan, from the rows as they stand in the file."""
    if found.plan.scheme is None:
        return found
    plan = Planned(found.portfolio.ids, found.kw, found.left_out, found.way, found.heat)
    setting = found.setting
    second = verify(
        raw, found.portfolio.supplier, plan, found.wishes, found.plan.scheme, setting.economics, setting.rules,
        setting.assumed,
    )  # fmt: skip
    return replace(found, verification=second)


def _filled(empty: Answer) -> Answer:
    """Return the answer with what the plan means for every house."""
    best = empty.plan.best
    model, choice = best.model, best.finished.choice.astype(np.int64)
    everyone = np.arange(empty.houses.size)
    kw, generation, money = money_of(model, everyone, choice)
    ways = np.array(["", *model.ways], dtype=object)[model.slots.way[choice] + 1]
    step, worth = _next_size(model, best.prices, choice)
    return replace(
        empty,
        kw=kw,
        left_out=model.slots.left_out[choice],
        way=ways,
        heat=model.slots.heat[choice],
        generation=generation,
        outlay=money.outlay,
        cost=money.cost,
        benefit=money.benefit,
        grant=money.grant,
        co2=co2_saving_t(generation, empty.setting.economics.emission_factor) + _heat_co2(model, choice),
        next_size=step,
        next_size_worth=worth,
    )


def _next_size(model: Model, prices: FloatArray, choice: npt.NDArray[np.int64]) -> tuple[FloatArray, FloatArray]:
    """Return by how much the objective would move with one size more, and what the prices of the rules pay for it."""
    problem, slots = model.problem, model.slots
    everyone, kw = np.arange(problem.houses), slot_kw(model.houses, slots, slice(None))
    alike = (
        np.isfinite(problem.cost)
        & (kw > kw[choice, everyone] + 1e-9)
        & (slots.left_out[:, np.newaxis] == slots.left_out[choice])
        & (slots.heat[:, np.newaxis] == slots.heat[choice])
    )
    next_kw = np.where(alike, kw, np.inf).min(axis=0)
    cost = np.where(alike & (kw <= next_kw + 1e-9), problem.cost, np.inf)
    bigger = np.argmin(cost, axis=0)
    there = np.isfinite(cost[bigger, everyone])
    step = cost[bigger, everyone][there] - problem.cost[choice, everyone][there]
    with_prices = priced_costs(problem, prices, slice(0, problem.houses))
    paid = step - (with_prices[bigger, everyone] - with_prices[choice, everyone])[there]
    moved, worth = np.full(problem.houses, np.nan), np.full(problem.houses, np.nan)
    moved[there] = -step if model.wishes.objective in GREATEST else step
    worth[there] = paid
    return moved, worth


def _heat_co2(model: Model, choice: npt.NDArray[np.int64]) -> FloatArray:
    """Return CO₂ that added heat avoids in a year [t]."""
    saved = model.houses.heat_options.saved(model.slots.heat[choice])
    return saved * model.economics.heat.kg_per_gj / 1000.0


def left_hand_sides(found: Answer) -> Mapping[str, tuple[float, float]]:
    """Return what the plan reaches in every rule, and what the rule asks for."""
    problem = found.plan.best.model.problem
    reached = activity(problem, found.plan.choice.astype(np.int64))
    return {row.name: (float(value), row.at_least) for row, value in zip(problem.rows, reached, strict=True)}
