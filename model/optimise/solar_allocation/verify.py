"""A second look at a plan, from the supplier's file itself and in whole numbers: nothing here knows how it was found.

The file is read again by `reread`; sizes, exclusions and sums are fractions. The verdicts come from
the report programme, asked about the buildings as they would be reported if every owner accepts; what owners may
refuse is looked at on top, in expected capacity. Money comes from the economics of single systems.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from model.language import Text
from model.optimise.solar_allocation.economics import Economics
from model.optimise.solar_allocation.facts import Facts, Planned
from model.optimise.solar_allocation.heat import HEAT_KINDS
from model.optimise.solar_allocation.inputs import FACES
from model.optimise.solar_allocation.model import Wishes
from model.optimise.solar_allocation.report_rows import report_rows, report_verdicts
from model.optimise.solar_allocation.reread import BoolArray, Fractions, RawList
from model.ordinance.building_report.equations import HOUSE_TYPES, EnergyLevel, RoofLimits
from model.ordinance.building_report.facts import HOUSE_TYPE_NAMES
from model.ordinance.building_report.programme import PROGRAMME as REPORT_PROGRAMME
from model.ordinance.derivation import Obligation
from model.ordinance.exact import exact
from model.ordinance.rulebook import Rules
from model.ordinance.solar_economics.equations import initial_payment
from model.ordinance.subsidies.equations import panel_grant_jpy

#: Most houses whose report is drawn up row by row for the workbook; the verdicts are asked for any number.
MOST_REPORTED = 20_000
#: Money is recomputed in floating point, and plans meet sums of decimals that binary numbers only approach.
_MONEY = 1e-9
_LINE = Fraction(1, 10**9)
#: Plans are read to a thousandth of a watt.
_PLAN_UNIT = 10**6


@dataclass(frozen=True)
class Check:
    """One thing that was looked at again.

    Args:
        name: what, in both languages.
        holds: whether it holds.
        found: what was found.
        needed: what was needed.
    """

    name: Text
    holds: bool
    found: str
    needed: str = ""


@dataclass(frozen=True)
class Verification:
    """All checks of a plan, and the report as the programme sees it (None for very long lists)."""

    checks: tuple[Check, ...]
    obligation: Obligation | None

    @property
    def holds(self) -> bool:
        """Whether every check holds."""
        return all(check.holds for check in self.checks)


def verify(
    raw: RawList,
    supplier: str,
    plan: Planned,
    wishes: Wishes,
    scheme: str,
    economics: Economics,
    rules: Rules,
    assumed: Rules,
) -> Verification:
    """Return a second look at a plan.

    Args:
        raw: the rows of the supplier as they stand in the file.
        supplier: its name.
        plan: what the plan says of every house.
        wishes: what was asked for.
        scheme: rate scheme of the plan.
        economics: prices and grants.
        rules: rules of "report_programme".
        assumed: rules of "solar_allocation".
    """
    facts = Facts(raw, rules, assumed)
    names = _names(facts, plan)
    if not names.holds:
        return Verification((names,), None)
    plan = plan.sorted_by_id()
    checks = [
        names,
        _sizes(facts, plan, assumed),
        _exclusions(facts, plan, rules),
        *_ways(facts, plan, wishes),
        *_capacity(facts, plan, wishes, scheme, rules),
        *_energy(facts, plan, wishes, rules),
        *_limits(facts, plan, wishes, economics, assumed),
    ]
    for text, holds, found, needed in report_verdicts(facts, plan, wishes, rules):
        checks.append(Check(text, holds, found, needed))
    obligation = None
    if facts.size <= MOST_REPORTED:
        gj_per_kw = rules.number("heat_to_pv_conversion_factor")
        obligation = REPORT_PROGRAMME.assess(report_rows(facts, supplier, plan, gj_per_kw), rules)[0]
    return Verification(tuple(checks), obligation)


def _names(facts: Facts, plan: Planned) -> Check:
    """Check that the plan says something of every house and of no other."""
    same = np.array_equal(np.sort(plan.ids.astype(str)), facts.ids)
    name = Text("every house of the file has exactly one decision", "ファイルの全住宅に決定が一つずつある")
    return Check(name, bool(same), f"{plan.ids.size}", f"{facts.size}")


def _kw(plan: Planned) -> Fractions:
    """Return the capacities of the plan."""
    return Fractions.rounded(plan.kw, _PLAN_UNIT)


def _wrong(facts: Facts, wrong: BoolArray, name: Text, fine: str) -> Check:
    """Return a check that names the houses where it fails."""
    return Check(name, not wrong.any(), ", ".join(facts.ids[wrong][:5].tolist()) or fine)


def _sizes(facts: Facts, plan: Planned, assumed: Rules) -> Check:
    """Check that sizes are whole modules within the roof, that heat is on offer, and that what is built stays."""
    module = exact(assumed.number("module_kw"))
    per_m2 = exact(assumed.beside("plan_programme").number("capacity_per_area"))
    kw, stated, built = _kw(plan), facts.number("max_kw"), facts.number("kw")
    by_faces = sum((facts.number(f"face{face}_m2") * per_m2).parts(module) for face in FACES)
    modules = np.where(facts.flag("restricted"), 0, np.where(stated.known, stated.parts(module), by_faces))
    whole = kw.parts(module)
    planned = np.abs(plan.kw - whole * float(module)) < 0.5 / _PLAN_UNIT
    fits = np.where(facts.fixed, (kw + built * Fraction(-1)).whole == 0, planned & (whole <= modules))
    offered = np.all([facts.offers[place] | (plan.heat >> place & 1 == 0) for place in range(len(HEAT_KINDS))], axis=0)
    name = Text("sizes are whole modules within the roof", "容量はパネル枚数単位で屋根に収まる")
    return _wrong(facts, ~(fits & offered), name, f"{facts.size}")


def _exclusions(facts: Facts, plan: Planned, rules: Rules) -> Check:
    """Check that only houses with a small roof or a legal limit are left out of the count, and all that must be."""
    limits, legal = RoofLimits.read(rules), rules.flag("legal_restriction_exclusion")
    first, second = facts.roofs
    beside = np.nan_to_num(second)
    small = (
        first + beside < limits.largest_m2
        if limits.second_m2 is None
        else (first < limits.largest_m2) & (beside < limits.second_m2)
    )
    reason = facts.new & (small | (facts.flag("restricted") & legal))
    claim = facts.choice("exclusion")
    wrong = (plan.left_out & (~reason | (claim == "never"))) | (~plan.left_out & reason & (claim == "claim"))
    name = Text("only houses that qualify are left out", "要件を満たす住宅のみ算定除外")
    return _wrong(facts, wrong, name, f"{int(plan.left_out.sum())}")


def _ways(facts: Facts, plan: Planned, wishes: Wishes) -> list[Check]:
    """Check that panels are paid as the list states, or in a way that is offered; where built, in the first of them."""
    stated = facts.choice("way_to_pay")
    if wishes.ways_to_pay == ("purchase",) and np.all(stated == "decide"):
        return []
    decided = np.where(facts.fixed, plan.way == wishes.ways_to_pay[0], np.isin(plan.way, wishes.ways_to_pay))
    right = np.where(stated == "decide", decided, plan.way == stated)
    name = Text("panels are paid as stated or offered", "調達方法は記載又は指定のとおり")
    return [_wrong(facts, ~right & (plan.kw > 0), name, f"{int(np.sum(plan.kw > 0))}")]


def _capacity(facts: Facts, plan: Planned, wishes: Wishes, scheme: str, rules: Rules) -> list[Check]:
    """Check the requirement in fractions of a kW, on expected capacity where owners may refuse."""
    if "renewables" in wishes.without:
        return []
    counted = facts.new & ~plan.left_out
    rates, houses = np.unique(facts.zone_rate[counted], return_counts=True)
    by_rate = sum((exact(float(rate)) * int(n) for rate, n in zip(rates, houses, strict=True)), Fraction(0))
    of_rates = exact(rules.number("uniform_rate")) * int(counted.sum()) if scheme == "uniform" else by_rate
    required = of_rates * exact(rules.number("capacity_per_building"))
    expected = _kw(plan) * facts.consent
    own = expected.total(counted)
    heat = sum((facts.heat_gj(kind, plan).total(counted) for kind in HEAT_KINDS), Fraction(0))
    if heat:
        own += heat / exact(rules.number("heat_to_pv_conversion_factor"))
    other = expected.total(~facts.new)
    if other and "substitute_limit" not in wishes.without:
        other = min(other, exact(rules.number("alternative_existing_house_limit")) * required)
    name = Text("capacity reaches the requirement [kW]", "設置容量が再エネ設置基準に達する [kW]")
    holds = own + other >= required - _LINE * max(required, Fraction(1))
    return [Check(name, holds, f"{float(own + other):,.3f}", f"{float(required):,.3f}")]


def _energy(facts: Facts, plan: Planned, wishes: Wishes, rules: Rules) -> list[Check]:
    """Check UA of every house and the mean BEI of every house type whose facts are known."""
    if "energy" in wishes.without:
        return []
    levels, checks = EnergyLevel.read(rules, "energy_standard"), []
    gj_per_kw = exact(rules.number("heat_to_pv_conversion_factor"))
    ua, bei = facts.number("ua"), facts.number("bei")
    for house_type in HOUSE_TYPES:
        of_type = facts.new & (facts.house_type == house_type)
        if house_type not in levels or not of_type.any() or not np.all((ua.known & bei.known)[of_type]):
            continue
        level = levels[house_type]
        saved = _kw(plan) * facts.consent * (gj_per_kw * int(level.with_renewables))
        for kind in HEAT_KINDS:
            saved = saved + facts.added(kind, plan)
        design = bei * facts.standard_gj
        limit = exact(level.bei_max)
        if level.on_average:
            mean = (design.total(of_type) - saved.total(of_type)) / facts.standard_gj.total(of_type)
            met = mean <= limit + _LINE
            shown = float(mean)
        else:
            each = (design.floats - saved.floats)[of_type] / facts.standard_gj.floats[of_type]
            shown = float(each.max())
            met = shown <= float(limit) + float(_LINE)
        warm = not np.any(((ua * Fraction(-1)).below(-exact(level.ua_max)))[of_type])
        title = HOUSE_TYPE_NAMES[house_type]
        name = Text(f"energy standard of {title.en}", f"断熱・省エネ性能基準（{title.ja}）")
        checks.append(Check(name, bool(met and warm), f"BEI {shown:.4f}", f"≤ {level.bei_max}"))
    return checks


def _limits(facts: Facts, plan: Planned, wishes: Wishes, economics: Economics, assumed: Rules) -> list[Check]:
    """Check budget, installers and number of changes."""
    checks = []
    if wishes.budget_jpy is not None:
        paid = _outlay(facts, plan, economics)
        holds = paid <= wishes.budget_jpy * (1 + _MONEY)
        checks.append(Check(Text("outlay within the budget [JPY]", "初期支出が予算内 [円]"), holds, f"{paid:,.0f}",
                            f"≤ {wishes.budget_jpy:,.0f}"))  # fmt: skip
    if wishes.installer_kw is not None:
        quarters = np.array([-1 if day is None else (day.month + 8) % 12 // 3 for day in facts.days], dtype=np.int64)
        done = facts.choice("state") == "done"
        for quarter, capacity in enumerate(wishes.installer_kw):
            kw = _kw(plan).total((quarters == quarter) & ~done)
            name = Text(f"installers in quarter {quarter + 1} [kW]", f"第{quarter + 1}四半期の施工能力 [kW]")
            checks.append(Check(name, kw <= exact(capacity), f"{float(kw):,.1f}", f"≤ {capacity:,.1f}"))
    if wishes.most_changes is not None:
        before = facts.number("kw")
        # A planned size stays if no module is added or taken away; what is written may lie between two sizes.
        differs = np.abs((_kw(plan) + before * Fraction(-1)).floats) > assumed.number("module_kw") / 2 + _MONEY
        changed = int(np.sum(differs & before.known & ~facts.fixed))
        name = Text("houses whose panels change", "計画を変更する住宅")
        checks.append(Check(name, changed <= wishes.most_changes, f"{changed}", f"≤ {wishes.most_changes}"))
    return checks


def _outlay(facts: Facts, plan: Planned, economics: Economics) -> float:
    """Return what is paid at the start for all houses [JPY], by the economics of single systems."""
    given, paid = economics.assumptions, 0.0
    fixed, per_kw = facts.number("cost_fixed_jpy").floats, facts.number("cost_jpy_per_kw").floats
    bought = np.flatnonzero((plan.way == "purchase") & (plan.kw > 0))
    groups: Mapping[tuple[float, float, bool], list[int]] = _grouped(
        zip(fixed[bought].tolist(), per_kw[bought].tolist(), facts.new[bought].tolist(), strict=True), bought
    )
    for (own_fixed, own_per_kw, new), members in groups.items():
        terms = replace(
            given,
            cost_fixed_jpy=given.cost_fixed_jpy if own_fixed != own_fixed else own_fixed,
            cost_jpy_per_kw=given.cost_jpy_per_kw if own_per_kw != own_per_kw else own_per_kw,
        )
        kw = np.round(plan.kw[members], 6)
        grant = panel_grant_jpy(kw, economics.grant_new if new else economics.grant_existing) * economics.grant_factor
        paid += float(np.sum(initial_payment(kw, terms, grant)))
    for place, kind in enumerate(HEAT_KINDS):
        gj, listed = facts.added(kind, plan).floats, facts.number(f"{kind}_option_jpy").floats
        usual = economics.heat.jpy_per_gj[place] * gj
        paid += float(np.sum(np.where(gj > 0, np.where(np.isnan(listed), usual, listed), 0.0)))
    return paid


def _grouped(keys: Any, members: npt.NDArray[np.int64]) -> dict[tuple[float, float, bool], list[int]]:
    """Return members by key; unknown numbers are alike."""
    found: dict[Any, list[int]] = {}
    for key, member in zip(keys, members.tolist(), strict=True):
        found.setdefault(tuple("" if part != part else part for part in key), []).append(member)
    return {tuple(float("nan") if part == "" else part for part in key): rows for key, rows in found.items()}  # type: ignore[misc]
