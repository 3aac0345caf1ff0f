"""The large choices of an auction: which packages and price steps; what single offers cost comes in as cuts.

Facilities that the same packages hold form a block; a block is taken by packages or awarded singly. With resources at
some prices every facility has a cheapest single offer, so that

    cost of single offers ≥ Σ over blocks awarded singly of their cheapest offers at these prices
                            − Σ over resources of price × what packages leave of it.

Each choice of prices gives such a row (a Benders cut, exact for awards in parts), and a few dozen describe the cost of
thousands of single offers closely: the model keeps one column for each package and each block.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf, isfinite

import numpy as np
from scipy.sparse import csc_array, csr_array, hstack, identity, vstack

from model.optimise.joint_purchase.auction import Auction, Award, FloatArray, IntArray, signatures
from model.optimise.joint_purchase.singles import Resources, full_prices, priced_singles, whole_singles
from model.optimise.solver import ArrayAnswer, ArrayModel, GrowingModel, SolverOptions

#: The model counts in parts of the whole, so that its numbers lie between about 1e-3 and 1e4.
_PARTS = 1e4
#: A yes-or-no value above this means yes.
_YES = 0.5
#: A cut that lifts the cost of single offers by less than this part of the whole is no news.
_NEWS = 1e-8
#: Room for sums that meet the end of a step only but for rounding.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Choice:
    """What a solution of the master stands for.

    Args:
        packages: positions of those taken.
        alone: part of each block that is awarded singly [1].
        left: what is left of each resource for single offers [kW or kWh].
        singles: what single offers are thought to cost [unit of the objective].
        steps: price steps that hold.
    """

    packages: IntArray
    alone: FloatArray
    left: FloatArray
    singles: float
    steps: IntArray


class Master:
    """The model of packages, blocks and price steps, which grows by cuts.

    Args:
        auction: every facility needs a single offer from a supplier without limit and price schedule.
        taken_along: further use of each supplier's contract power by package, dims (supplier, package) [kW].
        room: share by which power limits may be exceeded, for sums that add up to them only but for rounding.
    """

    def __init__(self, auction: Auction, taken_along: FloatArray | None = None, room: float = 0.0) -> None:
        self.auction = auction
        self.block = signatures(auction)
        self.blocks = int(self.block.max()) + 1
        self.resources = _resources(auction)
        self.unit = float(np.where(np.isfinite(auction.prices), auction.prices, 0.0).max(axis=1).sum()) / _PARTS or 1.0
        self.size = np.where(self.resources.power, auction.power.sum(), auction.energy.sum()) / _PARTS
        self.limit = np.where(
            self.resources.power, auction.power_limit[self.resources.supplier] * (1.0 + room) / self.size, 0.0
        )
        packages, steps = len(auction.packages), len(auction.segments)
        self.places = np.cumsum([0, packages, self.blocks, len(self.size), steps, steps, 1])
        self.prices: list[FloatArray] = []
        self.use = _use(auction, self.resources, taken_along)
        self.holds = _holds(auction, self.block, self.blocks)
        model = self._array_model()
        self.costs = model.costs
        self._model = GrowingModel(model, SolverOptions())
        self.first_cut = self._model.rows
        self.cut(np.zeros(len(self.size)))

    def columns(self, kind: int) -> IntArray:
        """Return the columns of packages (0), blocks (1), what is left (2), steps (3), their quantities (4), cost."""
        return np.arange(self.places[kind], self.places[kind + 1])

    def _array_model(self) -> ArrayModel:
        """Return the model before any cut."""
        auction, packages = self.auction, len(self.auction.packages)
        count = self.places[-1]
        cover = hstack([self.holds, identity(self.blocks), csr_array((self.blocks, count - packages - self.blocks))])
        owner = {int(s): r for r, (s, power) in enumerate(zip(self.resources.supplier, self.resources.power,
                                                             strict=True)) if not power}  # fmt: skip
        served = np.zeros((len(self.size), len(auction.segments)))
        for number, step in enumerate(auction.segments):
            served[owner[step.supplier], number] = -1.0
        none = csr_array(served.shape)
        use = hstack([self.use / self.size[:, None], csr_array((len(self.size), self.blocks)),
                      identity(len(self.size)), none, csr_array(served),
                      csr_array((len(self.size), 1))])  # fmt: skip
        exclusive = _exclusive(auction)
        groups = hstack([exclusive, csr_array((exclusive.shape[0], count - packages))])
        steps, lower, upper = self._steps(owner)
        rows = csc_array(vstack([cover, use, groups, steps]))
        singly = np.bincount(self.block[~np.isfinite(auction.prices).any(axis=1)], minlength=self.blocks) == 0
        costs = np.concatenate((
            np.array([one.price for one in auction.packages]) / self.unit, np.zeros(self.blocks + len(self.size)),
            np.array([one.setup for one in auction.segments]) / self.unit,
            np.array([one.price * self.size[owner[one.supplier]] for one in auction.segments]) / self.unit, [1.0],
        ))  # fmt: skip
        most = np.concatenate((np.ones(packages), singly.astype(np.float64),
                               np.full(len(self.size), inf), np.ones(len(auction.segments)),
                               np.full(len(auction.segments) + 1, inf)))  # fmt: skip
        least = np.append(np.zeros(count - 1), -inf)
        integer = np.zeros(count, dtype=np.bool_)
        integer[: packages + self.blocks] = True
        integer[self.columns(3)] = True
        ones = np.ones(exclusive.shape[0])
        return ArrayModel(
            costs, least, most, integer, rows,
            np.concatenate((np.ones(self.blocks), self.limit, -inf * ones, lower)),
            np.concatenate((np.ones(self.blocks), self.limit, ones, upper)),
        )  # fmt: skip

    def _steps(self, owner: dict[int, int]) -> tuple[csr_array, FloatArray, FloatArray]:
        """Return the rows of price schedules: at most one step holds, and the quantity lies in it."""
        auction, count = self.auction, self.places[-1]
        holds, quantity = self.columns(3), self.columns(4)
        rows, lower, upper = [], [], []
        for supplier in sorted(owner):
            own = [number for number, step in enumerate(auction.segments) if step.supplier == supplier]
            row = np.zeros(count)
            row[holds[own]] = 1.0
            rows.append(row)
            lower.append(-inf)
            upper.append(1.0)
        for number, step in enumerate(auction.segments):
            size = self.size[owner[step.supplier]]
            for sign, amount in ((-1.0, step.least), (1.0, min(step.most, float(auction.energy.sum())))):
                row = np.zeros(count)
                row[quantity[number]], row[holds[number]] = sign, -sign * amount / size
                rows.append(row)
                lower.append(-inf)
                upper.append(0.0)
        return csr_array(np.array(rows).reshape(-1, count)), np.array(lower), np.array(upper)

    def coefficients(self, prices: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return what blocks (taken off) and what is left of resources count in the cut of some prices [`unit`]."""
        return self.singly(prices) / self.unit, prices * self.size / self.unit

    def add_rule(self, packages: FloatArray, lower: float, upper: float) -> int:
        """Add a row that limits a weighted number of packages and return its number."""
        return self._model.add_row(np.append(packages, np.zeros(self.places[-1] - len(packages))), lower, upper)

    def change_rule(self, row: int, lower: float, upper: float) -> None:
        """Change the limits of a row."""
        self._model.limit(row, lower, upper)

    def cut(self, prices: FloatArray) -> None:
        """Add the row that holds at some prices of the resources [unit of the objective per kW or kWh]."""
        row = np.zeros(self.places[-1])
        blocks, resources = self.coefficients(prices)
        row[self.columns(1)], row[self.columns(2)] = -blocks, resources
        row[-1] = 1.0
        self._model.add_row(row, 0.0)
        self.prices.append(prices)

    def singly(self, prices: FloatArray) -> FloatArray:
        """Return what each block costs at least if awarded singly with resources at some prices [objective]."""
        cheapest = full_prices(self.auction, self.resources, prices).min(axis=1)
        # A facility without any single offer keeps its block from being awarded singly.
        return np.bincount(self.block, np.where(np.isfinite(cheapest), cheapest, 0.0), self.blocks).astype(np.float64)

    def solve(self, options: SolverOptions, whole: bool, start: FloatArray | None = None) -> ArrayAnswer:
        """Solve the master as it stands; its objective and bound count in `unit`."""
        return self._model.solve(replace(options, absolute_gap=options.absolute_gap / self.unit), whole, start)

    def worth(self, values: FloatArray) -> float:
        """Return the objective of some values of the columns [unit of the objective]."""
        return float(self.costs @ values) * self.unit

    def charge(self, packages: IntArray, prices: FloatArray) -> None:
        """Change what some packages cost [unit of the objective]."""
        self._model.cost(packages, prices / self.unit)

    def restrict(self, packages: IntArray, lower: FloatArray, upper: FloatArray) -> None:
        """Change how often some packages may be taken, 0 to 1."""
        self._model.bound(packages, lower, upper)

    def choice(self, values: FloatArray) -> Choice:
        """Return what the values of the columns stand for."""
        return Choice(
            np.flatnonzero(values[self.columns(0)] > _YES), values[self.columns(1)],
            np.maximum(0.0, values[self.columns(2)] * self.size), float(values[-1] * self.unit),
            np.flatnonzero(values[self.columns(3)] > _YES),
        )  # fmt: skip

    def learn(self, choice: Choice, options: SolverOptions) -> float:
        """Add the cut that prices the single offers of a choice right; return how much dearer they are than thought."""
        weight = np.where(choice.alone < _NEWS, 0.0, np.minimum(1.0, choice.alone))
        lower = np.where(self.resources.power, -inf, choice.left)
        first = self.prices[-1]
        found = priced_singles(self.auction, self.resources, weight[self.block], (lower, choice.left), first, options)
        if found is None:
            return 0.0
        dearer = float(self.singly(found.prices) @ weight - found.prices @ choice.left) - choice.singles
        if dearer <= _NEWS * self.unit * _PARTS:
            return 0.0
        self.cut(found.prices)
        return dearer

    def award(self, choice: Choice, options: SolverOptions, room: float = inf) -> Award | None:
        """Return the award with the packages and price steps of a choice, everything else awarded singly.

        Where whole facilities cannot meet the steps, suppliers with a price schedule are left out.

        Args:
            choice: packages and price steps.
            options: seconds and gap.
            room: what whole facilities may cost more than parts before more is tried [unit of the objective].
        """
        made = self._award(choice, options, room)
        if made is not None or not self.auction.segments:
            return made
        scheduled = {step.supplier for step in self.auction.segments}
        packages = [one for one in choice.packages.tolist() if self.auction.packages[one].supplier not in scheduled]
        none = np.zeros(0, dtype=np.int64)
        return self._award(replace(choice, packages=np.array(packages, dtype=np.int64), steps=none), options, room)

    def _award(self, choice: Choice, options: SolverOptions, room: float) -> Award | None:
        """Return the award of a choice, or None where whole facilities cannot meet its steps."""
        auction = self.auction
        free = np.ones(len(auction.facilities), dtype=np.bool_)
        for position in choice.packages.tolist():
            free[auction.packages[position].facilities] = False
        used = np.asarray(self.use[:, choice.packages].sum(axis=1)).ravel()
        limit = auction.power_limit[self.resources.supplier]
        lower, upper = np.full(len(used), -inf), np.where(self.resources.power, np.maximum(0.0, limit - used), 0.0)
        prices = auction.prices.copy()
        for number in choice.steps.tolist():
            step = auction.segments[number]
            prices[:, step.supplier] += step.price * auction.energy
            own = (self.resources.supplier == step.supplier) & ~self.resources.power
            lower[own], upper[own] = np.maximum(0.0, step.least - used[own]), step.most - used[own]
        shares = np.zeros(auction.prices.shape)
        if free.any():
            rest = replace(replace(auction, prices=prices).among(free), packages=())
            singles = whole_singles(rest, self.resources, (lower, upper), self.prices[-1], options, room)
            if singles is None:
                return None
            shares[free] = singles
        elif (lower > 0).any():
            return None
        made = Award(shares, tuple(choice.packages.tolist()), np.full(len(auction.suppliers), -1, dtype=np.int64))
        return replace(made, segments=fitting_steps(auction, auction.energy @ made.served(auction)))


# A step is charged only if something is served, and of the steps that fit the cheapest holds.
def fitting_steps(auction: Auction, quantity: FloatArray) -> IntArray:
    """Return the position of the price step that holds at what each supplier serves [kWh]; -1 for none.

    Args:
        auction: the auction.
        quantity: by supplier [kWh].
    """
    steps = np.full(len(quantity), -1, dtype=np.int64)
    lowest = np.full(len(quantity), inf)
    for number, step in enumerate(auction.segments):
        amount = float(quantity[step.supplier])
        room = _ROUNDING * max(1.0, amount)
        price = step.setup + step.price * amount
        if amount > 0 and step.least - room <= amount <= step.most + room and price < lowest[step.supplier]:
            steps[step.supplier], lowest[step.supplier] = number, price
    return steps


def _resources(auction: Auction) -> Resources:
    """Return the contract power of suppliers whose limit can bind, and the energy of those with a price schedule."""
    scheduled = sorted({step.supplier for step in auction.segments})
    limited = [number for number, limit in enumerate(auction.power_limit.tolist()) if isfinite(limit)]
    return Resources(
        np.array([*limited, *scheduled], dtype=np.int64),
        np.array([True] * len(limited) + [False] * len(scheduled), dtype=np.bool_),
    )


def _holds(auction: Auction, block: IntArray, blocks: int) -> csr_array:
    """Return which blocks each package holds, dims (block, package)."""
    held = [np.unique(block[package.facilities]) for package in auction.packages]
    columns = np.repeat(np.arange(len(held)), [len(one) for one in held])
    rows = np.concatenate(held) if held else np.zeros(0, dtype=np.int64)
    return csr_array((np.ones(len(rows)), (rows, columns)), shape=(blocks, len(held)))


def _use(auction: Auction, resources: Resources, taken_along: FloatArray | None) -> FloatArray:
    """Return what each package uses of each resource, dims (resource, package) [kW or kWh]."""
    use = np.zeros((len(resources.supplier), len(auction.packages)))
    amounts = resources.amounts(auction)
    for number, package in enumerate(auction.packages):
        own = resources.supplier == package.supplier
        use[own, number] = amounts[own][:, package.facilities].sum(axis=1)
    if taken_along is not None:
        use[resources.power] += taken_along[resources.supplier[resources.power]]
    return use


def _exclusive(auction: Auction) -> csr_array:
    """Return which packages belong to each exclusive group, dims (group, package)."""
    names: dict[tuple[int, str], int] = {}
    grouped = [
        (names.setdefault((package.supplier, package.group), len(names)), position)
        for position, package in enumerate(auction.packages)
        if package.group
    ]
    members = np.array(grouped, dtype=np.int64).reshape(-1, 2)
    shape = (len(names), len(auction.packages))
    return csr_array((np.ones(len(members)), (members[:, 0], members[:, 1])), shape=shape)
