"""An ensemble: the same run of Tokyo as one place, thousands of times, each member at its own point of the ranges.

Member m is a pure function of the scenario, the data, the ranges, the design and m. Whether it is computed alone, in a
process of many, on another machine or after a stop, it has the same bits: one function serves all of them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np

from model.axes import PROJECTION_FROM, Mask, Resolution
from model.faults import BadInput
from model.inputs import Data
from model.language import Text
from model.levers import Levers
from model.pathway import Pathway, pathway_of, run_axes
from model.policy.acting import Scene
from model.sampling import Design, points
from model.scenario import levers_hash
from model.schema import Variable
from model.standing import standing_together
from model.survival_families import Array
from model.uncertainty import Ranges, Spread

#: A member sees Tokyo as one place: 62 municipalities would take many times as long and change no total.
RESOLUTION: Final[Resolution] = "metropolis"

#: Members computed and stored together: small enough to lose little in a stop, large enough to store quickly.
MEMBERS_OF_A_BLOCK: Final = 32

#: Members on the axis of samples: enough to call each operation seldom, few enough for arrays to stay in the cache.
SAMPLES_TOGETHER: Final = 8

#: What a member keeps, with its dims beyond the member.
OUTPUTS: Final[dict[str, tuple[str, ...]]] = {
    "greenhouse_gas": ("year", "sector"),
    "greenhouse_gas_total": ("year",),
    "sector_energy": ("year", "sector"),
    "sector_electricity": ("year", "sector"),
    "electricity_factor": ("year", "factor_view"),
    "renewable_share": ("year",),
    "solar_capacity": ("year",),
    "floor_area": ("year", "building_sector"),
    "new_share": ("year", "counted"),
}

#: What `new_share` counts: whose buildings, or dwellings. No run has it as a variable, so its meaning stands here.
COUNTED: Final = ("buildings", "residential_buildings", "dwellings")
NEW_SHARE: Final = Variable(
    "new_share",
    ("year", "counted"),
    "1",
    Text("share of the stock that was built since the projection began", "将来推計開始後の新築がストックに占める割合"),
    upper=1.0,
)


@dataclass(frozen=True)
class Ensemble:
    """Everything that members follow from.

    Args:
        scenario: its name.
        levers: levers of the scenario.
        data: input tables.
        width: ranges of the uncertain factors.
        design: how points are drawn.
    """

    scenario: str
    levers: Levers
    data: Data
    width: Ranges
    design: Design

    @cached_property
    def spread(self) -> Spread:
        """Levers and data with their ranges."""
        # A sample with more panels than there are roofs is no mistake of the scenario: its panels wait for room.
        solar = self.levers.solar.model_copy(update={"full_roofs": "wait"})
        return Spread(self.levers.model_copy(update={"solar": solar}), self.data, self.width)

    @property
    def factors(self) -> tuple[str, ...]:
        """Names of the factors that have a range."""
        return self.spread.factors

    @cached_property
    def points(self) -> Array:
        """Where each member stands, u from −1 to 1 [member, factor]."""
        return points(self.design, len(self.factors))

    @property
    def members(self) -> int:
        """How many members there are."""
        return len(self.points)

    @property
    def blocks(self) -> int:
        """How many blocks of members there are."""
        return -(-self.members // MEMBERS_OF_A_BLOCK)

    def block(self, number: int) -> range:
        """Return the members of a block."""
        first = number * MEMBERS_OF_A_BLOCK
        return range(first, min(first + MEMBERS_OF_A_BLOCK, self.members))

    def identity(self) -> dict[str, Any]:
        """Return what makes this ensemble the one it is: equal for two exactly if all members are equal."""
        return {
            **run_identity(self.levers, self.data),
            "ranges_hash": _hash({name: dict(getattr(self.width, name)) for name in Ranges.__dataclass_fields__}),
            "design": self.design.name,
            "samples": self.design.samples,
            "seed": self.design.seed,
            "factors": list(self.factors),
        }


def run_identity(levers: Levers, data: Data) -> dict[str, str]:
    """Return what a run follows from: an ensemble is one of this run exactly if it has the same."""
    return {"scenario_hash": levers_hash(levers), "data_hash": _hash(dict(data.sha256))}


def _hash(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, allow_nan=False).encode()).hexdigest()


def outputs(pathway: Pathway) -> dict[str, Array]:
    """Return what a member keeps of a run, in the units of `model.schema`; panels [kW] and areas summed over Tokyo."""
    values, axes = {name: pathway.values[name] for name in OUTPUTS if name != "new_share"}, pathway.axes
    area = values["floor_area"].sum(axis=2)
    homes = axes.segments_where(sector="residential")
    sectors = (homes, axes.segments_where(sector="commercial"))
    return values | {
        "solar_capacity": values["solar_capacity"].sum(axis=(1, 2)),
        "floor_area": np.stack([area[:, inside].sum(axis=1) for inside in sectors], axis=1),
        "new_share": _new_share(pathway, homes),
    }


def _new_share(pathway: Pathway, homes: Mask) -> Array:
    """Return the share of buildings, residential buildings and dwellings built since the projection began [1]."""
    new = pathway.axes.vintage_class_bounds()[0] >= PROJECTION_FROM
    buildings, dwellings = (pathway.values[f"{name}_by_vintage_class"] for name in ("buildings", "dwellings"))
    shares = [each[:, :, new].sum(axis=(1, 2)) / each.sum(axis=(1, 2))
              for each in (buildings, buildings[:, homes], dwellings)]  # fmt: skip
    return np.stack(shares, axis=1)


def members(ensemble: Ensemble, numbers: Sequence[int]) -> list[dict[str, Array] | None]:
    """Return members, computed as one array with an axis of samples where years follow one another.

    Args:
        ensemble: the ensemble.
        numbers: of the members wanted.

    Returns:
        of each member what it keeps, or None where its point asks for what cannot be, such as a stock that must not
        fall.
    """
    try:
        return list(_runs([ensemble.spread.at(ensemble.points[number]) for number in numbers]))
    except BadInput:
        # One that cannot be stops those beside it; alone, each of these has the same bits.
        return [None] if len(numbers) == 1 else [one for number in numbers for one in members(ensemble, [number])]


def base_member(ensemble: Ensemble) -> dict[str, Array]:
    """Return the run of the scenario itself, with every factor in the middle of its range."""
    return next(_runs([(ensemble.levers, ensemble.data)]))


def _runs(points: Sequence[tuple[Levers, Data]]) -> Iterator[dict[str, Array]]:
    """Yield what is kept of runs as `run_pathway` gives them, without their costs, which no member keeps."""
    scenes = [Scene(data, levers, run_axes(data, levers.years.last, RESOLUTION)) for levers, data in points]
    for scene, standing in zip(scenes, standing_together(scenes), strict=True):
        yield outputs(pathway_of(scene, *standing, costs=False))


def compute_block(ensemble: Ensemble, number: int) -> dict[str, Array]:
    """Return the members of a block [member, …]; what cannot be is not a number."""
    inside = ensemble.block(number)
    found = [
        one
        for first in range(0, len(inside), SAMPLES_TOGETHER)
        for one in members(ensemble, inside[first : first + SAMPLES_TOGETHER])
    ]
    shapes = {name: array.shape for name, array in next((one for one in found if one is not None), {}).items()}
    if not shapes:
        shapes = {name: array.shape for name, array in base_member(ensemble).items()}
    return {
        name: np.stack([np.full(shapes[name], np.nan) if one is None else one[name] for one in found])
        for name in OUTPUTS
    }
