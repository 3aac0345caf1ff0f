"""New buildings: the report programme for small and mid-size ones, the plan programme for large ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from model.axes import Mask
from model.ordinance.building_plan.equations import SolarStandard
from model.ordinance.building_plan.equations import required_capacity_kw as required_of_large
from model.ordinance.building_report.equations import CapacityStandard, EnergyLevel
from model.ordinance.building_report.equations import required_capacity_kw as required_of_small
from model.ordinance.fiscal import fiscal_year_of
from model.policy.acting import Roofs, Scene, Works
from model.survival_families import Array
from model.year_path import path_values

#: Category of the report programme that each policy group of dwellings is tested in.
_CATEGORIES: Final = {
    "detached_custom": "custom_detached",
    "detached_for_sale": "for_sale_detached",
    "rental_small": "rental_apartment",
    "condominium_small": "for_sale_condominium",
}
#: Policy groups of new buildings of 2,000 m² or more.
_LARGE: Final = ("apartment_large", "non_residential_large", "public")


# A standard for each building leaves nothing below it: what would have been worse just meets it.
def each_meets(mix: Array, meets: Mask, cost_order: Array) -> Array:
    """Return a mix of performance levels in which every building meets a standard.

    Args:
        mix: shares of levels [..., standard].
        meets: which levels meet it [..., standard], or the last of these dims; at least one does.
        cost_order: the higher, the easier a level is to reach, such as its BEI [standard].
    """
    easiest = np.argmax(np.where(meets, cost_order, -np.inf), axis=-1)
    target = np.broadcast_to(easiest, mix.shape[:-1])[..., None]
    result = np.where(meets, mix, 0.0)
    moved = np.where(meets, 0.0, mix).sum(axis=-1, keepdims=True)
    np.put_along_axis(result, target, np.take_along_axis(result, target, axis=-1) + moved, axis=-1)
    return result


# A standard for the average asks only that enough of the worse buildings are raised for the mean to meet it.
def average_meets(mix: Array, bei: Array, limit: Array) -> Array:
    """Return a mix of performance levels whose mean BEI is at most a limit, changed no more than it must be.

    mix ← (1 − λ) · mix + λ · raised, λ = (mean − limit) / (mean − mean of raised) within 0 and 1, where in `raised`
    every building meets the limit.

    Args:
        mix: shares of levels [..., standard].
        bei: BEI of each level [standard].
        limit: [...]; where even the best level is above it, everything is built at the best level.
    """
    reachable = np.maximum(limit, bei.min())
    raised = each_meets(mix, np.asarray(bei <= reachable[..., None]), bei)
    before, after = mix @ bei, raised @ bei
    gap = before - after
    part = np.divide(before - reachable, gap, out=np.zeros_like(gap), where=gap > 0.0).clip(0.0, 1.0)[..., None]
    return np.asarray((1.0 - part) * mix + part * raised)


def report_works(state: Works, scene: Scene) -> Works:
    """Hold the dwellings of obliged suppliers to the envelope standard, and their mean to the energy standard.

    The BEI of the test counts panels: what a supplier must install takes so much off the mean of its dwellings.
    """
    axes, levels = scene.axes, EnergyLevel.read(scene.rules("report_programme"), "energy_standard")
    ahead = scene.from_year(_report_start(scene))
    bei, ua = _bei(scene, "residential"), _ua(scene)
    credit, covered = _panel_credit(scene), scene.by_group("obliged_share")
    groups = axes.attribute("policy_group")
    chosen = np.flatnonzero(np.isin(groups, list(_CATEGORIES)))
    asked = [levels[_CATEGORIES[groups[position]]] for position in chosen]
    ua_max, bei_max, renewables = np.array([(one.ua_max, one.bei_max, one.with_renewables) for one in asked]).T
    mix, cells = state.new_mix.copy(), np.ix_(ahead, chosen)
    before, part = mix[cells], covered[chosen, None]
    held = each_meets(before, np.asarray(ua <= ua_max[:, None]), bei)
    held = average_meets(held, bei, bei_max + credit[cells] * renewables)
    mix[cells] = (1.0 - part) * before + part * held
    return replace(state, new_mix=mix)


def report_roofs(state: Roofs, scene: Scene, built: Array) -> Roofs:
    """Add the panels that obliged suppliers owe beyond those they would install anyway.

    The test is on a supplier's year as a whole, so panels that go on some houses anyway count for the others.

    Args:
        state: panels so far.
        scene: what may be looked at.
        built: buildings built [building/year] [year, segment, region].
    """
    share = scene.by_group("obliged_share")[:, None] * scene.from_year(_report_start(scene))[:, None, None]
    owed = _owed_by_small(scene, built * share)
    there = state.on_new * share
    wanted = _wanted_of_small(scene, owed, (built * share).sum(axis=2))
    total = wanted.sum(axis=(1, 2), keepdims=True)
    missing = np.maximum(total - there.sum(axis=(1, 2), keepdims=True), 0.0)
    added = missing * np.divide(wanted, total, out=np.zeros_like(wanted), where=total > 0.0)
    return replace(
        state,
        on_new=state.on_new + added,
        required=state.required + owed.sum(axis=1),
        obliged=state.obliged + (there + added).sum(axis=1),
        over_owed=_over(wanted.sum(axis=2), owed.sum(axis=2)),
    )


def _over(wanted: Array, owed: Array) -> Array:
    """Return what is wanted over what is owed [1]; 1 where nothing is owed."""
    return np.divide(wanted, owed, out=np.ones_like(owed), where=owed > 0.0)


def plan_works(state: Works, scene: Scene) -> Works:
    """Hold every large new building to the standards of its use."""
    axes, rules = scene.axes, scene.rules("plan_programme")
    groups, sectors = axes.attribute("policy_group"), axes.attribute("sector")
    limits = sorted(rules.value("non_residential_bei_max").items())
    classes = scene.data.along(
        "policy/building_types", "use_class", "building_type", axes.attribute("building_type"), missing=0.0
    ).astype(int)
    starts = {
        sector: scene.from_year(fiscal_year_of(rules.date_of("commencement", f"{name}_energy")))
        for sector, name in (("residential", "residential"), ("commercial", "non_residential"))
    }
    dwelling = rules.value("residential_standard")
    limit_of_class = np.array([_limit(limit) for _, limit in limits])
    large, mix = np.isin(groups, _LARGE), state.new_mix.copy()
    for sector, ahead in starts.items():
        bei, chosen = _bei(scene, sector), np.flatnonzero(large & (np.array(sectors) == sector))
        if sector == "residential":
            one = (bei <= float(dwelling["bei_max"])) & (_ua(scene) <= float(dwelling["ua_max"]))
            meets = np.tile(one, (len(chosen), 1))
        else:
            meets = bei <= limit_of_class[classes[chosen] - 1, None]
        cells = np.ix_(ahead, chosen)
        mix[cells] = each_meets(mix[cells], meets, bei)
    return replace(state, new_mix=mix)


def plan_roofs(state: Roofs, scene: Scene, built: Array) -> Roofs:
    """Bring every large new building to the capacity that it owes; those with more keep it.

    Args:
        state: panels so far.
        scene: what may be looked at.
        built: buildings built [building/year] [year, segment, region].
    """
    rules = scene.rules("plan_programme")
    ahead = scene.from_year(fiscal_year_of(rules.date_of("commencement", "renewables")))
    owed = _owed_by_large(scene, SolarStandard.read(rules))
    share, size = panels_on_new(scene)
    each = share * np.maximum(size, owed) + (1.0 - share) * owed
    large = np.isin(scene.axes.attribute("policy_group"), _LARGE)
    there = np.divide(state.on_new, built, out=np.zeros_like(built), where=built > 0.0)
    wanted = np.maximum(there, each[:, :, None]) * built
    return replace(state, on_new=np.where(ahead[:, None, None] & large[:, None], wanted, state.on_new))


def panels_on_new(scene: Scene) -> tuple[Array, Array]:
    """Return the share of new buildings with panels [1] and the capacity on each [kW], as levers [year, segment]."""
    groups, levers = scene.axes.attribute("policy_group"), scene.levers.solar
    share = {name: path_values(levers.new_building_share[name], scene.years) for name in dict.fromkeys(groups)}
    size = {name: path_values(levers.kw_per_building[name], scene.years) for name in dict.fromkeys(groups)}
    return np.stack([share[name] for name in groups], axis=1), np.stack([size[name] for name in groups], axis=1)


def _report_start(scene: Scene) -> int:
    return fiscal_year_of(scene.rules("report_programme").date_of("commencement_date"))


def _wanted_of_small(scene: Scene, owed: Array, starts: Array) -> Array:
    """Return what obliged suppliers install by cell [kW/year]: a little more than they owe, or what their plans say.

    Args:
        scene: what may be looked at.
        owed: by cell [kW/year] [year, segment, region].
        starts: buildings of obliged suppliers [building/year] [year, segment].
    """
    beyond = scene.parameter("over_compliance")
    if scene.form("building_report") != "optimised":
        return owed * (1.0 + beyond)
    from model.policy.optimised import portfolios

    wanted, groups = np.zeros_like(owed), scene.axes.attribute("policy_group")
    for index in np.flatnonzero(owed.sum(axis=(1, 2)) > 0.0):
        wanted[index] = portfolios(scene, starts[index]).wanted(owed[index], groups, beyond)
    return wanted


def _owed_by_small(scene: Scene, covered: Array) -> Array:
    """Return what obliged suppliers owe by cell [kW/year]: by zone or by the uniform rate, whichever asks less."""
    standard = CapacityStandard.read(scene.rules("report_programme"))
    eligible = covered * scene.by_group("eligible_share")[:, None]
    by_zone = np.zeros_like(eligible)
    for rate in np.unique(scene.zone_rates):
        inside = scene.zone_rates == rate
        by_zone[:, :, inside] = required_of_small(eligible[:, :, inside], float(rate), standard.kw_per_building)
    uniform = required_of_small(eligible, standard.uniform_rate, standard.kw_per_building)
    less = by_zone.sum(axis=(1, 2)) <= uniform.sum(axis=(1, 2))
    return np.where(less[:, None, None], by_zone, uniform)


def _owed_by_large(scene: Scene, standard: SolarStandard) -> Array:
    """Return what a typical new building of each segment owes [kW] [segment]; its site has room for the standard."""
    area = _new_building_area(scene)
    types = scene.axes.attribute("building_type")
    storeys = scene.data.along("policy/building_types", "storeys", "building_type", types, missing=1.0)
    return required_of_large(area / storeys, area, area, standard)


def _new_building_area(scene: Scene) -> Array:
    """Return the floor area of a typical new building [m²] [segment]."""
    values = {
        name: scene.data.along("buildings/segments", f"{name}_new", "segment", scene.axes.segments, missing=0.0)
        for name in ("floor_area_per_building", "floor_area_per_dwelling", "dwellings_per_building")
    }
    dwellings = values["floor_area_per_dwelling"] * values["dwellings_per_building"]
    return np.where(scene.axes.segments_where(sector="residential"), dwellings, values["floor_area_per_building"])


def _panel_credit(scene: Scene) -> Array:
    """Return what the panels of obliged suppliers take off the mean BEI of their dwellings [1] [year, segment].

    credit = kW per dwelling · share of a standard house's primary energy that one kW makes

    Kilowatts are those installed: what comes anyway, or what is owed and a little more, as the rule declares it or the
    plans of suppliers have it.
    """
    standard = CapacityStandard.read(scene.rules("report_programme"))
    per_kw = scene.rules("pv_economics").number("primary_energy_share_per_kw")
    households = scene.data.along("buildings/municipalities", "households", "region", list(scene.axes.regions)) if (
        scene.axes.resolution == "municipality"
    ) else np.ones(1)  # fmt: skip
    rate = float(scene.zone_rates @ households / households.sum())
    owed = rate * standard.kw_per_building * scene.by_group("eligible_share")
    share, size = panels_on_new(scene)
    dwellings = scene.data.along(
        "buildings/segments", "dwellings_per_building_new", "segment", scene.axes.segments, missing=1.0
    )
    over = scene.installed_over_owed
    installed = owed * (1.0 + scene.parameter("over_compliance") if over is None else over)
    return np.asarray(np.maximum(share * size, installed) / dwellings * per_kw)


def _bei(scene: Scene, sector: str) -> Array:
    return scene.data.along("policy/standards", "bei", "standard", scene.axes.standards, segment_sector=sector)


def _ua(scene: Scene) -> Array:
    return scene.data.along("policy/standards", "ua", "standard", scene.axes.standards, segment_sector="residential")


def _limit(said: object) -> float:
    """Return the BEI in force: the proposal prints it beside the one that is expected next."""
    return float(said["revised"] if isinstance(said, dict) else said)  # type: ignore[arg-type]
