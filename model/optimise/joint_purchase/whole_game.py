"""The game of many wards where every facility has one supplier: groups are valued by clearing their own auction.

What groups save with facilities in parts, which is never less, shows which of them may be unhappy; each one found is
then valued for itself, and barred from being found again unless it is unhappy indeed.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from time import perf_counter

from model.optimise.cost_sharing import Unhappy, members
from model.optimise.joint_purchase.auction import Auction, FloatArray, IntArray
from model.optimise.joint_purchase.large_game import LEAST_SECONDS, LargeGame
from model.optimise.solver import SolverOptions

#: Groups valued where the unhappiest of all is asked for, before the search is left at what it knows.
_MOST_TRIES = 8


class WholeGame(LargeGame):
    """As the game it comes from, with whole facilities; for auctions whose groups are cleared within a second."""

    def __init__(self, auction: Auction, player: IntArray, payments: FloatArray, options: SolverOptions) -> None:
        super().__init__(auction, player, payments, options)
        #: What groups found in the search save in parts.
        self._in_parts: dict[int, float] = {}

    @classmethod
    def of(cls, game: LargeGame) -> WholeGame:
        """Return the game with whole facilities of a game with parts, to end at the same time."""
        made = cls(game.auction, game.player, game.payments, game.options)
        made.until = game.until
        return made

    def bracket(self, coalition: int) -> tuple[float, float]:
        """Return between what amounts the saving of the wards of a bit mask lies [unit of the objective per year]."""
        self.value(coalition)
        return self.brackets[coalition]

    def value(self, coalition: int) -> float:
        """Return what the wards of a bit mask save together [unit of the objective per year]."""
        if coalition not in self.known:
            seconds = max(LEAST_SECONDS, min(self.options.seconds, self.until - perf_counter()))
            least, most = self.whole(coalition, seconds)
            # Two groups never save less together, so where time runs out each ward's own saving is still sure.
            alone = sum(self.known.get(1 << player, 0.0) for player in range(self.players) if coalition >> player & 1)
            self.known[coalition] = max(alone, least)
            self.brackets[coalition] = self.known[coalition], max(self.known[coalition], most)
            self.loosest = max(self.loosest, self.brackets[coalition][1] - self.known[coalition])
        return self.known[coalition]

    def search(self, shares: FloatArray, outside: Callable[[int], bool], enough: float = inf) -> Unhappy | None:
        """Return the group with the largest excess among those that `outside` lets pass; None where there is none.

        Args:
            shares: what each ward is given.
            outside: which groups count.
            enough: a group with more than this excess will do.
        """
        best, most = Unhappy(0, -inf, inf, True), -inf
        seen = {coalition for coalition in self._in_parts if outside(coalition)}
        seen = {one for one in seen if self._in_parts[one] - float(members(one, self.players) @ shares) > enough}
        for coalition in seen:
            best, most = self._told(coalition, shares, best, most)
        for _ in range(_MOST_TRIES if enough == inf else 2**self.players):
            if best.excess > enough:
                break
            found = super().search(shares, lambda one: outside(one) and one not in seen, enough)
            if found is None:
                return best._replace(at_most=most) if best.coalition else None
            if not found.coalition:
                return best._replace(at_most=max(most, found.at_most), settled=found.settled)
            seen.add(found.coalition)
            self._in_parts[found.coalition] = found.excess + float(members(found.coalition, self.players) @ shares)
            best, most = self._told(found.coalition, shares, best, most)
            best = best._replace(at_most=max(most, found.at_most))
            if found.settled and found.excess <= max(best.excess, enough if enough < inf else -inf):
                return best
            if perf_counter() > self.until:
                break
        return best._replace(at_most=max(most, best.at_most), settled=False)

    def _told(self, coalition: int, shares: FloatArray, best: Unhappy, most: float) -> tuple[Unhappy, float]:
        """Return the unhappier of two groups, and the most that is possible of those valued."""
        given = float(members(coalition, self.players) @ shares)
        self.value(coalition)
        least, top = self.brackets[coalition]
        if least - given > best.excess:
            best = best._replace(coalition=coalition, excess=least - given)
        return best, max(most, top - given)
