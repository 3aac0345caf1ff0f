"""Search for the least-cost position: straight lines around a run, the best step on them, a run again.

A step is kept only if the march itself says that it is better, so the answer is never worse than where the search
began. Slopes are found by moving one position at a time; between such rounds each kept step corrects them (Broyden),
and the search ends only where fresh slopes promise nothing more. Gases bend, so that a step along a cap may land a
little beyond it, where the charge would hide what it gains; it is then taken once more with the bend known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from model.optimise.least_cost.step import Frame, Point, Slopes, cap_prices, step
from model.survival_families import Array

#: Positions nearer than this to a limit stand on it.
_ROUND_OFF = 1e-9
#: A step is kept if it gains more than this part of what it promised.
_KEPT = 0.05
#: Runs the march at a position.
March = Callable[[Array], Point]
#: Told how many runs of the march are done.
Told = Callable[[int], None]


@dataclass(frozen=True)
class Patience:
    """When to stop.

    Args:
        rounds: most steps.
        gain: a step that promises less than this part of the cost is not worth a run [1].
        smallest_radius: trust region below which the search ends [1].
        first_radius: trust region at the start [1].
    """

    rounds: int = 60
    gain: float = 1e-5
    smallest_radius: float = 2e-3
    first_radius: float = 0.4


@dataclass(frozen=True)
class Found:
    """Where the search ended.

    Args:
        position: best position found.
        point: what the march gives there.
        slopes: around it, fresh where the search ended by itself.
        prices: what a unit more of each cap would save [money per Mt] [year].
        runs: runs of the march.
        steps: steps kept.
        settled: whether fresh slopes promise nothing more; False where patience ended first.
    """

    position: Array
    point: Point
    slopes: Slopes
    prices: Array
    runs: int
    steps: int
    settled: bool


# The second step is the second-order correction of sequential programming: it meets the caps as the first one found
# them, with the slopes of before. Without it a charge that is exact would stop every step along a cap that bends.
def find(march: March, frame: Frame, start: Array, patience: Patience | None = None, told: Told | None = None) -> Found:
    """Return the best position that the search finds from a start.

    Args:
        march: runs the march.
        frame: region, caps and options.
        start: inside the region.
        patience: when to stop.
        told: called after each run with how many are done.

    Source: Fletcher (1982), Second order corrections for non-differentiable optimization, Lecture Notes in Mathematics
    912, 85-114.
    """
    rules = patience or Patience()
    runs, kept, radius = 0, 0, rules.first_radius

    def run(position: Array) -> Point:
        nonlocal runs
        point = march(position)
        runs += 1
        if told is not None:
            told(runs)
        return point

    position, settled = start.copy(), False
    point = run(position)
    slopes, fresh = slopes_around(run, frame, position, point), True
    best = step(frame, position, point, slopes, radius)
    for _ in range(rules.rounds):
        here = frame.caps.merit(point, frame.cost_counts)
        promised = here - best.merit
        worthless = promised <= rules.gain * max(abs(point.cost), 1.0)
        if worthless and fresh:
            settled = True
            break
        if worthless:
            slopes, fresh = slopes_around(run, frame, position, point), True
        else:
            there, trial = best.position, run(best.position)
            corrected = _corrected(slopes, there - position, point, trial)
            ratio = (here - frame.caps.merit(trial, frame.cost_counts)) / promised
            if ratio <= _KEPT and frame.caps.excess(trial.gas).any():
                bent = Point(point.cost, trial.gas - slopes.gas @ (there - position))
                again = step(frame, position, bent, slopes, radius)
                beside = run(again.position)
                ratio = (here - frame.caps.merit(beside, frame.cost_counts)) / promised
                there, trial = again.position, beside
            if ratio > _KEPT:
                position, point, slopes, fresh, kept = there, trial, corrected, False, kept + 1
                radius = min(1.0, 2.0 * radius) if ratio > 0.7 else radius
            elif not fresh:
                slopes, fresh = slopes_around(run, frame, position, point), True
            else:
                radius *= 0.35
            if radius < rules.smallest_radius:
                settled = fresh
                break
        best = step(frame, position, point, slopes, radius)
    prices = cap_prices(frame, position, point, slopes, radius)
    return Found(position, point, slopes, prices, runs, kept, settled)


def slopes_around(march: March, frame: Frame, position: Array, point: Point) -> Slopes:
    """Return the slopes at a position, each from one run with one position moved, up where there is room.

    Where a limit leaves no room and there is nothing to take back, the position moves up in exchange for another one
    under the same limit, whose own slope is then given back.
    """
    cost, gas = np.zeros(frame.region.count), np.zeros((len(point.gas), frame.region.count))
    pairs: dict[int, int] = {}
    for j, move in enumerate(frame.region.moves):
        if position[j] + move <= 1.0 + _ROUND_OFF and _room(frame, position, j) >= move - _ROUND_OFF:
            changes = {j: float(move)}
        elif position[j] > _ROUND_OFF:
            changes = {j: -min(float(move), float(position[j]))}
        else:
            pairs[j] = _fullest(frame, position, j)
            changes = {j: min(float(move), float(position[pairs[j]]))}
            changes[pairs[j]] = -changes[j]
        moved = position.copy()
        for index, change in changes.items():
            moved[index] += change
        there = march(moved)
        cost[j] = (there.cost - point.cost) / changes[j]
        gas[:, j] = (there.gas - point.gas) / changes[j]
    for j, other in pairs.items():
        cost[j] += cost[other]
        gas[:, j] += gas[:, other]
    return Slopes(cost, gas)


def _sums(frame: Frame, j: int) -> list[tuple[Mapping[int, float], float]]:
    """Return the limits on sums that hold a position; those with both signs order years, and a run may break them."""
    return [(row, limit) for row, limit in frame.region.rows if row.get(j, 0.0) > 0 and min(row.values()) > 0]


def _room(frame: Frame, position: Array, j: int) -> float:
    """Return by how much one position may grow before the sum it belongs to is full."""
    used = [
        (limit - sum(value * position[index] for index, value in row.items())) / row[j]
        for row, limit in _sums(frame, j)
    ]
    return float(min(used, default=np.inf))


def _fullest(frame: Frame, position: Array, j: int) -> int:
    """Return the greatest of the other positions under the limit that leaves a position no room."""
    others = {index for row, _ in _sums(frame, j) for index in row if index != j}
    return max(sorted(others), key=lambda index: float(position[index]))


# The smallest change of the slopes with which the straight lines meet the new run.
def _corrected(slopes: Slopes, moved: Array, point: Point, there: Point) -> Slopes:
    """Return slopes corrected by one more run.

    Source: Broyden (1965), Mathematics of Computation 19, 577-593.
    """
    square = float(moved @ moved)
    if square == 0.0:
        return slopes
    cost = (there.cost - point.cost - slopes.cost @ moved) / square
    gas = (there.gas - point.gas - slopes.gas @ moved) / square
    return Slopes(slopes.cost + cost * moved, slopes.gas + gas[:, None] * moved)
