"""Subsidies for homes: grants that shift what people choose to build, to renovate and to put on their roofs.

What people chose in the last published year they chose under the grants of that time, which `no_new_policy` carries on
without naming them. So a grant acts by what it pays beyond those, and by less than nothing where it pays less.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, Literal

import numpy as np

from model.ordinance.exact import reaches
from model.ordinance.solar_economics.equations import Assumptions, payback_years
from model.ordinance.subsidies.equations import PanelGrant, panel_grant_jpy
from model.ordinance.subsidies.facts import Home
from model.ordinance.subsidies.findings import levels
from model.policy.acting import Scene, Works
from model.survival_families import Array

_YEN_PER_MILLION: Final = 1e6
_KNOWN: Final = "policy/known_grants"


# People choose a level of performance by a logit; a grant raises the odds of its level and leaves all else as it was.
def mix_with_grants(mix: Array, grant: Array, sensitivity: float) -> Array:
    """Return a mix of performance levels after a grant for some of them.

    share[k] ← share[k] · exp(sensitivity · grant[k]) / Σ over levels

    Args:
        mix: shares of levels without the grant [..., standard].
        grant: grant per dwelling [MJPY] [standard].
        sensitivity: response of the odds [1/MJPY].

    Source: multinomial logit (McFadden 1974), its constants given by the mix without the grant.
    """
    weight = mix * np.exp(sensitivity * grant)
    return np.asarray(weight / weight.sum(axis=-1, keepdims=True))


def response(sensitivity: float, advantage: float) -> float:
    """Return by how much a rate grows with an advantage: exp(sensitivity · advantage)."""
    return float(np.exp(sensitivity * advantage))


def subsidised_works(state: Works, scene: Scene) -> Works:
    """Let grants act by what they pay beyond those already known: levels of new dwellings, renovation, panels."""
    axes, rules = scene.axes, scene.rules("subsidies")
    ahead, dwellings = scene.from_year(0), axes.segments_where(sector="residential")
    kinds: dict[bool, Literal["detached", "apartment"]] = {True: "detached", False: "apartment"}
    mix, rate = state.new_mix.copy(), state.renovation_rate.copy()
    detached = axes.segments_where(building_type="detached")
    for alone, kind in kinds.items():
        chosen = np.flatnonzero(dwellings & (detached == alone))
        grant = (_grant_by_level(scene, kind) - _known_by_level(scene, kind)) / _YEN_PER_MILLION
        cells = np.ix_(ahead, chosen)
        mix[cells] = mix_with_grants(mix[cells], grant, scene.parameter("grant_sensitivity"))
    granted = rules.number(_insulation_grant(scene), "share") - scene.data.number(_KNOWN, "renovation_share")
    cells = np.ix_(ahead, np.flatnonzero(dwellings))
    rate[cells] *= response(scene.parameter("renovation_sensitivity"), granted)
    sooner = response(scene.parameter("payback_sensitivity"), years_sooner(scene))
    return replace(
        state, new_mix=mix, renovation_rate=rate, retrofit=np.where(ahead, state.retrofit * sooner, state.retrofit)
    )


@dataclass(frozen=True)
class Grants:
    """What the metropolis grants to homes.

    Args:
        per_new_dwelling: for a new dwelling by level reached [JPY] [segment, standard]; 0 for other buildings.
        renovation_share: of the cost of renovating a dwelling [1] [segment].
        renovation_cap: most for a dwelling [JPY].
        per_panel_new: panels on a new home [JPY/kW] [segment].
        per_panel_existing: panels on an existing home [JPY/kW] [segment].
    """

    per_new_dwelling: Array
    renovation_share: Array
    renovation_cap: float
    per_panel_new: Array
    per_panel_existing: Array


def grants_of(scene: Scene) -> Grants | None:
    """Return what the metropolis grants to homes under the scenario's rules; None where the programme is absent."""
    if scene.form("subsidies") == "absent":
        return None
    axes, rules = scene.axes, scene.rules("subsidies")
    homes = axes.segments_where(sector="residential").astype(np.float64)
    detached = axes.segments_where(building_type="detached")
    by_kind = np.where(detached[:, None], _grant_by_level(scene, "detached"), _grant_by_level(scene, "apartment"))
    size = scene.parameter("home_capacity")
    new, existing = (float(panel_grant_jpy(size, PanelGrant.read(rules, new=new))) / size for new in (True, False))
    return Grants(
        per_new_dwelling=by_kind * homes[:, None],
        renovation_share=rules.number(_insulation_grant(scene), "share") * homes,
        renovation_cap=rules.number(_insulation_grant(scene), "cap_jpy"),
        per_panel_new=new * homes,
        per_panel_existing=existing * homes,
    )


def _insulation_grant(scene: Scene) -> str:
    """Return the grant for insulating a standing home that pays a share of its cost."""
    stated = scene.rules("subsidies").stated("insulation_material_grant")
    return "insulation_material_grant" if stated else "window_door_grant"


def years_sooner(scene: Scene) -> float:
    """Return by how many years pay-back of panels on an existing home is shorter than with the grant known [years]."""
    grant, known = PanelGrant.read(scene.rules("subsidies"), new=False), scene.data.number(_KNOWN, "panels_existing")
    return _years_sooner(scene.parameter("home_capacity"), grant, known, Assumptions.read(scene.rules("pv_economics")))


# No sample of an ensemble moves what this rests on, and the cash flow of decades takes longer than all else here.
@lru_cache(maxsize=16)
def _years_sooner(size: float, grant: PanelGrant, known: float, assumptions: Assumptions) -> float:
    granted = panel_grant_jpy(size, grant)
    return float(payback_years(size, assumptions, known * size) - payback_years(size, assumptions, granted))


def _known_by_level(scene: Scene, kind: Literal["detached", "apartment"]) -> Array:
    """Return the grant for a new dwelling that choices of the last published year knew [JPY] [standard]."""
    return scene.data.along(_KNOWN, "new_dwelling", "standard", scene.axes.standards, missing=0.0, dwelling_kind=kind)


def _grant_by_level(scene: Scene, kind: Literal["detached", "apartment"]) -> Array:
    """Return the grant that a new dwelling of each performance level gets [JPY] [standard]."""
    data, axes = scene.data, scene.axes
    bei = data.along("policy/standards", "bei", "standard", axes.standards, segment_sector="residential")
    steps = levels(Home(id=kind, kind=kind), scene.rules("subsidies"))
    # A level saves what its BEI is below the national standard; the strictest step it reaches pays.
    return np.array(
        [max((step.grant_jpy for step in steps if reaches(1.0 - value, step.saving_min)), default=0.0) for value in bei]
    )
