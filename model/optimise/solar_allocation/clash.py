"""When no plan keeps every rule: which rules clash, through which houses, and the smallest relaxation of each.

Rules are laid on one after another. The first that cannot be kept together with those before it clashes with some of
them; leaving out every one that is not needed for the clash gives a set in which each rule matters. How far a rule can
be kept while all others hold is a problem of the same kind, so the answer comes with a bound too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from model.optimise.solar_allocation.finish import finish
from model.optimise.solar_allocation.model import Model
from model.optimise.solar_allocation.prices import find_prices
from model.optimise.solar_allocation.problem import FloatArray, Problem, Row, activity, coefficients
from model.ordinance.building_report.equations import EnergyLevel
from model.ordinance.rulebook import Rules

IntArray = npt.NDArray[np.int64]

#: Relative gap to which the reach of a rule is worked out, and the numerical slack of a comparison.
_GAP = 1e-9
_SLACK = 1e-7
#: Houses named in a clash.
_NAMED = 10


@dataclass(frozen=True)
class Relaxation:
    """How far one rule of a clash would have to give way while all others hold.

    Args:
        row: name of the rule.
        at_least: what the rule asks for, in its unit.
        reached: the most that can be reached while the other rules hold, or those of the clash where not all can; NaN
            if even those clash without it.
        houses: houses that bring least to the rule, worst first.
        enough: whether a plan exists once this rule alone gives way as far.
    """

    row: str
    at_least: float
    reached: float
    houses: IntArray
    enough: bool = True

    @property
    def short(self) -> float:
        """The smallest relaxation of this rule alone [unit of the rule]."""
        return self.at_least - self.reached


@dataclass(frozen=True)
class Clash:
    """Rules that no plan keeps together.

    Args:
        relaxations: the rules; any one that is `enough`, given up or relaxed, would leave the others possible.
        beyond: rules that some houses break whatever they get; each of them has to give way.
    """

    relaxations: tuple[Relaxation, ...]
    beyond: tuple[Relaxation, ...] = ()


def find_clash(problem: Problem, seconds: float, seed: int = 0) -> Clash | None:
    """Return the rules that clash, or None if a plan exists (or none could be ruled out in time)."""
    laid: list[Row] = []
    for row in problem.rows:
        if _reach(problem, row, laid, seconds, seed) < row.at_least - _tolerance(row):
            needed = _needed(problem, row, laid, seconds, seed)
            return _described(problem, [*needed, row], seconds, seed)
        laid.append(row)
    return None


def _needed(problem: Problem, row: Row, laid: list[Row], seconds: float, seed: int) -> list[Row]:
    """Return the rules without which the row could be kept."""
    needed = list(laid)
    for other in laid:
        without = [one for one in needed if one is not other]
        if _reach(problem, row, without, seconds, seed) < row.at_least - _tolerance(row):
            needed = without
    return needed


def _described(problem: Problem, rows: list[Row], seconds: float, seed: int) -> Clash:
    """Return how far each rule of a clash would have to give way."""
    found = []
    for row in rows:
        others = [one for one in problem.rows if one is not row]
        reached = _reach(problem, row, others, seconds, seed)
        enough = bool(np.isfinite(reached))
        if not enough:
            reached = _reach(problem, row, [one for one in rows if one is not row], seconds, seed)
        best = np.max(np.where(np.isfinite(problem.cost), contributions(problem, row), -np.inf), axis=0)
        concerned = np.flatnonzero((row.slope != 0) | (row.intercept != 0))
        worst = concerned[np.argsort(best[concerned], kind="stable")][:_NAMED]
        found.append(Relaxation(row.name, row.at_least, reached, worst, enough))
    return Clash(tuple(found))


def _reach(problem: Problem, row: Row, others: list[Row], seconds: float, seed: int) -> float:
    """Return the most that a row can reach while others hold: a proven upper limit; NaN if the others clash."""
    values = contributions(problem, row)
    towards = replace(problem, cost=np.where(np.isfinite(problem.cost), -values, np.inf), rows=tuple(others))
    prices = find_prices(towards, seed)
    if not others:
        return -prices.priced.bound
    if -prices.priced.bound < row.at_least - _tolerance(row):
        # Not even the relaxation gets there; how near a plan comes is still worth knowing.
        done = finish(towards, prices, _GAP, seconds, seed)
        return -done.cost if done.choice.size else (np.nan if done.impossible else -prices.priced.bound)
    done = finish(towards, prices, _GAP, seconds, seed)
    if done.choice.size and activity(replace(problem, rows=(row,)), done.choice)[0] >= row.at_least - _tolerance(row):
        return -done.cost
    return np.nan if done.impossible else -done.bound


def contributions(problem: Problem, row: Row) -> FloatArray:
    """Return what every slot of every house brings to a row, dims (slot, house)."""
    alone = replace(problem, rows=(row,))
    houses = np.arange(problem.houses)
    return np.stack([coefficients(alone, houses, np.full(problem.houses, slot))[0] for slot in range(problem.slots)])


def _tolerance(row: Row) -> float:
    """Return by how much a row may be missed through rounding."""
    return _SLACK * max(1.0, abs(row.at_least))


def beyond_help(model: Model, rules: Rules) -> tuple[Relaxation, ...]:
    """Return the energy rules that some houses break whatever panels they get."""
    if not model.out_of_level:
        return ()
    levels = EnergyLevel.read(rules, "energy_standard")
    houses, found = model.houses, []
    for row, where in model.out_of_level.items():
        level = levels[row.split(".")[1]]
        if row.endswith(".ua"):
            worst = where[np.argsort(-houses.ua[where], kind="stable")]
            found.append(Relaxation(row, level.ua_max, float(houses.ua[worst[0]]), worst[:10]))
        else:
            saved = rules.number("heat_to_pv_conversion_factor") * level.with_renewables * houses.largest_kw[where]
            saved = saved + houses.heat_options.saved(houses.heat_options.bits)[where]
            reached = (houses.design_gj[where] - saved) / houses.standard_gj[where]
            worst = where[np.argsort(-reached, kind="stable")]
            found.append(Relaxation(row, level.bei_max, float(reached.max()), worst[:10]))
    return tuple(found)
