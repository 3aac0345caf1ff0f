"""Whole plans where money or hands tie the facilities: works packed into the budgets, then improved a few at a time.

The mixture of the master splits works that a budget cannot pay in full. Here works are first packed into the budgets of
all years at once, then moved alone and in pairs, then packed anew a few years at a time. Where not the least cost is
looked for, facilities get whole plans one after the other instead, the clearest first; what they pay comes off the
budgets, and the others answer anew. Then a few facilities at a time give up their plans and all others keep theirs;
plans that differ in one work are offered beside; at last all choose again among all plans met. This repeats as long as
it helps. Where there are lists of plans near the best, they are found otherwise (`plan_search`).
"""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

import numpy as np

from model.optimise.facility_schedule.beginnings import packed
from model.optimise.facility_schedule.decomposition import Decomposition
from model.optimise.facility_schedule.exchange import Exchange
from model.optimise.facility_schedule.master import Master
from model.optimise.facility_schedule.plan import Plan
from model.optimise.facility_schedule.problem import BoolArray, FloatArray, IntArray
from model.optimise.solver import SolverOptions
from model.optimise.until import Until

#: Weight from which on a plan of the mixture is taken as it is [1].
_CLEAR = 0.8
#: Rounds of pricing after plans were fixed.
_ROUNDS = 2
#: Facilities that give up their plans at a time, and what a choice among them may take [s].
_FREED, _SECONDS = 12, 4.0
#: Part of the time left that a round of reopening, and a choice among all plans of all facilities, may take [1].
_SHARE = 0.5
#: Parts of the time left that works packed into all years at once, and works moved alone and in pairs, may take [1].
_SHARE_AT_ONCE, _SHARE_EXCHANGED = 0.15, 0.85
#: Years whose works are packed anew at a time, and years from one such window to the next.
_WINDOW, _STRIDE = 8, 2
#: Works of a facility that change at most in one window, and the gap of that choice [1].
_CHANGES, _EXACT = 3, 1e-4
#: Slack on what is left of a budget [JPY] and of hands.
_SLACK = 1.0, 1e-6


class Dive:
    """Finds whole plans for every facility from a master that mixes them.

    Args:
        work: facilities with their pools.
        master: the master after pricing.
        seed: seed of the choice of facilities that are freed.
    """

    def __init__(self, work: Decomposition, master: Master, seed: int) -> None:
        self.work, self.master, self.problem = work, master, work.problem
        self._limits = work.problem.limits()
        self._draw = np.random.default_rng(seed)
        self._places: dict[tuple[int, bytes], int] = {}
        self._seen = 0

    def run(self, gap: float, enough: float, seconds: float) -> list[Plan]:
        """Return a whole plan for each facility.

        Args:
            gap: gap of a choice among a few facilities [1].
            enough: value at which the search ends [JPY or t-CO2].
            seconds: time limit [s].
        """
        until = perf_counter() + seconds
        if self.problem.aim == "cost":
            taken = self._exchanged(self._packed_at_once(SolverOptions(_SHARE_AT_ONCE * seconds, gap)), enough, until)
        else:
            taken = self._fixed_in_turn(until)
        value, before = self.master.held(taken), np.inf
        while value > enough and value < before and perf_counter() < until:
            before = value
            if self.problem.aim == "cost":
                taken, value = self._packed_by_years(taken, value, enough, until)
            order = self._draw.permutation(self.problem.facilities).tolist()
            pause = perf_counter() + _SHARE * (until - perf_counter())
            for first in range(0, len(order), _FREED):
                if value > enough and perf_counter() < pause:
                    taken, value = self._reopened(taken, value, order[first : first + _FREED], gap)
            left = max(_SHARE * (until - perf_counter()), _SECONDS)
            if value > enough and len(order) > _FREED:
                taken, value = self._chosen(taken, value, SolverOptions(left, gap, further=self._until(enough)))
        return [self.master.columns[column][1] for column in taken]

    def _packed_at_once(self, options: SolverOptions) -> IntArray:
        """Return a column for each facility: works packed into the budgets of all years around the heaviest plans."""
        answer = self.master.solve()
        self._prices, self._market = answer.prices, self.master.market()
        taken = np.empty(self.problem.facilities, dtype=np.int64)
        for column in np.argsort(answer.weights, kind="stable"):
            taken[self.master.columns[column][0]] = column
        free = np.ones((len(taken), len(self.problem.years)), dtype=np.bool_)
        most = max(len(own) for own in self.problem.works)
        return self._packed(taken, free, most, options)

    def _exchanged(self, taken: IntArray, enough: float, until: float) -> IntArray:
        """Return a column for each facility after works were moved alone and in pairs."""
        starts = [self.master.columns[column][1].starts for column in taken]
        now = perf_counter()
        end = now + _SHARE_EXCHANGED * (until - now)
        exchange = Exchange(self.work, self._prices, self._market, starts, int(self._draw.integers(2**31)))

        def worth(plans: Sequence[Plan]) -> float:
            return self.master.held(self._columns(plans))

        return self._columns(exchange.improve(worth, enough, Until(end)))

    def _columns(self, plans: Sequence[Plan]) -> IntArray:
        """Return the columns of plans, one of each facility, that are added where the master does not have them."""
        for column in range(self._seen, len(self.master.columns)):
            f, plan = self.master.columns[column]
            self._places.setdefault((f, plan.key), column)
        self._seen = len(self.master.columns)
        new = [(f, plan) for f, plan in enumerate(plans) if (f, plan.key) not in self._places]
        if new:
            for place, (f, plan) in enumerate(new):
                self._places[f, plan.key] = len(self.master.columns) + place
                self.work.pools[f].offer(plan)
            self.master.add(new)
        return np.array([self._places[f, plan.key] for f, plan in enumerate(plans)], dtype=np.int64)

    # Within a few years at a time the packing is small enough to be solved, and savings stay true where few works move.
    def _packed_by_years(self, taken: IntArray, value: float, enough: float, until: float) -> tuple[IntArray, float]:
        """Return columns and their value after works begun in some years after the other were packed anew."""
        years, before = len(self.problem.years), np.inf
        firsts = np.arange(0, max(years - _WINDOW, 0) + 1, _STRIDE)
        while value < before:
            before = value
            for first in self._draw.permutation(firsts).tolist():
                left = until - perf_counter()
                if value <= enough or left <= 0:
                    return taken, value
                free = np.zeros((len(taken), years), dtype=np.bool_)
                free[:, first : first + _WINDOW] = True
                found = self._packed(taken, free, _CHANGES, SolverOptions(min(_SECONDS, left), _EXACT))
                worth = self.master.held(found)
                if worth < value:
                    taken, value = found, worth
        return taken, value

    def _packed(self, taken: IntArray, free: BoolArray, changes: int, options: SolverOptions) -> IntArray:
        """Return a column for each facility after works were packed anew around those taken."""
        starts = [self.master.columns[column][1].starts for column in taken]
        found = taken.copy()
        added: list[tuple[int, Plan]] = []
        for f, new in enumerate(packed(self.work, starts, self._prices, free, changes, options)):
            if not np.array_equal(new, starts[f]):
                found[f] = len(self.master.columns) + len(added)
                added.append((f, self.work.facilities[f].completed(new, self._prices[f])))
                self.work.pools[f].offer(added[-1][1])
        if added:
            self.master.add(added)
        return found

    def _until(self, enough: float) -> dict[str, float]:
        """Return the option of the solver that ends a search at a value."""
        return {"objective_target": enough / self.problem.unit}

    def _chosen(self, taken: IntArray, value: float, options: SolverOptions) -> tuple[IntArray, float]:
        """Return columns and their value after all facilities chose again among all plans, from the plans they have."""
        every = [True] * len(self.master.columns)
        start = self.master.position(taken)
        self.master.hold(np.full(len(taken), -1), every)
        return self._better(taken, value, self.master.choose(options, start))

    def _better(self, taken: IntArray, value: float, chosen: FloatArray | None) -> tuple[IntArray, float]:
        """Return the columns that a choice took, if they are better than those taken before."""
        if chosen is None or self.master.value >= value:
            return taken, value
        found = taken.copy()
        for column in np.flatnonzero(chosen):
            found[self.master.columns[column][0]] = column
        return found, self.master.value

    def _left(self, taken: IntArray) -> list[tuple[FloatArray, FloatArray]]:
        """Return money and hands that plans taken (-1: none) leave of each limit, dims (year) each."""
        left = []
        for limit in self._limits:
            money, hands = limit.budget.copy(), limit.capacity.copy()
            for facility in np.flatnonzero((taken >= 0) & limit.members):
                plan = self.master.columns[taken[facility]][1]
                money, hands = money - plan.paid, hands - plan.begun
            left.append((money, hands))
        return left

    def _room(self, facility: int, left: list[tuple[FloatArray, FloatArray]]) -> tuple[FloatArray, FloatArray]:
        """Return money and hands that a facility could use, dims (year) each."""
        years = len(self.problem.years)
        money, hands = np.full(years, np.inf), np.full(years, np.inf)
        for limit, (paid, begun) in zip(self._limits, left, strict=True):
            if limit.members[facility]:
                money, hands = np.minimum(money, paid), np.minimum(hands, begun)
        return money + _SLACK[0], hands + _SLACK[1]

    def _fits(self, column: int, left: list[tuple[FloatArray, FloatArray]]) -> bool:
        """Say whether a plan can be paid and done with what is left."""
        facility, plan = self.master.columns[column]
        money, hands = self._room(facility, left)
        return bool(np.all(plan.paid <= money) and np.all(plan.begun <= hands))

    def _fixed_in_turn(self, until: float) -> IntArray:
        """Return a column for each facility, taken one after the other from mixtures that know what is left."""
        taken = np.full(self.problem.facilities, -1, dtype=np.int64)
        while (taken < 0).any():
            left = self._left(taken)
            weights = self._mixture(taken, left, _ROUNDS if perf_counter() < until else 0)
            first = True
            for column in np.argsort(-weights, kind="stable"):
                facility = self.master.columns[column][0]
                if weights[column] <= (0.0 if first else _CLEAR):
                    break
                if taken[facility] < 0 and self._fits(column, left):
                    taken[facility], first = column, False
                    left = self._left(taken)
            if first:
                place = int(np.flatnonzero(taken < 0)[0])
                taken[place] = self._nothing(place)
        return taken

    def _nothing(self, facility: int) -> int:
        """Return the column of the plan without works, which fits whatever is left."""
        return next(
            place
            for place, (f, plan) in enumerate(self.master.columns)
            if f == facility and not (plan.starts >= 0).any()
        )

    def _mixture(self, taken: IntArray, left: list[tuple[FloatArray, FloatArray]], rounds: int) -> FloatArray:
        """Return the weights of plans with some facilities fixed, after rounds of pricing of the others."""
        for _ in range(rounds):
            self.master.hold(taken, [self._fits(column, left) for column in range(len(self.master.columns))])
            answer = self.master.solve()
            added = []
            for f in np.flatnonzero(taken < 0).tolist():
                now, prices = float(answer.convexity[f]), answer.prices[f]
                added += [(f, plan) for plan in self.work.offers(f, prices, now, self._room(f, left))]
            if not added:
                return answer.weights
            self.master.add(added)
        self.master.hold(taken, [self._fits(column, left) for column in range(len(self.master.columns))])
        return self.master.solve().weights

    def _reopened(self, taken: IntArray, value: float, free: list[int], gap: float) -> tuple[IntArray, float]:
        """Return columns and their value after some facilities chose again, all others unchanged."""
        opened = taken.copy()
        opened[free] = -1
        left = self._left(opened)
        self._mixture(opened, left, _ROUNDS)
        prices = self.master.solve().prices
        moved = [
            (f, plan)
            for f in free
            for plan in self.work.neighbours(f, self.master.columns[taken[f]][1], prices[f], self._room(f, left))
        ]
        if moved:
            self.master.add(moved)
        start = self.master.position(taken)
        self.master.hold(opened, [self._fits(column, left) for column in range(len(self.master.columns))])
        return self._better(taken, value, self.master.choose(SolverOptions(_SECONDS, 0.1 * gap), start))
