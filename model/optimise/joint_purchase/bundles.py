"""A sharper bound for large auctions: what one supplier can win together is a bundle that fits his capacity.

A relaxation may award one package and a third of another where the supplier could never serve two. With a column for
each bundle of packages that fit together, at most one to a supplier, such parts are ruled out (Dantzig-Wolfe). Bundles
come in by their worth at the prices of blocks and capacity, found by depth-first search with the fractional knapsack
as bound. Of any three blocks, at most one bundle may hold two or more (rows of subsets after Jepsen et al. 2008).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from math import inf
from time import perf_counter

import numpy as np
from scipy.sparse import csc_array

from model.optimise.joint_purchase.auction import FloatArray, IntArray
from model.optimise.joint_purchase.bundle_search import NOISE, Knapsack, best_bundle, fractional
from model.optimise.joint_purchase.master import Choice, Master
from model.optimise.solver import ArrayAnswer, ArrayModel, GrowingModel, SolverOptions

#: Packages within this share of the objective of the relaxation are bundles by themselves from the start.
_FIRST = 1e-3
#: Bundles come in until the bound lies this close to the relaxation [1].
_SETTLED = 3e-5
#: Single offers are priced anew once the bound lies within this many times that distance.
_NEAR = 10.0
#: Steps of the search for a supplier's best bundle while prices are far from settled, and before it is given up.
_FEW_STEPS, _MOST_STEPS = 4_000, 40_000
#: Blocks up to which rows of three blocks are looked for, how far one must be broken, how many at a time.
_MOST_BLOCKS, _BROKEN, _ROWS = 150, 1.02, 30


@dataclass(frozen=True)
class Sharpened:
    """A bound with what it says of packages.

    Args:
        bound: no award is cheaper [unit of the objective].
        reduced: the least by which an award with a package exceeds the bound, by package [unit of the objective].
        rows: packages of which at most one can be taken, dims (row, package) [1].
    """

    bound: float
    reduced: FloatArray
    rows: FloatArray


def sharpened(master: Master, reduced: FloatArray, bound: float, options: SolverOptions, rounds: int = 5) -> Sharpened:
    """Return the bound of bundles.

    Args:
        master: packages, blocks and cuts; without price schedules.
        reduced: the least by which an award with a package exceeds the bound of the relaxation, by package.
        bound: of the relaxation [unit of the objective].
        options: seconds.
        rounds: how often rows of three blocks are added.
    """
    return BundleBound(master, reduced, bound).sharpen(options, rounds)


@dataclass(frozen=True)
class _Values:
    """What packages are worth at the prices of an answer, the best bundle of each supplier [`unit`], and the bound."""

    profit: FloatArray
    best: FloatArray
    bound: float


class BundleBound:
    """The model with a column for each bundle that was found, and a bound that rises with every row.

    Args:
        master: packages, blocks and cuts; without price schedules.
        reduced: the least by which an award with a package exceeds the bound of the relaxation, by package.
        bound: of the relaxation [unit of the objective].
    """

    def __init__(self, master: Master, reduced: FloatArray, bound: float) -> None:
        self.master = master
        self._lowest = Sharpened(bound, reduced, np.zeros((0, len(reduced))))
        self._broken: FloatArray | None = None
        first = np.flatnonzero(reduced <= _FIRST * abs(bound))
        auction = master.auction
        self.costs = np.array([one.price for one in auction.packages]) / master.unit
        owner = {int(supplier): number for number, supplier in enumerate(master.resources.supplier)}
        self.owner = np.array([owner.get(one.supplier, -1) for one in auction.packages], dtype=np.int64)
        self.use = master.use / master.size[:, None]
        self.holds = master.holds.toarray()
        self.marks = _marks(master)
        self.rows: list[IntArray] = []
        self.bundles: list[IntArray] = []
        #: Blocks that each bundle holds.
        self.held: list[FloatArray] = []
        blocks, resources = master.blocks, len(master.size)
        fixed = blocks + resources
        limit = np.concatenate((np.ones(blocks), master.limit, np.ones(resources)))
        matrix = csc_array(np.eye(fixed + resources, fixed + 1) * (np.arange(fixed + 1) < fixed))
        costs = np.append(np.zeros(fixed), 1.0)
        lower, upper = np.append(np.zeros(fixed), -inf), np.concatenate((np.ones(blocks), np.full(resources + 1, inf)))
        self.model = GrowingModel(
            ArrayModel(costs, lower, upper, np.zeros(fixed + 1, dtype=np.bool_), matrix,
                       np.concatenate((limit[:fixed], np.full(resources, -inf))), limit),
            SolverOptions(),
        )  # fmt: skip
        self._kinds: list[int] = []
        for prices in master.prices:
            self._cut(prices)
        for package in np.union1d(first, np.flatnonzero(self.owner < 0)).tolist():
            self._add(np.array([package]))

    def sharpen(self, options: SolverOptions, rounds: int = 1) -> Sharpened:
        """Return the bound after rows were added to what the last answer broke; it never falls.

        Args:
            options: seconds after which no further bundles are looked for.
            rounds: how often rows are added.
        """
        until = perf_counter() + options.seconds
        if self._broken is None:
            self._settle(options, until)
        for _ in range(rounds):
            if perf_counter() > until or not self._subsets():
                break
            self._settle(options, until)
        return self._lowest

    @property
    def exhausted(self) -> bool:
        """Whether the last answer broke no row that is not there already."""
        return self._broken is not None and not len(self._worst())

    def _settle(self, options: SolverOptions, until: float) -> None:
        """Add bundles and cuts until the bound lies close to the relaxation, and keep the best bound."""
        room = self._room
        best: _Values | None = None
        while True:
            columns = len(self.bundles)
            answer = self._solve(options)
            if not answer.proof.has_answer:
                return
            values = self._price(answer)
            if best is None or values.bound > best.bound:
                best = values
            # Prices that are far from settled would only bring cuts that are not needed later.
            above, news = answer.proof.objective * self.master.unit - values.bound, len(self.bundles) > columns
            dearer = inf if above > _NEAR * room and news else self._learn(answer.values, options)
            if ((above < room or not news) and dearer < room) or perf_counter() > until:
                break
        self._broken = answer.values
        if best.bound > self._lowest.bound:
            self._lowest = Sharpened(best.bound, self._reduced(best), self.package_rows())

    def package_rows(self) -> FloatArray:
        """Return what rows of three blocks say of single packages: of those that hold two, one is taken at most."""
        held = [self.holds[row].sum(axis=0) >= 2.0 for row in self.rows]
        return np.array(held, dtype=np.float64).reshape(len(held), len(self.costs))

    @property
    def _room(self) -> float:
        """How close the bound has to lie to the relaxation [objective]."""
        return _SETTLED * abs(self._lowest.bound)

    @property
    def _fixed(self) -> int:
        return self.master.blocks + len(self.master.size)

    def _cut(self, prices: FloatArray) -> None:
        """Add a cut of the master."""
        blocks, resources = self.master.coefficients(prices)
        self.model.add_row(np.concatenate((-blocks, resources, [1.0], np.zeros(len(self.bundles)))), 0.0)
        self._kinds.append(-1)

    def _add(self, packages: IntArray) -> None:
        """Add the column of a bundle."""
        supplier = int(self.owner[packages[0]])
        own = np.zeros(len(self.master.size))
        if supplier >= 0:
            own[supplier] = 1.0
        held = self.holds[:, packages].sum(axis=1)
        rows = [0.0 if kind < 0 else float(held[self.rows[kind]].sum() >= 2.0) for kind in self._kinds]
        column = np.concatenate((held, self.use[:, packages].sum(axis=1), own, np.array(rows)))
        self.model.add_column(float(self.costs[packages].sum()), 1.0 if supplier < 0 else inf, column)
        self.bundles.append(packages)
        self.held.append(held)

    def _solve(self, options: SolverOptions) -> ArrayAnswer:
        """Return the answer with the bundles there are."""
        return self.model.solve(replace(options, relative_gap=0.0), whole=False)

    # Lagrange: at any prices no award is cheaper than the model less what better bundles would gain.
    def _price(self, answer: ArrayAnswer) -> _Values:
        """Add the best bundle of each supplier; return what packages are worth, and the bound [objective]."""
        blocks, resources = self.master.blocks, len(self.master.size)
        prices = answer.prices
        profit = prices[:blocks] @ self.holds + prices[blocks : self._fixed] @ self.use - self.costs
        fines, held = [], []
        for place, kind in enumerate(self._kinds, start=self._fixed + resources):
            if kind >= 0 and prices[place] < -NOISE:
                fines.append(-float(prices[place]))
                held.append(self.holds[self.rows[kind]].sum(axis=0))
                profit = profit - fines[-1] * (held[-1] >= 2.0)
        once = np.array(held).reshape(len(held), len(self.costs)) == 1.0
        least = np.maximum(0.0, -prices[self._fixed : self._fixed + resources])
        sacks = []
        for supplier in range(resources):
            packages = self._worth(profit, supplier)
            touched = [sum(1 << int(row) for row in np.flatnonzero(once[:, one])) for one in packages.tolist()]
            sacks.append((packages, Knapsack(
                profit[packages].tolist(), self.use[supplier, packages].tolist(),
                [self.marks[one] for one in packages.tolist()], float(self.master.limit[supplier]), touched, fines,
            )))  # fmt: skip
        found = [best_bundle(sack, low, _FEW_STEPS) for (_, sack), low in zip(sacks, least.tolist(), strict=True)]
        # While better bundles are at hand elsewhere, hard searches need no end.
        if sum(one.gain for one in found) - least.sum() <= _NEAR * self._room / self.master.unit:
            for supplier in [place for place, one in enumerate(found) if one.most > one.gain]:
                found[supplier] = best_bundle(sacks[supplier][1], float(least[supplier]), _MOST_STEPS)
                if found[supplier].most > found[supplier].gain:
                    self._unbundle(supplier)
        for (packages, _), one in zip(sacks, found, strict=True):
            if one.items:
                self._add(packages[one.items])
        best = np.array([one.most for one in found])
        return _Values(profit, best, (answer.proof.objective - float((best - least).sum())) * self.master.unit)

    # Who could serve many small packages gains little from bundles, and finding his best one takes long.
    def _unbundle(self, supplier: int) -> None:
        """Let a supplier's packages stand for themselves from now on: what he can serve limits them in parts only."""
        packages = np.flatnonzero(self.owner == supplier)
        self.owner[packages] = -1
        for package in packages.tolist():
            self._add(np.array([package]))

    def _worth(self, profit: FloatArray, supplier: int) -> IntArray:
        """Return a supplier's packages that are worth something, the best for their size first."""
        packages = np.flatnonzero((self.owner == supplier) & (profit > NOISE))
        return packages[np.argsort(-profit[packages] / self.use[supplier, packages], kind="stable")]

    # What two packages of a bundle are fined for together is left out here: the bound stays one.
    def _reduced(self, values: _Values) -> FloatArray:
        """Return the least by which an award with a package exceeds the bound [objective]."""
        found = np.maximum(0.0, -values.profit)
        for supplier in range(len(self.master.size)):
            packages = self._worth(values.profit, supplier)
            gains, sizes = values.profit[packages].tolist(), self.use[supplier, packages].tolist()
            marks = [self.marks[one] for one in packages.tolist()]
            for package in np.flatnonzero(self.owner == supplier).tolist():
                mark = self.marks[package]
                beside = [number for number, other in enumerate(marks) if not other & mark]
                room = float(self.master.limit[supplier] - self.use[supplier, package])
                most = fractional([gains[one] for one in beside], [sizes[one] for one in beside], 0, room)
                found[package] = max(0.0, values.best[supplier] - values.profit[package] - most)
        return found * self.master.unit

    def _learn(self, values: FloatArray, options: SolverOptions) -> float:
        """Add the cut that prices the single offers of an answer right; return how much dearer they are."""
        blocks, fixed, none = self.master.blocks, self._fixed, np.zeros(0, dtype=np.int64)
        left = np.maximum(0.0, values[blocks:fixed] * self.master.size)
        dearer = self.master.learn(Choice(none, values[:blocks], left, float(values[fixed] * self.master.unit), none),
                                   options)  # fmt: skip
        if dearer > 0.0:
            self._cut(self.master.prices[-1])
        return dearer

    # Bundles that hold two of three blocks clash with each other, so at most one of them is taken.
    def _worst(self) -> IntArray:
        """Return some threes of blocks whose row the last answer breaks, the worst first, dims (row, 3)."""
        none = np.zeros((0, 3), dtype=np.int64)
        if self._broken is None or self.master.blocks > _MOST_BLOCKS:
            return none
        parts = self._broken[self._fixed + 1 :]
        used = np.flatnonzero(parts > NOISE)
        if not len(used):
            return none
        held = np.array([self.held[one] for one in used.tolist()]).T
        weight = parts[used]
        # A block that one bundle holds whole, and nothing else in parts, breaks no row.
        live = np.flatnonzero((held > 0.0).sum(axis=1) > 1)
        both, whole = (held * weight) @ held.T, held @ weight
        found, broken = [none], [np.zeros(0)]
        for one in live.tolist():
            two, last = np.meshgrid(live[live > one], live[live > one], indexing="ij")
            two, last = two[two < last], last[two < last]
            pairs = both[one, two] + both[one, last] + both[two, last]
            # Bundles of two pairs that share a block are together no more than all that hold it.
            common = np.maximum.reduce((
                both[one, two] + both[one, last] - whole[one], both[one, two] + both[two, last] - whole[two],
                both[one, last] + both[two, last] - whole[last], np.zeros(len(two)),
            ))  # fmt: skip
            near = pairs - 2.0 * common > _BROKEN
            two, last = two[near], last[near]
            beyond = pairs[near] - 2.0 * (held[one] * held[two] * held[last]) @ weight
            found.append(np.column_stack((np.full(len(two), one), two, last))[beyond > _BROKEN])
            broken.append(beyond[beyond > _BROKEN])
        order = np.argsort(-np.concatenate(broken), kind="stable")
        known = {tuple(row.tolist()) for row in self.rows}
        fresh = (row for row in np.concatenate(found)[order] if tuple(row.tolist()) not in known)
        return np.array(list(islice(fresh, _ROWS)), dtype=np.int64).reshape(-1, 3)

    def _subsets(self) -> bool:
        """Add rows of three blocks that the last answer breaks; say whether there were any."""
        worst, held = self._worst(), np.array(self.held)
        for row in worst:
            in_bundles = (held[:, row].sum(axis=1) >= 2.0).astype(np.float64)
            self.model.add_row(np.concatenate((np.zeros(self._fixed + 1), in_bundles)), -inf, 1.0)
            self._kinds.append(len(self.rows))
            self.rows.append(row)
        return len(worst) > 0


def _marks(master: Master) -> list[int]:
    """Return a bit mask for each package such that two packages clash if their masks do: blocks and groups."""
    bits: dict[tuple[str, int], int] = {("", block): block for block in range(master.blocks)}
    marks = []
    held = csc_array(master.holds)
    for number, package in enumerate(master.auction.packages):
        mark = sum(1 << int(block) for block in held.indices[held.indptr[number] : held.indptr[number + 1]])
        if package.group:
            mark |= 1 << bits.setdefault((package.group, package.supplier), len(bits))
        marks.append(mark)
    return marks
