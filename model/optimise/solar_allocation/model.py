"""From facts and rules to the problem: which slots a house has, what they cost, and which rules tie houses together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from model.faults import FaultList
from model.language import Text
from model.optimise.solar_allocation.economics import Economics, Money, generation_by_faces
from model.optimise.solar_allocation.heat_rows import tie_heat
from model.optimise.solar_allocation.houses import Houses
from model.optimise.solar_allocation.problem import FloatArray, Problem, Row, Slots
from model.optimise.solar_allocation.slots import available, kw_of, slot_kw, slots_for, ways_of
from model.ordinance.building_report.equations import HOUSE_TYPES, EnergyLevel
from model.ordinance.exact import within
from model.ordinance.joint_purchase.equations import co2_saving_t
from model.ordinance.rulebook import Rules

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

Objective = Literal["cost", "benefit", "co2", "guidance", "changes"]
Scheme = Literal["uniform", "by_zone"]
SCHEMES: tuple[Scheme, ...] = ("uniform", "by_zone")

#: Objectives that are to be as great as possible.
GREATEST = ("benefit", "co2", "guidance")

#: Rules that can be left out to see what they cost; the names of rows start with them.
RULES_THAT_TIE = ("renewables", "substitute_limit", "energy")

#: Houses whose costs are worked out together, so that intermediate results stay small.
_BLOCK = 65_536


@dataclass(frozen=True)
class Wishes:
    """What the supplier asks for.

    Args:
        objective: what is to be least or greatest.
        without: rules to leave out (`RULES_THAT_TIE`).
        budget_jpy: most that is paid at the start for all houses [JPY]; None for no limit.
        installer_kw: what installers manage in each quarter of the fiscal year [kW]; None for no limit.
        certainty: probability with which the year must close above the requirement; None plans on expected consent.
        ways_to_pay: ways to pay that are offered to owners (`WAYS_TO_PAY`); panels of houses started or done whose
            list does not say how were paid in the first.
        most_changes: number of planned or ordered houses whose panels may change; None for no limit.
        at_least: further limits on objectives, for Pareto fronts: objective and the value it must reach.
    """

    objective: Objective = "cost"
    without: frozenset[str] = frozenset()
    budget_jpy: float | None = None
    installer_kw: tuple[float, float, float, float] | None = None
    certainty: float | None = None
    ways_to_pay: tuple[str, ...] = ("purchase",)
    most_changes: int | None = None
    at_least: tuple[tuple[Objective, float], ...] = ()

    def facts(self) -> dict[str, object]:
        """Return what was asked for, to be kept with an answer; what was not asked for is left out."""
        asked = {
            "objective": self.objective,
            "without": sorted(self.without),
            "budget_jpy": self.budget_jpy,
            "installer_kw": None if self.installer_kw is None else list(self.installer_kw),
            "certainty": self.certainty,
            "ways_to_pay": list(self.ways_to_pay),
            "most_changes": self.most_changes,
        }
        return {name: value for name, value in asked.items() if value is not None and value != []}


@dataclass(frozen=True)
class Model:
    """Everything about one supplier's decision under one rate scheme.

    Args:
        houses: facts.
        wishes: what is asked for.
        economics: prices, grants and contracts.
        slots: what the slots mean.
        scheme: uniform rate or zone rates.
        problem: the arrays.
        unknown_energy: house types without a test, as UA or BEI of some house is unknown.
        out_of_level: houses that no panels can bring to the energy standard, with the rule's name.
        substitute_share: share of the requirement up to which substitutes count [1].
        more_kw: what is asked for beyond the requirement of the rules [kW].
    """

    houses: Houses
    wishes: Wishes
    economics: Economics
    slots: Slots
    scheme: Scheme
    problem: Problem
    unknown_energy: tuple[str, ...] = ()
    out_of_level: dict[str, IntArray] = field(default_factory=dict)
    substitute_share: float = 1.0
    more_kw: float = 0.0

    @property
    def ways(self) -> tuple[str, ...]:
        """Ways to pay, in the order of `Slots.way`."""
        return ways_of(self.houses, self.wishes.ways_to_pay)


def build(
    houses: Houses, wishes: Wishes, economics: Economics, rules: Rules, schemes: Sequence[Scheme] = SCHEMES
) -> list[Model]:
    """Return the problems of a supplier, one for each rate scheme; they share all large arrays.

    Raises:
        BadInput: a rule that is needed is not known, or the wishes ask for facts that the list does not give.
    """
    _check(houses, wishes)
    slots = slots_for(houses, len(ways_of(houses, wishes.ways_to_pay)))
    exists = available(houses, slots, wishes.ways_to_pay)
    values, amounts = _values(houses, wishes, economics, rules, slots, exists)
    energy, unknown, out_of_level = _energy(houses, wishes, rules, slots, exists)
    sign = -1.0 if wishes.objective in GREATEST else 1.0
    cost = np.where(exists, sign * values, np.inf)
    limited = not houses.new.all() and "substitute_limit" not in wishes.without
    share = rules.number("alternative_existing_house_limit") if limited else 1.0
    models = []
    for scheme in schemes:
        rows = [*_capacity(houses, wishes, rules, scheme, share), *energy, *_limits(houses, wishes)]
        if slots.heat.any():
            gj_per_kw = rules.number("heat_to_pv_conversion_factor")
            levels = {} if "energy" in wishes.without else EnergyLevel.read(rules, "energy_standard")
            rows, tied = tie_heat(rows, houses, slots, exists, gj_per_kw, levels)
            amounts = {**amounts, **tied}
        whole = (slots.full, houses.largest_kw) if slots.full.any() else (None, None)
        problem = Problem(cost, slots.multiple, slots.left_out, houses.module_step_kw, tuple(rows), amounts, *whole)
        models.append(Model(houses, wishes, economics, slots, scheme, problem, unknown, out_of_level, share))
    return models


def _check(houses: Houses, wishes: Wishes) -> None:
    """Refuse wishes that the list cannot answer."""
    faults = FaultList()
    undated = np.flatnonzero((houses.quarter < 0) & ~houses.done)
    if wishes.installer_kw is not None:
        for house in undated[:200]:
            text = Text("the day of delivery is needed for limits by quarter", "四半期別の施工能力には供給日が必要です")
            faults.add(houses.portfolio.place(int(house)), text)
    faults.raise_if_any()


def money_of(model: Model, houses: IntArray, slots: IntArray) -> tuple[FloatArray, FloatArray, Money]:
    """Return capacity [kW], generation [kWh] and money of one slot each of some houses, dims (house)."""
    facts = model.houses
    kw = kw_of(facts, model.slots, slots, houses)
    generation = generation_by_faces(
        kw, [one[houses] for one in facts.face_kw], [one[houses] for one in facts.face_yield]
    )
    zero = np.zeros(houses.size)
    found = {name: zero.copy() for name in ("outlay", "cost", "benefit", "grant")}
    for position, way in enumerate(model.ways):
        chosen = model.slots.way[slots] == position
        if chosen.any():
            money = _money(model.economics, facts, houses[chosen], kw[chosen], generation[chosen], way)
            for name, values in found.items():
                values[chosen] = getattr(money, name)
    if model.slots.heat.any():
        for name, values in _heat_values(facts, model.economics, model.slots.heat[slots], houses).items():
            if name in found:
                found[name] += values
    return kw, generation, Money(**found)


def _heat_values(houses: Houses, economics: Economics, bits: IntArray, part: IntArray | slice) -> dict[str, FloatArray]:
    """Return what added heat is worth, by objective and limit."""
    terms = economics.assumptions
    return houses.heat_options.money(bits, economics.heat, economics.years, terms.discount_rate, part)


def _money(
    economics: Economics, facts: Houses, houses: IntArray | slice, kw: FloatArray, generation: FloatArray, way: str
) -> Money:
    """Return the money of capacities on some houses."""
    cells = facts.portfolio.cells
    return economics.money(
        kw, generation, way, ~facts.new[houses], cells["cost_fixed_jpy"][houses], cells["cost_jpy_per_kw"][houses]
    )


def _values(
    houses: Houses, wishes: Wishes, economics: Economics, rules: Rules, slots: Slots, exists: BoolArray
) -> tuple[FloatArray, dict[str, FloatArray]]:
    """Return the value of every slot for the objective, and the amounts that limits add up, dims (slot, house)."""
    needed: set[str] = {wishes.objective, *(name for name, _ in wishes.at_least)}
    if wishes.budget_jpy is not None:
        needed.add("outlay")
    if wishes.most_changes is not None:
        needed.add("changes")
    found = {name: np.zeros(exists.shape) for name in needed}
    levels = rules.value("guidance_capacity_per_building") if "guidance" in needed else None
    for start in range(0, houses.size, _BLOCK):
        part = slice(start, min(start + _BLOCK, houses.size))
        for position, way in enumerate(ways_of(houses, wishes.ways_to_pay)):
            chosen = np.flatnonzero(slots.way == position)
            kw = slot_kw(houses, slots, part, chosen)
            generation = generation_by_faces(
                kw, [one[part] for one in houses.face_kw], [one[part] for one in houses.face_yield]
            )
            money = _money(economics, houses, part, kw, generation, way)
            for name in needed & {"cost", "benefit", "outlay"}:
                found[name][chosen, part] = getattr(money, name) * (1.0 if name == "outlay" else houses.consent[part])
            if "co2" in needed:
                avoided = co2_saving_t(generation, economics.emission_factor)
                found["co2"][chosen, part] = avoided * houses.consent[part]
        if slots.heat.any():
            bits = np.broadcast_to(slots.heat[:, np.newaxis], (slots.heat.size, houses.consent[part].size))
            for name, values in _heat_values(houses, economics, bits, part).items():
                if name in found:
                    found[name][:, part] += values
        if levels is not None:
            found["guidance"][:, part] = _at_guidance(houses, slots, levels, part)
        if "changes" in needed:
            found["changes"][:, part] = _changed(houses, slots, part)
    for values in found.values():
        values[~exists] = 0.0
    objective = found[wishes.objective]
    amounts = {
        name: values for name, values in found.items() if name != wishes.objective or name in dict(wishes.at_least)
    }
    if "changes" in found:
        amounts["changes"] = found["changes"]
    return objective, amounts


def _at_guidance(houses: Houses, slots: Slots, levels: dict[str, float], part: slice) -> FloatArray:
    """Return 1 where a counted new building reaches the voluntary capacity, dims (slot, house)."""
    wanted = np.array([float(levels.get(name, levels["default"])) for name in HOUSE_TYPES])[houses.house_type[part]]
    kw = slot_kw(houses, slots, part)
    return np.asarray((kw >= wanted - 1e-9) & ~slots.left_out[:, np.newaxis] & houses.new[part], dtype=np.float64)


def _changed(houses: Houses, slots: Slots, part: slice) -> FloatArray:
    """Return 1 where the panels of a house that has a plan become other than planned, dims (slot, house)."""
    planned = houses.decided_kw[part]
    kw = slot_kw(houses, slots, part)
    differs = np.abs(kw - np.nan_to_num(planned)) > houses.module_kw / 2 + 1e-9
    return np.asarray(differs & ~np.isnan(planned) & ~houses.fixed[part], dtype=np.float64)


def _capacity(houses: Houses, wishes: Wishes, rules: Rules, scheme: Scheme, share: float) -> list[Row]:
    """Return the rows on capacity: with substitutes, and on site alone.

    Substitutes count up to a share of the requirement: K + min(A, share × R) ≥ R is K + A ≥ R and K ≥ (1 − share) × R.
    """
    if "renewables" in wishes.without:
        return []
    owed = houses.owed_uniform_kw if scheme == "uniform" else houses.owed_by_zone_kw
    rules.value("rate_election")
    nobody = np.zeros(houses.size)
    heat = np.where(houses.new, houses.heat_kw, 0.0)
    rows = [Row("renewables", houses.consent, heat - owed, 0.0, counted_only=True)]
    if not houses.new.all() and "substitute_limit" not in wishes.without:
        rules.value("alternative_limit_base")
        on_site = np.where(houses.new, houses.consent, nobody)
        rows.append(Row("substitute_limit", on_site, heat - (1.0 - share) * owed, 0.0, counted_only=True))
    return rows


def _energy(
    houses: Houses, wishes: Wishes, rules: Rules, slots: Slots, exists: BoolArray
) -> tuple[list[Row], tuple[str, ...], dict[str, IntArray]]:
    """Return rows on mean BEI by house type, types without a test, and houses beyond help; strikes slots that fail."""
    if "energy" in wishes.without or not houses.new.any():
        return [], (), {}
    levels = EnergyLevel.read(rules, "energy_standard")
    gj_per_kw = rules.number("heat_to_pv_conversion_factor")
    rows, unknown, out = [], [], {}
    for position, name in enumerate(HOUSE_TYPES):
        chosen = houses.new & (houses.house_type == position)
        if not chosen.any():
            continue
        if name not in levels or np.isnan(houses.ua[chosen]).any() or np.isnan(houses.design_gj[chosen]).any():
            unknown.append(name)
            continue
        level = levels[name]
        beyond = chosen & ~np.asarray(within(houses.ua, level.ua_max))
        if beyond.any():
            out[f"energy.{name}.ua"] = np.flatnonzero(beyond)
        counted = gj_per_kw * houses.consent * level.with_renewables
        room = level.bei_max * houses.standard_gj - houses.design_gj
        if level.on_average:
            rows.append(Row(f"energy.{name}", np.where(chosen, counted, 0.0), np.where(chosen, room, 0.0), 0.0))
        else:
            where = np.flatnonzero(chosen)
            kw = slot_kw(houses, slots, where)
            heat = houses.heat_options.saved(np.broadcast_to(slots.heat[:, np.newaxis], kw.shape), where)
            exists[:, where] &= kw * counted[where] + heat + room[where] >= -1e-9
            lost = where[~exists[:, where].any(axis=0)]
            if lost.size:
                out[f"energy.{name}.bei"] = lost
                # Its slots come back: the clash is reported as such, and the other houses are still planned.
                exists[0, lost] = True
    return rows, tuple(unknown), out


def _limits(houses: Houses, wishes: Wishes) -> list[Row]:
    """Return rows on budget, installers, changes and objectives beside the first."""
    one, nobody = np.ones(houses.size), np.zeros(houses.size)
    rows = []
    if wishes.budget_jpy is not None:
        rows.append(Row("budget", -one, nobody, -wishes.budget_jpy, measure="outlay"))
    for quarter, capacity in enumerate(wishes.installer_kw or ()):
        chosen = (houses.quarter == quarter) & ~houses.done
        rows.append(Row(f"installers.{quarter + 1}", np.where(chosen, -1.0, 0.0), nobody, -capacity))
    if wishes.most_changes is not None:
        rows.append(Row("changes", -one, nobody, -float(wishes.most_changes), measure="changes"))
    for name, value in wishes.at_least:
        sign = 1.0 if name in GREATEST else -1.0
        rows.append(Row(f"at_least.{name}", sign * one, nobody, sign * value, measure=name))
    return rows


def value_of(model: Model, rules: Rules, choice: npt.NDArray[np.integer], objective: Objective) -> float:
    """Return what a choice of slots is worth for any objective."""
    exists = available(model.houses, model.slots, model.wishes.ways_to_pay)
    wishes = replace(model.wishes, objective=objective, at_least=(), budget_jpy=None, most_changes=None)
    values, _ = _values(model.houses, wishes, model.economics, rules, model.slots, exists)
    return float(np.sum(values[choice, np.arange(model.houses.size)]))
