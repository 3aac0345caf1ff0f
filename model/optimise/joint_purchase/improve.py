"""Better awards near one in hand: some of its packages are given up, and what they held is awarded anew.

What single offers cost in parts says little of whole facilities where capacity is short, so every solution cheaper than
the best award is made whole, and barred once it was.

Large neighbourhood search (Shaw 1998) on the model of packages and blocks: with the other packages fixed it is small
enough to be solved nearly to the end. What is given up is chosen by chance, by supplier, or by what stands in the way
of a package that the bound thinks well of; how much, by how hard the last models were and how long news is wanting.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf

import numpy as np

from model.optimise.joint_purchase.auction import FloatArray, IntArray
from model.optimise.joint_purchase.master import Master
from model.optimise.solver import SolverOptions

#: Part of the packages taken that is given up at first, least and most, and how it changes with the effort.
_PART, _LEAST, _MOST = 0.4, 0.1, 0.9
_WIDER, _NARROWER = 1.05, 0.9
#: Gap of the small models as a part of the gap asked for, and their most nodes and seconds.
_GAP, _NODES, _SECONDS = 0.05, 150, 6.0
#: Packages within this part of the distance of bound and award are thought well of: what all packages of an award
#: exceed the bound by adds up, so a cheaper award has few that are farther.
_PROMISING = 0.4
#: An award has to be cheaper by this part of its price, and differ in a package.
_CHEAPER = 1e-9


@dataclass(frozen=True)
class Standing:
    """A solution of the master whose single offers are priced right.

    Args:
        values: of the columns.
        price: of the award with single offers in parts [unit of the objective].
    """

    values: FloatArray
    price: float


class Improver:
    """Looks for cheaper awards near one in hand; with one seed always in the same way.

    Args:
        master: packages, blocks and cuts; its bounds of packages are changed.
        options: gap and seed of the whole search.
        further: options of HiGHS for every model.
    """

    def __init__(self, master: Master, options: SolverOptions, further: dict[str, bool | int | float | str]) -> None:
        self.master = master
        self._options = replace(
            options, relative_gap=_GAP * options.relative_gap, absolute_gap=_GAP * options.absolute_gap,
            further={**further, "mip_max_nodes": _NODES},
        )  # fmt: skip
        self._columns = master.columns(0)
        self._held = master.holds.toarray() > 0
        self._supplier = np.array([one.supplier for one in master.auction.packages], dtype=np.int64)
        self._random = np.random.default_rng(options.seed)
        self._part = _PART
        self._barred: list[int] = []

    def priced(self, values: FloatArray) -> Standing:
        """Return a solution with its single offers priced right, as the master learns them."""
        dearer = self.master.learn(self.master.choice(values), self._options)
        values = values.copy()
        values[-1] += dearer / self.master.unit
        return Standing(values, self.master.worth(values))

    def step(
        self, standing: Standing, excess: FloatArray, distance: float, seconds: float, target: float
    ) -> Standing | None:
        """Return a solution near one in hand that is cheaper than a target, or None if none was found.

        Its single offers are in parts: what they cost as whole facilities is for the caller to find out, and to bar
        the packages from then on.

        Args:
            standing: solution in hand.
            excess: the least by which an award with a package exceeds the bound, by package [unit of the objective].
            distance: of bound and award [unit of the objective]; packages beyond it cannot help.
            seconds: most time.
            target: price of the best award [unit of the objective].
        """
        taken = np.flatnonzero(standing.values[self._columns] > 0.5)
        most = max(2, round(self._part * len(taken)))
        promising = excess <= _PROMISING * distance
        gone = self._given_up(taken, most, promising)
        kept = np.setdiff1d(taken, gone)
        settled = self._held[:, kept].any(axis=1)
        upper = promising & ~self._held[settled].any(axis=0)
        upper[taken] = True
        lower = np.zeros(len(upper))
        lower[kept] = 1.0
        self.master.restrict(self._columns, lower, upper.astype(np.float64))
        limit = (1.0 - _CHEAPER) * target
        asked = replace(self._options, seconds=max(1.0, min(_SECONDS, seconds)),
                        further={**self._options.further, "objective_bound": limit / self.master.unit})  # fmt: skip
        answer = self.master.solve(asked, whole=True)
        hard = answer.proof.status != "optimal"
        self._part = min(_MOST, max(_LEAST, self._part * (_NARROWER if hard else _WIDER)))
        if not answer.proof.has_answer or self.master.worth(answer.values) >= limit:
            return None
        found = self.priced(answer.values)
        return found if found.price < limit else None

    def bar(self, standing: Standing) -> None:
        """Keep the packages of a solution from being found again."""
        taken = standing.values[self._columns] > 0.5
        row = self.master.add_rule(np.where(taken, 1.0, -1.0), -inf, float(np.count_nonzero(taken)) - 1.0)
        self._barred.append(row)

    def release(self) -> None:
        """Let every solution be found again."""
        for row in self._barred:
            self.master.change_rule(row, -inf, inf)

    def start_again(self) -> None:
        """Give up no more than at first: after news, or from another award, small changes come before large ones."""
        self._part = _PART

    def _given_up(self, taken: IntArray, most: int, promising: np.ndarray) -> IntArray:
        """Return about as many packages taken as asked for, chosen in one of three ways."""
        way = int(self._random.integers(3))
        if way == 0 or len(taken) <= most:
            return np.asarray(self._random.permutation(taken)[:most], dtype=np.int64)
        if way == 1:
            order = self._random.permutation(np.unique(self._supplier[taken]))
            groups = [taken[self._supplier[taken] == supplier] for supplier in order.tolist()]
        else:
            wanted = self._random.permutation(np.flatnonzero(promising))
            clash = self._held[:, wanted].T.astype(np.float64) @ self._held[:, taken] > 0
            groups = [taken[row] for row in clash]
        gone: list[int] = []
        for group in groups:
            gone += [one for one in group.tolist() if one not in gone]
            if len(gone) >= most:
                break
        return np.array(gone, dtype=np.int64)
