"""Who gives how much: tonnes of each programme of a scenario, and of each theme of levers beside its base.

Programmes act on what others leave, so what one gives depends on who is there already. Every coalition is run: 2^n
runs of Tokyo as one place, whose parts are worked out once for all coalitions that leave them alike. Alone and last in
are the two ends of what a player gives; the Shapley value is the mean over all orders, and sums to the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

import numpy as np

from model.axes import PROJECTION_FROM, Axes, Resolution
from model.decomposition import coalitions, first_in, last_in, shapley_interactions, shapley_values
from model.demand import segment_dwellings
from model.emitting import emitting_years
from model.inputs import Data
from model.labels import classification
from model.language import Text
from model.lever_groups import differing_groups, lever_groups, switched
from model.levers import Levers
from model.lifetimes import Lifetimes, lifetimes
from model.pathway import run_axes, run_pathway
from model.policy.acting import Scene, Works, programmes
from model.policy.stages import APART, ON_ROOFS, ON_WORKS, works
from model.solar import SolarYears, solar_years
from model.standing import BuildingYears, building_years, informed_by_plans
from model.survival_families import Array
from model.year_path import ByLabel

Part = TypeVar("Part")

#: Told the number of runs done and of all runs.
Progress = Callable[[int, int], None]

#: What takes part by its optimiser in a run takes part by its rule here: the coalitions are far too many to optimise.
_AS_RULE: Final = {"absent": "absent", "rule": "rule", "optimised": "rule"}


@dataclass
class Runs:
    """Runs of many levers on the same data, the parts that they have in common worked out once.

    A part is known by everything that it looks at: the levers of its stage and what earlier stages hand to it.

    Args:
        data: input tables.
        axes: axes of every run.
    """

    data: Data
    axes: Axes
    _known: dict[Hashable, object] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, data: Data, levers: Levers, resolution: Resolution = "metropolis") -> Runs:
        """Return runs that span the years of some levers."""
        return cls(data, run_axes(data, levers.years.last, resolution))

    def greenhouse_gas(self, levers: Levers) -> Array:
        """Return greenhouse gases of the projection [Mt/year] [year, sector], bit for bit as `run_pathway` does."""
        scene = Scene(self.data, levers, self.axes)
        rules, form = levers.programmes.rule_set, levers.programmes.form
        on_works, on_roofs = (
            (rules, *(form[name] for name in programmes() if name in which)) for which in (ON_WORKS, ON_ROOFS)
        )
        plans = (levers.new_building_standard, levers.renovation, levers.solar, on_works)
        course = self._once(("works", plans), Works, lambda: works(scene))
        frame = (levers.demand, levers.stock)
        life = self._once(("lives", frame), Lifetimes, lambda: self._lives(levers))
        built = (*frame, levers.renovation, levers.equipment, levers.service, _content(course))
        buildings = self._once(("buildings", built), BuildingYears, lambda: building_years(scene, life, course))
        stock = buildings.stock.values
        roofs = (*frame, levers.renovation, levers.solar, on_roofs, _content(course), course.retrofit.tobytes())
        panels = self._once(
            ("panels", roofs),
            SolarYears,
            lambda: solar_years(scene, course.retrofit, stock["buildings"], stock["built_buildings"]),
        )
        if informed := informed_by_plans(scene, panels):
            course = self._once(("works", plans, panels.over_owed.tobytes()), Works, lambda: works(informed))
            built = (*built[:-1], _content(course))
            buildings = self._once(("buildings", built), BuildingYears, lambda: building_years(informed, life, course))
        gas = emitting_years(scene, buildings, panels).values["greenhouse_gas"]
        return np.asarray(gas[self.axes.years >= PROJECTION_FROM])

    def _lives(self, levers: Levers) -> Lifetimes:
        return lifetimes(self.data, levers, self.axes, segment_dwellings(self.data, levers, self.axes))

    def _once(self, key: Hashable, kind: type[Part], make: Callable[[], Part]) -> Part:
        """Return what a key stands for, made when it is first asked for."""
        found = self._known.get(key)
        if not isinstance(found, kind):
            found = self._known[key] = make()
        return found


def _content(course: Works) -> tuple[bytes, bytes]:
    """Return all of new and renovated buildings that the march looks at."""
    return course.new_mix.tobytes(), course.renovation_rate.tobytes()


@dataclass(frozen=True)
class Contributions:
    """What players give towards less greenhouse gas; arrays by year of the projection.

    Args:
        players: labels.
        titles: their names.
        years: fiscal years [year].
        before: greenhouse gases without any player [Mt/year] [year, sector].
        after: with all of them [Mt/year] [year, sector].
        shapley: mean gain over all orders [Mt/year] [player, year, sector]; sums to before − after.
        first: gain alone, before all others [Mt/year] [player, year, sector].
        last: gain after all others [Mt/year] [player, year, sector].
        interaction: gain of two beyond what they give apart, negative where they overlap [Mt/year]
            [player, player, year].
    """

    players: tuple[str, ...]
    titles: tuple[Text, ...]
    years: Array
    before: Array
    after: Array
    shapley: Array
    first: Array
    last: Array
    interaction: Array


def contributions(
    players: Sequence[str],
    titles: Sequence[Text],
    levers_of: Callable[[frozenset[str]], Levers],
    runs: Runs,
    progress: Progress | None = None,
) -> Contributions:
    """Return what each player gives, from a run of every coalition.

    Args:
        players: labels.
        titles: their names.
        levers_of: levers of a coalition.
        runs: where coalitions are run.
        progress: told after every run.
    """
    gas = []
    for number, coalition in enumerate(coalitions(players), start=1):
        gas.append(runs.greenhouse_gas(levers_of(frozenset(coalition))))
        if progress is not None:
            progress(number, 1 << len(players))
    saved = gas[0] - np.array(gas)
    years = runs.axes.years[runs.axes.years >= PROJECTION_FROM].astype(np.float64)
    return Contributions(
        tuple(players), tuple(titles), years, gas[0], gas[-1], shapley_values(saved), first_in(saved), last_in(saved),
        shapley_interactions(saved.sum(axis=2)),
    )  # fmt: skip


def active_programmes(levers: Levers) -> tuple[str, ...]:
    """Return the programmes that take part and that emissions depend on, in the order in which they act."""
    return tuple(name for name in programmes() if levers.programmes.form[name] != "absent" and name not in APART)


def with_programmes(levers: Levers, acting: frozenset[str]) -> Levers:
    """Return the levers with only some of the programmes taking part, each by its rule."""
    form = levers.programmes.form
    kept = {name: _AS_RULE[form[name]] if name in acting else "absent" for name in form}
    return levers.model_copy(update={"programmes": levers.programmes.model_copy(update={"form": ByLabel(kept)})})


def programme_contributions(levers: Levers, runs: Runs, progress: Progress | None = None) -> Contributions:
    """Return what each programme of a scenario gives, the scenario's other levers as they are.

    Args:
        levers: of the scenario.
        runs: where coalitions are run.
        progress: told after every run.
    """
    players = active_programmes(levers)
    rows = classification("programmes")
    titles = [Text(rows[name]["name_en"], rows[name]["name_ja"]) for name in players]
    return contributions(players, titles, lambda acting: with_programmes(levers, acting), runs, progress)


def differing_themes(base: Levers, levers: Levers) -> dict[str, list[str]]:
    """Return the themes in which two sets of levers differ, each with the groups of levers that do."""
    groups = differing_groups(base, levers)
    held = {
        theme: [name for name in row["lever_groups"].split() if name in groups]
        for theme, row in classification("lever_themes").items()
    }
    return {theme: names for theme, names in held.items() if names}


def in_frame(base: Levers, levers: Levers) -> Levers:
    """Return the base within the frame of other levers: their years, demand and stock, which are no measures."""
    return switched(levers, base, differing_groups(levers, base))


def theme_contributions(base: Levers, levers: Levers, runs: Runs, progress: Progress | None = None) -> Contributions:
    """Return what each theme of levers gives beside a base scenario, the programmes one theme among them.

    Args:
        base: where levers start.
        levers: where they go.
        runs: where coalitions are run.
        progress: told after every run.
    """
    frame = in_frame(base, levers)
    themes = differing_themes(frame, levers)
    rows = classification("lever_themes")
    titles = [Text(rows[name]["name_en"], rows[name]["name_ja"]) for name in themes]

    def levers_of(moved: frozenset[str]) -> Levers:
        return switched(frame, levers, [group for theme in themes if theme in moved for group in themes[theme]])

    return contributions(tuple(themes), titles, levers_of, runs, progress)


@dataclass(frozen=True)
class Deciding:
    """What a single assumption or programme keeps from being emitted.

    Args:
        name: label of a group of levers or of a programme.
        title: its name.
        programme: whether it is a programme.
        gain: what would be emitted beside if it alone were as in the base [Mt/year] [year].
    """

    name: str
    title: Text
    programme: bool
    gain: Array


def single_assumptions(base: Levers | None, levers: Levers, runs: Runs) -> list[Deciding]:
    """Return what each assumption alone, taken out of a scenario, would add to its emissions.

    Args:
        base: where a group of levers that is taken out goes back to; None: programmes only.
        levers: of the scenario.
        runs: where they are run.
    """
    everyone = frozenset(active_programmes(levers))
    levers = with_programmes(levers, everyone)
    total = runs.greenhouse_gas(levers).sum(axis=1)
    found = []
    if base is not None:
        frame = in_frame(base, levers)
        for name in differing_groups(frame, levers):
            if name != "programmes":
                without = runs.greenhouse_gas(switched(levers, frame, [name])).sum(axis=1)
                found.append(Deciding(name, lever_groups()[name].title, False, without - total))
    rows = classification("programmes")
    for name in active_programmes(levers):
        without = runs.greenhouse_gas(with_programmes(levers, everyone - {name})).sum(axis=1)
        title = Text(rows[name]["name_en"], rows[name]["name_ja"])
        found.append(Deciding(name, title, True, without - total))
    return found


def full_resolution(levers: Levers, data: Data) -> Array:
    """Return greenhouse gases of the projection with every municipality of its own [Mt/year] [year, sector]."""
    pathway = run_pathway(levers, data)
    return np.asarray(pathway.values["greenhouse_gas"][pathway.axes.years >= PROJECTION_FROM])
