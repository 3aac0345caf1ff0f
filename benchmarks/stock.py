"""The same stock-driven case in this model, in flodym and in plain labelled xarray, side by side on one core.

60 building types x 62 regions x 51 years, one Weibull curve a type, construction at mid-year, every cohort kept: from
the stock each year shall have, find the inflow, the outflow and what stands of each vintage in each year.

    python benchmarks/stock.py [rounds]

`all` goes from the Weibull parameters to the cohorts; `stock only` starts from the finished survival table. flodym also
keeps the outflow of every cohort, which it always computes; ours and xarray keep its sum.

Exit code 1 if the inflows differ by more than 1e-9 relative. Needs the extra `benchmark`.
"""

# ruff: noqa: E402 - threads are set before numpy is imported, and the checkout beside this file is what is measured
from __future__ import annotations

import os

for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_threads] = "1"

import statistics
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import flodym
import numpy as np
import scipy.stats
import xarray as xr

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from model.stock import stock_driven
from model.survival import Survival, survival_table

TYPES, REGIONS = 60, 62
YEARS = np.arange(2000, 2051)
LARGEST_DIFFERENCE = 1e-9
GOAL = 20.0


class Case(NamedTuple):
    demand: np.ndarray  # [year, type, region] m²
    shape: np.ndarray  # [type]
    scale: np.ndarray  # [type] years


Found = tuple[np.ndarray, np.ndarray, list[np.ndarray]]  # inflow, outflow, cohorts


class Outcome(NamedTuple):
    seconds: list[float]  # the whole, survival table included
    stock_seconds: list[float]  # the stock alone, survival table given
    inflow: np.ndarray
    outflow: np.ndarray
    cohorts: list[np.ndarray]  # of each year, [vintage up to the year, type, region]


def make_case() -> Case:
    random = np.random.default_rng(2050)
    start = random.uniform(1e5, 1e7, (TYPES, REGIONS))
    growth = random.uniform(0.0, 0.02, (TYPES, REGIONS))
    demand = start * (1.0 + growth) ** (YEARS - YEARS[0])[:, None, None]
    return Case(demand, random.uniform(1.8, 3.0, TYPES), random.uniform(35.0, 75.0, TYPES))


def ours(case: Case) -> tuple[Callable[[], object], Callable[[object], Found]]:
    curves = [Survival.weibull(*parameters) for parameters in zip(case.shape, case.scale, strict=True)]

    def table() -> object:
        return survival_table(curves, YEARS, YEARS)

    def stock(given: object) -> Found:
        result = stock_driven(case.demand, given)  # type: ignore[arg-type]
        return result.inflow, result.outflow, result.cohorts

    return table, stock


def with_flodym(case: Case) -> tuple[Callable[[], object], Callable[[object], Found]]:
    dims = flodym.DimensionSet(
        dim_list=[
            flodym.Dimension(name="time", letter="t", items=YEARS.tolist(), dtype=int),
            flodym.Dimension(name="type", letter="b", items=[f"type {i}" for i in range(TYPES)], dtype=str),
            flodym.Dimension(name="region", letter="r", items=[f"region {i}" for i in range(REGIONS)], dtype=str),
        ]
    )
    demand = flodym.StockArray(dims=dims, values=case.demand.copy(), name="stock")

    def table() -> object:
        model = flodym.WeibullLifetime(
            dims=dims,
            weibull_shape=np.broadcast_to(case.shape[:, None], dims.shape).copy(),
            weibull_scale=np.broadcast_to(case.scale[:, None], dims.shape).copy(),
        )
        _ = model.sf, model.pdf
        return model

    def stock(given: object) -> Found:
        model = flodym.StockDrivenDSM(dims=dims, stock=demand, lifetime_model=given, name="buildings")
        model.compute()
        return model.inflow.values, model.outflow.values, list(model.get_stock_by_cohort())

    return table, stock


def with_xarray(case: Case) -> tuple[Callable[[], object], Callable[[object], Found]]:
    kind, region = np.arange(TYPES), np.arange(REGIONS)
    demand = xr.DataArray(case.demand, dims=("year", "type", "region"), coords=[YEARS, kind, region])
    age = xr.DataArray(YEARS[:, None] - YEARS + 0.5, dims=("year", "vintage"), coords=[YEARS, YEARS])
    shape = xr.DataArray(case.shape, dims="type", coords=[kind])
    scale = xr.DataArray(case.scale, dims="type", coords=[kind])

    def table() -> object:
        standing = xr.apply_ufunc(scipy.stats.weibull_min.sf, age.clip(min=0.0), shape, 0.0, scale)
        return standing.where(age > 0, 0.0).transpose("year", "vintage", "type")

    def stock(given: object) -> Found:
        share: xr.DataArray = given  # type: ignore[assignment]
        inflow, outflow = xr.zeros_like(demand), xr.zeros_like(demand)
        cohorts = xr.zeros_like(demand.expand_dims(vintage=YEARS, axis=1))
        for year in YEARS:
            before = {"vintage": slice(None, year - 1)}
            built = inflow.rename(year="vintage").sel(before)
            cohorts.loc[{"year": year, **before}] = built * share.sel(year=year).sel(before)
            survivors = cohorts.sel(year=year).sel(before).sum("vintage")
            first_half_year = share.sel(year=year, vintage=year)
            inflow.loc[{"year": year}] = (demand.sel(year=year) - survivors) / first_half_year
            cohorts.loc[{"year": year, "vintage": year}] = inflow.sel(year=year) * first_half_year
        outflow = inflow - demand.diff("year").reindex(year=YEARS).fillna(demand)
        return inflow.values, outflow.values, list(cohorts.values)

    return table, stock


def measure(case: Case, rounds: int) -> dict[str, Outcome]:
    """Run the three in turn, round after round, so that a busy moment of the machine meets all of them."""
    outcomes: dict[str, Outcome] = {}
    for _ in range(rounds):
        for name, make in {"ours": ours, "flodym": with_flodym, "xarray": with_xarray}.items():
            table, stock = make(case)
            start = time.perf_counter()
            given = table()
            between = time.perf_counter()
            found = stock(given)
            end = time.perf_counter()
            seconds, stock_seconds = outcomes[name][:2] if name in outcomes else ([], [])
            outcomes[name] = Outcome([*seconds, end - start], [*stock_seconds, end - between], *found)
    return outcomes


def write_seconds(rounds: int) -> float:
    """Time to write the cohorts once: no program that keeps them can be faster."""
    numbers = TYPES * REGIONS * len(YEARS) * (len(YEARS) + 1) // 2
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        np.empty(numbers).fill(1.0)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def largest_difference(found: np.ndarray, reference: np.ndarray) -> float:
    """Largest difference relative to the reference; cells that are zero in both agree."""
    scale = np.maximum(np.abs(reference), np.finfo(float).tiny)
    return float(np.max(np.abs(found - reference) / scale))


def median_ratio(theirs: list[float], mine: list[float]) -> float:
    return statistics.median(theirs[i] / mine[i] for i in range(len(mine)))


def main() -> int:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    outcomes = measure(make_case(), rounds)
    mine = outcomes["ours"]
    print(f"{TYPES} types x {REGIONS} regions x {len(YEARS)} years, one core, medians of {rounds} rounds")
    print(", ".join(f"{name} {version(name)}" for name in ("flodym", "numpy", "xarray")))
    print(
        f"{'':8}{'all [s]':>10}{'times ours':>12}{'stock only [s]':>16}{'times ours':>12}{'inflow, max rel. diff.':>25}"
    )
    agrees = True
    for name, outcome in outcomes.items():
        difference = largest_difference(outcome.inflow, mine.inflow)
        agrees &= difference <= LARGEST_DIFFERENCE
        print(
            f"{name:8}{statistics.median(outcome.seconds):10.4f}{median_ratio(outcome.seconds, mine.seconds):12.1f}"
            f"{statistics.median(outcome.stock_seconds):16.4f}"
            f"{median_ratio(outcome.stock_seconds, mine.stock_seconds):12.1f}{difference:25.1e}"
        )
    peer = outcomes["flodym"]
    pairs = zip(peer.cohorts, mine.cohorts, strict=True)
    cohorts = max(largest_difference(theirs[: len(standing)], standing) for theirs, standing in pairs)
    print(f"flodym against ours: cohorts {cohorts:.1e}, outflow {largest_difference(peer.outflow, mine.outflow):.1e}")
    print(f"writing our cohorts once, the floor: {write_seconds(rounds):.4f} s")
    ratio = median_ratio(peer.seconds, mine.seconds)
    print(f"goal {GOAL:.0f} times flodym: {'reached' if ratio >= GOAL else 'MISSED'} with {ratio:.0f}")
    if not agrees:
        print(f"the inflows differ by more than {LARGEST_DIFFERENCE}", file=sys.stderr)
    return 0 if agrees else 1


if __name__ == "__main__":
    sys.exit(main())
