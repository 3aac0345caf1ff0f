"""Winner determination of a made-up auction: ours, a plain HiGHS model, a greedy award, enumeration lot by lot.

    python benchmarks/joint_purchase.py --packages 1000 --seconds 30 --gap 1e-4

Each prints its award, how far it lies above the best bound found by anyone, and its seconds; the plain model gets the
time that ours was allowed, times `--patience`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np
from scipy.sparse import coo_array, csc_array

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from model.optimise.joint_purchase.auction import Auction, price_of
from model.optimise.joint_purchase.build import build
from model.optimise.joint_purchase.clear import clear
from model.optimise.joint_purchase.forms import write_tables
from model.optimise.joint_purchase.inputs import read_purchase
from model.optimise.joint_purchase.synthetic import synthetic
from model.optimise.solver import ArrayModel, SolverOptions, solve_arrays


def plain_model(auction: Auction) -> ArrayModel:
    """One binary for each offer and each package, one row for each facility and each capacity; nothing else."""
    many = len(auction.facilities)
    facility, supplier = np.nonzero(np.isfinite(auction.prices))
    rows, columns, values = [facility], [np.arange(len(facility))], [np.ones(len(facility))]
    rows.append(many + supplier)
    columns.append(np.arange(len(facility)))
    values.append(auction.power[facility])
    for position, package in enumerate(auction.packages):
        rows += [package.facilities, np.array([many + package.supplier])]
        columns.append(np.full(len(package.facilities) + 1, len(facility) + position))
        values += [np.ones(len(package.facilities)), auction.power[package.facilities].sum(keepdims=True)]
    total = len(facility) + len(auction.packages)
    shape = (many + len(auction.suppliers), total)
    matrix = csc_array(
        coo_array((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=shape)
    )
    costs = np.concatenate((auction.prices[facility, supplier], [package.price for package in auction.packages]))
    lower = np.concatenate((np.ones(many), np.full(len(auction.suppliers), -np.inf)))
    upper = np.concatenate((np.ones(many), auction.power_limit))
    return ArrayModel(costs, np.zeros(total), np.ones(total), np.ones(total, dtype=bool), matrix, lower, upper)


def greedy(auction: Auction) -> float:
    """Take packages by what they save on the cheapest single offers, then facilities by size, while capacity lasts."""
    left = auction.power_limit.copy()
    free = np.ones(len(auction.facilities), dtype=bool)
    cheapest = auction.prices.min(axis=1)
    total = 0.0
    for package in sorted(auction.packages, key=lambda one: one.price - cheapest[one.facilities].sum()):
        power = auction.power[package.facilities].sum()
        saves = package.price < cheapest[package.facilities].sum()
        if saves and free[package.facilities].all() and power <= left[package.supplier]:
            free[package.facilities] = False
            left[package.supplier] -= power
            total += package.price
    for facility in sorted(np.flatnonzero(free).tolist(), key=lambda one: -auction.power[one]):
        able = np.where(left >= auction.power[facility], auction.prices[facility], np.inf)
        left[able.argmin()] -= auction.power[facility]
        total += float(able.min())
    return total


def lot_by_lot(auction: Auction, lots: list[np.ndarray]) -> float:
    """Try every supplier for every lot of ward and class, largest lots first; lots nobody can serve fall apart."""
    left = auction.power_limit.copy()
    total = 0.0
    for lot in sorted(lots, key=lambda one: -auction.power[one].sum()):
        power = auction.power[lot].sum()
        price = np.where(left >= power, auction.prices[lot].sum(axis=0), np.inf)
        left[price.argmin()] -= power
        total += float(price.min())
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages", type=int, default=1000)
    parser.add_argument("--suppliers", type=int, default=30)
    parser.add_argument("--facilities", type=int, default=100, help="of each of 23 wards")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--gap", type=float, default=1e-4)
    parser.add_argument("--patience", type=float, default=1.0, help="0 leaves the plain model out")
    parser.add_argument("--seeds", type=int, default=1)
    asked = parser.parse_args()
    for seed in range(asked.seeds):
        tables = synthetic(23, asked.facilities, asked.suppliers, asked.packages, seed).tables
        with tempfile.TemporaryDirectory() as folder:
            purchase, _ = read_purchase(write_tables(tables, Path(folder), "en"))
        auction = build(purchase).auction
        begun = perf_counter()
        ours = clear(auction, SolverOptions(seconds=asked.seconds, relative_gap=asked.gap))
        seconds = perf_counter() - begun
        assert ours.award is not None
        bound = ours.proof.bound
        shown = [("ours", price_of(auction, ours.award), seconds)]
        if asked.patience > 0:
            begun = perf_counter()
            plain = solve_arrays(
                plain_model(auction), SolverOptions(seconds=asked.seconds * asked.patience, relative_gap=asked.gap)
            )
            shown.append(
                (f"plain HiGHS (own gap {plain.proof.gap:.1e})", plain.proof.objective, perf_counter() - begun)
            )
            bound = max(bound, plain.proof.bound)
        begun = perf_counter()
        shown.append(("greedy", greedy(auction), perf_counter() - begun))
        kind = [f"{row.ward} {row.facility_class}" for row in purchase.facilities]
        lots = [np.flatnonzero(np.array(kind) == name) for name in sorted(set(kind))]
        begun = perf_counter()
        shown.append(("lot by lot", lot_by_lot(auction, lots), perf_counter() - begun))
        size = f"{len(auction.facilities)} facilities, {len(auction.packages)} packages"
        met = ours.proof.gap <= asked.gap and seconds <= asked.seconds
        goal = f"goal {asked.gap:.0e} in {asked.seconds:.0f} s {'met' if met else 'MISSED'}"
        print(f"seed {seed}: {size}, gap {ours.proof.gap:.1e} in {seconds:.1f} s, {goal}", flush=True)
        saved = shown[-1][1] - shown[0][1]
        for name, price, took in shown:
            part = (shown[-1][1] - price) / saved if saved else float("nan")
            print(
                f"  {name:32} {price:18,.0f}  {price / bound - 1:9.2e} above the bound  {took:7.1f} s "
                f"({took / seconds:7.3f} of ours)  saves {part:6.1%} of what ours saves on lot by lot"
            )


if __name__ == "__main__":
    main()
