"""Buildings in use: support by wards, joint purchase, metropolitan facilities, reported small facilities; forest."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from model.axes import BASE_YEAR, LAST_PUBLISHED_YEAR
from model.ordinance.forest_offset.equations import absorption_t
from model.ordinance.ward_support.equations import spreading_adoption
from model.policy.acting import Energy, Roofs, Scene, Works, weights_of
from model.survival_families import Array

#: Year of the targets and attained levels, as the names of their parameters in the rule files say.
_LEVEL_YEAR: Final = 2030


# A programme saves on what is left: savings of several programmes multiply, they never add up to more than all.
def saved(left: Array, share: Array) -> Array:
    """Return the energy left after saving a share of it [1]: left · (1 − share)."""
    return np.asarray(left * (1.0 - share))


def ward_works(state: Works, scene: Scene) -> Works:
    """Let new ward buildings turn to the best level as the exchange of cases among the wards spreads."""
    inside = np.flatnonzero(scene.axes.segments_where(tenure="ward"))
    ahead = scene.from_year(0)
    best = np.zeros(len(scene.axes.standards))
    best[-1] = 1.0
    adopted = _spreading(scene, "zeb_adoption")[ahead][:, None, None]
    mix = state.new_mix.copy()
    cells = np.ix_(ahead, inside)
    mix[cells] = (1.0 - adopted) * mix[cells] + adopted * best
    return replace(state, new_mix=mix)


def ward_energy(state: Energy, scene: Scene) -> Energy:
    """Save energy of small firms that the wards' support reaches."""
    small = scene.axes.segments_where(policy_group="non_residential_small")
    # What was adopted to the last published year is in the calibrated energy already.
    adopted = _spreading(scene, "sme_adoption")
    further = np.maximum(adopted - adopted[scene.axes.year_index(LAST_PUBLISHED_YEAR)], 0.0)
    share = scene.parameter("sme_saving") * further[:, None] * small
    return replace(state, left=np.where(scene.from_year(0)[:, None], saved(state.left, share), state.left))


def jointly_purchased(state: Energy, scene: Scene) -> Energy:
    """Buy the electricity of ward facilities as renewable, by auction together."""
    target = scene.path("ward_renewable_share")
    if scene.form("joint_purchase") == "optimised":
        from model.policy.optimised import menus

        target = menus(scene, target)
    return _purchase(state, scene, "ward", target)


def metropolitan_energy(state: Energy, scene: Scene, used: Array) -> Energy:
    """Hold metropolitan facilities to their own targets: renewable electricity, and energy against 2000.

    Args:
        state: supply and use so far.
        scene: what may be looked at.
        used: energy that would be used without the programmes on operation [TJ/year] [year, segment].
    """
    bought = _purchase(state, scene, "metropolitan", scene.path("metropolitan_renewable_share"))
    inside = scene.axes.segments_where(tenure="metropolitan")
    rules = scene.rules("own_facilities")
    level = rules.number("targets_2030", "energy_reduction")
    share = _share_to_level(scene, (used * state.left)[:, inside].sum(axis=1), level)
    return replace(bought, left=saved(state.left, share[:, None] * inside))


def metropolitan_roofs(state: Roofs, scene: Scene, buildings: Array) -> Roofs:
    """Bring panels on metropolitan roofs to their target, evenly over the years to it, beyond what goes there anyway.

    Args:
        state: panels so far.
        scene: what may be looked at.
        buildings: standing buildings [building] [year, segment, region].
    """
    rules, years = scene.rules("own_facilities"), scene.axes.years
    inside = scene.axes.segments_where(tenure="metropolitan")
    known = max(rules.value("status"), key=lambda row: row["fiscal_year"])
    # What was added between the last status and the projection is not known, so all of the rest is still to come.
    rest = rules.number("targets_2030", "pv_kw") - float(known["pv_kw_all_own"])
    pace = rest / (_LEVEL_YEAR - LAST_PUBLISHED_YEAR)
    going = scene.from_year(0) & (years <= _LEVEL_YEAR)
    there = (state.on_new + state.on_existing)[:, inside].sum(axis=(1, 2))
    missing = np.where(going, np.maximum(pace - there, 0.0), 0.0)
    where = weights_of((buildings * inside[:, None]).reshape(len(years), -1)).reshape(buildings.shape)
    return replace(state, on_existing=state.on_existing + missing[:, None, None] * where)


def reported_energy(state: Energy, scene: Scene, used: Array) -> Energy:
    """Bring the small facilities of companies that must report towards the attained level of energy against 2000.

    Args:
        state: supply and use so far.
        scene: what may be looked at.
        used: energy that would be used without the programmes on operation [TJ/year] [year, segment].
    """
    axes, rules = scene.axes, scene.rules("report_small_existing")
    inside = axes.segments_where(tenure="private") & ~axes.segments_where(size_class="cap_and_trade")
    level = rules.number("attained_level_energy_reduction_2030")
    share = _share_to_level(scene, (used * state.left)[:, inside].sum(axis=1), level)
    reach = rules.number("obliged_share_of_small_emissions") * scene.parameter("attaining_share")
    return replace(state, left=saved(state.left, reach * share[:, None] * inside))


def forest_absorption(scene: Scene) -> Array:
    """Return what tended forest takes up, shown apart and never taken off emissions [t-CO2/year] [year]."""
    uptake = scene.rules("forest_offset").number("model_absorption_range", "central")
    return np.where(scene.from_year(0), absorption_t(scene.path("forest_area"), uptake), 0.0)


def _spreading(scene: Scene, name: str) -> Array:
    """Return a share that spreads along the logistic curve through the two points of its path [1] [year]."""
    years, shares = scene.data.series("policy/paths", name)
    first, last = ((int(years[i]), float(shares[i])) for i in (0, -1))
    return spreading_adoption(scene.years, first, last)


def _purchase(state: Energy, scene: Scene, tenure: str, share: Array) -> Energy:
    """Return the state with one owner's electricity bought as renewable up to a share [1] [year]."""
    inside = scene.axes.segments_where(tenure=tenure) & scene.from_year(0)[:, None]
    wanted = np.where(inside, share[:, None], 0.0)
    return replace(state, purchased_share=np.maximum(state.purchased_share, wanted))


# A level against 2000 is reached in its year and kept; on the way there the reduction grows evenly.
def _share_to_level(scene: Scene, energy: Array, level: float) -> Array:
    """Return the share of energy that has to be saved to be on the way to a level [1] [year]; none where it is met.

    Args:
        scene: what may be looked at.
        energy: energy before the saving [year].
        level: reduction against the base year [1].
    """
    now = scene.axes.year_index(LAST_PUBLISHED_YEAR)
    base, start = float(energy[scene.axes.year_index(BASE_YEAR)]), float(energy[now])
    goal = min(base * (1.0 - level), start)
    path = np.interp(scene.years, [LAST_PUBLISHED_YEAR, _LEVEL_YEAR], [start, goal])
    share = np.maximum(1.0 - path / energy, 0.0)
    return np.where(scene.from_year(0), share, 0.0)
