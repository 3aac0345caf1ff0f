"""What the programmes act on: the course of levers, roofs, supply and operation, and what they may look at.

A run passes four stages. At each stage the programmes act one after the other in the declared order (the rows of
`classification/programmes.csv`); what one returns is what the next finds. A programme that is absent leaves the same
arrays behind as if it had never been there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, cast

import numpy as np
import numpy.typing as npt

from model.axes import PROJECTION_FROM, Axes, Mask
from model.inputs import Data
from model.labels import classification
from model.levers import Levers
from model.ordinance.municipalities import municipalities
from model.ordinance.rulebook import Rules, RuleSet, rules
from model.survival_families import Array
from model.year_path import path_values, share_path_values

#: How a programme takes part in a run.
Form = Literal["absent", "rule", "optimised"]


@dataclass(frozen=True)
class Scene:
    """What a programme may look at.

    Args:
        data: input tables.
        levers: levers of the scenario.
        axes: axes of the run.
        gaps: largest proven gap of each programme that an optimiser decided [1], noted as the run goes.
        installed_over_owed: what suppliers' plans install over what they owe [1] [year, segment]; None where the rule
            says it, or before the plans are known.
    """

    data: Data
    levers: Levers
    axes: Axes
    gaps: dict[str, float] = field(default_factory=dict)
    installed_over_owed: Array | None = None

    def note_gap(self, programme: str, gap: float) -> None:
        """Note how far from the best an optimiser's answer may be [1]."""
        self.gaps[programme] = max(gap, self.gaps.get(programme, 0.0))

    @cached_property
    def years(self) -> Array:
        """Fiscal years as numbers [year]."""
        return self.axes.years.astype(np.float64)

    def rules(self, book: str) -> Rules:
        """Return the rules of a programme under the scenario's rule set; where it is silent the other one speaks."""
        return rules(book, cast(RuleSet, self.levers.programmes.rule_set), fallback=True)

    def form(self, programme: str) -> Form:
        """Return how a programme takes part."""
        return cast(Form, self.levers.programmes.form[programme])

    def from_year(self, first: int) -> Mask:
        """Return the years of the projection from a first year on [year]."""
        return np.asarray(self.axes.years >= max(first, PROJECTION_FROM))

    def parameter(self, name: str) -> float:
        """Return a parameter of the programmes' reach or of the response to them."""
        return self.data.number("policy/parameters", name)

    def path(self, name: str) -> Array:
        """Return a path of the programmes' reach [year]."""
        return self.data.by_year("policy/paths", name, self.years)

    def by_group(self, name: str) -> Array:
        """Return a coverage by policy group, 0 where the programme does not reach [segment]."""
        groups = self.axes.attribute("policy_group")
        return self.data.along("policy/new_buildings", name, "policy_group", groups, missing=0.0)

    @cached_property
    def zone_rates(self) -> Array:
        """Rate of the zone of each region [1] [region]; for Tokyo as one place its mean, weighted by households."""
        places = municipalities()
        rates = np.array([place.zone_rate for place in places.values()])
        if self.axes.resolution == "municipality":
            return rates
        households = self.data.along("buildings/municipalities", "households", "region", list(places))
        return np.array([float(rates @ households / households.sum())])


@dataclass(frozen=True)
class Works:
    """New and renovated buildings, before the march.

    Args:
        new_mix: performance levels of new floor area [1] [year, segment, standard].
        renovation_rate: share of eligible floor area renovated [1/year] [year, segment].
        retrofit: panels on existing roofs [kW/year] [year].
    """

    new_mix: Array
    renovation_rate: Array
    retrofit: Array


@dataclass(frozen=True)
class Roofs:
    """Panels installed in a year, once the buildings are known [kW/year].

    Args:
        on_new: on new buildings [year, segment, region].
        on_existing: on existing roofs [year, segment, region].
        required: owed by obliged suppliers [year, region].
        obliged: installed by obliged suppliers [year, region].
        over_owed: what obliged suppliers plan to install over what they owe [1] [year, segment].
    """

    on_new: Array
    on_existing: Array
    required: Array
    obliged: Array
    over_owed: Array


@dataclass(frozen=True)
class Energy:
    """Supply and use of energy, once the equipment is known.

    Args:
        grid_share: renewable share of electricity supplied by the grid [1] [year].
        base_grid_share: the same before any programme [1] [year].
        heat_factor: CO2 factor of district heat against the base factor [1] [year].
        left: energy left of what would be used without the programmes on operation [1] [year, segment].
        purchased_share: share of electricity bought on purpose as renewable [1] [year, segment].
    """

    grid_share: Array
    base_grid_share: Array
    heat_factor: Array
    left: Array
    purchased_share: Array


def works_of(scene: Scene) -> Works:
    """Return new buildings and renovation as the levers alone have them."""
    levers, years, axes = scene.levers, scene.axes.years, scene.axes
    groups = axes.attribute("policy_group")
    mixes = {
        name: share_path_values(path, years, axes.standards) for name, path in levers.new_building_standard.items()
    }
    rates = {name: path_values(path, years) for name, path in levers.renovation.rate.items()}
    return Works(
        new_mix=np.stack([mixes[name] for name in groups], axis=1),
        renovation_rate=np.stack([rates[name] for name in groups], axis=1),
        retrofit=path_values(levers.solar.retrofit_mw, scene.years) * 1000.0,
    )


def energy_of(scene: Scene) -> Energy:
    """Return supply and use of energy as the levers alone have them."""
    axes, levers = scene.axes, scene.levers
    share = path_values(levers.electricity.renewable_share, scene.years)
    cells = (len(axes.years), len(axes.segments))
    return Energy(
        grid_share=share,
        base_grid_share=share,
        heat_factor=path_values(levers.fuel.district_heat_factor, scene.years),
        left=np.ones(cells),
        purchased_share=np.zeros(cells),
    )


def programmes() -> tuple[str, ...]:
    """Return the programmes in the order in which they act."""
    return tuple(classification("programmes"))


def weights_of(region_values: npt.NDArray[np.floating]) -> Array:
    """Return values as shares of their sum over the last dim; equal shares where all are zero."""
    whole = region_values.sum(axis=-1, keepdims=True)
    equal = np.full_like(region_values, 1.0 / region_values.shape[-1])
    return np.asarray(np.divide(region_values, whole, out=equal, where=whole > 0.0))
