"""Large auctions: a master of packages and blocks, a sharper bound by bundles, packages dropped by reduced cost.

First the relaxation is solved with all its cuts and sharpened: a bound, and for each package the least by which an
award with it exceeds that bound. Packages close to it are tried first; the award found says which others cannot be in
any better one and are dropped. What is left is solved to the gap asked for, and again while it brings news of single
offers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf, isfinite
from time import perf_counter

import numpy as np

from model.optimise.joint_purchase_auction import Auction, Award, FloatArray, price_of
from model.optimise.joint_purchase_bundles import sharpened
from model.optimise.joint_purchase_master import Master
from model.optimise.solver import ArrayAnswer, Proof, SolverOptions, Status, prove

#: Rounds of cuts for the relaxation.
_MOST_CUTS = 100
#: Cuts stop when they lift the bound by less than this part of the gap asked for.
_SETTLED = 0.01
#: Stages: packages within these shares of the objective of the bound are tried, to these parts of the gap asked for,
#: in these parts of the time left.
_STAGES = ((1.5e-4, 1.0, 0.15), (3e-4, 0.7, 0.3), (inf, 0.4, 0.9))
#: Gap to which parts of facilities are made whole, as a part of the gap asked for.
_WHOLE_GAP = 0.01
#: Probing each of thousands of packages takes longer than it saves here (the number is HiGHS's for that rule), and so
#: does starting the search anew.
_FURTHER = {"mip_allow_restart": False, "presolve_rule_off": 2**15}
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
        reduced, self.bound = relaxed.reduced, relaxed.bound
        if not self.auction.segments and len(self.auction.packages):
            sharp = sharpened(self.master, reduced, relaxed.bound, replace(self.options, seconds=max(1.0, self.left)))
            reduced, self.bound = sharp.reduced, sharp.bound
            for row in sharp.rows:
                self.master.add_rule(row, -inf, 1.0)
        lowest = self.bound
        for share, gap, part in _STAGES:
            while not self.done and self.left > 0.0:
                news = self._solve(reduced, lowest, share * abs(lowest), gap, part)
                if not news or isfinite(share):
                    break
        status: Status = "optimal" if self.done else "feasible" if self.best is not None else "no_solution"
        return prove(status, self.highest, self.bound, perf_counter() - self.begun, self.options), self.best

    def _solve(self, reduced: FloatArray, lowest: float, promising: float, gap: float, part: float) -> bool:
        """Solve the master with some packages; say whether there was news of single offers."""
        distance = self.highest - lowest
        within = min(promising, distance)
        packages = self.master.columns(0)
        self.master.restrict(packages, np.zeros(len(packages)), (reduced <= within).astype(np.float64))
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
        choice = self.master.choice(answer.values)
        dearer = self.master.learn(choice, asked)
        limited = replace(self.options, seconds=max(1.0, min(_WHOLE_SECONDS, self.left)),
                          relative_gap=_WHOLE_GAP * self.options.relative_gap)  # fmt: skip
        award = self.master.award(choice, limited)
        if award is not None and (price := price_of(self.auction, award)) < self.highest:
            self.best, self.highest = award, price
        return dearer > _SETTLED * self.options.relative_gap * abs(self.highest)
