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

#: Houses whose linear programme is solved whole, by how much each next sample is larger, and how many times smaller
#: than the whole it must be to be worth a look.
_WHOLE = 1_000
_GROWTH, _NOT_WORTH_A_SAMPLE = 25, 2
#: Houses near a change of mind that stand for all in the steps between two looks at all houses; number of houses up to
#: which each step looks at all.
_UNDECIDED, _ALL_LOOKED_AT = 15_000, 30_000
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
    while (size := size * _GROWTH) * _NOT_WORTH_A_SAMPLE < problem.houses:
        part = problem.part(np.sort(order[:size]), size / problem.houses)
        prices = _improved(part, prices, max(_SAMPLE_GAIN, _PART_OF_GAP * gap)).of_rows
    if problem.houses <= _WHOLE:
        return Prices(prices, best_at(problem, prices))
    return _improved(problem, prices, max(_SMALL_GAIN, _PART_OF_GAP * gap))


def _improved(problem: Problem, start: FloatArray, fine: float) -> Prices:
    """Return better prices for all houses of a problem, until a step gains less than a share `fine` of the bound."""
    width = np.full(start.size, _WIDTH)
    if problem.houses <= _ALL_LOOKED_AT:
        found = _climb(lambda prices: _plane(problem, prices), problem, start, width, fine)
        return Prices(found, best_at(problem, found))
    best = Prices(start, best_at(problem, start))
    known = [_touching(problem, best)]
    for _ in range(_LOOKS):
        part = _nearly_undecided(problem, best, known)
        found = _climb(part, problem, best.of_rows, width, fine, held=True)
        promised = part(found).value
        tried = Prices(found, best_at(problem, found))
        known.append(_touching(problem, tried))
        value = best.priced.bound
        gain = tried.priced.bound - value
        best = tried if gain > 0 else best
        if promised - best.priced.bound <= fine * abs(value) or 0 < gain <= fine * abs(value):
            break
        width = width / 2
    return best


def _nearly_undecided(problem: Problem, prices: Prices, known: list[_Plane]) -> Callable[[FloatArray], _Plane]:
    """Return the bound near some prices as that of the houses nearest to a change of mind, and below known planes."""
    priced = prices.priced
    core = np.sort(np.argpartition(priced.runner_up, _UNDECIDED - 1)[:_UNDECIDED])
    part = problem.part(core)
    # What settled houses bring stays a constant: their slot does not change inside the box.
    own = best_at(part, prices.of_rows)
    fixed = priced.activity - own.activity
    cost = priced.bound - own.bound + float(prices.of_rows @ fixed)

    def plane(at: FloatArray) -> _Plane:
        lowest = _plane(part, at, cost, fixed)
        # Of houses that tie in great number only some are looked at; planes of all houses keep that in check.
        for one in known:
            height = one.value + float(one.slope @ (at - one.prices))
            if height < lowest.value:
                lowest = _Plane(at, height, one.slope)
        return lowest

    return plane


def _touching(problem: Problem, prices: Prices) -> _Plane:
    """Return the plane that touches the bound at some prices."""
    return _Plane(prices.of_rows, prices.priced.bound, problem.at_least - prices.priced.activity)


def _plane(problem: Problem, prices: FloatArray, cost: float = 0.0, brought: FloatArray | None = None) -> _Plane:
    """Return value and slope of the bound at some prices, with a constant part of settled houses."""
    priced = best_at(problem, prices)
    fixed = np.zeros(prices.size) if brought is None else brought
    return _Plane(prices, priced.bound + cost - float(prices @ fixed), problem.at_least - priced.activity - fixed)


def _climb(
    plane_at: Callable[[FloatArray], _Plane],
    problem: Problem,
    start: FloatArray,
    width: FloatArray,
    fine: float,
    *,
    held: bool = False,
) -> FloatArray:
    """Return the prices of the highest bound near a start: planes from above, inside a box that moves and shrinks.

    The box of a bound that is true near the start only is held there.
    """
    unit = _usual_prices(problem)
    reach = width * np.maximum(start, 0.1 * unit)
    floor, cap = np.zeros(start.size), np.maximum(_PENALTY * unit, start)
    if held:
        floor, cap = np.maximum(start - reach, floor), np.minimum(start + reach, cap)
    centre = plane_at(start)
    planes = [centre]
    for _ in range(_STEPS):
        prices, promised = _highest(planes, centre.prices, reach, floor, cap)
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


def _highest(
    planes: list[_Plane], centre: FloatArray, reach: FloatArray, floor: FloatArray, cap: FloatArray
) -> tuple[FloatArray, float]:
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
        lower=np.append(np.maximum(-1.0, np.minimum(0.0, (floor - centre) / reach)), -np.inf),
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
    # A house's row and a few that tie all leave nothing to take out beforehand, and numbers are of one size already:
    # looking for it takes most of the time.
    answer = solve_arrays(model, SolverOptions(seconds=600.0, further={"presolve": "off", "simplex_scale_strategy": 0}))
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
