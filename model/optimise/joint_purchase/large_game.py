"""The game of many wards with many facilities: groups are valued by the master of packages and blocks.

The model is that of the large auction, with one package more for each ward by which it leaves and takes its part of
every supplier's capacity along. All groups share its cuts: what single offers cost at some prices holds for any group.
Facilities may be served in parts where capacity binds, and the value of a group is known within a stated room.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import inf

import numpy as np

from model.optimise.joint_purchase.auction import Auction, FloatArray, IntArray, Package
from model.optimise.joint_purchase.master import Master
from model.optimise.joint_purchase.scale import relax
from model.optimise.solver import ArrayAnswer, SolverOptions

#: Room for the binary error of parts of capacity that add up to one.
_NOISE = 1e-9
#: Gap of the cuts that give the prices of the relaxation.
_GAP = 1e-4
#: Times that a group is valued again with better prices of its single offers.
_ROUNDS = 8
#: A yes-or-no value above this means yes.
_YES = 0.5


class LargeGame:
    """What groups of wards pay if only they take part, and the group that would gain most by itself.

    Args:
        auction: of all wards, one that suits the decomposition.
        player: ward of each facility.
        payments: what each ward pays if it does not take part [unit of the objective].
        options: seconds and seed; its absolute gap is the room within which groups are valued.

    `loosest` is the largest distance of cost and bound so far: more than the room where time ran out [objective].
    """

    def __init__(self, auction: Auction, player: IntArray, payments: FloatArray, options: SolverOptions) -> None:
        self.players = len(payments)
        self.options = replace(options, relative_gap=0.0)
        self.known: dict[int, float] = {0: 0.0}
        self.loosest = 0.0
        self._offers = payments
        outs = tuple(
            Package(f"out {one}", len(auction.suppliers), np.flatnonzero(player == one), 0.0)
            for one in range(self.players)
        )
        parts = np.bincount(player, auction.power, self.players) / auction.power.sum()
        inside = len(auction.packages)
        along = np.zeros((len(auction.suppliers) + 1, inside + self.players))
        limited = np.where(np.isfinite(auction.power_limit), auction.power_limit, 0.0)
        along[:-1, inside:] = limited[:, None] * parts
        self._master = Master(
            replace(
                auction,
                suppliers=(*auction.suppliers, "(out)"),
                prices=np.column_stack((auction.prices, np.full(len(player), inf))),
                power_limit=np.append(auction.power_limit, inf),
                packages=(*auction.packages, *outs),
            ),
            along,
            _NOISE,
        )
        self._outs = inside + np.arange(self.players)
        count = np.zeros(inside + self.players)
        count[self._outs] = 1.0
        self._proper = self._master.add_rule(count, 0.0, float(self.players))

    def value(self, coalition: int) -> float:
        """Return what the wards of a bit mask save together [unit of the objective per year]."""
        if coalition not in self.known:
            inside = np.array([coalition >> player & 1 for player in range(self.players)], dtype=np.float64)
            self._master.charge(self._outs, np.zeros(self.players))
            self._master.restrict(self._outs, 1.0 - inside, 1.0 - inside)
            cost, _ = self._settled(-inf)
            self.known[coalition] = float(inside @ self._offers) - cost
        return self.known[coalition]

    def priced(self) -> FloatArray:
        """Return a division of a little more than all save that leaves hardly any group better off by itself.

        What each ward pays at the prices of the relaxation: its blocks at theirs, less its part of every capacity. Any
        group could buy its own relaxation at these prices (Owen 1975), and by itself it pays no less than that.
        """
        master = self._master
        self._master.charge(self._outs, np.zeros(self.players))
        self._master.restrict(self._outs, np.zeros(self.players), np.zeros(self.players))
        reduced = relax(master, replace(self.options, relative_gap=_GAP)).answer.reduced_costs * master.unit
        # What a package or a block is worth beyond the prices stands at its limit of one; its wards share it.
        held = master.holds.toarray()
        ward = held[:, self._outs]
        packages = np.minimum(0.0, reduced[: self._outs[0]])
        parts = ward.T @ held[:, : self._outs[0]]
        beyond = ward.T @ np.minimum(0.0, reduced[master.columns(1)]) + (parts / parts.sum(axis=0)) @ packages
        return np.asarray(self._offers + reduced[self._outs] - beyond, dtype=np.float64)

    def search(
        self, shares: FloatArray, outside: Callable[[int], bool], enough: float = inf
    ) -> tuple[int, float] | None:
        """Return the group with the largest excess among those that `outside` lets pass, and that excess.

        Args:
            shares: what each ward is given.
            outside: which groups count.
            enough: a group with more than this excess will do.
        """
        payments = self._offers - shares
        self._master.charge(self._outs, payments)
        self._master.restrict(self._outs, np.zeros(self.players), np.ones(self.players))
        self._master.change_rule(self._proper, 1.0, float(self.players - 1))
        whole = 2**self.players - 1
        barred = [self._bar(one) for one in self.known if 0 < one < whole and not outside(one)]
        try:
            while True:
                cost, answer = self._settled(payments.sum() - enough)
                if not answer.proof.has_answer:
                    return None
                out = answer.values[self._outs] > _YES
                coalition = sum(1 << player for player in range(self.players) if not out[player])
                if outside(coalition):
                    return coalition, float(payments.sum() - cost)
                barred.append(self._bar(coalition))
        finally:
            self._master.change_rule(self._proper, 0.0, float(self.players))
            for row in barred:
                self._master.change_rule(row, -inf, inf)

    def _bar(self, coalition: int) -> int:
        """Keep a group from being found and return the row that does so."""
        flipped = np.zeros(self._outs[-1] + 1)
        flipped[self._outs] = [1.0 if coalition >> player & 1 else -1.0 for player in range(self.players)]
        return self._master.add_rule(flipped, 1.0 - (self.players - coalition.bit_count()), inf)

    def _settled(self, enough: float) -> tuple[float, ArrayAnswer]:
        """Return the lowest cost with single offers priced right [objective], and the answer; stop below `enough`."""
        # The solver keeps its options from one solve to the next: a target left behind would cut valuing short.
        target = enough / self._master.unit
        asked = replace(self.options, further={"mip_allow_restart": False, "objective_target": target})
        for _ in range(_ROUNDS):
            answer = self._master.solve(asked, whole=True)
            if not answer.proof.has_answer:
                return inf, answer
            dearer = self._master.learn(self._master.choice(answer.values), self.options)
            cost = answer.proof.objective * self._master.unit + dearer
            if dearer <= self.options.absolute_gap or cost <= enough:
                break
        if cost > enough:
            self.loosest = max(self.loosest, cost - answer.proof.bound * self._master.unit)
        return cost, answer
