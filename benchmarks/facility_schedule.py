"""Schedules: facilities apart against one model, cumulative against start-year binaries, warm against fresh.

    python benchmarks/facility_schedule.py [portfolio] [prices] [budgets] [recognition] [population]

Without arguments the first two run. Ratios are what counts; seconds hang on the machine and on who else uses it.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
import pyomo.environ as pyo

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from model.inputs import read_data
from model.optimise.facility_schedule.answer import solve_schedule
from model.optimise.facility_schedule.decomposition import Decomposition
from model.optimise.facility_schedule.inputs import Settings, checked, problem
from model.optimise.facility_schedule.model import whole_model
from model.optimise.facility_schedule.population import population
from model.optimise.facility_schedule.problem import Problem
from model.optimise.facility_schedule.schedule import Schedule
from model.optimise.facility_schedule.studies import at_price
from model.optimise.pyomo_solver import PyomoSolver
from model.optimise.solver import SolverOptions

SECONDS, GAP = 60.0, 0.005
#: Yearly budgets by seed of a portfolio [billion JPY].
BUDGETS = {1: (2.0, 1.5, 1.2, 1.0, 0.8, 0.3), 2: (0.8, 0.3), 3: (1.0,), 4: (1.0, 0.5), 5: (1.0,)}


def portfolio(facilities: int, seed: int = 1, carbon_half: bool = False) -> Problem:
    data, wishes = read_data(), Settings(first_year=2025, last_year=2049, carbon_half=carbon_half)
    return problem(checked(data, population(data, seed, facilities), [], [], wishes), wishes)


def told(name: str, found: Schedule) -> None:
    proof = found.proof
    print(f"{name}: {proof.seconds:.1f} s, cost {proof.objective / 1e6:,.1f} M JPY, bound {proof.bound / 1e6:,.1f}, "
          f"gap {100 * proof.gap:.2f} %, {found.rounds} rounds")  # fmt: skip


def by_start_year(given: Problem) -> pyo.ConcreteModel:
    """The plain formulation: one binary a start year, what stands is their sum."""
    model = whole_model(given)
    pairs = sorted({(f, w) for f, w, _ in model.there})
    model.there.domain = pyo.UnitInterval
    model.start = pyo.Var(pairs, model.years, domain=pyo.Binary)
    model.stands = pyo.Constraint(
        pairs, model.years, rule=lambda m, f, w, y: m.there[f, w, y] == sum(m.start[f, w, s] for s in range(y + 1))
    )
    return model


def compare_formulations(facilities: int = 50) -> None:
    given = portfolio(facilities)
    print(
        f"{facilities} facilities, {sum(map(len, given.works))} works, {len(given.years)} years, limit {SECONDS:.0f} s"
    )
    told("facilities apart", solve_schedule(given, 0.005, SECONDS))
    options = SolverOptions(seconds=SECONDS, relative_gap=0.005)
    for name, build in (
        ("cumulative binaries, one model", whole_model),
        ("start-year binaries, one model", by_start_year),
    ):
        begun = perf_counter()
        model = build(given)
        built = perf_counter() - begun
        proof = PyomoSolver(model).solve(options)
        known = f"cost {proof.objective / 1e6:,.1f}, bound {proof.bound / 1e6:,.1f}, gap {100 * proof.gap:.2f} %"
        print(f"{name}: built in {built:.1f} s, solved in {proof.seconds:.1f} s, {proof.status}, {known}")


def compare_prices(facilities: int = 50, paths: int = 20, gap: float = 0.005) -> None:
    given = portfolio(facilities)
    cases = [at_price(given, price, 0.0, 2029) for price in np.linspace(1000, 10000, paths)]
    begun = process_time()
    work = Decomposition(cases[0])
    solve_schedule(cases[0], gap, SECONDS, warm=work)
    first = process_time() - begun
    begun = process_time()
    gaps = []
    for case in cases:
        work = work.under(case)
        gaps.append(solve_schedule(case, gap, SECONDS, warm=work).proof.gap)
    warm = (process_time() - begun) / paths
    sample = cases[:: paths // 4]
    begun = process_time()
    for case in sample:
        solve_schedule(case, gap, SECONDS)
    fresh = (process_time() - begun) / len(sample)
    begun = process_time()
    portfolio(facilities)
    read = process_time() - begun
    begun = process_time()
    whole_model(cases[-1])
    built = process_time() - begun
    # Warm: one set of facilities, each price starts from the plans of the price before. From nothing: tables are read,
    # facilities built and the problem solved anew by the same method; four of the prices stand for all.
    print(f"{paths} price paths to {100 * gap:g} % (worst {100 * max(gaps):.2f} %), processor seconds each: "
          f"warm {warm:.2f} (the first {first:.2f}); from nothing {read + fresh:.2f}, of which {read:.2f} reading: "
          f"{(read + fresh) / warm:.1f} times, without reading {fresh / warm:.1f} times; building one model alone "
          f"{built:.2f}: {built / warm:.1f} times")  # fmt: skip


def tight_budgets(facilities: int = 50) -> None:
    for seed, budgets in BUDGETS.items():
        given = portfolio(facilities, seed)
        for budget in budgets:
            limited = given.changed(budget=np.full(len(given.years), budget * 1e9))
            begun = process_time()
            found = solve_schedule(limited, GAP, SECONDS)
            told(f"seed {seed}, {budget:g} billion JPY a year", found)
            goal = "met" if found.proof.gap <= GAP else "missed"
            used = process_time() - begun
            print(f"  goal of {100 * GAP:g} % within {SECONDS:.0f} s {goal}; processor time {used:.1f} s here")


def recognition(facilities: int = 50) -> None:
    for seed in (1, 2):
        for choice in (False, True):
            begun = process_time()
            found = solve_schedule(portfolio(facilities, seed, choice), 0.005, SECONDS)
            chosen = int(found.amounts.recognised.any(axis=1).sum())
            told(f"seed {seed}, carbon half {'a choice' if choice else 'none'}, {chosen} facilities recognised", found)
            print(f"  processor time {process_time() - begun:.1f} s")


def whole_population() -> None:
    given = portfolio(1226)
    for budget in (np.inf, 25.0, 8.0):
        limited = given.changed(budget=np.full(len(given.years), budget * 1e9))
        begun = perf_counter()
        told(f"1,226 facilities, {budget:g} billion JPY a year", solve_schedule(limited, 0.01, 600))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"  {perf_counter() - begun:.0f} s in all, {peak:.1f} GiB so far")


PARTS = {
    "portfolio": compare_formulations,
    "prices": compare_prices,
    "budgets": tight_budgets,
    "recognition": recognition,
    "population": whole_population,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or ("portfolio", "prices"):
        PARTS[name]()
