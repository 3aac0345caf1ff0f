"""The declared order of the programmes, stage by stage: the one place that says who acts when and on what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from model.faults import FaultList
from model.language import Text
from model.levers import Levers
from model.policy.acting import Energy, Form, Roofs, Scene, Works, energy_of, programmes, works_of
from model.policy.cap import CapYears, capped_energy
from model.policy.homes import subsidised_works
from model.policy.new_buildings import plan_roofs, plan_works, report_roofs, report_works
from model.policy.operation import (
    forest_absorption,
    jointly_purchased,
    metropolitan_energy,
    metropolitan_roofs,
    reported_energy,
    ward_energy,
    ward_works,
)
from model.policy.supply import district_energy, supplied_energy
from model.survival_families import Array

#: What each programme does to new and renovated buildings, before the march.
_WORKS: Final[dict[str, Callable[[Works, Scene], Works]]] = {
    "building_report": report_works,
    "building_plan": plan_works,
    "subsidies": subsidised_works,
    "ward_support": ward_works,
}
#: What each does to panels; buildings built for new ones, standing ones for own roofs.
_ROOFS: Final[dict[str, Callable[[Roofs, Scene, Array], Roofs]]] = {
    "building_report": report_roofs,
    "building_plan": plan_roofs,
    "own_facilities": metropolitan_roofs,
}
#: Programmes on roofs that look at standing buildings, not at those built.
_ON_STANDING: Final = frozenset({"own_facilities"})
#: What each does to supply and to operation; those with the energy used before them take it as a third argument.
_ENERGY: Final[dict[str, Callable[[Energy, Scene], Energy]]] = {
    "ward_support": ward_energy,
    "district": district_energy,
    "electricity_suppliers": supplied_energy,
    "joint_purchase": jointly_purchased,
}
_ENERGY_IN_USE: Final[dict[str, Callable[[Energy, Scene, Array], Energy]]] = {
    "own_facilities": metropolitan_energy,
    "small_facilities": reported_energy,
}
#: Programmes whose form changes what is built and renovated, and what goes on roofs.
ON_WORKS: Final = frozenset(_WORKS)
ON_ROOFS: Final = frozenset(_ROOFS)
#: Programmes that no emission depends on: what they do is shown apart.
APART: Final = frozenset({"forest_offset"})
#: Programmes that may be decided by an optimiser in place of their rule.
OPTIMISED: Final = ("building_report", "joint_purchase", "cap_and_trade")

_NO_OPTIMISER = Text(
    "no optimiser decides this programme; write rule or absent",
    "この制度に最適化はありません。rule か absent にしてください",
)


@dataclass(frozen=True)
class EnergyYears:
    """What programmes on supply and operation came to.

    Args:
        energy: supply and use.
        cap: the account under the cap; None where that programme is absent.
        forest: absorption, apart from emissions [t-CO2/year] [year].
    """

    energy: Energy
    cap: CapYears | None
    forest: Array


def check_forms(levers: Levers) -> None:
    """Raise `BadInput` with every programme that is asked for in a form it does not have."""
    faults = FaultList()
    for name in programmes():
        if levers.programmes.form[name] == "optimised" and name not in OPTIMISED:
            faults.add(f"programmes.form.{name}", _NO_OPTIMISER, given="optimised", allowed=list(OPTIMISED))
    faults.raise_if_any()


def works(scene: Scene) -> Works:
    """Return new and renovated buildings after every programme that acts on them."""
    state = works_of(scene)
    for name in _active(scene, _WORKS):
        state = _WORKS[name](state, scene)
    return state


def roofs(scene: Scene, on_new: Array, on_existing: Array, buildings: Array, built: Array) -> Roofs:
    """Return the panels of the projection after every programme that acts on them.

    Args:
        scene: what programmes may look at.
        on_new, on_existing: panels as the levers have them [kW/year] [year, segment, region].
        buildings: standing buildings [building] [year, segment, region].
        built: buildings built [building/year] [year, segment, region].
    """
    none = np.zeros((len(scene.axes.years), len(scene.axes.regions)))
    state = Roofs(on_new, on_existing, none, none, np.ones(built.shape[:2]))
    for name in _active(scene, _ROOFS):
        state = _ROOFS[name](state, scene, buildings if name in _ON_STANDING else built)
    return state


def energy_years(scene: Scene, used: Array) -> EnergyYears:
    """Return supply and operation after every programme that acts on them.

    Args:
        scene: what programmes may look at.
        used: final energy without the programmes on operation [TJ/year] [year, segment, carrier].
    """
    state, cap, forest = energy_of(scene), None, np.zeros(len(scene.axes.years))
    by_segment = used.sum(axis=2)
    for name in _active(scene, programmes()):
        if name in _ENERGY:
            state = _ENERGY[name](state, scene)
        elif name in _ENERGY_IN_USE:
            state = _ENERGY_IN_USE[name](state, scene, by_segment)
        elif name == "cap_and_trade":
            state, cap = capped_energy(state, scene, used)
        elif name == "forest_offset":
            forest = forest_absorption(scene)
    return EnergyYears(state, cap, forest)


def _active(scene: Scene, names: object) -> list[str]:
    """Return the programmes that take part and act here, in the declared order."""
    absent: Form = "absent"
    return [name for name in programmes() if name in names and scene.form(name) != absent]  # type: ignore[operator]
