"""Large auctions: a master of packages and blocks, a sharper bound by bundles, packages dropped by reduced cost.

First the relaxation is solved with all its cuts and sharpened: a bound, and for each package the least by which an
award with it exceeds that bound. Packages close to it are tried first; the award found says which others cannot be in
any better one and are dropped. While many are left, other awards near it are made whole and the bound is raised, in
turns. What is left is solved to the gap asked for, and again while it brings news of single offers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf, isfinite
from time import perf_counter

import numpy as np

from model.optimise.joint_purchase.auction import Auction, Award, FloatArray, price_of
from model.optimise.joint_purchase.bundles import BundleBound
from model.optimise.joint_purchase.improve import Improver
from model.optimise.joint_purchase.master import Master
from model.optimise.solver import ArrayAnswer, Proof, SolverOptions, Status, prove

#: Rounds of cuts for the relaxation.
_MOST_CUTS = 100
#: Cuts stop when they lift the bound by less than this part of the gap asked for.
_SETTLED = 0.01
#: So many packages, those closest to the bound, are tried first, in this part of the time.
_NEAREST, _FIRST_TIME = 400, 0.15
#: While more packages than this could be in a better award, bound and award are brought closer before all are tried.
_FEW = 1_200
#: Steps of looking near the award between two rises of the bound.
_STEPS = 8
#: Steps without news after which the looking begins anew, from the first award and by other chances.
_ASTRAY = 14
#: Steps without news that end the looking, before the solver's cuts for all packages were tried and after.
_SOON, _NO_NEWS = 60, 120
#: Part of the time left by then for bringing bound and award closer; and for each try of all packages.
_CLOSER_TIME, _ALL_TIME = 0.9, 0.9
#: Gap of all packages as a part of the gap asked for.
_ALL_GAP = 0.4
#: Rows of three blocks are added so often before the first award; each time the bound may take this part of the time.
_ROUNDS, _BOUND_TIME = 4, 0.3
#: Gap to which parts of facilities are made whole, as a part of the gap asked for.
_WHOLE_GAP = 0.01
#: What whole facilities may cost more than parts, as a part of the gap asked for, before more is tried.
_WHOLE_ROOM = 0.2
#: Probing each of thousands of packages takes longer than it saves here (the number is HiGHS's for that rule), and so
#: does starting the search anew.
_FURTHER: dict[str, bool | int | float | str] = {
    "mip_allow_restart": False, "presolve_rule_off": 2**15, "mip_max_nodes": 2**31 - 1, "objective_bound": inf,
}  # fmt: skip
#: Longest time to make parts of facilities whole [s].
_WHOLE_SECONDS = 5.0


@dataclass(frozen=True)
class Relaxation:
    """The linear relaxation of a master with its cuts.

    Args:
        bound: no award is cheaper [unit of the objective].
        reduced: the least by which an award with a package exceeds the bound, by package [unit of the objective].
        answer: of the solver.
    """

    bound: float
    reduced: FloatArray
    answer: ArrayAnswer


def relax(master: Master, options: SolverOptions) -> Relaxation:
    """Return the relaxation of a master after adding cuts while they lift it."""
    while True:
        answer = master.solve(options, whole=False)
        if not answer.proof.has_answer:
            return Relaxation(inf, np.zeros(0), answer)
        bound = answer.proof.objective * master.unit
        dearer = master.learn(master.choice(answer.values), options)
        if len(master.prices) > _MOST_CUTS or dearer <= _SETTLED * options.relative_gap * abs(bound):
            reduced = np.maximum(0.0, answer.reduced_costs[master.columns(0)] * master.unit)
            return Relaxation(bound, reduced, answer)


def suits(auction: Auction) -> bool:
    """Say whether every facility can fall back on a supplier without limit and price schedule, and none is split."""
    free = np.isinf(auction.power_limit)
    free[[step.supplier for step in auction.segments]] = False
    return bool(np.isfinite(auction.prices[:, free]).any(axis=1).all()) and not auction.divisible.any()


def clear_by_decomposition(auction: Auction, options: SolverOptions) -> tuple[Proof, Award | None]:
    """Return proof and award of a large auction.

    Args:
        auction: one that `suits`.
        options: seconds and gap.

    Source of the method: Benders (1962) for single offers, Dantzig and Wolfe (1960) for bundles; packages are fixed by
    the distance of bound and award.
    """
    return _Search(auction, options).run()


class _Search:
    """A bound that rises and an award that falls until they meet."""

    def __init__(self, auction: Auction, options: SolverOptions) -> None:
        self.begun = perf_counter()
        self.auction, self.options = auction, options
        self.master = Master(auction)
        self.best: Award | None = None
        self.highest, self.bound = inf, -inf
        #: Bound that the least excess of packages counts from.
        self.lowest = -inf
        self.tried: set[tuple[tuple[int, ...], tuple[int, ...]]] = set()
        self.excess = np.zeros(len(auction.packages))
        #: Rows of three blocks that the master has.
        self.rows = 0
        self.start: FloatArray | None = None

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return self.options.seconds - (perf_counter() - self.begun)

    @property
    def done(self) -> bool:
        """Whether bound and award are as close as asked for."""
        room = max(self.options.relative_gap * abs(self.highest), self.options.absolute_gap)
        return self.best is not None and self.highest - self.bound <= room

    def run(self) -> tuple[Proof, Award | None]:
        """Return proof and award."""
        relaxed = relax(self.master, replace(self.options, seconds=max(1.0, self.left)))
        if not relaxed.answer.proof.has_answer:
            return prove(relaxed.answer.proof.status, np.nan, np.nan, perf_counter() - self.begun, self.options), None
        self.excess, self.bound, self.lowest = relaxed.reduced, relaxed.bound, relaxed.bound
        bundles = None
        if not self.auction.segments and len(self.auction.packages):
            bundles = BundleBound(self.master, relaxed.reduced, relaxed.bound)
            self._raise(bundles, _ROUNDS)
        nearest = float(np.sort(self.excess)[_NEAREST]) if len(self.excess) > _NEAREST else inf
        self._solve(nearest, 1.0, _FIRST_TIME)
        if bundles is not None and self.start is not None:
            self._closer(bundles, _SOON)
            if not self.done and len(self.excess) > _FEW:
                # What the solver's own cuts give at the root is cheap beside more bundles, and often more.
                self._solve(inf, 1.0, _FIRST_TIME)
                self._closer(bundles, _NO_NEWS)
        while not self.done and self.left > 0.0:
            if not self._solve(inf, _ALL_GAP, _ALL_TIME):
                break
        status: Status = "optimal" if self.done else "feasible" if self.best is not None else "no_solution"
        return prove(status, self.highest, self.bound, perf_counter() - self.begun, self.options), self.best

    def _raise(self, bundles: BundleBound, rounds: int) -> bool:
        """Raise the bound by bundles; say whether it rose."""
        sharp = bundles.sharpen(replace(self.options, seconds=max(1.0, _BOUND_TIME * self.left)), rounds)
        for row in bundles.package_rows()[self.rows :]:
            self.master.add_rule(row, -inf, 1.0)
        self.rows = len(bundles.rows)
        if sharp.bound <= self.lowest:
            return False
        self.excess, self.lowest = sharp.reduced, sharp.bound
        self.bound = max(self.bound, sharp.bound)
        return True

    def _closer(self, bundles: BundleBound, patience: int) -> None:
        """Improve the award near where it stands and raise the bound, in turns, while many packages are left.

        Args:
            bundles: the bound.
            patience: steps without news that end the looking.
        """
        assert self.start is not None
        until = perf_counter() + _CLOSER_TIME * self.left
        improver = Improver(self.master, self.options, _FURTHER)
        first = best = standing = improver.priced(self.start)
        improver.bar(first)
        steps, news, lately, rising = 0, 0, 0, True
        while not self.done and perf_counter() < until and steps - news <= patience:
            if np.count_nonzero(self.excess <= self.highest - self.lowest) <= _FEW:
                break
            for _ in range(_STEPS):
                steps += 1
                found = improver.step(
                    standing, self.excess, self.highest - self.lowest, until - perf_counter(), self.highest
                )
                if found is not None:
                    improver.bar(found)
                    standing, lately, highest = found, steps, self.highest
                    done = self._keep(found.values)
                    if self.highest < highest:
                        best, news = found, steps
                        improver.start_again()
                    if done:
                        break
                elif steps - lately > _ASTRAY:
                    standing, lately = first, steps
                    improver.start_again()
            rising = rising and not self.done and not bundles.exhausted and self._raise(bundles, 1)
        improver.release()
        self.start = best.values

    def _solve(self, promising: float, gap: float, part: float) -> bool:
        """Solve the master with some packages; say whether there was news of single offers."""
        distance = self.highest - self.lowest
        within = min(promising, distance)
        packages = self.master.columns(0)
        self.master.restrict(packages, np.zeros(len(packages)), (self.excess <= within).astype(np.float64))
        asked = replace(
            self.options, seconds=max(1.0, part * self.left), relative_gap=gap * self.options.relative_gap,
            absolute_gap=gap * self.options.absolute_gap, further=_FURTHER,
        )  # fmt: skip
        answer = self.master.solve(asked, whole=True, start=self.start)
        if within >= distance or not isfinite(promising):
            # An award with a package that was dropped cannot be cheaper than the one in hand.
            self.bound = max(self.bound, min(self.highest, answer.proof.bound * self.master.unit))
        if not answer.proof.has_answer:
            return False
        self.start = answer.values
        dearer = self.master.learn(self.master.choice(answer.values), asked)
        self._keep(answer.values)
        return dearer > _SETTLED * self.options.relative_gap * abs(self.highest)

    def _keep(self, values: FloatArray) -> bool:
        """Make whole what a solution awards in parts and keep the cheapest award; say whether it will do."""
        choice = self.master.choice(values)
        made = (tuple(choice.packages.tolist()), tuple(choice.steps.tolist()))
        if made in self.tried:
            return self.done
        self.tried.add(made)
        limited = replace(self.options, seconds=max(1.0, min(_WHOLE_SECONDS, self.left)),
                          relative_gap=_WHOLE_GAP * self.options.relative_gap)  # fmt: skip
        room = _WHOLE_ROOM * self.options.relative_gap * abs(self.bound)
        award = self.master.award(choice, limited, room)
        if award is not None and (price := price_of(self.auction, award)) < self.highest:
            self.best, self.highest = award, price
        return self.done
