"""A whole portfolio by facility: prices tie the facilities, every facility answers exactly, and the bound is proven.

1. Plans of each facility at several levels of a tonne's price start the master.
2. The master prices excess, shortfall, money and works; each facility answers with its best plan; until none helps.
3. The master's value and what facilities could still gain give a bound that no schedule beats.
4. Of the plans in use the best whole choice is made under all rules (`answer`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from model.optimise.facility_schedule.master import Master, MasterAnswer
from model.optimise.facility_schedule.plan import Plan, Prices
from model.optimise.facility_schedule.plans import FacilityPlans, best_plans
from model.optimise.facility_schedule.pool import Pool
from model.optimise.facility_schedule.problem import BoolArray, FloatArray, IntArray, Problem
from model.optimise.facility_schedule.recognition import ALWAYS, REACHED

if TYPE_CHECKING:
    pass

#: Levels of a tonne's price at which first plans are made, against the dearest credit [1].
_LEVELS = (0.0, 0.5, 1.0)
#: Rounds without end only in theory; each round adds a plan to every facility that gains by one.
_MOST_ROUNDS = 60
#: Steps by which one facility looks for the worth of a tonne that bounds it best, in one round.
_STEPS = 4
#: Periods at most whose sign is branched on in one facility; others take the weaker of both bounds.
_MOST_SIGNS = 3
#: Part of the distance between master and bound that a round must close to be followed by another.
_PROGRESS = 0.1
#: Weight of the prices of the best bound against those of the master [1].
_SMOOTH = 0.6
#: Extra charges on money at which first plans are made where money is short [1].
_MONEY = (0.0, 0.4, 1.0, 2.0)
#: Plans that differ in one work which are offered at a time.
_NEIGHBOURS = 15
#: Relative difference below which two prices are the same.
_SAME = 1e-7


@dataclass(frozen=True)
class Bound:
    """What the decomposition knows before whole plans are chosen.

    Args:
        value: no schedule is better than this [JPY, or t-CO2 if emissions are looked at].
        master: value of the mixture of plans.
        rounds: rounds of pricing.
        plans: plans of each facility, with their weight in the mixture.
        prices: prices at the end, one for each facility.
        money: what 1 JPY more of each limit saves in each year [1], dims (limit, year).
        work: what one more work within each limit saves in each year [JPY or t-CO2], dims (limit, year).
        tied: the master, where limits on money or works tie facilities and whole plans must be chosen together.
    """

    value: float
    master: float
    rounds: int
    plans: tuple[tuple[tuple[Plan, float], ...], ...]
    prices: tuple[Prices, ...]
    money: FloatArray
    work: FloatArray
    tied: Master | None


@dataclass(frozen=True)
class _Case:
    """One case of signs: limits on the worth of a tonne, where to start, what is added to the bound, recognition."""

    low: FloatArray
    high: FloatArray
    start: FloatArray | None
    constant: float
    forgiving: IntArray | None


@dataclass
class _Run:
    """One case of one facility on its way to a bound: the worth of a tonne asked next, and the best bound so far."""

    facility: int
    case: _Case
    tonne: FloatArray
    best: float = -np.inf


def _between(centre: Sequence[Prices], current: Sequence[Prices]) -> tuple[Prices, ...]:
    """Return prices between those of the best bound and those of the master."""

    def mixed(one: FloatArray, other: FloatArray) -> FloatArray:
        return np.asarray(_SMOOTH * one + (1.0 - _SMOOTH) * other)

    return tuple(
        Prices(
            mixed(one.excess, other.excess),
            mixed(one.short, other.short),
            mixed(one.money, other.money),
            mixed(one.work, other.work),
            _SMOOTH * one.cost + (1.0 - _SMOOTH) * other.cost,
            other.emission,
        )
        for one, other in zip(centre, current, strict=True)
    )


class Decomposition:
    """Facilities with the plans met so far, kept between prices so that changed prices start warm.

    Args:
        problem: the schedule.
        facilities: its facilities, if they were worked out before.
    """

    def __init__(self, problem: Problem, facilities: Sequence[FacilityPlans] | None = None) -> None:
        self.problem = problem
        self.facilities = facilities or [FacilityPlans(problem, f) for f in range(problem.facilities)]
        self.pools = [Pool(own) for own in self.facilities]
        most = np.array([own.most_emissions_t for own in self.facilities])
        self._lowest = problem.position_t(most)
        self._highest = problem.position_t(np.zeros(most.shape))
        self._ties = bool(problem.limits())
        self._forgivable = problem.forgivable_t()
        offered = problem.recognition is not None and bool(self._forgivable.any())
        self._forgiving = np.full(len(problem.years), REACHED) if offered else None
        self._dearest = max([float(np.max(one.price)) for one in problem.credits.values()], default=0.0)

    def under(self, problem: Problem) -> Decomposition:
        """Return the same facilities under other prices, rates or limits; what the works do to energy stays.

        Args:
            problem: the same facilities, works and energy.
        """
        other = Decomposition(problem, [own.under(problem) for own in self.facilities])
        for pool, known in zip(other.pools, self.pools, strict=True):
            for plan in pool.own.repriced([plan for plan in known.plans.values() if plan.key in known.offered]):
                pool.add(plan)
        return other

    def solve(self, gap: float, seconds: float, report: Callable[[int, int], None] = lambda done, of: None) -> Bound:
        """Return the bound, pricing until it is within `gap` of the master or the time is over.

        Args:
            gap: distance of bound and master at which to stop [1].
            seconds: time limit [s].
            report: called with rounds done and the most there can be.
        """
        begun = perf_counter()
        master = Master(self.problem)
        self._first_plans(master)
        bound, answer, rounds, steps, centre = -np.inf, master.solve(), 0, 1, None
        for rounds in range(1, _MOST_ROUNDS + 1):
            # Between the prices of the master and those that gave the best bound so far, prices swing less.
            asked = answer.prices if centre is None else _between(centre[0], answer.prices)
            constant = answer.value - float(answer.convexity.sum())
            if centre is not None:
                constant = _SMOOTH * centre[1] + (1.0 - _SMOOTH) * constant
            total, added = self._price(master, answer, asked, steps)
            distance = answer.value - bound
            if constant + total > bound:
                bound, best = constant + total, (asked, constant)
                centre = best if self._ties else None
            elif not added:
                centre = None
            stalled = steps == _STEPS and distance - (answer.value - bound) < _PROGRESS * distance
            report(rounds, _MOST_ROUNDS)
            late = perf_counter() - begun > seconds
            if answer.value - bound <= gap * abs(answer.value) or late or stalled:
                break
            if added < self.problem.facilities / 4 and steps == 1:
                steps, centre = (1 if centre is not None else _STEPS), None
            answer = master.solve()
        mixed = self._weighted(master, answer)
        tied = master if self._ties else None
        return Bound(bound, answer.value, rounds, mixed, answer.prices, answer.money, answer.work, tied)

    def _first_plans(self, master: Master) -> None:
        """Give the master a few plans of every facility: those known, or the best at some levels of price."""
        problem = self.problem
        last = [problem.last_year(p) for p in range(problem.periods)]
        years, weight = len(problem.years), float(problem.aim == "cost")
        added = []
        for f, pool in enumerate(self.pools):
            if not pool.plans:
                for level, extra in product(_LEVELS, _MONEY if self._ties else (0.0,)):
                    tonne = level * self._dearest * problem.discount[last]
                    money = extra * problem.discount[:-1]
                    prices = Prices(tonne, tonne, money, np.zeros(years), max(weight, 1e-9))
                    _, starts, _ = pool.own.best(prices, tonne, None, self._forgiving)
                    pool.add(pool.own.completed(starts, prices))
                pool.add(pool.own.bare(np.full(len(pool.own.works), -1)))
            pool.offered.update(pool.plans)
            added += [(f, plan) for plan in pool.plans.values()]
        master.add(added)

    def _price(self, master: Master, answer: MasterAnswer, asked: Sequence[Prices], steps: int) -> tuple[float, int]:
        """Let every facility answer at the prices asked, add what helps the master, and return the sum of bounds.

        Args:
            master: the master.
            answer: what it said.
            asked: prices asked, one for each facility.
            steps: steps by which the worth of a tonne is looked for.
        """
        found: list[tuple[int, Plan]] = []
        runs = [
            _Run(f, case, self.pools[f].guess(asked[f], case.low, case.high) if case.start is None else case.start)
            for f in range(self.problem.facilities)
            for case in self._cases(f, asked[f], steps > 1)
        ]
        left = runs
        for _ in range(steps):
            best = best_plans(
                [self.facilities[r.facility].asked(asked[r.facility], r.tonne, None, r.case.forgiving) for r in left]
            )
            left = [
                run
                for run, one in zip(left, best, strict=True)
                if self._follow(run, one, asked[run.facility], answer, steps > 1, found)
            ]
        lowest = np.full(self.problem.facilities, np.inf)
        for run in runs:
            lowest[run.facility] = min(lowest[run.facility], run.best)
        own = np.array([one is other for one, other in zip(asked, answer.prices, strict=True)])
        if found:
            master.add(found)
        return float(np.where(own, np.minimum(lowest, answer.convexity), lowest).sum()), len(found)

    def offers(self, f: int, prices: Prices, now: float, room: tuple[FloatArray, FloatArray]) -> list[Plan]:
        """Return plans of a facility that would help the master and fit into money and hands.

        Args:
            f: the facility.
            prices: prices of the master.
            now: what the facility is charged in the master [JPY].
            room: money [JPY] and hands it could use, dims (year) each.
        """
        pool, own, found = self.pools[f], self.facilities[f], []
        tonne = pool.guess(prices, np.minimum(prices.excess, prices.short), prices.short)
        _, starts, _ = own.best(prices, tonne, room, self._forgiving)
        for way in (prices, replace(prices, excess=np.minimum(prices.excess, prices.short))):
            plan = own.completed(starts, way)
            fits = np.all(plan.paid <= room[0]) and np.all(plan.begun <= room[1])
            if fits and plan.key not in pool.offered and self.charged(f, prices, plan) < now:
                found.append(plan)
                pool.offer(plan)
        return found

    def neighbours(self, f: int, plan: Plan, prices: Prices, room: tuple[FloatArray, FloatArray]) -> list[Plan]:
        """Return plans of a facility that differ from a plan in one work and fit into money and hands, best first.

        Args:
            f: the facility.
            plan: the plan to start from.
            prices: prices of the master.
            room: money [JPY] and hands it could use, dims (year) each.
        """
        pool, own = self.pools[f], self.facilities[f]
        fitting: list[Plan] = []
        for starts in own.one_moved(plan.starts, room):
            moved = own.completed(starts, prices)
            if moved.key not in pool.offered:
                fitting.append(moved)
        best = sorted(fitting, key=lambda one: self.charged(f, prices, one))[:_NEIGHBOURS]
        for one in best:
            pool.offer(one)
        return best

    def _follow(
        self, run: _Run, best: tuple[float, IntArray, IntArray], prices: Prices, answer: MasterAnswer, search: bool,
        found: list[tuple[int, Plan]],
    ) -> bool:  # fmt: skip
        """Take what one case found, with new plans that help the master, and say whether to look further.

        Args:
            run: the case and how far it is.
            best: the least charge found, its works and ways to buy renewables.
            prices: prices asked.
            answer: what the master said.
            search: whether a better worth of a tonne is looked for.
            found: facilities and plans that help the master, added to.
        """
        f, case, (value, starts, options) = run.facility, run.case, best
        pool, own, current, now = self.pools[f], self.facilities[f], answer.prices[f], float(answer.convexity[f])
        if np.isinf(value):
            run.best = np.inf
            return False
        run.best = max(run.best, value + case.constant)
        small = 1e-9 * max(abs(now), 1.0)
        if prices is current and run.best >= now - small:
            return False
        new = pool.add(own.plan(starts, options, (options >= 0).astype(np.float64)))
        mixed = bool(np.any(prices.excess > prices.short))
        for way in (prices, replace(prices, excess=np.minimum(prices.excess, prices.short)))[: 1 + mixed]:
            plan = own.completed(starts, way)
            if plan.key not in pool.offered and self.charged(f, current, plan) < now - small:
                found.append((f, plan))
                pool.offer(plan)
        following = pool.tonne(prices, case.low, case.high, case.forgiving) if search else run.tonne
        before, run.tonne = run.tonne, following
        return new or not np.allclose(following, before)

    def reach(self, f: int) -> tuple[FloatArray, FloatArray]:
        """Return the lowest and the highest position that a facility can have [t-CO2], dims (period) each."""
        return self._lowest[f], self._highest[f]

    def charged(self, f: int, prices: Prices, plan: Plan) -> float:
        """Return what a plan is charged in the master [JPY]."""
        return self.facilities[f].charge(plan, prices) + self.facilities[f].tonnes_charge(plan, prices)

    # Where excess is worth less than a shortfall costs, any worth of a tonne between the two gives a bound. Where it is
    # worth more - what was kept expires and covers a shortfall for nothing - the sign of the position decides, and the
    # bound is the lower of the two cases; so it does where recognition takes off a shortfall, which counts only in the
    # case of one. Beyond a few such periods the straight line between the extremes is used.
    def _cases(self, f: int, prices: Prices, fine: bool) -> Iterator[_Case]:
        """Yield the cases of signs that a facility's positions can have, with the worth of a tonne allowed in each."""
        gap = prices.excess - prices.short
        forgivable = self._forgivable[f] > 0
        apart = gap > _SAME * np.maximum(prices.excess, 1.0)
        odd = np.flatnonzero(apart | forgivable)
        odd = odd[np.lexsort((-gap[odd], ~forgivable[odd]))]
        low, high, constant = prices.excess.copy(), np.maximum(prices.excess, prices.short), 0.0
        ceiling = 2.0 * max(float(np.max(high)), self._dearest)
        cases: list[list[tuple[float, float]]] = []
        for number, p in enumerate(odd):
            above, below = max(float(self._highest[f, p]), 0.0), max(-float(self._lowest[f, p]), 0.0)
            if number >= _MOST_SIGNS and not apart[p]:
                cases.append([(float(low[p]), float(high[p]))])
            elif number >= _MOST_SIGNS and above > 0 and below > 0:
                slope = (prices.excess[p] * above + prices.short[p] * below) / (above + below)
                low[p] = high[p] = slope
                constant += (prices.short[p] - slope) * below
                cases.append([(slope, slope)])
            else:
                surplus = [(float(prices.excess[p]), ceiling)] if above > 0 else []
                cases.append([*surplus, (0.0, float(prices.short[p]))] if below > 0 else surplus)
        for signs in product(*cases):
            below_, above_ = low.copy(), high.copy()
            short = forgivable.copy()
            for p, (least, most) in zip(odd, signs, strict=True):
                below_[p], above_[p] = least, most
                short[p] &= most < ceiling
            for forgiving in self._patterns(f, short, fine):
                start = None
                if len(odd):
                    first, last = below_.copy(), above_.copy()
                    for p, (least, most) in zip(odd, signs, strict=True):
                        if forgiving is None or not forgivable[p]:
                            first[p] = last[p] = least if least > 0 else most
                    start = self.pools[f].tonne(prices, first, last, forgiving)
                yield _Case(below_, above_, start, constant, forgiving)

    # What falls away beyond a shortfall is of no use, but in a sum over years it would pay for one of another year. So
    # plans are told apart by the first year of recognition; later years count where they are reached.
    def _patterns(self, f: int, short: BoolArray, fine: bool) -> Iterator[IntArray | None]:
        """Yield ways in which recognition counts by year that together hold every plan; None: in no year.

        Args:
            f: the facility.
            short: periods in which a shortfall is left, dims (period).
            fine: tell them apart; otherwise all in one, at once and weaker.
        """
        offer, period = self.problem.recognition, self.problem.period
        if offer is None or not short.any():
            yield None
            return
        years = np.flatnonzero((offer.forgiven_t[f] > 0) & short[period])
        if not fine:
            yield np.where(np.isin(np.arange(len(period)), years), REACHED, 0)
            return
        yield None
        for place, first in enumerate(years):
            forgiving = np.zeros(len(period), dtype=np.int64)
            forgiving[years[place:]], forgiving[first] = REACHED, ALWAYS
            yield forgiving

    def _weighted(self, master: Master, answer: MasterAnswer) -> tuple[tuple[tuple[Plan, float], ...], ...]:
        """Return the plans of each facility that are in the mixture, heaviest first."""
        found: list[list[tuple[Plan, float]]] = [[] for _ in self.facilities]
        for (f, plan), weight in zip(master.columns, answer.weights, strict=False):
            if weight > 1e-7:
                found[f].append((plan, float(weight)))
        return tuple(tuple(sorted(own, key=lambda pair: -pair[1])) for own in found)


def plans_of_works(weighted: Sequence[Sequence[tuple[Plan, float]]]) -> list[list[Plan]]:
    """Return the different plans of works of each facility; renewables are decided anew."""
    return [list({plan.starts.tobytes(): plan for plan, _ in own}.values()) for own in weighted]
