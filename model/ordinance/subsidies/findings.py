"""Subsidies for homes: each grant as a question, answered with its working."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf
from typing import Any

from model.language import Text
from model.ordinance.derivation import Finding, Verdict, Working, number
from model.ordinance.exact import reaches, total
from model.ordinance.rulebook import Rules
from model.ordinance.subsidies.equations import (
    PanelGrant,
    battery_by_capacity_jpy,
    battery_by_cost_jpy,
    capped_share_jpy,
    panel_grant_jpy,
    printed_share,
    v2h_grant_jpy,
    zero_emission_level,
)
from model.ordinance.subsidies.facts import COMPANION_NAMES, Home


@dataclass(frozen=True)
class Level:
    """A level of the Zero Emission House: its limits, and the grant of a dwelling [JPY]."""

    name: str
    ua_max: float
    saving_min: float
    grant_jpy: float


def levels(home: Home, rules: Rules) -> list[Level]:
    """Return the levels open to a kind of home, from the easiest to the strictest."""
    detached = home.kind == "detached"
    if not rules.stated("zero_emission_house_criteria_a"):
        saving = {row["level"]: float(row["energy_saving_vs_national"]) for row in _rows(rules, "saving")}
        grants = {row["level"]: float(row["detached" if detached else "multi_unit"]) for row in _rows(rules, "grant")}
        ua = {level: rules.number(f"zero_emission_house_ua_level_{level}") for level in saving}
        return [Level(str(level), ua[level], saving[level], grants[level]) for level in sorted(saving)]
    criteria = {"A": rules.value("zero_emission_house_criteria_a"), **rules.value("zero_emission_house_criteria_bc")}
    amounts = (
        {name: rules.number(f"zero_emission_house_grant_{name.lower()}") for name in criteria}
        if detached
        else rules.value("zero_emission_house_grant_multi")
    )
    return [
        Level(name, float(criteria[name]["ua_max"]), float(criteria[name]["energy_saving_min"]), float(amounts[name]))
        for name in sorted(criteria, reverse=True)
    ]


def _rows(rules: Rules, part: str) -> list[dict[str, float]]:
    """Return the rows of a table of the house programme of 2022."""
    rows: list[dict[str, float]] = rules.value(f"zero_emission_house_{part}")
    return rows


def reached_level(home: Home, rules: Rules) -> Level | None:
    """Return the strictest level that a new home reaches, or None."""
    if not home.new or home.ua is None or home.energy_saving is None:
        return None
    if (
        rules.stated("zero_emission_house_pv_required")
        and rules.flag("zero_emission_house_pv_required")
        and not home.pv_kw
    ):
        return None
    steps = levels(home, rules)
    place = int(
        zero_emission_level(
            home.ua, home.energy_saving, [step.ua_max for step in steps], [step.saving_min for step in steps]
        )
    )
    return steps[place - 1] if place else None


def zero_emission_house(home: Home, rules: Rules) -> Finding:
    """Return the level of a new home and its grant [JPY]."""
    sheet = Working.under(rules)
    for step in levels(home, sheet.rules):
        sheet.step(
            Text(f"level {step.name}", f"水準{step.name}"),
            f"UA ≤ {number(step.ua_max)}, {number(100 * step.saving_min)} %",
            step.grant_jpy,
            "JPY",
        )
    ua, saving = home.ua or inf, home.energy_saving or 0.0
    level = reached_level(home, sheet.rules)
    sheet.step(
        Text("strictest level reached", "達成する最上位の水準"),
        f"UA {number(ua)}, {number(100 * saving)} %, {number(home.pv_kw)} kW",
        level.name if level else None,
    )
    question = Text("Zero Emission House: level and grant", "東京ゼロエミ住宅：水準と助成額")
    verdict = Verdict.on(level is not None)
    return sheet.finding("zero_emission_house", question, verdict, level.grant_jpy if level else 0.0, "JPY")


def panels(home: Home, rules: Rules) -> Finding:
    """Return the grant for solar panels [JPY]."""
    sheet = Working.under(rules)
    question = Text("Solar panels", "太陽光発電設備")
    in_house = reached_level(home, sheet.rules) is not None
    if not in_house and sheet.rules.stated("pv_grant_goes_with"):
        wanted = sheet.rules.value("pv_grant_goes_with")
        companions = [name for name in home.goes_with if name in wanted]
        if companions == ["v2h"] and not reaches(home.pv_kw, sheet.rules.number("v2h_pv_addon_kw_min")):
            companions = []
        names = [COMPANION_NAMES[name] for name in companions]
        sheet.step(
            Text("goes with another granted measure", "①～④等に併せた設置か"),
            "",
            Text(", ".join(name.en for name in names) or "no", "、".join(name.ja for name in names) or "いいえ"),
        )
        if not companions:
            return sheet.finding("panels", question, Verdict.NOT_OBLIGED, 0.0, "JPY")
    grant = (
        PanelGrant.read_zero_emission_house(sheet.rules, home.all_electric)
        if in_house
        else PanelGrant.read(sheet.rules, home.new)
    )
    parts = [sheet.step(*_panel_step(home.pv_kw, grant), "JPY")]
    if home.pv_functional_addon_jpy_per_kw > 0:
        most = sheet.rules.number("pv_functional_addon_max")
        rate = min(home.pv_functional_addon_jpy_per_kw, most)
        parts.append(
            sheet.step(
                Text("functional panels", "機能性PVの上乗せ"),
                f"{number(home.pv_kw)} × min({number(home.pv_functional_addon_jpy_per_kw)}, {number(most)})",
                home.pv_kw * rate,
                "JPY",
            )
        )
    for wanted_works, key, name in (
        (home.flat_roof_waterproofing, "waterproofing", Text("waterproofing", "陸屋根の防水")),
        (home.flat_roof_mount, "mount", Text("mount", "陸屋根の架台")),
    ):
        if wanted_works and not home.new:
            rate = sheet.rules.number("pv_flat_roof_addons", key)
            parts.append(sheet.step(name, f"{number(home.pv_kw)} × {number(rate)}", home.pv_kw * rate, "JPY"))
    return sheet.finding("panels", question, Verdict.FOR_INFORMATION, total(parts), "JPY")


def _panel_step(kw: float, grant: PanelGrant) -> tuple[Text, str, float]:
    """Return the step that applies the bands to a capacity."""
    amount = float(panel_grant_jpy(kw, grant))
    if reaches(grant.step_kw, kw):
        cap = f"min({{}}, {number(grant.lower_cap_jpy)})" if grant.lower_cap_jpy < inf else "{}"
        name = Text(f"up to {number(grant.step_kw)} kW", f"{number(grant.step_kw)}kW以下")
        return name, cap.format(f"{number(kw)} × {number(grant.lower_jpy_per_kw)}"), amount
    if reaches(kw, grant.below_kw):
        return Text(f"from {number(grant.below_kw)} kW on", f"{number(grant.below_kw)}kW以上は対象外"), "", amount
    name = Text(f"above {number(grant.step_kw)} kW", f"{number(grant.step_kw)}kW超")
    return name, f"{number(kw)} × {number(grant.upper_jpy_per_kw)}", amount


def battery(home: Home, rules: Rules) -> Finding:
    """Return the grant for a battery [JPY]; the form of the grant changed in 2023 and 2025."""
    sheet = Working.under(rules)
    question = Text("Battery", "蓄電池")
    if sheet.rules.stated("battery_needs_renewables") and sheet.rules.flag("battery_needs_renewables"):
        supplied = sheet.step(
            Text("panels or a renewable contract", "太陽光発電又は再エネ電力契約"),
            "",
            home.pv_kw > 0 or home.renewable_contract,
        )
        if not supplied:
            return sheet.finding("battery", question, Verdict.NOT_OBLIGED, 0.0, "JPY")
    name = newest(sheet.rules, "battery_grant", "battery_grant_2023")
    said = sheet.rules.value(name)
    if "jpy_per_kwh" in said:
        rate = float(said["add_unit_jpy_per_kwh" if home.battery_added else "jpy_per_kwh"])
        addon = float(said["demand_response_addon_jpy"]) if home.demand_response else 0.0
        amount = float(battery_by_capacity_jpy(home.battery_kwh, rate, addon))
        formula = f"{number(home.battery_kwh)} × {number(rate)} + {number(addon)}"
        text = Text("amount per kWh, and for demand response", "容量×単価＋DR加算")
    elif name == "battery_grant_2023":
        share, cap = float(said["share"]), float(said["cap_jpy"])
        amount = float(battery_by_cost_jpy(home.battery_cost_jpy, home.battery_kwh, share, cap))
        formula = f"min({number(home.battery_cost_jpy)} × {printed_share(share)}, {number(cap)})"
        text = Text("share of the cost within the cap", "機器費×補助率（上限内）")
    else:
        per_kwh = sheet.rules.number("zero_emission_house_battery_addon", "cap_per_kwh")
        share, cap, below = (float(said[key]) for key in ("share", "cap_jpy", "capacity_max_kwh_exclusive"))
        amount = float(battery_by_cost_jpy(home.battery_cost_jpy, home.battery_kwh, share, cap, per_kwh, below))
        formula = (
            f"min({number(home.battery_cost_jpy)} × {printed_share(share)}, "
            f"{number(home.battery_kwh)} × {number(per_kwh)}, {number(cap)}); < {number(below)} kWh"
        )
        text = Text(
            "share of the cost within the amount per kWh and the cap", "機器費×補助率（kWh単価・上限額の範囲内）"
        )
    sheet.step(text, formula, amount, "JPY")
    return sheet.finding("battery", question, Verdict.FOR_INFORMATION, amount, "JPY")


def v2h(home: Home, rules: Rules) -> Finding:
    """Return the grant for a V2H charger of a detached house [JPY]."""
    sheet = Working.under(rules)
    question = Text("V2H charger", "V2H")
    if home.kind != "detached":
        sheet.step(Text("detached houses only", "戸建住宅に限る"), "", False)
        return sheet.finding("v2h", question, Verdict.NOT_OBLIGED, 0.0, "JPY")
    said = sheet.rules.value("v2h_grant")
    full_set = sheet.step(
        Text("panels, V2H and an electric car together", "太陽光・V2H・EV等が揃うか"),
        "",
        home.pv_kw > 0 and home.electric_car,
    )
    usual = (float(said["share"]), float(said["cap_jpy"]))
    full = (float(said["full_set_share"]), float(said["full_set_cap_jpy"]))
    share, cap = full if full_set else usual
    amount = sheet.step(
        Text("share of the cost within the cap", "費用×補助率（上限内）"),
        f"min({number(home.v2h_cost_jpy)} × {printed_share(share)}, {number(cap)})",
        float(v2h_grant_jpy(home.v2h_cost_jpy, full_set, usual, full)),
        "JPY",
    )
    return sheet.finding("v2h", question, Verdict.FOR_INFORMATION, amount, "JPY")


def windows_and_doors(home: Home, rules: Rules) -> Finding:
    """Return the grant for windows and doors of an existing home [JPY]; from FY2025 it goes by fixed amounts."""
    sheet = Working.under(rules)
    question = Text("Windows and doors", "高断熱窓・高断熱ドア")
    said = sheet.rules.value(newest(sheet.rules, "window_door_grant", "window_door_grant_2024"))
    if "method" in said:
        usual, cap = float(said["cap_jpy"]), _opening_cap(home, said, sheet.rules)
        if home.opening_amounts_jpy <= 0:
            sheet.step(
                Text(
                    "the amounts per opening are not in the rule data; fill in their sum",
                    "1箇所当たりの定額単価は規定データにないため合計額の記入が必要",
                ),
                f"≤ {number(cap)}",
                None,
            )
            return sheet.finding("windows_and_doors", question, Verdict.NOT_ASSESSED)
        amount = sheet.step(
            Text("fixed amounts, raised where entitled, within the cap", "定額単価の合計（割増後・上限内）"),
            f"min({number(home.opening_amounts_jpy)} × {number(cap / usual)}, {number(cap)})",
            min(home.opening_amounts_jpy * cap / usual, cap),
            "JPY",
        )
    elif "window_cap_jpy" in said:
        share = float(said["share"])
        amount = total(
            (
                _capped_step(sheet, Text("windows", "窓"), home.window_cost_jpy, share, float(said["window_cap_jpy"])),
                _capped_step(sheet, Text("doors", "ドア"), home.door_cost_jpy, share, float(said["door_cap_jpy"])),
            )
        )
    else:
        cost = home.window_cost_jpy + home.door_cost_jpy
        amount = _capped_step(
            sheet, Text("windows and doors", "窓・ドア"), cost, float(said["share"]), float(said["cap_jpy"])
        )
    return sheet.finding("windows_and_doors", question, Verdict.FOR_INFORMATION, amount, "JPY")


def _opening_cap(home: Home, said: Mapping[str, Any], rules: Rules) -> float:
    """Return the cap [JPY]; large management bodies and security windows get unit amounts raised in proportion."""
    if home.security_windows:
        return float(said["cap_jpy_security_window"])
    large = home.units_of_management_body >= rules.number("window_door_large_body_units_min")
    return float(said["cap_jpy_condominium_50_units" if large else "cap_jpy"])


def by_share(name: str, question: Text, cost_jpy: float, parameter_id: str, rules: Rules) -> Finding:
    """Return a grant that is a share of one cost within a cap [JPY]."""
    sheet = Working.under(rules)
    said = sheet.rules.value(parameter_id)
    amount = _capped_step(sheet, question, cost_jpy, float(said["share"]), float(said["cap_jpy"]))
    return sheet.finding(name, question, Verdict.FOR_INFORMATION, amount, "JPY")


def diagnosis(home: Home, rules: Rules) -> Finding:
    """Return the grant for an energy diagnosis and design [JPY]."""
    sheet = Working.under(rules)
    question = Text("Energy diagnosis and design", "省エネ診断・省エネ設計")
    share = sheet.rules.number("retrofit_diagnosis_design_share")
    amount = _capped_step(sheet, question, home.diagnosis_cost_jpy, share, inf)
    return sheet.finding("diagnosis", question, Verdict.FOR_INFORMATION, amount, "JPY")


def retrofit(home: Home, rules: Rules) -> Finding:
    """Return the grant for an energy retrofit [JPY]: equipment counts up to the cost of the insulation works."""
    sheet = Working.under(rules)
    question = Text("Energy retrofit", "既存住宅省エネ改修")
    needed = int(sheet.rules.number("retrofit_openings_min", "partial" if home.retrofit_partial else "whole"))
    opened = sheet.step(
        Text("openings are insulated", "開口部の断熱化（部分改修は2か所以上）"),
        f"{home.retrofit_openings} ≥ {needed}",
        home.retrofit_openings >= needed,
    )
    safe = sheet.step(Text("earthquake-safe after the works", "改修後の耐震性"), "", home.earthquake_safe)
    if not (opened and safe):
        return sheet.finding("retrofit", question, Verdict.FALLS_SHORT, 0.0, "JPY")
    insulation, equipment = home.retrofit_insulation_cost_jpy, home.retrofit_equipment_cost_jpy
    cost = sheet.step(
        Text("eligible cost: equipment no more than insulation", "補助対象費用（設備は断熱化工事と同額以下）"),
        f"{number(insulation)} + min({number(equipment)}, {number(insulation)})",
        insulation + min(equipment, insulation),
        "JPY",
    )
    share = sheet.rules.number("retrofit_share", home.kind)
    caps = sheet.rules.value("retrofit_caps")
    if home.kind == "detached":
        cap = float(caps["detached_jpy_per_dwelling"][home.retrofit_level])
    else:
        rate, area = float(caps[f"{home.kind}_jpy_per_m2"][home.retrofit_level]), home.floor_area_m2 or 0.0
        cap = sheet.step(Text("cap", "補助限度額"), f"{number(rate)} × {number(area)} m²", rate * area, "JPY")
    amount = _capped_step(sheet, Text("share within the cap", "補助率（限度額内）"), cost, share, cap)
    return sheet.finding("retrofit", question, Verdict.FOR_INFORMATION, amount, "JPY")


def tax_relief(home: Home, rules: Rules) -> Finding:
    """Return the most that real-estate acquisition tax is reduced for a Zero Emission House [JPY]."""
    sheet = Working.under(rules)
    question = Text("Relief of acquisition tax (at most)", "不動産取得税の減免（最大）")
    if reached_level(home, sheet.rules) is None:
        sheet.step(Text("no level of the Zero Emission House", "東京ゼロエミ住宅の水準に達しない"), "", False)
        return sheet.finding("tax_relief", question, Verdict.NOT_OBLIGED, 0.0, "JPY")
    share = sheet.rules.number("zero_emission_house_tax_relief")
    amount = _capped_step(sheet, question, home.acquisition_tax_jpy, share, inf)
    return sheet.finding("tax_relief", question, Verdict.FOR_INFORMATION, amount, "JPY")


def sum_of(findings: list[Finding], rules: Rules) -> Finding:
    """Return all grants together [JPY]; the documents seen do not say which exclude each other."""
    sheet = Working.under(rules)
    amounts = [float(one.value) for one in findings if isinstance(one.value, (int, float))]
    whole = sheet.step(
        Text("all grants, before any limit on double funding", "助成額の合計（併給調整前）"),
        " + ".join(number(amount) for amount in amounts),
        total(amounts),
        "JPY",
    )
    question = Text("All together", "合計")
    closed = sheet.finding("total", question, Verdict.FOR_INFORMATION, whole, "JPY")
    behind = {used.parameter.id: used for one in findings for used in one.parameters}
    return replace(closed, parameters=tuple(behind.values()))


def newest(rules: Rules, *names: str) -> str:
    """Return the parameter among those of one grant whose row began last; the first one where none is stated."""
    began = {}
    for name in names:
        if rules.stated(name):
            peek = rules.fresh()
            peek.value(name)
            began[name] = peek.used[0].parameter.valid_from
    return max(began, key=lambda name: began[name]) if began else names[0]


def _capped_step(sheet: Working, text: Text, cost_jpy: float, share: float, cap_jpy: float) -> float:
    """Write down a share of a cost within a cap."""
    product = f"{number(cost_jpy)} × {printed_share(share)}"
    formula = f"min({product}, {number(cap_jpy)})" if cap_jpy < inf else product
    return sheet.step(text, formula, float(capped_share_jpy(cost_jpy, share, cap_jpy)), "JPY")
