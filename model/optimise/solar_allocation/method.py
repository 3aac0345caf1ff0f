"""Which of a supplier's houses get how many panels: the best plan that meets the ordinance, with its proof.

The rate scheme is the supplier's free choice, so both are solved and the better one is the plan. The arrays, prices and
the finish are in the modules beside this one; `pyomo_model` states the same model for reading.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from statistics import NormalDist
from time import perf_counter
from typing import Literal

import numpy as np
import numpy.typing as npt

from model.optimise.solar_allocation.chance import solve_with_chance
from model.optimise.solar_allocation.clash import Clash, Relaxation, beyond_help, find_clash
from model.optimise.solar_allocation.consent import can_be_added, probability_of_meeting
from model.optimise.solar_allocation.cuts import prices_beside
from model.optimise.solar_allocation.economics import Economics
from model.optimise.solar_allocation.few import solve_few
from model.optimise.solar_allocation.finish import Finished, finish
from model.optimise.solar_allocation.houses import Houses
from model.optimise.solar_allocation.model import GREATEST, Model, Scheme, Wishes, build
from model.optimise.solar_allocation.prices import find_prices
from model.optimise.solar_allocation.problem import (
    FloatArray,
    Problem,
    Row,
    SlotArray,
    in_order,
)
from model.optimise.solar_allocation.slots import kw_of
from model.optimise.solver import Proof, SolverOptions, Status, prove
from model.ordinance.rulebook import Rules

IntArray = npt.NDArray[np.int64]

#: What a bound is proven for: the rules as they stand, probability included; or, with very many owners who may refuse,
#: sums of consents that are taken as normal, the plan's own among them.
Proven = Literal["rules", "normal_form_only"]

#: How often the range of certainties that a plan may reach is halved, and how far from even it begins.
_HALVINGS, _LEAST_SURE = 8, 1e-3
#: Gap to which the scheme with the larger requirement is worked out [1], and its share of the time at first.
_OTHER_GAP, _OTHER_SHARE = 1e-4, 0.3
#: Share of the time that the first scheme gets.
_FIRST_SHARE = 0.85
#: A plan is looked for so long whatever time is asked for [s]; then one of any worth will do [1].
_LEAST_SECONDS, _ANY_GAP = 5.0, 0.5
#: Objectives that count houses, so that many plans are equally good.
_COUNTED = ("guidance", "changes")
#: Most houses for which the exact probability is worked out; above, consents add up to a normal distribution.
MOST_EXACT = 20_000
#: Most houses with a choice for which plans are followed house by house, and the share of the time for that.
MOST_FEW, _FEW_SHARE = 64, 0.9
#: Most of them for which that is done where sums tell too little, and the share of the time for what sums tell.
_MOST_MIDDLING, _MIDDLING_SHARE = 200, 0.2


@dataclass(frozen=True)
class Outcome:
    """What was found for one rate scheme.

    Args:
        model: its model.
        finished: plan and bound, to be made small.
        prices: price of each row of the model [objective per unit of the row], in the order of `row_names`.
        row_names: names of the rows.
        probability: probability that the year closes above the requirement; NaN where consent is not asked for.
        proven: what the bound is proven for.
    """

    model: Model
    finished: Finished
    prices: FloatArray
    row_names: tuple[str, ...]
    probability: float
    proven: Proven = "rules"

    @property
    def value(self) -> float:
        """The objective as people read it: cost to be least, benefit to be greatest."""
        return -self.finished.cost if self.model.wishes.objective in GREATEST else self.finished.cost

    @property
    def bound(self) -> float:
        """No plan of this scheme is better than this."""
        return -self.finished.bound if self.model.wishes.objective in GREATEST else self.finished.bound


@dataclass(frozen=True)
class Plan:
    """The answer for one supplier.

    Args:
        outcomes: by rate scheme.
        scheme: the better scheme; None where there is no plan.
        proof: objective, bound and gap over both schemes.
        clash: rules that clash, where no plan keeps them all.
    """

    outcomes: Mapping[Scheme, Outcome]
    scheme: Scheme | None
    proof: Proof
    clash: Clash | None = None

    @property
    def best(self) -> Outcome:
        """The outcome of the better scheme; only where there is a plan."""
        if self.scheme is None:
            raise LookupError("there is no plan")
        return self.outcomes[self.scheme]

    @property
    def proven(self) -> Proven:
        """What the bound over both schemes is proven for: the weakest of what those of the schemes are."""
        return next((one.proven for one in self.outcomes.values() if one.proven != "rules"), "rules")

    @property
    def choice(self) -> SlotArray:
        """Slot by house."""
        return self.best.finished.choice

    def price(self, row: str) -> float:
        """Return the price of a row; 0 where there is no such row."""
        best = self.best
        return float(best.prices[best.row_names.index(row)]) if row in best.row_names else 0.0


def allocate(
    houses: Houses,
    wishes: Wishes,
    economics: Economics,
    rules: Rules,
    gap: float = 1e-6,
    seconds: float = 30.0,
    seed: int = 0,
) -> Plan:
    """Return the best plan for a supplier's houses.

    Args:
        houses: facts.
        wishes: objective and limits.
        economics: prices, grants and contracts.
        rules: rules of "report_programme".
        gap: relative gap asked for [1].
        seconds: time limit [s].
        seed: seed of every random choice.

    Raises:
        BadInput: a rule that is needed is not known, or the wishes ask for facts that the list does not give.
    """
    begun = perf_counter()
    models = build(houses, wishes, economics, rules)
    options = SolverOptions(seconds=seconds, relative_gap=gap, seed=seed)
    easiest = min(models, key=_owed)
    if beyond := beyond_help(models[0], rules):
        rest = find_clash(easiest.problem, seconds, seed)
        return _no_plan(models, options, begun, Clash(() if rest is None else rest.relaxations, beyond))
    outcomes: dict[Scheme, Outcome] = {}
    # The scheme with the smaller requirement first; the other only has to be known well enough to compare.
    for model in sorted(models, key=_owed):
        left = max(seconds - (perf_counter() - begun), 1.0)
        coarse = max(gap, _OTHER_GAP) if outcomes else gap
        costs = [one.finished.cost for one in outcomes.values() if one.finished.choice.size]
        share = min(_OTHER_SHARE * seconds, left) if outcomes else _FIRST_SHARE * left
        found = solve_scheme(model, rules, coarse, share, seed, min(costs, default=np.inf))
        left = seconds - (perf_counter() - begun)
        if coarse > gap and left > 0 and costs and found.finished.bound < min(costs) - gap * abs(min(costs)):
            # It may still hold the better plan, or an equal one, so it is worked out as finely as the first.
            found = _better(found, solve_scheme(model, rules, gap, left, seed))
        outcomes[model.scheme] = _settled(found, rules, gap, max(seconds - (perf_counter() - begun), 1.0), seed)
    if not any(one.finished.choice.size for one in outcomes.values()):
        _look_once_more(outcomes, rules, begun + _LEAST_SECONDS, seed)
    planned = [one for one in outcomes.values() if one.finished.choice.size]
    if not planned:
        clash = None
        # The rules clash only if neither rate scheme has a plan; of one that ran out of time nothing is known.
        if all(one.finished.impossible for one in outcomes.values()):
            clash = find_clash(easiest.problem, seconds, seed) or _unsure(easiest, rules, seconds, seed)
        return _no_plan(models, options, begun, clash)
    best = min(planned, key=lambda one: one.finished.cost)
    bound = min(one.finished.bound for one in outcomes.values() if not one.finished.impossible)
    maximise = wishes.objective in GREATEST
    done = replace(best.finished, bound=min(bound, best.finished.cost))
    status: Status = "optimal" if done.gap <= gap else "feasible"
    proof = prove(
        status,
        best.value,
        -done.bound if maximise else done.bound,
        perf_counter() - begun,
        options,
        maximise,
    )  # fmt: skip
    return Plan(outcomes, best.model.scheme, proof)


def _look_once_more(outcomes: dict[Scheme, Outcome], rules: Rules, end: float, seed: int) -> None:
    """Look for any plan until so late, where what was asked for has passed without one."""
    for scheme, before in outcomes.items():
        if not before.finished.impossible and (left := end - perf_counter()) > 0:
            outcomes[scheme] = _better(before, solve_scheme(before.model, rules, _ANY_GAP, left, seed))
            if outcomes[scheme].finished.choice.size:
                return


def _better(first: Outcome, again: Outcome) -> Outcome:
    """Return the cheaper answer of one scheme, with what both prove."""
    if again.finished.impossible:
        return again
    cheaper = again.finished.choice.size and not first.finished.cost < again.finished.cost
    best = again if cheaper or not first.finished.choice.size else first
    bound = float(np.fmin(max(first.finished.bound, again.finished.bound), best.finished.cost))
    return replace(best, finished=replace(best.finished, bound=bound))


def _no_plan(models: list[Model], options: SolverOptions, begun: float, clash: Clash | None) -> Plan:
    """Return the answer where nothing was found: proven impossible, or out of time."""
    status: Status = "no_solution" if clash is None else "infeasible"
    maximise = models[0].wishes.objective in GREATEST
    proof = prove(status, np.nan, np.nan, perf_counter() - begun, options, maximise)
    return Plan({}, None, proof, clash)


def _owed(model: Model) -> float:
    """Return the requirement of a scheme before exclusions [kW]."""
    houses = model.houses
    return float(np.sum(houses.owed_uniform_kw if model.scheme == "uniform" else houses.owed_by_zone_kw))


def _unsure(model: Model, rules: Rules, seconds: float, seed: int) -> Clash | None:
    """Return how sure a plan can be to close above the requirement where it cannot be as sure as was asked for."""
    wanted = model.wishes.certainty
    if wanted is None:
        return None
    low, high, reached = NormalDist().inv_cdf(0.5 + _LEAST_SURE), NormalDist().inv_cdf(wanted), np.nan
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        wishes = replace(model.wishes, certainty=NormalDist().cdf(middle))
        found = solve_scheme(replace(model, wishes=wishes), rules, _OTHER_GAP, seconds / _HALVINGS, seed)
        if found.finished.choice.size:
            reached = max(found.probability, 0.0 if np.isnan(reached) else reached)
            low = max(middle, NormalDist().inv_cdf(min(reached, wanted)))
        else:
            high = middle
    least_sure = np.argsort(model.houses.consent, kind="stable")[:10]
    return Clash((Relaxation("certainty", wanted, reached, least_sure),))


def solve_scheme(model: Model, rules: Rules, gap: float, seconds: float, seed: int, enough: float = np.inf) -> Outcome:
    """Return plan, bound and prices of one scheme.

    Args:
        model: the scheme's model.
        rules: rules of "report_programme".
        gap: relative gap asked for [1].
        seconds: time limit [s].
        seed: seed of every random choice.
        enough: a bound above this need not be improved.
    """
    problem = model.problem
    names = tuple(row.name for row in problem.rows)
    gj_per_kw = rules.number("heat_to_pv_conversion_factor")
    if not is_chance(model):
        prices = find_prices(problem, seed, gap)
        finished = finish(problem, prices, gap, seconds, seed)
        probability = np.nan
        if model.wishes.certainty is not None and "renewables" in names and finished.choice.size:
            # Nobody whose house counts can refuse: what the rows ask for is there for certain.
            probability = float(_probabilities(model, finished.choice, gj_per_kw, 1)[0])
        return Outcome(model, finished, prices.of_rows, names, probability)
    uncertain, others, counted = split_by_chance(model)
    certainty, houses = model.wishes.certainty or 0.0, model.houses
    probabilities = probabilities_of(model, rules)
    few, end = None, perf_counter() + seconds
    if is_few(model):
        # By the distribution itself, with nothing taken as normal.
        few = solve_few(
            others, counted, houses.consent, probabilities, certainty, gap, _FEW_SHARE * seconds, seed, enough
        )  # fmt: skip
        seconds = end - perf_counter()
    if few is not None and (few.choice.size or few.impossible):
        finished, found = few, prices_beside(others, counted, houses.consent, certainty, few.choice, seed)
    else:
        exact, middling = houses.size <= MOST_EXACT, few is None and with_a_choice(model) <= _MOST_MIDDLING
        seconds = _MIDDLING_SHARE * seconds if middling else seconds
        finished, found = solve_with_chance(
            others, counted, houses.consent, certainty, probabilities, gap, seconds, seed, enough, exact
        )
        if middling and finished.choice.size and finished.gap > gap and finished.bound < enough:
            few = solve_few(
                others, counted, houses.consent, probabilities, certainty, gap, end - perf_counter(), seed, enough,
                finished.choice,
            )  # fmt: skip
            best = few if few.cost < finished.cost else finished
            finished = replace(best, bound=min(best.cost, finished.bound))
        finished = finished if few is None else replace(finished, bound=max(few.bound, finished.bound))
    probability = float(probabilities(finished.choice, 1)[0]) if finished.choice.size else np.nan
    proven = _proven(model, finished.choice)
    ordered = np.empty(len(names))
    ordered[[*(place for place in range(len(names)) if place not in uncertain), *uncertain]] = found
    return Outcome(model, finished, ordered, names, probability, proven)


def is_chance(model: Model) -> bool:
    """Say whether a scheme's requirement is to be met with a probability, since owners may refuse."""
    named = any(row.name == "renewables" for row in model.problem.rows)
    return model.wishes.certainty is not None and named and _may_be_refused(model.houses)


def is_few(model: Model) -> bool:
    """Say whether so few houses of a scheme have a choice that plans are followed house by house."""
    return with_a_choice(model) <= MOST_FEW


def with_a_choice(model: Model) -> int:
    """Return how many houses of a scheme have a choice."""
    return int(np.sum(np.isfinite(model.problem.cost).sum(axis=0) > 1))


def split_by_chance(model: Model) -> tuple[list[int], Problem, tuple[Row, ...]]:
    """Return the places of the rows that must hold together with a probability, the problem without them, and them.

    Args:
        model: a scheme whose requirement is to be met with a probability.
    """
    problem = model.problem
    # Meeting the requirement means two rows at once: with substitutes, and on site alone.
    uncertain = [place for place, row in enumerate(problem.rows) if row.name in ("renewables", "substitute_limit")]
    others = replace(problem, rows=tuple(row for place, row in enumerate(problem.rows) if place not in uncertain))
    return uncertain, others, tuple(problem.rows[place] for place in uncertain)


def probabilities_of(model: Model, rules: Rules) -> Callable[[SlotArray, int], FloatArray]:
    """Return what tells so many probabilities of a plan: in all, with substitutes, and on site alone.

    Args:
        model: the scheme's model.
        rules: rules of "report_programme".
    """
    gj_per_kw = rules.number("heat_to_pv_conversion_factor")
    return lambda choice, number: _probabilities(model, choice, gj_per_kw, number)


def _may_be_refused(houses: Houses) -> bool:
    """Say whether the owner of any house that can count may refuse panels."""
    return bool(np.any((houses.consent < 1.0) & (houses.largest_kw > 0) & ~houses.must_leave))


def _proven(model: Model, choice: SlotArray) -> Proven:
    """Return what the bound of a search is proven for."""
    if not np.any(model.houses.consent < 1.0):
        return "rules"
    kw = kw_of(model.houses, model.slots, choice) if choice.size else np.zeros(0)
    exact = model.houses.size <= MOST_EXACT and can_be_added(kw)
    return "rules" if exact else "normal_form_only"


def _settled(found: Outcome, rules: Rules, gap: float, seconds: float, seed: int) -> Outcome:
    """Return the outcome with ties broken: by cost where the objective counts houses, then by id."""
    model, done = found.model, found.finished
    if not done.choice.size:
        return found
    choice, objective, probability = done.choice, model.wishes.objective, found.probability
    if objective in _COUNTED:
        limits = (*model.wishes.at_least, (objective, round(found.value)))
        wishes = replace(model.wishes, objective="cost", at_least=limits)
        cheaper = build(model.houses, wishes, model.economics, rules, (model.scheme,))[0]
        second = solve_scheme(cheaper, rules, gap, seconds, seed)
        if second.finished.choice.size:
            choice, probability = second.finished.choice, second.probability
    return replace(found, finished=replace(done, choice=in_order(model.problem, choice)), probability=probability)


def _probabilities(model: Model, choice: SlotArray, gj_per_kw: float, number: int) -> FloatArray:
    """Return so many probabilities of closing above the requirement: in all, with substitutes, and on site alone."""
    houses, slots = model.houses, model.slots
    counted = ~slots.left_out[choice]
    kw = kw_of(houses, slots, choice)
    owed = houses.owed_uniform_kw if model.scheme == "uniform" else houses.owed_by_zone_kw
    required = float(np.sum(owed[counted])) + model.more_kw
    heat = houses.heat_kw + houses.heat_options.saved(slots.heat[choice]) / gj_per_kw
    certain = float(np.sum(heat[counted & houses.new]))
    exact, share = houses.size <= MOST_EXACT, model.substitute_share
    own, other = [(kw[chosen], houses.consent[chosen]) for chosen in (counted & houses.new, ~houses.new)]
    found = [probability_of_meeting(own, other, required, certain, share, exact)]
    if number > 1:
        no_others = not other[0].any()
        found.append(found[0] if no_others else probability_of_meeting(own, other, required, certain, 1.0, exact))
    if number > 2:
        nobody = (np.zeros(0), np.zeros(0))
        found.append(probability_of_meeting(own, nobody, (1.0 - share) * required, certain, 0.0, exact))
    return np.array(found)
