"""One step of the least-cost pathway as a linear model that people can read: cost and gases as straight lines.

Around a run of the march, a small move of each position changes cost and gases by its slope. The step moves within a
trust region, where straight lines may be believed; gases beyond a cap are charged so dearly that they are the last
resort, so that every step has an answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyomo.environ as pyo

from model.optimise.pyomo_solver import PyomoSolver
from model.optimise.solver import SolverError, SolverOptions
from model.survival_families import Array


@dataclass(frozen=True)
class Region:
    """Where positions may lie: each between 0 and 1, and sums of them within limits.

    Args:
        count: number of positions.
        rows: coefficients by position and greatest sum of each limit.
        moves: by how much each position moves to find its slope [1] [position].
        steps: whole steps from 0 to 1 of a position that moves in steps, such as years; 0 where it moves freely
            [position].
    """

    count: int
    rows: tuple[tuple[Mapping[int, float], float], ...]
    moves: Array
    steps: npt.NDArray[np.int64]

    def has(self, position: Array, slack: float = 1e-7) -> bool:
        """Return whether a position lies inside."""
        inside = bool(np.all(position >= -slack) and np.all(position <= 1 + slack))
        return inside and all(
            sum(value * position[index] for index, value in row.items()) <= limit + slack for row, limit in self.rows
        )


@dataclass(frozen=True)
class Point:
    """What a run of the march gives at a position.

    Args:
        cost: discounted cost [money].
        gas: greenhouse gases [Mt/year] [year].
    """

    cost: float
    gas: Array


@dataclass(frozen=True)
class Slopes:
    """What a unit of each position changes.

    Args:
        cost: [money] [position].
        gas: [Mt/year] [year, position].
    """

    cost: Array
    gas: Array


@dataclass(frozen=True)
class Step:
    """Where the linear model would go.

    Args:
        position: the new position [position].
        merit: cost and charge on what is beyond the caps, as the straight lines have it [money].
    """

    position: Array
    merit: float


@dataclass(frozen=True)
class Caps:
    """Most gases in each year, and what a unit beyond them is charged.

    Args:
        gas: [Mt/year] [year]; infinite where there is no cap.
        charge: [money per Mt].
    """

    gas: Array
    charge: float

    def excess(self, gas: Array) -> Array:
        """Return what is beyond the caps [Mt/year] [year]."""
        return np.maximum(gas - self.gas, 0.0)

    def merit(self, point: Point, cost_counts: bool = True) -> float:
        """Return cost and charge on what is beyond the caps [money]."""
        return (point.cost if cost_counts else 0.0) + self.charge * float(self.excess(point.gas).sum())


@dataclass(frozen=True)
class Frame:
    """All that stays the same from step to step.

    Args:
        region: where positions may lie.
        caps: most gases.
        cost_counts: False where only gases beyond the caps matter.
        options: of the solver.
    """

    region: Region
    caps: Caps
    cost_counts: bool = True
    options: SolverOptions = field(default_factory=lambda: SolverOptions(relative_gap=1e-8))


def step(frame: Frame, position: Array, point: Point, slopes: Slopes, radius: float) -> Step:
    """Return the best position within the trust region, as straight lines around the present one have it.

    minimise    Σ_j cost slope[j] · (x[j] − present[j]) + charge · Σ_y beyond[y]
    subject to  gas[y] + Σ_j gas slope[y, j] · (x[j] − present[j]) − beyond[y] ≤ cap[y]   in every year with a cap
                x in the region, |x[j] − present[j]| ≤ radius, x[j] · steps[j] whole where steps[j] > 0

    Args:
        frame: region, caps and options.
        position: present position.
        point: what the march gives there.
        slopes: around it.
        radius: of the trust region [1].

    Raises:
        SolverError: the solver failed; the model itself always has an answer.
    """
    model = linear_model(frame, position, point, slopes, radius)
    _solved(model, frame)
    found = np.array([pyo.value(model.x[j]) for j in model.positions])
    return Step(np.clip(found, 0.0, 1.0), float(pyo.value(model.merit)))


def cap_prices(frame: Frame, position: Array, point: Point, slopes: Slopes, radius: float) -> Array:
    """Return what one unit more of each cap would save [money per Mt] [year], 0 where there is no cap.

    The duals of the caps while what moves in steps stands still; arguments as of `step`.
    """
    model = linear_model(frame, position, point, slopes, radius)
    for j in model.stepped:
        model.number[j].domain = pyo.Reals
        model.number[j].fix(round(float(position[j]) * int(frame.region.steps[j])))
    duals, prices = _solved(model, frame).prices(), np.zeros(len(frame.caps.gas))
    for y in model.capped:
        prices[y] = -duals[model.cap[y]]
    return prices


def _solved(model: pyo.ConcreteModel, frame: Frame) -> PyomoSolver:
    solver = PyomoSolver(model)
    proof = solver.solve(frame.options)
    if proof.status != "optimal":
        raise SolverError(f"a step of the least-cost pathway ended {proof.status}")
    return solver


def linear_model(frame: Frame, position: Array, point: Point, slopes: Slopes, radius: float) -> pyo.ConcreteModel:
    """Return the model that `step` states; arguments as there."""
    region, steps = frame.region, frame.region.steps
    model = pyo.ConcreteModel()
    model.positions = pyo.RangeSet(0, region.count - 1)
    model.stepped = pyo.Set(initialize=np.flatnonzero(steps).tolist())
    model.capped = pyo.Set(initialize=np.flatnonzero(np.isfinite(frame.caps.gas)).tolist())

    def around(_: pyo.ConcreteModel, j: int) -> tuple[float, float]:
        return max(0.0, float(position[j]) - radius), min(1.0, float(position[j]) + radius)

    model.x = pyo.Var(model.positions, bounds=around)
    model.number = pyo.Var(model.stepped, domain=pyo.NonNegativeIntegers)
    model.beyond = pyo.Var(model.capped, domain=pyo.NonNegativeReals)
    model.in_steps = pyo.Constraint(model.stepped, rule=lambda m, j: m.x[j] * int(steps[j]) == m.number[j])
    moved = {j: model.x[j] - float(position[j]) for j in model.positions}

    def cap(m: pyo.ConcreteModel, y: int) -> pyo.Expression:
        change = sum(float(slopes.gas[y, j]) * moved[j] for j in m.positions)
        return float(point.gas[y]) + change - m.beyond[y] <= float(frame.caps.gas[y])

    model.cap = pyo.Constraint(model.capped, rule=cap)
    model.limit = pyo.ConstraintList()
    for row, limit in region.rows:
        model.limit.add(sum(value * model.x[j] for j, value in row.items()) <= limit)
    cost = point.cost + sum(float(slopes.cost[j]) * moved[j] for j in model.positions) if frame.cost_counts else 0.0
    model.merit = pyo.Objective(expr=cost + frame.caps.charge * sum(model.beyond[y] for y in model.capped))
    return model
