"""Studies around a schedule: regret over prices and rates, rule sets side by side, few changes, the market of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from model.inputs import Data
from model.optimise.facility_schedule.answer import solve_schedule, with_works
from model.optimise.facility_schedule.decomposition import Decomposition
from model.optimise.facility_schedule.inputs import Settings, Tables, problem
from model.optimise.facility_schedule.population import base_emissions, period_reductions
from model.optimise.facility_schedule.problem import FloatArray, Problem
from model.optimise.facility_schedule.schedule import Schedule
from model.ordinance.cap_and_trade.equations import balance_by_period
from model.ordinance.rulebook import RULE_SETS, RuleSet

_POPULATION = "procurement/facility_population"


@dataclass(frozen=True)
class Regret:
    """What each plan of works costs in each future, against the best plan for that future.

    Args:
        futures: price of a credit [JPY/t-CO2] and points added to every rate assumed [1].
        cost: own cost [JPY], dims (plan made for, future it meets).
        plans: plan made for each future.
    """

    futures: tuple[tuple[float, float], ...]
    cost: FloatArray
    plans: tuple[Schedule, ...]

    @property
    def regret(self) -> FloatArray:
        """What each plan costs more than the best of them in each future [JPY], dims (plan, future)."""
        return np.asarray(self.cost - self.cost.min(axis=0))

    @property
    def steadiest(self) -> int:
        """Position of the plan whose greatest regret is least."""
        return int(np.argmin(self.regret.max(axis=1)))


def at_price(given: Problem, price: float, points: float, last_known: int) -> Problem:
    """Return a problem in which every credit costs the same and rates after the last year known are raised.

    Args:
        given: the problem.
        price: price of a tonne that counts, of every kind of credit [JPY/t-CO2]; excess sells for as much
            less as in the problem.
        points: added to every rate after the last year known [1].
        last_known: last fiscal year whose rates the rules fix.
    """
    excess = given.credits.get("excess_reduction")
    credits = {kind: replace(one, price=np.full(given.periods, price)) for kind, one in given.credits.items()}
    share = 1.0 if excess is None else float(np.min([s.price / excess.price[s.period] for s in given.slots] or [1.0]))
    slots = tuple(replace(slot, price=min(share, 1.0) * price) for slot in given.slots)
    later = points * (given.years > last_known)
    rate, issue = np.clip(given.rate + later, 0.0, 1.0), np.clip(given.issue_rate + later, 0.0, 1.0)
    offer = given.recognition
    if offer is not None:
        more = np.where(offer.forgiven_t > 0, given.base_t * (rate - given.rate), 0.0)
        offer = replace(offer, forgiven_t=offer.forgiven_t + more)
    return given.changed(credits=credits, slots=slots, rate=rate, issue_rate=issue, recognition=offer)


def regret(
    given: Problem, prices: Sequence[float], points: Sequence[float], last_known: int, gap: float, seconds: float
) -> Regret:
    """Return what plans made for one future cost in the others.

    Args:
        given: the problem.
        prices: prices of credits [JPY/t-CO2].
        points: points added to rates that no rule fixes [1].
        last_known: last fiscal year whose rates the rules fix.
        gap: gap of each plan [1].
        seconds: time limit of each plan [s].
    """
    futures = tuple(product(prices, points))
    problems = [at_price(given, price, point, last_known) for price, point in futures]
    work = Decomposition(problems[0])
    plans = []
    for one in problems:
        work = work.under(one)
        plans.append(solve_schedule(one, gap, seconds, warm=work))
    cost = np.array([[with_works(one, plan.starts).cost for one in problems] for plan in plans])
    return Regret(futures, cost, tuple(plans))


def rule_sets(tables: Tables, settings: Settings, gap: float, seconds: float) -> dict[RuleSet, Schedule]:
    """Return the schedule under every rule set: as announced and as adopted."""
    found: dict[RuleSet, Schedule] = {}
    for name in RULE_SETS:
        under = replace(settings, rule_set=name, fallback=True)
        found[name] = solve_schedule(problem(tables, under), gap, seconds)
    return found


@dataclass(frozen=True)
class Market:
    """All facilities trading with each other.

    Args:
        periods: number of each period.
        excess_t: excess of all facilities that the best mixture of plans issues [t-CO2], dims (period).
        short_t: shortfall before trade [t-CO2].
        price: price that clears the period, in prices of its last year [JPY/t-CO2]; the worth of a tonne to those who
            are short.
    """

    periods: tuple[int, ...]
    excess_t: FloatArray
    short_t: FloatArray
    price: FloatArray


def market(given: Problem, gap: float, seconds: float) -> Market:
    """Return the market of all facilities as if they had one owner, with other credits at their prices.

    Sales to others end, so that excess goes to those who are short; the price is the dual value of a tonne.
    """
    together = given.changed(
        owner=np.zeros(given.facilities, dtype=np.int64),
        slots=tuple(replace(slot, price=0.0) for slot in given.slots if _is_last(given, slot.year, slot.results)),
        practice=replace(given.practice, transfer=True),
    )
    bound = Decomposition(together).solve(gap, seconds)
    mixed = [np.sum([w * plan.position_t for plan, w in own], axis=0) for own in bound.plans]
    positions = np.array(mixed)
    last = [given.last_year(p) for p in range(given.periods)]
    worth = np.array([one.short for one in bound.prices]) / given.discount[last]
    buyers = positions < 0
    price = np.array([np.median(worth[buyers[:, p], p]) if buyers[:, p].any() else 0.0 for p in range(given.periods)])
    return Market(
        given.period_numbers,
        np.maximum(positions, 0.0).sum(axis=0),
        np.maximum(-positions, 0.0).sum(axis=0),
        price,
    )


def _is_last(given: Problem, year: int, results: int) -> bool:
    """Say whether a moment of sale is the end of its period."""
    period = int(given.period[year])
    return year == given.last_year(period) and results == int((given.period == period).sum())


@dataclass(frozen=True)
class PastMarket:
    """The second period worked out from published inputs beside what was published.

    Args:
        excess_kt: excess worked out; published_excess_kt: as published.
        short_kt: shortfall worked out; published_short_kt: as published.
        short_share: facilities short in all; published_short_share: facilities that used credits in all.
        mean_rate: mean rate that published totals imply [1].
    """

    excess_kt: float
    published_excess_kt: float
    short_kt: float
    published_short_kt: float
    short_share: float
    published_short_share: float
    mean_rate: float


# Excess less shortfall is base times reduction less base times rate; what is published on three of the four gives the
# mean rate after reliefs. Spread over facilities so that as many fall short as used credits, it gives both sides.
def second_period(data: Data, seed: int = 0) -> PastMarket:
    """Return why the second period had far more excess than shortfall.

    Args:
        data: the tables that ship.
        seed: seed of the spread over facilities.
    """

    def published(quantity: str, year: int) -> float:
        return float(data.by_year(_POPULATION, quantity, np.array([float(year)]))[0])

    facilities = int(data.number(_POPULATION, "facilities"))
    base = base_emissions(data, np.random.default_rng(seed), facilities)
    reduction = period_reductions(data, np.random.default_rng(seed + 1), base, range(2015, 2020))
    net = (published("excess", 2019) - published("shortfall", 2019)) * 1e3
    mean_rate = (float((base[:, np.newaxis] * reduction).sum()) - net) / float(5 * base.sum())
    bases = np.repeat(base[:, np.newaxis], 5, axis=1)
    test = balance_by_period(
        bases * (1.0 - reduction), bases, np.full(bases.shape, mean_rate), np.zeros(5, dtype=np.int64), 1
    )
    met, with_credits = published("met_by_own_measures", 2019), published("met_with_credits", 2019)
    return PastMarket(
        excess_kt=float(test.excess_t.sum()) / 1e3,
        published_excess_kt=published("excess", 2019),
        short_kt=float(test.shortfall_t.sum()) / 1e3,
        published_short_kt=published("shortfall", 2019),
        short_share=float((test.shortfall_t > 0).mean()),
        published_short_share=with_credits / (met + with_credits),
        mean_rate=mean_rate,
    )
