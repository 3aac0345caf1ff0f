"""One door to HiGHS for every optimiser: the same options, the same statuses, and a proof with every answer.

A model comes either as plain arrays (where building is the bottleneck) or as Pyomo (for people to read and change; see
`pyomo_solver`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from math import inf, isfinite
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from highspy import Highs
    from scipy.sparse import csc_array

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

#: "optimal": within the gap asked for; "feasible": stopped before; "no_solution": stopped with nothing in hand.
Status = Literal["optimal", "feasible", "infeasible", "unbounded", "no_solution"]

#: Objectives below this are taken as nothing when a gap is put in relation to them [unit of the objective].
_SMALLEST_OBJECTIVE = 1e-9


class SolverError(RuntimeError):
    """The solver broke down on a model that should be solvable; a fault of this program, never of the user."""


@dataclass(frozen=True)
class SolverOptions:
    """What is asked of the solver; with one thread and a fixed seed the same model gives the same answer.

    Args:
        seconds: time limit [s].
        relative_gap: gap at which an answer counts as optimal [1].
        absolute_gap: the same in the unit of the objective.
        seed: seed of the solver's own random choices.
        threads: number of threads.
        further: options of HiGHS by its own names.
    """

    seconds: float = 60.0
    relative_gap: float = 1e-4
    absolute_gap: float = 1e-6
    seed: int = 0
    threads: int = 1
    further: Mapping[str, bool | int | float | str] = field(default_factory=dict)

    @property
    def time_limit(self) -> float:
        """Time that is left [s]: none where it is over already, which HiGHS would refuse and then know no limit."""
        return max(self.seconds, 0.0)

    def named(self) -> dict[str, bool | int | float | str]:
        """Return the options by the names that HiGHS uses."""
        return {
            "time_limit": self.time_limit,
            "mip_rel_gap": self.relative_gap,
            "mip_abs_gap": self.absolute_gap,
            "random_seed": self.seed,
            "threads": self.threads,
            **self.further,
        }


@dataclass(frozen=True)
class Proof:
    """How good an answer is known to be.

    Args:
        status: what is known.
        objective: value of the answer [unit of the model's objective]; NaN where there is none.
        bound: no answer can be better than this; infinite on the open side where nothing is known.
        gap: relative distance of the two [1]; infinite where either is missing.
        seconds: wall time [s].
        options: options of the solver.
        seed: seed of every random choice.
        solver: name and version.
    """

    status: Status
    objective: float
    bound: float
    gap: float
    seconds: float
    options: Mapping[str, bool | int | float | str]
    seed: int
    solver: str

    @property
    def has_answer(self) -> bool:
        """Whether there is an answer, proven best or not."""
        return self.status in ("optimal", "feasible")

    def facts(self) -> dict[str, str | int | float]:
        """Return the proof as plain attributes of a Dataset or entries of a manifest."""
        return {
            "status": self.status,
            "objective": self.objective,
            "bound": self.bound,
            "gap": self.gap,
            "seconds": round(self.seconds, 3),
            "solver": self.solver,
            "seed": self.seed,
            "solver_options": ", ".join(f"{name}={value}" for name, value in self.options.items()),
        }


@dataclass(frozen=True)
class ArrayModel:
    """A linear or mixed-integer model as arrays: minimise costs·x + offset within bounds and rows.

    Args:
        costs: objective by column.
        lower: lower bounds by column.
        upper: upper bounds by column.
        integer: which columns are whole numbers.
        matrix: coefficients, rows × columns.
        row_lower: lower limits by row, -inf where there is none.
        row_upper: upper limits by row, +inf where there is none.
        offset: constant of the objective.
        maximise: look for the greatest instead of the least.
    """

    costs: FloatArray
    lower: FloatArray
    upper: FloatArray
    integer: BoolArray
    matrix: csc_array
    row_lower: FloatArray
    row_upper: FloatArray
    offset: float = 0.0
    maximise: bool = False


@dataclass(frozen=True)
class ArrayAnswer:
    """What HiGHS says about an `ArrayModel`; prices and reduced costs are NaN for a mixed-integer model.

    Args:
        proof: how good the answer is.
        values: by column; empty where there is no answer.
        prices: dual value by row.
        reduced_costs: by column.
    """

    proof: Proof
    values: FloatArray
    prices: FloatArray
    reduced_costs: FloatArray


# The gap is measured against the answer in hand; two equal values have none, whatever their size.
def relative_gap(objective: float, bound: float) -> float:
    """Return |objective − bound| ÷ |objective| [1]; infinite where one of them is unknown."""
    if not (isfinite(objective) and isfinite(bound)):
        return inf
    distance = abs(objective - bound)
    return 0.0 if distance == 0 else distance / max(abs(objective), _SMALLEST_OBJECTIVE)


@cache
def solver_version() -> str:
    """Return name and version of the solver."""
    from importlib.metadata import version

    return f"HiGHS {version('highspy')}"


def prove(
    status: Status, objective: float, bound: float, seconds: float, options: SolverOptions, maximise: bool = False
) -> Proof:
    """Return the proof of an answer whose objective and bound are known, in words that all optimisers share."""
    known = objective if status in ("optimal", "feasible") else np.nan
    open_side = inf if maximise else -inf
    limit = bound if isfinite(bound) else open_side
    gap = relative_gap(known, limit)
    return Proof(status, known, limit, gap, seconds, options.named(), options.seed, solver_version())


def solve_arrays(model: ArrayModel, options: SolverOptions, start: FloatArray | None = None) -> ArrayAnswer:
    """Solve a model given as arrays.

    Args:
        model: columns and rows.
        options: limits, gap, seed.
        start: a feasible answer to start from, by column.

    Returns:
        values and proof; an infeasible model is an answer, not an error.

    Raises:
        SolverError: HiGHS failed.
    """
    begun = perf_counter()
    highs = _loaded(model, options)
    if start is not None:
        from highspy import HighsSolution

        given = HighsSolution()
        given.col_value = start.tolist()
        highs.setSolution(given)
    return _answer(highs, bool(model.integer.any()), model.maximise, begun, options)


def _answer(highs: Highs, mixed: bool, maximise: bool, begun: float, options: SolverOptions) -> ArrayAnswer:
    """Run HiGHS and return what it says."""
    status = _run(highs)
    info = highs.getInfo()
    bound = info.mip_dual_bound if mixed else (info.objective_function_value if status == "optimal" else np.nan)
    proof = prove(status, info.objective_function_value, bound, perf_counter() - begun, options, maximise)
    solution = highs.getSolution()
    values = np.array(solution.col_value if proof.has_answer else [], dtype=np.float64)
    if mixed or status != "optimal":
        rows, columns = highs.getNumRow(), highs.getNumCol()
        return ArrayAnswer(proof, values, np.full(rows, np.nan), np.full(columns, np.nan))
    return ArrayAnswer(proof, values, np.array(solution.row_dual), np.array(solution.col_dual))


class GrowingModel:
    """A model given as arrays that stays in HiGHS: rows are added, bounds and costs change, and it is solved again.

    Each call of `solve` says whether its whole numbers count, so that relaxation and model share what was learnt.
    """

    def __init__(self, model: ArrayModel, options: SolverOptions) -> None:
        self._columns = np.flatnonzero(model.integer).astype(np.int32)
        self._whole = bool(model.integer.any())
        self._maximise = model.maximise
        self._highs = _loaded(model, options)

    def add_row(self, values: FloatArray, lower: float, upper: float = inf) -> int:
        """Add a row from its coefficients of all columns and return its number."""
        used = np.flatnonzero(values)
        self._highs.addRow(lower, upper, len(used), used.astype(np.int32), values[used])
        return self.rows - 1

    def limit(self, row: int, lower: float, upper: float) -> None:
        """Change the limits of a row."""
        self._highs.changeRowBounds(row, lower, upper)

    def add_column(self, cost: float, upper: float, values: FloatArray) -> None:
        """Add a column that is at least 0 from its coefficients in all rows."""
        used = np.flatnonzero(values)
        self._highs.addCol(cost, 0.0, upper, len(used), used.astype(np.int32), values[used])

    def bound(self, columns: npt.NDArray[np.int64], lower: FloatArray, upper: FloatArray) -> None:
        """Change the bounds of some columns."""
        self._highs.changeColsBounds(len(columns), columns.astype(np.int32), lower, upper)

    def cost(self, columns: npt.NDArray[np.int64], costs: FloatArray) -> None:
        """Change the costs of some columns."""
        self._highs.changeColsCost(len(columns), columns.astype(np.int32), costs)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self._highs.getNumRow())

    def solve(self, options: SolverOptions, whole: bool = True, start: FloatArray | None = None) -> ArrayAnswer:
        """Solve the model as it stands, with or without its whole numbers, from a feasible answer if one is given.

        Raises:
            SolverError: HiGHS failed.
        """
        from highspy import HighsSolution, HighsVarType

        begun = perf_counter()
        if whole != self._whole:
            kind = HighsVarType.kInteger if whole else HighsVarType.kContinuous
            self._highs.changeColsIntegrality(len(self._columns), self._columns, np.full(len(self._columns), kind))
            self._whole = whole
        for name, value in options.named().items():
            self._highs.setOptionValue(name, value)
        if start is not None:
            given = HighsSolution()
            given.col_value = start.tolist()
            self._highs.setSolution(given)
        return _answer(self._highs, whole and len(self._columns) > 0, self._maximise, begun, options)


def _loaded(model: ArrayModel, options: SolverOptions) -> Highs:
    """Return a silent HiGHS that holds the model."""
    from highspy import Highs, HighsVarType, MatrixFormat, ObjSense

    highs: Highs = Highs()  # type: ignore[no-untyped-call]  # its constructor has no annotations
    highs.setOptionValue("output_flag", False)
    for name, value in options.named().items():
        highs.setOptionValue(name, value)
    rows, columns = model.matrix.shape
    # Arrays are taken over whole; the fields of a HighsLp take them number by number.
    highs.passModel(
        columns, rows, model.matrix.nnz, int(MatrixFormat.kColwise),
        int(ObjSense.kMaximize if model.maximise else ObjSense.kMinimize), model.offset,
        model.costs, model.lower, model.upper, model.row_lower, model.row_upper,
        model.matrix.indptr, model.matrix.indices, model.matrix.data,
        np.where(model.integer, int(HighsVarType.kInteger), int(HighsVarType.kContinuous)).astype(np.int32),
    )  # fmt: skip
    return highs


def _run(highs: Highs) -> Status:
    """Run HiGHS and return what it found in our words."""
    from highspy import HighsModelStatus

    highs.HandleKeyboardInterrupt = True
    highs.run()
    found = highs.getModelStatus()
    if found == HighsModelStatus.kUnboundedOrInfeasible:
        # Presolve cannot always tell the two apart; without it the simplex method can.
        highs.setOptionValue("presolve", "off")
        highs.run()
        found = highs.getModelStatus()
    return _status(found, highs.getInfo().primal_solution_status)


def _status(found: Any, primal: int) -> Status:
    """Return our word for a model status of HiGHS and the state of its answer."""
    from highspy import HighsModelStatus, SolutionStatus

    settled: dict[Any, Status] = {
        HighsModelStatus.kOptimal: "optimal",
        HighsModelStatus.kModelEmpty: "optimal",
        HighsModelStatus.kInfeasible: "infeasible",
        HighsModelStatus.kUnbounded: "unbounded",
    }
    if found in settled:
        return settled[found]
    stopped = (
        HighsModelStatus.kTimeLimit,
        HighsModelStatus.kIterationLimit,
        HighsModelStatus.kSolutionLimit,
        HighsModelStatus.kObjectiveBound,
        HighsModelStatus.kObjectiveTarget,
        HighsModelStatus.kUnknown,
    )
    if found == HighsModelStatus.kInterrupt:
        raise KeyboardInterrupt
    if found not in stopped:
        raise SolverError(f"HiGHS ended with {found}")
    return "feasible" if primal == SolutionStatus.kSolutionStatusFeasible else "no_solution"
