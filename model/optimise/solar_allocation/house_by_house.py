"""Short lists whose owners may refuse: the cheapest plan by deciding house after house, with its exact distribution.

What the houses decided so far bring has an exact distribution. A start of a plan is left as soon as even the most
probable completion that costs little enough (`completions`) is not certain enough, or as no completion keeps the other
rows. Starts that bring the same with the same probabilities at the same cost are followed once, so that houses that are
alike do not multiply. Where nothing is left below a cost, that cost is a bound; the cost asked for rises until a plan
is found, or to that of a plan that is known.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from time import perf_counter

import numpy as np
import numpy.typing as npt

from model.optimise.solar_allocation.budgets import Budgets, pad, reached_with, with_house
from model.optimise.solar_allocation.completions import Completions, OpenHouse, Steps, Ways, ways_of
from model.optimise.solar_allocation.consent import is_enough
from model.optimise.solar_allocation.exchange import Exchange
from model.optimise.solar_allocation.labels import few_things
from model.optimise.solar_allocation.problem import FloatArray, SlotArray
from model.optimise.solar_allocation.starts import Path, Start, foremost, marks, moved
from model.optimise.solar_allocation.totals import (
    Totals,
    Tried,
    Undecided,
    settle,
    steps_missing,
    tell_apart,
    try_prices,
)

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

#: Numerical slack of probabilities, of rows and costs relative to their size, and of amounts that are the same.
_EVEN, _SLACK, _EQUAL, _EVEN_COSTS = 1e-11, 1e-9, 1e-12, 1e-9
#: What is above the costs of all plans, relative to the greatest.
_BEYOND = 1e-6
#: Numbers that starts which are followed together may take, and how many starts at most and at least; how many of them
#: are looked at at once.
_PLACES, _MOST, _FEWEST = 1_500_000, 25_000, 200
#: How far before it, in the order of costs, a start that makes it useless is looked for.
_LAGS = (1, 2, 3)


class HouseByHouse:
    """The search over starts of plans; it holds the cheapest plan found.

    Args:
        houses: in the order in which they are decided, those without a choice first.
        wanted: right-hand sides of the rows that hold without probability.
        prices: of those rows.
        missing_kw: what all houses together must bring to each sum beyond the least [kW].
        certainty: probability asked for [1].
        reached: probability of a plan, given by the position of the slot of each house, in fact.
        followed: the sum that starts of plans are judged by; other ones are looked at where a plan is complete.
    """

    def __init__(
        self,
        houses: tuple[OpenHouse, ...],
        wanted: FloatArray,
        prices: FloatArray,
        missing_kw: FloatArray,
        certainty: float,
        reached: Callable[[Path], float],
        followed: int = 0,
    ) -> None:
        #: Cost of the cheapest plan known; position of the slot of each house in the one found, empty where none was.
        self.cost, self.path = np.inf, np.zeros(0, dtype=np.int16)
        self._houses, self._prices, self._reached, self._certainty = houses, prices, reached, certainty
        self._scale = np.maximum(1.0, np.abs(wanted))
        self._slack = _SLACK * self._scale
        self._wanted, self._enough = wanted - self._slack, certainty - _EVEN
        self._steps = [Steps.read(houses, number, one) for number, one in enumerate(missing_kw.tolist())]
        most, least = np.zeros((2, len(houses) + 1, len(prices)))
        priced = np.zeros(len(houses) + 1)
        for place in range(len(houses) - 1, -1, -1):
            one = houses[place]
            most[place] = most[place + 1] + one.tied.max(axis=1)
            least[place] = least[place + 1] + one.tied.min(axis=1)
            priced[place] = priced[place + 1] + float(np.min(one.cost - prices @ one.tied))
        # What houses from each place on bring to the rows at most and at least, and cost at least under the prices.
        self._most_tied, self._to_come = most, priced
        #: What plans cost at least under the prices, certain or not, and at most.
        self.least = float(prices @ self._wanted + priced[0])
        under_prices = self.least + sum(float(one.above.max()) for one in houses)
        most_at_all = max(under_prices, sum(float(one.cost.max()) for one in houses))
        # A little more, so that what is looked for below it leaves no plan out.
        self.greatest = most_at_all + _BEYOND * max(1.0, abs(most_at_all))
        self._marks = marks(houses)
        self._few, exact = few_things(tuple(one.tied for one in houses), self._wanted, prices)
        # What is more than is needed of what is kept exactly is told by its label.
        self._needed = np.where(exact, np.inf, self._wanted + self._slack - least)
        #: Whether any row has a price that is not kept exactly.
        self.priced = bool(np.any((prices != 0) & ~exact))
        self._totals: Totals | None = None
        self._budgets: Budgets | None = None
        self._sum = followed
        self._found: tuple[Undecided, Tried] | None = None
        self._rough: tuple[float, Tried] | None = None
        settled = next((place for place, one in enumerate(houses) if one.slot.size > 1), len(houses))
        self._start, self._settled = self._nobody(), settled
        for place in range(settled):
            self._start = self._with(self._start, place, 0)
        self._start = self._start.part(np.all(self._start.tied + most[settled] >= self._wanted, axis=1))

    @cached_property
    def _able(self) -> bool:
        """Whether plans can be certain enough at all, as far as that is told by each sum by itself."""
        if not self._start.cost.size:
            return False
        return all(self._undecided(number).likeliest() >= self._enough for number in range(len(self._steps)))

    def at_one_price(self, most: float) -> float:
        """Return what plans cost at least that cost no more than so much, as one price of probability tells."""
        if not self._able:
            return np.inf
        return max(self.least, try_prices(self._undecided(self._sum), most, one=True).bound)

    def within(self, most: float, *, roughly: bool = False, end: float = np.inf) -> float:
        """Look at plans that cost no more than so much from now on; return what plans cost at least.

        Args:
            most: what plans may cost; the bound is infinite where there are none.
            roughly: whether only what plans bring in all and few things are held the same, which takes less time.
            end: until when more is looked at [s of the clock].
        """
        if not self._able:
            return np.inf
        if self._rough is None or not most <= self._rough[0] <= most + _BEYOND * max(1.0, abs(most)):
            self._rough = most, try_prices(self._undecided(self._sum), most, end)
        undecided, one = self._undecided(self._sum), self._rough[1]
        self._found = (undecided, one) if roughly else tell_apart(undecided, one, end)
        self._totals, self._budgets = None, None
        return max(self.least, self._found[1].bound)

    def _make_tables(self) -> None:
        """Make the tables of what was looked at last, which takes time and memory, where plans are followed."""
        if self._found is not None and self._budgets is None:
            undecided, tried = self._found
            self._totals = settle(undecided, tried)
            budget = max(tried.most - self.least, 0.0)
            self._budgets = Budgets.find(self._houses, self._steps[self._sum], budget, self._settled)

    @property
    def _labels(self) -> tuple[IntArray, ...]:
        """Labels by house and slot."""
        return (self._few if self._totals is None else self._totals.labels).of_slots

    def _undecided(self, number: int) -> Undecided:
        """Return the houses with a choice, for one sum."""
        return Undecided(
            self._houses, self._steps[number], self._settled, int(self._start.missing[0, number]),
            self._start.likely[number][0], self._enough, self.least, self._few,
        )  # fmt: skip

    def exchange(self, known: SlotArray, end: float, seed: int) -> None:
        """Look for a cheaper plan by exchanges from the cheapest known, or from the cheapest slots.

        Args:
            known: slots of all houses of a plan to begin with where no path is known; empty where there is none.
            end: until when.
            seed: of what is changed at random.
        """
        made = Exchange(self._houses, tuple(self._steps), self._wanted, self._certainty, self._reached)
        start = self.path
        if not start.size:
            # A slot that another one makes useless gives way to the first one.
            near = [one.slot != known[one.house] if known.size else one.cost for one in self._houses]
            start = np.array([one.argmin() for one in near], dtype=np.int16)
        cost, path = made.run(start, self.cost, end, seed)
        if path.size and cost < self.cost:
            self.cost, self.path = cost, path

    def look(self, most: float, kept: int | None, end: float) -> bool:
        """Look for the cheapest plan that costs no more than so much; say whether all that could be it were looked at.

        Args:
            most: what plans may cost.
            kept: starts that are kept after each house; None for all that can lead to a plan.
            end: until when.
        """
        self._make_tables()
        return self._follow(self._start, self._settled, most, kept, end)

    def _follow(self, start: Start, place: int, most: float, kept: int | None, end: float) -> bool:
        """Follow some starts; say whether all of them were followed."""
        complete = True
        together = int(np.clip(_PLACES // sum(one.units + 1 for one in self._steps), _FEWEST, _MOST))
        while place < len(self._houses) and start.cost.size:
            if perf_counter() > end:
                return False
            below = self.cost - _EQUAL * abs(self.cost) if np.isfinite(self.cost) else np.inf
            start, promise = self._next(start, place, min(most, below))
            place += 1
            if kept is not None and start.cost.size > kept:
                first = foremost(start, promise)[:kept]
                start, promise, complete = start.part(first), promise[first], False
            if start.cost.size > together:
                # The most promising starts first, so that a plan they lead to ends others early.
                order = np.argsort(-promise, kind="stable")
                parts = [order[first : first + together // 2] for first in range(0, order.size, together // 2)]
                followed = [self._follow(start.part(one), place, most, kept, end) for one in parts]
                return complete and all(followed)
        for one in np.argsort(start.cost, kind="stable").tolist():
            if not start.cost[one] < self.cost:
                break
            if is_enough(self._reached(start.path[one]), self._certainty):
                self.cost, self.path = float(start.cost[one]), start.path[one]
        return complete

    def _nobody(self) -> Start:
        """Return the start with no house decided."""
        likely = []
        for steps in self._steps:
            first = np.zeros((1, steps.units + 1))
            first[0, steps.units] = 1.0
            likely.append(first)
        missing = np.array([[(one.missing - 1) % one.parts + 1 for one in self._steps]])
        none = np.zeros(1, dtype=np.int64)
        return Start(np.zeros((1, 0), dtype=np.int16), np.zeros(1), np.zeros((1, len(self._prices))), none, none,
                     none, missing, tuple(likely))  # fmt: skip

    def _next(self, start: Start, place: int, most: float) -> tuple[Start, FloatArray]:
        """Return the starts with one house more that can lead to a plan, and with which probability."""
        house, found, promises = self._houses[place], [], []
        least = float(np.min(house.cost - self._prices @ house.tied))
        spent = start.cost - start.tied @ self._prices + least
        left = most - spent - float(self._prices @ self._wanted) - self._to_come[place + 1]
        left += _EQUAL * max(1.0, abs(most))
        ways = ways_of(house, self._steps[self._sum], place, self._labels[place])
        at_best, by_price = self._promise(start, place, ways, left, most)
        for slot in range(house.slot.size):
            tied, rest, way = start.tied + house.tied[:, slot], left - house.above[slot], ways.way[slot]
            possible = np.flatnonzero((rest >= 0) & np.all(tied + self._most_tied[place + 1] >= self._wanted, axis=1))
            if not possible.size:
                continue
            promise = at_best[possible, way]
            for worth, reached in by_price:
                np.minimum(promise, reached[possible, way] + worth * rest[possible], out=promise)
            likely_enough = np.flatnonzero(promise >= self._enough)
            possible, promise = possible[likely_enough], promise[likely_enough]
            np.minimum(promise, self._within_budget(start, place, slot, possible, rest[possible]), out=promise)
            able = promise >= self._enough
            if able.any():
                found.append(self._with(start.part(possible[able]), place, slot))
                promises.append(promise[able])
        if not found:
            return start.part(slice(0, 0)), np.zeros(0)
        together = Start.all_of(found)
        once = self._once(together)
        return together.part(once), np.concatenate(promises)[once]

    def _promise(
        self, start: Start, place: int, ways: Ways, left: FloatArray, most: float
    ) -> tuple[FloatArray, list[tuple[float, FloatArray]]]:
        """Return how probable plans can become, by start and way of the next house.

        The first answer holds for the cheapest slot of each way. The others are by price of probability, which comes
        with them, and leave out what the money that is left is worth.

        Args:
            start: starts of plans.
            place: of the next house.
            ways: what it can bring.
            left: what may be spent above the least, by start.
            most: what plans may cost.
        """
        totals, parts, likely = self._totals, self._steps[self._sum].parts, start.likely[self._sum]
        shape = (start.cost.size, ways.size.size)
        found = np.full(shape, -np.inf)
        if totals is None:
            return found, []
        by_price = [(one.worth, np.full(shape, -np.inf)) for one in totals.completions]
        consent, tables = self._houses[place].consent, [one.tables[place + 1] for one in totals.completions]
        some = totals.bound <= most + _EVEN_COSTS * max(1.0, abs(most))
        in_all, spared = np.column_stack((totals.label, totals.steps))[some], totals.labels.spared[totals.label[some]]
        takes = np.column_stack((ways.label, ways.size))
        taken = np.column_stack((start.label, start.steps, start.missing[:, self._sum]))
        groups, of_start = np.unique(taken, axis=0, return_inverse=True)
        order = np.argsort(of_start.reshape(-1), kind="stable")
        ends = np.cumsum(np.bincount(of_start.reshape(-1), minlength=groups.shape[0]))
        for group, members in zip(groups, np.split(order, ends[:-1]), strict=True):
            columns = np.flatnonzero(likely[members].any(axis=0))
            some_likely = likely[np.ix_(members, columns)]
            lacking = steps_missing(int(group[2]), likely.shape[1], parts)[columns]
            open_still = self._still_open(
                totals.completions, some_likely, lacking, in_all - group[:2], left[members, np.newaxis] - spared, place
            )
            to_take = in_all[open_still] - group[:2]
            rows = totals.completions[0].rows(place + 1, *np.moveaxis(to_take - takes[:, np.newaxis], 2, 0))
            way, total = np.nonzero(rows >= 0)
            rows = rows[way, total]
            if not way.size:
                continue
            spare = to_take[total, 1] - lacking[:, np.newaxis]
            accepted = totals.completions[0].column(place + 1, spare)
            refused = totals.completions[0].column(place + 1, spare - ways.units[way] * parts)
            firsts = np.flatnonzero(np.append(True, way[1:] != way[:-1]))
            kept_back = spared[open_still[total]]
            rest = left[members, np.newaxis] - ways.above[way] - kept_back
            where, least = np.ix_(members, way[firsts]), np.full((members.size, way.size), np.inf)
            for (worth, reached), table in zip(by_price, tables, strict=True):
                after_it = consent * table[rows, accepted].astype(np.float64)
                if consent < 1:
                    after_it += (1 - consent) * table[rows, refused].astype(np.float64)
                value = some_likely @ after_it
                reached[where] = np.maximum.reduceat(value - worth * kept_back, firsts, axis=1)
                np.minimum(least, value + worth * rest, out=least)
            found[where] = np.maximum.reduceat(least, firsts, axis=1)
        return found, by_price

    def _within_budget(self, start: Start, place: int, slot: int, chosen: IntArray, left: FloatArray) -> FloatArray:
        """Return how probable plans can become within what is left, by start that is looked at."""
        table = self._budgets
        if table is None or not chosen.size:
            return np.ones(chosen.size)
        some, levels = np.unique(table.left(left), return_inverse=True)
        padded = pad(table.tables[place + 1][some])
        after = with_house(padded, self._houses[place].consent, table.steps, place, slot)
        missing, likely = start.missing[:, self._sum], start.likely[self._sum]
        return reached_with(after, table.steps, missing, likely, chosen, levels.reshape(-1))

    def _still_open(
        self, completions: tuple[Completions, ...], likely: FloatArray, lacking: IntArray, to_take: IntArray,
        left: FloatArray, place: int,
    ) -> IntArray:  # fmt: skip
        """Return which totals any of some starts can go on to, with what is still to be taken and left for each."""
        rows = completions[0].rows(place, *to_take.T)
        found = np.flatnonzero(rows >= 0)
        rows, steps = rows[found], to_take[found, 1]
        columns = completions[0].column(place, steps - lacking[:, np.newaxis])
        least = np.full((left.shape[0], steps.size), np.inf)
        for one in completions:
            value = likely @ one.tables[place][rows, columns].astype(np.float64)
            np.minimum(least, value + one.worth * left[:, found], out=least)
        return np.asarray(found[np.any(least >= self._enough, axis=0)])

    def _with(self, start: Start, place: int, slot: int) -> Start:
        """Return the starts with a slot of the next house."""
        house, likely, missing = self._houses[place], [], start.missing.copy()
        for number, steps in enumerate(self._steps):
            sure, added = int(steps.sure[place][slot]), int(steps.added[place][slot])
            units, rest = np.divmod(start.missing[:, number] - 1 - sure, steps.parts)
            missing[:, number] = rest + 1
            after = np.empty_like(start.likely[number])
            for one in np.unique(units).tolist():
                chosen = units == one
                refused = moved(start.likely[number][chosen], -one)
                if added and house.consent > 0:
                    refused *= 1 - house.consent
                    refused += house.consent * moved(start.likely[number][chosen], added - one)
                after[chosen] = refused
            likely.append(after)
        path = np.column_stack((start.path, np.full(start.cost.size, slot, dtype=np.int16)))
        tied = np.minimum(start.tied + house.tied[:, slot], self._needed[place + 1])
        mark = start.mark + self._marks[place][slot]
        # Houses without a choice take the same in every plan.
        steps, is_open = self._steps[self._sum], int(place >= self._settled)
        size = int(steps.added[place][slot]) * steps.parts + int(steps.sure[place][slot])
        label = start.label + is_open * int(self._labels[place][slot])
        return Start(path, start.cost + house.cost[slot], tied, label, start.steps + is_open * size, mark, missing,
                     tuple(likely))  # fmt: skip

    def _once(self, start: Start) -> IntArray:
        """Return the starts without those that bring the same at the same cost as another one."""
        keys = (start.mark, *start.missing.T)
        order = np.lexsort((-start.tied.sum(axis=1), start.cost, *keys))
        cost, tied = start.cost[order], start.tied[order]
        alike = np.append(False, np.all([key[order[1:]] == key[order[:-1]] for key in keys], axis=0))
        first = np.maximum.accumulate(np.where(alike, 0, np.arange(order.size)))
        drop = np.zeros(order.size, dtype=bool)
        for before in (first, *(np.maximum(np.arange(order.size) - lag, first) for lag in _LAGS)):
            some = np.flatnonzero((before < np.arange(order.size)) & ~drop)
            better = before[some]
            less = np.all(tied[better] >= tied[some] - _EQUAL * self._scale, axis=1) & (cost[better] <= cost[some])
            some, better = some[less], better[less]
            for likely in start.likely:
                same = np.all(np.abs(likely[order[some]] - likely[order[better]]) <= _EVEN, axis=1)
                some, better = some[same], better[same]
            drop[some] = True
        return np.sort(order[~drop])
