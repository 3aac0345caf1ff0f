"""Pyomo models in HiGHS with the options, the statuses and the proof that all optimisers share."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from model.optimise.solver import Proof, SolverError, SolverOptions, Status, prove

if TYPE_CHECKING:
    from pyomo.core.base.PyomoModel import ConcreteModel


class PyomoSolver:
    """Solves one Pyomo model again and again: changed parameters go to the solver, which is never built anew.

    Change mutable parameters, bounds, constraints or the objective of the model between two calls of `solve`.
    """

    def __init__(self, model: ConcreteModel) -> None:
        from pyomo.contrib.solver.solvers.highs import Highs as PersistentHighs

        self.model = model
        self._solver = PersistentHighs()
        self._loader: Any = None

    def solve(self, options: SolverOptions) -> Proof:
        """Solve the model as it stands and load the values of its variables if there is an answer.

        Raises:
            SolverError: HiGHS failed.
        """
        from pyomo.environ import Objective, maximize

        begun = perf_counter()
        objective = next(self.model.component_data_objects(Objective, active=True))
        result = self._solver.solve(
            self.model,
            load_solutions=False,
            raise_exception_on_nonoptimal_result=False,
            time_limit=options.time_limit,
            rel_gap=options.relative_gap,
            abs_gap=options.absolute_gap,
            threads=options.threads,
            solver_options={"random_seed": options.seed, **options.further},
        )
        self._loader = result.solution_loader
        status = _pyomo_status(result)
        if status in ("optimal", "feasible"):
            self._loader.load_vars()
        value = result.incumbent_objective if result.incumbent_objective is not None else np.nan
        bound = result.objective_bound if result.objective_bound is not None else np.nan
        seconds = perf_counter() - begun
        return prove(status, value, bound, seconds, options, bool(objective.sense == maximize))

    def prices(self) -> dict[Any, float]:
        """Return the dual value of every constraint after a linear model was solved to the end."""
        return dict(self._loader.get_duals())

    def reduced_costs(self) -> dict[Any, float]:
        """Return the reduced cost of every variable after a linear model was solved to the end."""
        return dict(self._loader.get_reduced_costs())


def _pyomo_status(result: Any) -> Status:
    """Return our word for what Pyomo's interface reports."""
    from pyomo.contrib.solver.common.results import SolutionStatus, TerminationCondition

    settled: dict[Any, Status] = {
        TerminationCondition.convergenceCriteriaSatisfied: "optimal",
        TerminationCondition.emptyModel: "optimal",
        TerminationCondition.provenInfeasible: "infeasible",
        TerminationCondition.unbounded: "unbounded",
    }
    if result.termination_condition in settled:
        return settled[result.termination_condition]
    if result.termination_condition == TerminationCondition.error:
        raise SolverError(f"HiGHS ended with {result.termination_condition}")
    if result.termination_condition == TerminationCondition.interrupted:
        raise KeyboardInterrupt
    usable = result.solution_status in (SolutionStatus.feasible, SolutionStatus.optimal)
    return "feasible" if usable else "no_solution"
