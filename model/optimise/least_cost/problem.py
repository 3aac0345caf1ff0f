"""What the least-cost pathway decides: where each group of levers stands between scenarios, and when.

Position x of a group and a year is the weight of a scenario's levers beside the base's; the weights of a group sum to
at most 1, what is left is the base. So the base, every scenario and everything between them can be reached, group by
group and year by year, and nothing beyond what a scenario has thought through.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from model.axes import PROJECTION_FROM, Axes
from model.costs import present_value
from model.demand import segment_dwellings
from model.inputs import Data
from model.lever_groups import LeverGroup, Mixer, Weights, lever_groups
from model.levers import Levers
from model.lifetimes import lifetimes
from model.optimise.least_cost.step import Point, Region
from model.pathway import Pathway, pathway_of, run_axes
from model.policy.acting import Scene
from model.solar import SolarYears
from model.standing import BuildingYears, standing_years
from model.survival_families import Array
from model.targets import base_emissions

#: Money of the model [JPY]: numbers of a handy size for the solver.
MONEY = 1e9
#: Years between which positions go straight.
KNOTS = (2025, 2030, 2035, 2040, 2050)
#: Groups that words decide, so that nothing lies between.
_WORDS = ("programmes",)
#: How far a position moves to find its slope; a last year must move by whole years.
_MOVE, _MOVE_OF_YEARS = 0.05, 0.2


@dataclass(frozen=True)
class Target:
    """Greenhouse gases of a year against 2000.

    Args:
        year: fiscal year.
        change: such as −0.5 for half [1].
    """

    year: int
    change: float


@dataclass(frozen=True)
class Decision:
    """One position: the weight of a scenario in a group from a year on.

    Args:
        group: label of the group.
        knot: year; None where one position holds for all years.
        scenario: number among the scenarios of the problem, the base being 0.
    """

    group: str
    knot: int | None
    scenario: int


@dataclass(frozen=True)
class Problem:
    """A search for the least-cost pathway.

    Args:
        frame: levers of no group, and of those that words decide.
        names: names of the scenarios, the base first.
        scenarios: their levers.
        targets: rising by year.
        data: input tables.
        knots: years between which positions go straight.
    """

    frame: Levers
    names: tuple[str, ...]
    scenarios: tuple[Levers, ...]
    targets: tuple[Target, ...]
    data: Data
    knots: tuple[int, ...] = KNOTS

    @cached_property
    def years(self) -> Array:
        """Return the years of the projection [year]."""
        return np.arange(PROJECTION_FROM, self.frame.years.last + 1, dtype=np.float64)

    @cached_property
    def caps(self) -> Array:
        """Return the most gases allowed [Mt/year] [year]: what a target asks holds until the next one."""
        caps = np.full(len(self.years), np.inf)
        for target in self.targets:
            caps[self.years >= target.year] = (1.0 + target.change) * base_emissions().value
        return caps

    @cached_property
    def mixer(self) -> Mixer:
        """Return what mixes the scenarios."""
        return Mixer(self.frame, self.scenarios)

    @cached_property
    def decisions(self) -> tuple[Decision, ...]:
        """Return the positions: for each group those scenarios whose levers differ from all before them."""
        found = []
        for label, group in lever_groups().items():
            if label in _WORDS:
                continue
            numbers = range(1, len(self.scenarios))
            chosen = [one for one in numbers if not any(self.mixer.same(label, one, other) for other in range(one))]
            knots = (None,) if group.steady else self.knots
            found += [Decision(label, knot, number) for knot in knots for number in chosen]
        return tuple(found)

    @cached_property
    def region(self) -> Region:
        """Return the limits of positions: weights sum to at most 1, and what lasts never steps back."""
        rows: list[tuple[Mapping[int, float], float]] = []
        for group in self.groups:
            knots = (None,) if group.steady else self.knots
            sums = [self._places(group.name, knot) for knot in knots]
            rows += [(dict.fromkeys(places, 1.0), 1.0) for places in sums if len(places) > 1]
            if group.lasting:
                for before, after in pairwise(sums):
                    rows.append((dict.fromkeys(before, 1.0) | dict.fromkeys(after, -1.0), 0.0))
        steps = np.array([self.mixer.years_to_move(one.group) if one.knot is None else 0 for one in self.decisions])
        moves = [_MOVE if count == 0 else max(1, round(_MOVE_OF_YEARS * count)) / count for count in steps.tolist()]
        return Region(len(self.decisions), tuple(rows), np.array(moves), steps)

    @property
    def groups(self) -> list[LeverGroup]:
        """Return the groups that are decided."""
        labels = dict.fromkeys(one.group for one in self.decisions)
        return [lever_groups()[label] for label in labels]

    def _places(self, group: str, knot: int | None) -> list[int]:
        return [i for i, one in enumerate(self.decisions) if one.group == group and one.knot == knot]

    def position_of(self, scenario: int) -> Array:
        """Return the position at which all groups stand where a scenario has them [position]."""
        return np.array([float(self.mixer.same(one.group, one.scenario, scenario)) for one in self.decisions])

    def weights(self, position: Array) -> dict[str, Weights]:
        """Return the weights of all scenarios in each group [year, scenario]."""
        result = {}
        for group in self.groups:
            knots = self.knots[:1] if group.steady else self.knots
            rows = np.zeros((len(knots), len(self.scenarios)))
            for row, knot in enumerate(knots):
                for place in self._places(group.name, None if group.steady else knot):
                    rows[row, self.decisions[place].scenario] = position[place]
            # The base takes what is left.
            rows[:, 0] = 1.0 - rows.sum(axis=1)
            result[group.name] = Weights(knots, rows)
        return result

    def levers(self, position: Array) -> Levers:
        """Return the levers at a position."""
        return self.mixer.mixed(self.weights(position))

    def tolerance(self) -> float:
        """Return by how much a target may be missed [Mt/year]."""
        return self.data.number("economics/parameters", "target_tolerance")


class March:
    """Runs the march of Tokyo as one place; what a position leaves as it was in the run before is not run again.

    Args:
        problem: what is decided.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._axes = run_axes(problem.data, problem.frame.years.last, "metropolis")
        self._life = lifetimes(
            problem.data, problem.frame, self._axes, segment_dwellings(problem.data, problem.frame, self._axes)
        )
        self._of_buildings = np.array([not lever_groups()[one.group].of_supply for one in problem.decisions])
        self._known: dict[bytes, tuple[BuildingYears, SolarYears]] = {}

    def __call__(self, position: Array) -> Point:
        """Return cost [MONEY] and gases [Mt/year] [year] at a position."""
        scene = Scene(self._problem.data, self._problem.levers(position), self._axes)
        key = position[self._of_buildings].tobytes()
        if key not in self._known:
            # Only the latest few matter: the present position and the one that is tried.
            for old in list(self._known)[:-2]:
                del self._known[old]
            self._known[key] = standing_years(scene, life=self._life)
        return point_of(self._problem.data, pathway_of(scene, *self._known[key]))


def point_of(data: Data, run: Pathway) -> Point:
    """Return cost [MONEY] and gases of the projection [Mt/year] [year] of a run."""
    cost = present_value(data, run.axes, run.values["annual_cost"].sum(axis=(1, 2)))
    return Point(float(cost) / MONEY, gases(run.axes, run.values["greenhouse_gas_total"]))


def gases(axes: Axes, total: Array) -> Array:
    """Return the part of a yearly series that belongs to the projection [year]."""
    return total[axes.years >= PROJECTION_FROM]


def without_doubles(named: Sequence[tuple[str, Levers]]) -> list[tuple[str, Levers]]:
    """Return scenarios by name, each set of levers once."""
    kept: list[tuple[str, Levers]] = []
    for name, levers in named:
        if all(levers != other for _, other in kept):
            kept.append((name, levers))
    return kept
