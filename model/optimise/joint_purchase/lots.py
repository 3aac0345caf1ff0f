"""Which wards and classes go to auction together: the cheapest partition into lots under the price model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csc_array

from model.language import Text
from model.optimise.joint_purchase.auction import BoolArray, FloatArray, IntArray
from model.optimise.joint_purchase.build import reference_bills
from model.optimise.joint_purchase.inputs import Purchase
from model.optimise.joint_purchase.pool import class_loads
from model.optimise.joint_purchase.price_model import Expectation, expected_bidders, second_lowest, with_reserve
from model.optimise.joint_purchase.tariffs import load_factor
from model.optimise.procurement_data import FACILITY_CLASSES, procurement
from model.optimise.solver import ArrayModel, Proof, SolverOptions, prove, solve_arrays

_ONE, _WARDS = Text("all in one lot", "全体を1ロット"), Text("ward by ward", "区ごと")
_CLASSES, _FREE = (
    Text("class by class", "施設区分ごと"),
    Text("best without limits on the number", "数の制限なしの最良"),
)
_BLOCKS = Text("blocks of neighbouring wards", "隣接区のまとまりごと")
#: Partitions whose prices differ by less are equally good [JPY].
_HALF_YEN = 0.5
#: Lots whose hourly load is worked out at a time.
_CHUNK = 400


@dataclass(frozen=True)
class Lot:
    """Facilities that go to auction together.

    Args:
        wards: codes.
        classes: kinds of facilities.
        facilities: positions.
        energy: [kWh/year].
        power: sum of contract powers [kW].
        pooled_peak: expected highest load together [kW].
        bidders: expected number.
        expectation: expected price, reserve, probability of no award.
        reference: yearly bill under the reference tariff [JPY].
    """

    wards: tuple[str, ...]
    classes: tuple[str, ...]
    facilities: IntArray
    energy: float
    power: float
    pooled_peak: float
    bidders: int
    expectation: Expectation
    reference: float


@dataclass(frozen=True)
class Partition:
    """A way to put all facilities into lots.

    Args:
        name: which one.
        lots: number of lots.
        price: expected price of all lots [JPY/year].
        allowed: whether that number of lots lies within the limits.
        simple: whether anybody would think of it first; else it was searched for.
    """

    name: Text
    lots: int
    price: float
    allowed: bool
    simple: bool


@dataclass(frozen=True)
class Lots:
    """The partition with its proof, beside simple ones and the best one without limits on the number of lots.

    Args:
        lots: in order of their first ward and class.
        proof: of the partition.
        ward_lots: each ward in a lot of its own.
        others: partitions to compare with: one lot, ward by ward, class by class, the best without limits.
        fewest: lots at least.
        most: lots at most.
        candidates: number of lots that were considered.
    """

    lots: tuple[Lot, ...]
    proof: Proof
    ward_lots: tuple[Lot, ...]
    others: tuple[Partition, ...]
    fewest: int
    most: int
    candidates: int


def plan_lots(purchase: Purchase, options: SolverOptions, most: int | None = None) -> Lots:
    """Return the partition of facilities into lots with the lowest expected price.

    A lot joins neighbouring wards in the order of their codes and neighbouring classes in the order of load factor;
    all such lots are considered. Of the simple partitions within the limits none is cheaper than the one returned.

    Args:
        purchase: facilities.
        options: seconds and gap.
        most: lots at most; by default their number lies within what auctions on record had, where that is possible.
    """
    cells = _Cells(purchase)
    blocks, ranges = _runs(len(cells.wards)), _runs(len(cells.classes))
    candidates = [cells.mask(block, span) for block in blocks for span in ranges]
    candidates = [mask for mask in _unique(candidates) if mask.any()]
    prices = cells.prices(candidates)
    limits = _limits(cells, most)
    proof, chosen = _cheapest(candidates, prices, cells, limits, options)
    free_proof, free = _cheapest(candidates, prices, cells, (1, len(candidates)), options)
    simple = cells.simple(limits[1])
    if free and free_proof.objective <= float(cells.prices(simple[_WARDS]).sum()):
        simple[_FREE] = free
    known = {name: float(cells.prices(masks).sum()) for name, masks in simple.items()}
    within = {name: limits[0] <= len(masks) <= limits[1] for name, masks in simple.items()}
    best = min((name for name in simple if within[name]), key=lambda name: known[name], default=None)
    if best is not None and (not chosen or known[best] < proof.objective - _HALF_YEN):
        # The search stops within a gap: a partition known beforehand may still be cheaper.
        status = proof.status if proof.has_answer else "feasible"
        proof, chosen = prove(status, known[best], proof.bound, proof.seconds, options), simple[best]
    return Lots(
        tuple(cells.lot(mask) for mask in chosen),
        proof,
        tuple(cells.lot(mask) for mask in simple[_WARDS]),
        tuple(
            Partition(name, len(masks), cells.expected(masks), within[name], name != _FREE)
            for name, masks in simple.items()
        ),
        *limits,
        len(candidates),
    )


def _limits(cells: _Cells, most: int | None) -> tuple[int, int]:
    """Return the fewest and the most lots: as asked for, else as on record, as far as there is enough to divide."""
    data, filled = procurement(), int((cells.energy > 0).sum())
    fewest = min(int(data.parameter("lots_low")), filled)
    if most is not None:
        return min(fewest, most), most
    return fewest, max(int(data.parameter("lots_high")), fewest)


def _cheapest(
    candidates: list[BoolArray], prices: FloatArray, cells: _Cells, limits: tuple[int, int], options: SolverOptions
) -> tuple[Proof, list[BoolArray]]:
    """Return the cheapest partition with a number of lots within limits, and its proof; no lots if none was found."""
    answer = solve_arrays(_partition(candidates, prices, cells, limits), options)
    if not answer.proof.has_answer:
        return answer.proof, []
    return answer.proof, [mask for mask, yes in zip(candidates, answer.values > 0.5, strict=True) if yes]


def cost_bounds(purchase: Purchase) -> tuple[float, float, float]:
    """Return lowest and highest cost of a bidder for all facilities in one lot, and the last resort [JPY/year]."""
    cells = _Cells(purchase)
    whole = cells.mask((0, len(cells.wards)), (0, len(cells.classes)))
    lowest, highest, last = (float(one[0]) for one in cells.bounds([whole]))
    return lowest, highest, last


def _runs(length: int) -> list[tuple[int, int]]:
    """Return every run of neighbours as first and one beyond the last."""
    return [(first, last) for first in range(length) for last in range(first + 1, length + 1)]


def _unique(masks: list[BoolArray]) -> list[BoolArray]:
    """Return masks once each, in order."""
    return list({mask.tobytes(): mask for mask in masks}.values())


class _Cells:
    """Facilities by ward and class, with all that the price model asks for."""

    def __init__(self, purchase: Purchase) -> None:
        kind = np.array([row.facility_class for row in purchase.facilities])
        energy = purchase.kwh.sum(axis=1)
        power = purchase.contract_kw
        factor = {
            name: float(load_factor(energy[kind == name].sum(keepdims=True), power[kind == name].sum()))
            for name in FACILITY_CLASSES
            if (kind == name).any()
        }
        self.wards = purchase.wards
        self.classes = tuple(sorted(factor, key=lambda name: (factor[name], name)))
        self._ward = np.array([self.wards.index(code) for code in purchase.ward])
        self._class = np.array([self.classes.index(name) for name in kind])
        self._cell = self._ward * len(self.classes) + self._class
        cells = len(self.wards) * len(self.classes)
        bills = reference_bills(purchase).sum(axis=1)
        self.energy, self.power, self.bill = (
            np.bincount(self._cell, values, cells).astype(np.float64) for values in (energy, power, bills)
        )
        market = purchase.rules.market
        self._base = 12.0 * procurement().number("market", "base_charge", market) * 0.85
        self._multiple = purchase.rules.last_resort_multiple
        loads = class_loads(purchase, purchase.rules.fiscal_year)
        self._shape = np.array([loads[name] / loads[name].sum() for name in self.classes])
        self._spread = self._shape.max(axis=1)

    def mask(self, block: tuple[int, int], span: tuple[int, int]) -> BoolArray:
        """Return the cells with facilities of neighbouring wards and classes."""
        chosen = np.zeros((len(self.wards), len(self.classes)), dtype=np.bool_)
        chosen[block[0] : block[1], span[0] : span[1]] = True
        return np.asarray(chosen.ravel() & (self.energy > 0), dtype=np.bool_)

    def expected(self, masks: list[BoolArray]) -> float:
        """Return the expected price of lots together under their reserve prices [JPY]."""
        return sum(self.lot(mask).expectation.price for mask in masks)

    def simple(self, most: int) -> dict[Text, list[BoolArray]]:
        """Return the partitions anybody would think of first, and blocks of neighbouring wards, at most so many."""
        wards, classes = len(self.wards), len(self.classes)
        blocks = np.array_split(np.arange(wards), min(most, wards))
        grouped = [self.mask((int(one[0]), int(one[-1]) + 1), (0, classes)) for one in blocks]
        return {
            **({_BLOCKS: grouped} if most < wards else {}),
            _ONE: [self.mask((0, wards), (0, classes))],
            _WARDS: [self.mask((ward, ward + 1), (0, classes)) for ward in range(wards)],
            _CLASSES: [self.mask((0, wards), (one, one + 1)) for one in range(classes)],
        }

    def coincidence(self, masks: list[BoolArray]) -> FloatArray:
        """Return the pooled peak of lots over the sum of the peaks of their classes [1]."""
        by_class = np.array([(self.energy * mask).reshape(len(self.wards), -1).sum(axis=0) for mask in masks])
        found = np.empty(len(masks))
        for first in range(0, len(masks), _CHUNK):
            part = by_class[first : first + _CHUNK]
            found[first : first + _CHUNK] = (part @ self._shape).max(axis=1) / (part @ self._spread)
        return found

    def bounds(self, masks: list[BoolArray]) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return lowest and highest cost of bidders, and the last resort [JPY], by lot.

        Contract power that never peaks together needs no capacity: its base charge is saved by whoever pools it.
        """
        table = np.array(masks, dtype=np.float64)
        bills, power = table @ self.bill, table @ self.power
        pooled = bills - self._base * power * (1.0 - self.coincidence(masks))
        reduction = procurement().parameter("reduction_high")
        return pooled * (1.0 - reduction), bills, bills * self._multiple

    def prices(self, masks: list[BoolArray]) -> FloatArray:
        """Return the expected price of lots [JPY]: the second-lowest cost, or the highest with a single bidder."""
        table = np.array(masks, dtype=np.float64)
        lowest, highest, _ = self.bounds(masks)
        bidders = expected_bidders(table @ self.power, table @ self.energy, float(self.power.sum()))
        return np.where(bidders >= 2, second_lowest(lowest, highest, bidders), highest)

    def lot(self, mask: BoolArray) -> Lot:
        """Return a lot with its reserve price."""
        lowest, highest, last = (float(one[0]) for one in self.bounds([mask]))
        power, energy = float(self.power[mask].sum()), float(self.energy[mask].sum())
        bidders = int(expected_bidders(np.array([power]), np.array([energy]), float(self.power.sum()))[0])
        cells = np.flatnonzero(mask)
        wards = dict.fromkeys(self.wards[cell // len(self.classes)] for cell in cells.tolist())
        classes = dict.fromkeys(self.classes[cell % len(self.classes)] for cell in cells.tolist())
        return Lot(
            tuple(wards), tuple(classes), np.flatnonzero(np.isin(self._cell, cells)), energy, power,
            power * float(self.coincidence([mask])[0]), bidders, with_reserve(lowest, highest, bidders, last),
            float(self.bill[mask].sum()),
        )  # fmt: skip


def _partition(candidates: list[BoolArray], prices: FloatArray, cells: _Cells, limits: tuple[int, int]) -> ArrayModel:
    """Return the model that puts every cell into one lot, with the number of lots within limits."""
    filled = np.flatnonzero(cells.energy > 0)
    table = np.array(candidates, dtype=np.float64)[:, filled].T
    rows, columns = np.nonzero(table)
    count = len(candidates)
    rows = np.concatenate((rows, np.full(count, len(filled))))
    columns = np.concatenate((columns, np.arange(count)))
    matrix = csc_array(coo_array((np.ones(len(rows)), (rows, columns)), shape=(len(filled) + 1, count)))
    lower, upper = (np.append(np.ones(len(filled)), float(limit)) for limit in limits)
    return ArrayModel(prices, np.zeros(count), np.ones(count), np.ones(count, dtype=np.bool_), matrix, lower, upper)
