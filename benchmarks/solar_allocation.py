"""Panel allocation beside the straightforward ways to solve it, each case in a process of its own on one core.

    python benchmarks/solar_allocation.py                      all cases, plain routes stopped after 120 s
    python benchmarks/solar_allocation.py --limit 30 --cases 500 100000

Ours: prices, whole modules and exact finish under both rate schemes, from the facts of the houses to the plan. The
plain routes get the arrays of one scheme and solve it as it stands: Pyomo with HiGHS, HiGHS through its own arrays, and
OR-Tools with SCIP (its model builder). "CPU s" is the whole process with imports and making up the
houses. "gap" is always proven: (objective − bound) ÷ objective.
"costs" says whether houses cost the same by size (the rule data) or differ (as in lists with quotations).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from time import perf_counter, process_time

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

ROUTES = ("ours", "pyomo", "highspy", "ortools")
GAPS = {500: 1e-6, 10_000: 1e-5, 100_000: 1e-5, 1_000_000: 1e-6}


def case(houses: int, seed: int, costs: str):
    """Return facts, wishes, economics and rules of a made-up case."""
    import numpy as np

    from model.optimise.solar_allocation_answer import Setting
    from model.optimise.solar_allocation_generator import generate
    from model.optimise.solar_allocation_houses import houses_of, in_scope, split_by_supplier
    from model.optimise.solar_allocation_model import Wishes

    setting = Setting.read("adopted_2025")
    columns = generate(houses, seed, setting.assumed)
    if costs == "differ":
        random = np.random.default_rng(seed)
        columns.cells["cost_jpy_per_kw"][:] = random.integers(160_000, 240_000, houses)
        columns.cells["cost_fixed_jpy"][:] = random.integers(120_000, 280_000, houses)
    portfolio = split_by_supplier(columns)[0]
    facts = houses_of(portfolio.part(in_scope(portfolio, setting.rules)), setting.rules, setting.assumed)
    return facts, Wishes(), setting


def ours(houses: int, seed: int, costs: str, limit: float) -> dict[str, float | str]:
    from model.optimise.solar_allocation import allocate

    facts, wishes, setting = case(houses, seed, costs)
    begun = perf_counter()
    plan = allocate(facts, wishes, setting.economics, setting.rules, GAPS.get(houses, 1e-5), limit, seed)
    return {"seconds": perf_counter() - begun, "objective": plan.proof.objective, "gap": plan.proof.gap}


def plain(route: str, houses: int, seed: int, costs: str, limit: float) -> dict[str, float | str]:
    from model.optimise.solar_allocation_model import build

    facts, wishes, setting = case(houses, seed, costs)
    problem = build(facts, wishes, setting.economics, setting.rules, ("by_zone",))[0].problem
    begun = perf_counter()
    objective, bound = {"pyomo": by_pyomo, "highspy": by_highspy, "ortools": by_ortools}[route](
        problem, GAPS.get(houses, 1e-5), limit
    )
    seconds = perf_counter() - begun
    return {"seconds": seconds, "objective": objective, "gap": abs(objective - bound) / max(abs(objective), 1e-9)}


def by_pyomo(problem, gap, limit):
    from model.optimise.solar_allocation_pyomo import pyomo_model
    from model.optimise.solver import PyomoSolver, SolverOptions

    proof = PyomoSolver(pyomo_model(problem)).solve(SolverOptions(limit, gap))
    return proof.objective, proof.bound


def whole(problem):
    """Return the whole model as arrays."""
    import numpy as np
    from scipy.sparse import coo_array

    from model.optimise.solar_allocation_problem import coefficients
    from model.optimise.solver import ArrayModel

    slots, houses = np.nonzero(np.isfinite(problem.cost))
    brings = coefficients(problem, houses, slots)
    row, column = np.nonzero(brings)
    rows, count = brings.shape
    matrix = coo_array(
        (
            np.concatenate((brings[row, column], np.ones(count))),
            (np.concatenate((row, rows + houses)), np.concatenate((column, np.arange(count)))),
        ),
        shape=(rows + problem.houses, count),
    ).tocsc()
    one = np.ones(problem.houses)
    return ArrayModel(
        problem.cost[slots, houses], np.zeros(count), np.ones(count), np.ones(count, dtype=bool), matrix,
        np.concatenate((problem.at_least, one)), np.concatenate((np.full(rows, np.inf), one)),
    )  # fmt: skip


def by_highspy(problem, gap, limit):
    from model.optimise.solver import SolverOptions, solve_arrays

    proof = solve_arrays(whole(problem), SolverOptions(limit, gap)).proof
    return proof.objective, proof.bound


def by_ortools(problem, gap, limit):
    import numpy as np
    from ortools.linear_solver.python import model_builder

    arrays = whole(problem)
    model = model_builder.Model()
    variables = model.new_bool_var_series("x", __import__("pandas").RangeIndex(arrays.costs.size))
    by_row = arrays.matrix.tocsr()
    taken = variables.to_numpy()
    for row in range(by_row.shape[0]):
        place = slice(by_row.indptr[row], by_row.indptr[row + 1])
        total = model_builder.LinearExpr.weighted_sum(taken[by_row.indices[place]], by_row.data[place])
        if arrays.row_lower[row] == arrays.row_upper[row]:
            model.add(total == arrays.row_lower[row])
        else:
            model.add(total >= arrays.row_lower[row])
    model.minimize(model_builder.LinearExpr.weighted_sum(taken, arrays.costs))
    solver = model_builder.Solver("scip")
    solver.set_time_limit_in_seconds(limit)
    solver.set_solver_specific_parameters(f"limits/gap = {gap}")
    status = solver.solve(model)
    if status not in (model_builder.SolveStatus.OPTIMAL, model_builder.SolveStatus.FEASIBLE):
        return np.nan, np.nan
    return solver.objective_value, solver.best_objective_bound


def one_run(route: str, houses: int, seed: int, costs: str, limit: float) -> dict[str, float | str]:
    """Run one case in this process and say how it went."""
    found = ours(houses, seed, costs, limit) if route == "ours" else plain(route, houses, seed, costs, limit)
    found["cpu"] = process_time()
    found["gibibytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    return found


def run(route: str, houses: int, seed: int, costs: str, limit: float) -> dict[str, float | str] | None:
    """Run one case in a process of its own, held to one core; None if it did not come back in time."""
    command = [sys.executable, __file__, "--one", route, str(houses), str(seed), costs, str(limit)]
    single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=4 * limit + 60, env={**os.environ, **single}, check=False
        )
    except subprocess.TimeoutExpired:
        return None
    lines = done.stdout.strip().splitlines()
    return json.loads(lines[-1]) if done.returncode == 0 and lines else None


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--cases", type=int, nargs="+", default=[500, 10_000, 100_000, 1_000_000])
    options.add_argument("--routes", nargs="+", choices=ROUTES, default=list(ROUTES))
    options.add_argument("--costs", nargs="+", choices=("same", "differ"), default=["same", "differ"])
    options.add_argument("--limit", type=float, default=120.0, help="time limit of a plain route [s]")
    options.add_argument("--largest-plain", type=int, default=100_000, help="largest case for the plain routes")
    options.add_argument("--seeds", type=int, nargs="+", default=[0])
    options.add_argument("--one", nargs=5, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.one:
        route, houses, seed, costs, limit = given.one
        print(json.dumps(one_run(route, int(houses), int(seed), costs, float(limit))))
        return
    head = f"{'houses':>9} {'costs':>7} {'seed':>4} {'route':>8}"
    print(f"{head} {'seconds':>9} {'CPU s':>7} {'gap':>9} {'GiB':>6} {'against ours':>13}")
    for houses in given.cases:
        for costs in given.costs:
            for seed in given.seeds:
                base = None
                for route in given.routes:
                    if route != "ours" and houses > given.largest_plain:
                        continue
                    found = run(route, houses, seed, costs, given.limit)
                    head = f"{houses:>9,} {costs:>7} {seed:>4} {route:>8}"
                    if found is None:
                        print(f"{head} {'did not come back':>26}")
                        continue
                    base = found["seconds"] if route == "ours" else base
                    ratio = f"× {found['seconds'] / base:,.0f}" if base and route != "ours" else ""
                    figures = (
                        f"{found['seconds']:>9.2f} {found['cpu']:>7.1f} {found['gap']:>9.1e} {found['gibibytes']:>6.2f}"
                    )
                    print(f"{head} {figures} {ratio:>13}", flush=True)


if __name__ == "__main__":
    main()
