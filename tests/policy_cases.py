"""Runs and scenes for tests of programmes inside the pathway."""

from __future__ import annotations

from functools import cache

import numpy as np
from shipped import shipped_data

from model.axes import Axes
from model.pathway import Pathway, run_axes, run_pathway
from model.policy.acting import Scene
from model.scenario import load_scenario

RULE_SETS = {"seed_2022": "ordinance_2022", "adopted_2025": "adopted_2025"}


@cache
def run(scenario: str, *changes: str) -> Pathway:
    return run_pathway(load_scenario(scenario, changes).levers, shipped_data(), resolution="metropolis")


@cache
def full_run(scenario: str) -> Pathway:
    return run_pathway(load_scenario(scenario).levers, shipped_data())


def scene(scenario: str, *changes: str, resolution: str = "metropolis") -> Scene:
    levers = load_scenario(scenario, changes).levers
    return Scene(shipped_data(), levers, run_axes(shipped_data(), levers.years.last, resolution))  # type: ignore[arg-type]


def with_parameters(given: Scene, **values: float) -> Scene:
    """Return the scene with other values of some parameters of the programmes."""
    changed = {("policy/parameters", name): np.array([value]) for name, value in values.items()}
    return Scene(given.data.with_values(changed), given.levers, given.axes)


def same(one: Pathway, other: Pathway, but: tuple[str, ...] = ()) -> list[str]:
    """Return the variables of two runs that are not the same bit for bit."""
    return [name for name in one.values if name not in but and not np.array_equal(one.values[name], other.values[name])]


def at(axes: Axes, year: int) -> int:
    return axes.year_index(year)


def no_changes(axes: Axes) -> dict[str, np.ndarray]:
    """Return panels of one kind on all cells, for programmes on roofs."""
    shape = (len(axes.years), len(axes.segments), len(axes.regions))
    return {"on_new": np.zeros(shape), "on_existing": np.zeros(shape)}
