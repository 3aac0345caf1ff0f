"""Prices of the rows: what one more kW, gigajoule or yen would be worth, and with them a proven lower bound.

Under any prices every house takes its best slot, and the sum is a lower bound. The best prices of a small sample come
from its linear programme. On the whole they are improved inside a box around them: only houses that are nearly
undecided can change their mind there, so that most steps look at those alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csc_array

from model.optimise.solar_allocation.problem import FloatArray, Priced, Problem, best_at, coefficients
from model.optimise.solver import ArrayModel, SolverOptions, solve_arrays

IntArray = npt.NDArray[np.int64]

#: Houses whose linear programme is solved whole, and by how much each next sample is larger.
_WHOLE = 1_000
_GROWTH = 25
#: Houses near a change of mind that stand for all in the steps between two looks at all houses.
_UNDECIDED = 15_000
#: Looks at all houses, steps between two of them, and relative gain below which a step is the last.
_LOOKS = 6
_STEPS = 150
_SMALL_GAIN = 1e-8
#: The same for samples, and in parts of the gap asked for.
_SAMPLE_GAIN = 1e-6
_PART_OF_GAP = 0.02
#: Breaking a row costs this many times what a usual house costs, a unit of the row.
_PENALTY = 1e4
#: First width of the box, in parts of the prices.
_WIDTH = 0.1
#: Houses, spread over all that a row counts, that tell the row's usual size.
_USUAL = 200
#: Largest number in a programme of planes; the solver refuses one with far larger ones.
_LARGEST = 1e9


@dataclass(frozen=True)
class Prices:
    """The prices found and what they prove: the best slots of all houses under them, with the bound.

    Args:
        of_rows: price by row [objective per unit of the row], none negative.
        priced: best slots of all houses, and the lower bound.
    """

    of_rows: FloatArray
    priced: Priced


@dataclass(frozen=True)
class _Plane:
    """A plane above the bound: its value and slope at the prices where it touches."""

    prices: FloatArray
    value: float
    slope: FloatArray


def find_prices(problem: Problem, seed: int = 0, gap: float = 0.0) -> Prices:
    """Return prices of the rows that make the lower bound (almost) as high as the linear relaxation.

    Args:
        problem: houses, slots and rows.
        seed: seed of the samples.
        gap: relative gap that the plan is to be proven to [1]; prices need not be much finer.
    """
    if not problem.rows:
        return Prices(np.zeros(0), best_at(problem, np.zeros(0)))
    order = np.random.default_rng(seed).permutation(problem.houses)
    size = min(_WHOLE, problem.houses)
    prices = prices_of_relaxation(problem.part(np.sort(order[:size]), size / problem.houses))
    while size < problem.houses:
        size = problem.houses if size * _GROWTH >= problem.houses else size * _GROWTH
        part = problem if size == problem.houses else problem.part(np.sort(order[:size]), size / problem.houses)
        fine = max(_SMALL_GAIN, _PART_OF_GAP * gap) if part is problem else max(_SAMPLE_GAIN, _PART_OF_GAP * gap)
        prices = _improved(part, prices, fine)
    return Prices(prices, best_at(problem, prices))


def _improved(problem: Problem, start: FloatArray, fine: float) -> FloatArray:
    """Return better prices for all houses of a problem, until a step gains less than a share `fine` of the bound."""
    best, priced = start, best_at(problem, start)
    value = priced.bound
    width = np.full(start.size, _WIDTH)
    for _ in range(_LOOKS):
        if problem.houses <= _UNDECIDED:
            return _climb(lambda prices: _plane(problem, prices, 0.0), problem, best, width, fine)
        core = np.sort(np.argpartition(priced.runner_up, _UNDECIDED - 1)[:_UNDECIDED])
        part = problem.part(core)
        settled = np.ones(problem.houses, dtype=bool)
        settled[core] = False
        rest = np.flatnonzero(settled)
        # What settled houses bring stays a constant: their slot does not change inside the box.
        slots = priced.choice[rest].astype(np.int64)
        brought = coefficients(problem, rest, slots).sum(axis=1)
        cost = float(np.sum(problem.cost[slots, rest]))
        found = _climb(lambda prices: _plane(part, prices, cost, brought), problem, best, width, fine)  # noqa: B023
        promised = _plane(part, found, cost, brought).value
        priced_found = best_at(problem, found)
        if priced_found.bound > value:
            gain = priced_found.bound - value
            best, priced, value = found, priced_found, priced_found.bound
            if promised - value <= fine * abs(value) or gain <= fine * abs(value):
                break
        width = width / 4
    return best


def _plane(problem: Problem, prices: FloatArray, cost: float, brought: FloatArray | None = None) -> _Plane:
    """Return value and slope of the bound at some prices, with a constant part of settled houses."""
    priced = best_at(problem, prices)
    fixed = np.zeros(prices.size) if brought is None else brought
    return _Plane(prices, priced.bound + cost - float(prices @ fixed), problem.at_least - priced.activity - fixed)


def _climb(
    plane_at: Callable[[FloatArray], _Plane], problem: Problem, start: FloatArray, width: FloatArray, fine: float
) -> FloatArray:
    """Return the prices of the highest bound near a start: planes from above, inside a box that moves and shrinks."""
    unit = _usual_prices(problem)
    reach = width * np.maximum(start, 0.1 * unit)
    centre = plane_at(start)
    planes = [centre]
    for _ in range(_STEPS):
        prices, promised = _highest(planes, centre.prices, reach, _PENALTY * unit)
        if promised - centre.value <= fine * max(abs(centre.value), 1e-6):
            break
        plane = plane_at(prices)
        planes.append(plane)
        gain, hoped = plane.value - centre.value, promised - centre.value
        if gain >= 0.1 * hoped:
            if gain >= 0.6 * hoped:
                reach = reach * 2
            centre = plane
        elif gain < 0:
            reach = reach * 0.6
    return centre.prices


def _usual_prices(problem: Problem) -> FloatArray:
    """Return a price by row at which the row weighs about as much as the cost of a usual slot."""
    everyone = _spread(np.arange(problem.houses))
    costs = problem.cost[:, everyone]
    usual = max(float(np.mean(np.abs(costs[np.isfinite(costs)]))), 1e-6)
    weights = np.ones(len(problem.rows))
    for number, row in enumerate(problem.rows):
        # Only houses and slots that the row counts tell its size: a quarter's houses may stand anywhere in the list.
        slots, places = np.nonzero(np.isfinite(problem.cost[:, houses := _spread(np.flatnonzero(row.slope))]))
        brought = np.abs(coefficients(replace(problem, rows=(row,)), houses[places], slots)[0])
        if brought.any():
            weights[number] = np.mean(brought[brought > 0])
    return np.asarray(usual / weights)


def _spread(houses: IntArray) -> IntArray:
    """Return some of the houses, spread over all."""
    return houses[:: max(1, houses.size // _USUAL)]


def _highest(planes: list[_Plane], centre: FloatArray, reach: FloatArray, cap: FloatArray) -> tuple[FloatArray, float]:
    """Return the prices in a box at which the lowest of the planes is highest, and how high that is."""
    rows, base = centre.size, planes[0].value
    unit = max(float(np.max([np.abs(plane.value - base) for plane in planes])), 1.0)
    slopes = np.array([plane.slope for plane in planes]) * reach
    unit = max(unit, float(np.max(np.abs(slopes))) / _LARGEST)
    slopes = slopes / unit
    limits = np.array([plane.value - base + plane.slope @ (centre - plane.prices) for plane in planes]) / unit
    # Columns: the move in parts of the reach, and the height above the first plane.
    matrix = csc_array(np.column_stack((-slopes, np.ones(len(planes)))))
    model = ArrayModel(
        costs=np.append(np.zeros(rows), 1.0),
        lower=np.append(np.maximum(-1.0, -centre / reach), -np.inf),
        upper=np.append(np.minimum(1.0, np.maximum(0.0, (cap - centre) / reach)), np.inf),
        integer=np.zeros(rows + 1, dtype=bool),
        matrix=matrix,
        row_lower=np.full(len(planes), -np.inf),
        row_upper=limits,
        maximise=True,
    )
    answer = solve_arrays(model, SolverOptions())
    return np.maximum(centre + answer.values[:rows] * reach, 0.0), base + unit * answer.proof.objective


def prices_of_relaxation(problem: Problem) -> FloatArray:
    """Return the prices of the linear relaxation, solved whole: for samples and small portfolios."""
    rows = len(problem.rows)
    slots, houses = np.nonzero(np.isfinite(problem.cost))
    costs = problem.cost[slots, houses]
    scale = max(float(np.mean(np.abs(costs))), 1e-6)
    model = ArrayModel(
        costs=np.concatenate((costs / scale, np.full(rows, _PENALTY))),
        lower=np.zeros(houses.size + rows),
        upper=np.full(houses.size + rows, np.inf),
        integer=np.zeros(houses.size + rows, dtype=bool),
        matrix=_columns(coefficients(problem, houses, slots), houses, problem.houses),
        row_lower=np.concatenate((problem.at_least, np.ones(problem.houses))),
        row_upper=np.concatenate((np.full(rows, np.inf), np.ones(problem.houses))),
    )
    answer = solve_arrays(model, SolverOptions(seconds=600.0))
    return np.asarray(np.maximum(answer.prices[:rows], 0.0) * scale)


def _columns(tied: FloatArray, place: IntArray, houses: int) -> csc_array:
    """Return the matrix of a relaxation: tied rows, one row a house, and a column a tied row for what is missing."""
    rows, count = tied.shape
    row, column = np.nonzero(tied)
    identity = np.arange(rows)
    return coo_array(
        (
            np.concatenate((tied[row, column], np.ones(count), np.ones(rows))),
            (
                np.concatenate((row, rows + place, identity)),
                np.concatenate((column, np.arange(count), count + identity)),
            ),
        ),
        shape=(rows + houses, count + rows),
    ).tocsc()
