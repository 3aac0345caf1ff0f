"""The game of many wards with many facilities: groups are valued by the master of packages and blocks.

The model is that of the large auction, with one package more for each ward by which it leaves and takes its part of
every supplier's capacity along. All groups share its cuts: what single offers cost at some prices holds for any group.
Facilities may be served in parts where capacity binds, and the value of a group is known within a stated room.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf, isfinite
from time import perf_counter

import numpy as np

from model.optimise.cost_sharing import Unhappy, members
from model.optimise.joint_purchase.auction import Auction, FloatArray, IntArray, Package, price_of
from model.optimise.joint_purchase.clear import clear
from model.optimise.joint_purchase.master import Master
from model.optimise.joint_purchase.scale import relax
from model.optimise.solver import ArrayAnswer, SolverOptions

#: Least time of a search that has begun [s].
LEAST_SECONDS = 1.0

#: Room for the binary error of parts of capacity that add up to one.
_NOISE = 1e-9
#: Gap of the cuts that give the prices of the relaxation.
_GAP = 1e-4
#: Times that a group is valued again with better prices of its single offers.
_ROUNDS = 8
#: Room of groups that only have to be known roughly, in rooms of the others.
_WIDER = 4.0
#: A yes-or-no value above this means yes.
_YES = 0.5


@dataclass(frozen=True)
class _Settled:
    """The lowest cost found with single offers priced right, and a bound of it [objective]; the answer behind it.

    Without an answer nothing is below the limit, if the search ended, or nothing was found in time.
    """

    cost: float
    bound: float
    answer: ArrayAnswer
    ended: bool


class LargeGame:
    """What groups of wards pay if only they take part, and the group that would gain most by itself.

    Args:
        auction: of all wards, one that suits the decomposition.
        player: ward of each facility.
        payments: what each ward pays if it does not take part [unit of the objective].
        options: seconds and seed; its absolute gap is the room within which groups are valued.

    `loosest` is the most by which a group valued so far may save more [objective]: more than the room where time ran
    out; `brackets` tells of each between what its saving lies. Nothing is searched for long after `until`, a reading
    of `perf_counter` [s].
    """

    def __init__(self, auction: Auction, player: IntArray, payments: FloatArray, options: SolverOptions) -> None:
        self.players = len(payments)
        self.options = replace(options, relative_gap=0.0)
        self.known: dict[int, float] = {0: 0.0}
        self.brackets: dict[int, tuple[float, float]] = {}
        self.loosest = 0.0
        self.until = inf
        #: What groups met in searches save at least, with facilities in parts.
        self._met: dict[int, float] = {}
        self._bars: dict[int, int] = {}
        self.payments = payments
        self._relaxed: Master | None = None
        self._wide: Master | None = None
        outs = tuple(
            Package(f"out {one}", len(auction.suppliers), np.flatnonzero(player == one), 0.0)
            for one in range(self.players)
        )
        self.auction, self.player = auction, player
        self._parts = np.bincount(player, auction.power, self.players) / auction.power.sum()
        inside = len(auction.packages)
        along = np.zeros((len(auction.suppliers) + 1, inside + self.players))
        limited = np.where(np.isfinite(auction.power_limit), auction.power_limit, 0.0)
        along[:-1, inside:] = limited[:, None] * self._parts
        self._outs = inside + np.arange(self.players)
        self._along = along
        self._open = replace(
            auction,
            suppliers=(*auction.suppliers, "(out)"),
            prices=np.column_stack((auction.prices, np.full(len(player), inf))),
            power_limit=np.append(auction.power_limit, inf),
            packages=(*auction.packages, *outs),
        )
        self._master = Master(self._open, along, _NOISE)
        count = np.zeros(inside + self.players)
        count[self._outs] = 1.0
        self._proper = self._master.add_rule(count, 0.0, float(self.players))

    def value(self, coalition: int) -> float:
        """Return what the wards of a bit mask save together [unit of the objective per year]."""
        if coalition not in self.known:
            least, most = self.brackets[coalition] = self._between(self._master, coalition, self.options.absolute_gap)
            self.known[coalition], self.loosest = least, max(self.loosest, most - least)
        return self.known[coalition]

    def bracket(self, coalition: int) -> tuple[float, float]:
        """Return between what amounts the saving of the wards of a bit mask lies [unit of the objective per year].

        It is wider than the room within which `value` knows them, and found sooner.
        """
        if coalition not in self.brackets:
            # Its cuts would only be in the way of the search, which needs few but good ones.
            self._wide = self._wide or Master(self._open, self._along, _NOISE)
            self.brackets[coalition] = self._between(self._wide, coalition, _WIDER * self.options.absolute_gap)
        return self.brackets[coalition]

    def _between(self, master: Master, coalition: int, room: float) -> tuple[float, float]:
        """Return what the wards of a bit mask save at least and at most, within a room if time allows [objective]."""
        inside = np.array([coalition >> player & 1 for player in range(self.players)], dtype=np.float64)
        master.charge(self._outs, np.zeros(self.players))
        master.restrict(self._outs, 1.0 - inside, 1.0 - inside)
        # Two groups never save less together, so where time runs out each ward's own saving is still sure.
        alone = sum(self.known.get(1 << player, 0.0) for player in range(self.players) if coalition >> player & 1)
        found = self._settled(master, -inf, room)
        offers = float(inside @ self.payments)
        least = max(alone, offers - found.cost)
        if 0 < coalition < 2**self.players - 1:
            self._met[coalition] = max(least, self._met.get(coalition, -inf))
        return least, max(least, offers - found.bound)

    def whole(self, coalition: int, seconds: float) -> tuple[float, float]:
        """Return between what amounts the saving of a group lies if every facility has one supplier [objective].

        Args:
            coalition: as a bit mask.
            seconds: time to look for an award [s].
        """
        inside = np.array([coalition >> player & 1 for player in range(self.players)], dtype=np.float64)
        auction = self.auction.among(inside[self.player] > 0.0)
        auction = replace(auction, power_limit=self.auction.power_limit * float(self._parts @ inside))
        found, offers = clear(auction, replace(self.options, seconds=seconds)), float(inside @ self.payments)
        # A ward can stay with its offer, and saves nothing then.
        least = 0.0 if found.award is None else max(0.0, offers - price_of(auction, found.award))
        return least, max(least, offers - found.proof.bound) if isfinite(found.proof.bound) else inf

    def rough(self, coalition: int) -> float:
        """Return what the wards of a bit mask save if everything may be awarded in parts, which is never less.

        The cuts are those of all wards together, so that it takes one small linear program.
        """
        if self._relaxed is None:
            self._relaxed = Master(self._open, self._along, _NOISE)
            self._relaxed.restrict(self._outs, np.zeros(self.players), np.zeros(self.players))
            relax(self._relaxed, self._relaxing)
        inside = np.array([coalition >> player & 1 for player in range(self.players)], dtype=np.float64)
        self._relaxed.restrict(self._outs, 1.0 - inside, 1.0 - inside)
        cost = self._relaxed.solve(self.options, whole=False).proof.objective * self._relaxed.unit
        return float(inside @ self.payments) - cost

    def priced(self) -> FloatArray:
        """Return a division of a little more than all save that leaves hardly any group better off by itself.

        What each ward pays at the prices of the relaxation: its blocks at theirs, less its part of every capacity. Any
        group could buy its own relaxation at these prices (Owen 1975), and by itself it pays no less than that.
        """
        master = self._master
        self._master.charge(self._outs, np.zeros(self.players))
        self._master.restrict(self._outs, np.zeros(self.players), np.zeros(self.players))
        reduced = relax(master, self._relaxing).answer.reduced_costs * master.unit
        # What a package or a block is worth beyond the prices stands at its limit of one; its wards share it.
        held = master.holds.toarray()
        ward = held[:, self._outs]
        packages = np.minimum(0.0, reduced[: self._outs[0]])
        parts = ward.T @ held[:, : self._outs[0]]
        beyond = ward.T @ np.minimum(0.0, reduced[master.columns(1)]) + (parts / parts.sum(axis=0)) @ packages
        return np.asarray(self.payments + reduced[self._outs] - beyond, dtype=np.float64)

    def search(self, shares: FloatArray, outside: Callable[[int], bool], enough: float = inf) -> Unhappy | None:
        """Return the group with the largest excess among those that `outside` lets pass; None where there is none.

        Args:
            shares: what each ward is given.
            outside: which groups count.
            enough: a group with more than this excess will do.
        """
        payments = self.payments - shares
        total = float(payments.sum())
        self._master.charge(self._outs, payments)
        self._master.restrict(self._outs, np.zeros(self.players), np.ones(self.players))
        self._master.change_rule(self._proper, 1.0, float(self.players - 1))
        known = self._unhappiest_met(shares, outside)
        # Only groups unhappier than this are looked for, which leaves few packages.
        least = enough if isfinite(enough) else known.excess
        barred = [self._bar(one) for one in self._met if not outside(one)]
        try:
            while True:
                lowest = self._drop(total - least)
                found = self._settled(self._master, total - enough, self.options.absolute_gap, total - least)
                at_most = total - max(lowest, found.bound)
                if found.ended and not found.answer.proof.has_answer:
                    if least == -inf:
                        return None
                    none = known if enough == inf else Unhappy(0, -inf, at_most, True)
                    return none._replace(at_most=max(none.excess, at_most))
                if not found.answer.proof.has_answer:
                    best = known if enough == inf else Unhappy(0, -inf, inf, False)
                    return best._replace(at_most=at_most, settled=False)
                out = found.answer.values[self._outs] > _YES
                coalition = sum(1 << player for player in range(self.players) if not out[player])
                excess = total - found.cost
                worth = excess + float(members(coalition, self.players) @ shares)
                self._met[coalition] = max(worth, self._met.get(coalition, -inf))
                if outside(coalition):
                    return Unhappy(coalition, excess, at_most, found.ended)
                if perf_counter() > self.until:
                    return Unhappy(0, -inf, at_most, False)
                barred.append(self._bar(coalition))
        finally:
            self._drop(inf)
            self._master.change_rule(self._proper, 0.0, float(self.players))
            for row in barred:
                self._master.change_rule(row, -inf, inf)

    def _unhappiest_met(self, shares: FloatArray, outside: Callable[[int], bool]) -> Unhappy:
        """Return the group with the largest excess among those that were met and that `outside` lets pass."""
        best = Unhappy(0, -inf, inf, True)
        for coalition, worth in self._met.items():
            excess = worth - float(members(coalition, self.players) @ shares)
            if excess > best.excess and outside(coalition):
                best = best._replace(coalition=coalition, excess=excess)
        return best

    # What an award with a package costs at least follows from the relaxation; no award below the limit has the others.
    def _drop(self, limit: float) -> float:
        """Leave out every package that no award cheaper than a limit has; return what no award is cheaper than.

        Nothing is left out, and nothing is known, where the limit is infinite.
        """
        inside = np.arange(self._outs[0])
        none, most = np.zeros(len(inside)), np.ones(len(inside))
        self._master.restrict(inside, none, most)
        if not isfinite(limit):
            return -inf
        relaxed = relax(self._master, self._relaxing)
        if not relaxed.answer.proof.has_answer:
            return -inf
        most = (relaxed.reduced[inside] <= limit - relaxed.bound + self._master.unit).astype(np.float64)
        self._master.restrict(inside, none, most)
        return relaxed.bound

    @property
    def _relaxing(self) -> SolverOptions:
        """What is asked of a relaxation; the limits of searches would stay with the solver."""
        return replace(self.options, relative_gap=_GAP, further={"objective_bound": inf, "objective_target": -inf})

    def _bar(self, coalition: int) -> int:
        """Keep a group from being found and return the row that does so."""
        least = 1.0 - (self.players - coalition.bit_count())
        if coalition in self._bars:
            self._master.change_rule(self._bars[coalition], least, inf)
        else:
            flipped = np.zeros(self._outs[-1] + 1)
            flipped[self._outs] = [1.0 if coalition >> player & 1 else -1.0 for player in range(self.players)]
            self._bars[coalition] = self._master.add_rule(flipped, least, inf)
        return self._bars[coalition]

    def _settled(self, master: Master, enough: float, room: float, limit: float = inf) -> _Settled:
        """Return the lowest cost within a room, single offers priced right; stop below `enough` or out of time.

        Args:
            master: packages and blocks.
            enough: a cost below this will do [objective].
            room: within which the cost is known [objective].
            limit: only what costs less is looked for [objective].
        """
        # The solver keeps its options from one solve to the next: a target left behind would cut valuing short.
        further: dict[str, bool | int | float | str] = {
            "mip_allow_restart": False,
            "objective_target": enough / master.unit,
            "objective_bound": limit / master.unit,
        }
        for _ in range(_ROUNDS):
            seconds = max(LEAST_SECONDS, min(self.options.seconds, self.until - perf_counter()))
            asked = replace(self.options, seconds=seconds, absolute_gap=room, further=further)
            answer = master.solve(asked, whole=True)
            ended = answer.proof.status in ("optimal", "infeasible")
            cost = answer.proof.objective * master.unit if answer.proof.has_answer else inf
            if cost >= limit:
                # Nothing is below the limit if the search came to its end. What it started from counts for nothing,
                # but may have ended it within a room of its cost.
                bound = min(limit, cost - room) if ended else min(limit, cost - room, answer.proof.bound * master.unit)
                none = replace(answer.proof, status="infeasible" if ended else "no_solution")
                return _Settled(inf, bound, replace(answer, proof=none), ended)
            bound = min(limit, answer.proof.bound * master.unit)
            dearer = master.learn(master.choice(answer.values), self.options)
            cost += dearer
            if dearer <= room or cost <= enough or perf_counter() > self.until:
                break
        return _Settled(cost, bound, answer, ended)
