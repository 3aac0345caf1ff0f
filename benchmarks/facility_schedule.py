"""Schedules: facilities apart against one model, cumulative against start-year binaries, warm against fresh.

    python benchmarks/facility_schedule.py [portfolio] [prices] [population]

Without arguments the first two run. Ratios are what counts; seconds hang on the machine and on who else uses it.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path
from time import perf_counter

import numpy as np
import pyomo.environ as pyo

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from model.inputs import read_data
from model.optimise.facility_schedule_answer import Schedule, solve_schedule
from model.optimise.facility_schedule_decomposition import Decomposition
from model.optimise.facility_schedule_inputs import Settings, checked, problem
from model.optimise.facility_schedule_model import whole_model
from model.optimise.facility_schedule_population import population
from model.optimise.facility_schedule_problem import Problem
from model.optimise.facility_schedule_studies import at_price
from model.optimise.solver import PyomoSolver, SolverOptions

SECONDS = 60.0


def portfolio(facilities: int, seed: int = 1) -> Problem:
    data, wishes = read_data(), Settings(first_year=2025, last_year=2049)
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


def compare_prices(facilities: int = 50, paths: int = 20) -> None:
    given = portfolio(facilities)
    cases = [at_price(given, price, 0.0, 2029) for price in np.linspace(1000, 10000, paths)]
    work = Decomposition(cases[0])
    work.solve(0.001, SECONDS)
    begun = perf_counter()
    for case in cases:
        work = work.under(case)
        work.solve(0.001, SECONDS)
    warm = (perf_counter() - begun) / paths
    sample = cases[:: paths // 4]
    begun = perf_counter()
    for case in sample:
        Decomposition(case).solve(0.001, SECONDS)
    fresh = (perf_counter() - begun) / len(sample)
    begun = perf_counter()
    whole_model(cases[-1])
    built = perf_counter() - begun
    print(f"{paths} price paths: {warm:.2f} s each, warm; facilities apart from nothing {fresh:.2f} s each "
          f"({fresh / warm:.1f} times); building one model alone {built:.1f} s ({built / warm:.1f} times)")  # fmt: skip


def whole_population() -> None:
    given = portfolio(1226)
    begun = perf_counter()
    told("1,226 facilities", solve_schedule(given, 0.01, 600))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{perf_counter() - begun:.0f} s in all, {peak:.1f} GiB")


PARTS = {"portfolio": compare_formulations, "prices": compare_prices, "population": whole_population}

if __name__ == "__main__":
    for name in sys.argv[1:] or ("portfolio", "prices"):
        PARTS[name]()
