"""New large buildings (建築物環境計画書制度): each question of the programme, answered with its working."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

import numpy as np

from model.language import Text
from model.ordinance.building_plan.equations import (
    ParkingStandard,
    SolarStandard,
    capacity_bounds_kw,
    charging_required,
    filled_in_order_kw,
    installable_area_m2,
    required_capacity_kw,
    residential_grade,
    standard_area_m2,
)
from model.ordinance.building_plan.facts import USE_KEYS, LargeBuilding
from model.ordinance.building_report.equations import heat_as_pv_kw
from model.ordinance.derivation import Finding, Verdict, Working, number
from model.ordinance.exact import reaches, scaled, within
from model.ordinance.rulebook import Rules

#: Names of the rule files' priority lists and the offers they cover, in the order of each list.
_OFFERS: dict[str, tuple[str, ...]] = {
    "on_site_pv": ("pv",),
    "on_site_other_renewables_same_annual_energy": ("other",),
    "on_site_renewable_heat_equivalent": ("heat",),
    "on_site": ("pv", "other", "heat"),
    "off_site_renewables": ("off_site",),
    "off_site_equipment": ("off_site",),
    "procurement_high_renewable_contract": ("contract",),
    "procurement_certificates": ("certificate",),
    "procurement_of_renewable_power_or_certificates (conditional)": ("contract", "certificate"),
}
_OFFER_NAMES = {
    "pv": Text("solar power on site", "太陽光発電設備（敷地内）"),
    "other": Text("other renewable power on site", "太陽光以外の再エネ発電（敷地内）"),
    "heat": Text("renewable heat on site", "再エネ熱利用（敷地内）"),
    "off_site": Text("renewable power off site", "敷地外の再エネ発電設備"),
    "contract": Text("renewable contract", "再エネ割合の高い電力契約"),
    "certificate": Text("certificates", "再エネ証書"),
}
_ON_SITE = ("pv", "other", "heat")


def plan_duty(building: LargeBuilding, rules: Rules) -> Finding:
    """Return whether a plan must be filed for the building."""
    sheet = Working.under(rules)
    line = sheet.rules.number("building_floor_area_min")
    large = reaches(building.floor_area_m2, line)
    sheet.step(Text("total floor area", "延床面積"), f"{number(building.floor_area_m2)} ≥ {number(line)} m²", large)
    verdict = Verdict.OBLIGED if large else Verdict.NOT_OBLIGED
    if (
        not large
        and sheet.rules.stated("voluntary_filing_below_min")
        and sheet.rules.flag("voluntary_filing_below_min")
    ):
        verdict = Verdict.VOLUNTARY
    question = Text("Must a plan be filed?", "計画書の提出義務があるか")
    return sheet.finding("plan_duty", question, verdict, building.floor_area_m2, "m²")


def required_capacity(building: LargeBuilding, rules: Rules) -> Finding:
    """Return the solar capacity that the building owes [kW]."""
    sheet = Working.under(rules)
    question = Text("How much solar capacity is required?", "再エネ設備の設置基準はいくらか")
    if not _applies(building, "renewables", sheet):
        return sheet.finding("required_capacity", question, Verdict.NOT_OBLIGED, 0.0, "kW")
    standard = SolarStandard.read(sheet.rules)
    available = building.building_area_m2 if building.available_area_m2 is None else building.available_area_m2
    installable = float(installable_area_m2(available, building.greening_m2, building.shade_m2))
    area = sheet.step(
        Text("standard area = building area × rate", "設置基準面積＝建築面積×設置基準率"),
        f"{number(building.building_area_m2)} × {number(standard.share)}",
        float(standard_area_m2(building.building_area_m2, standard.share)),
        "m²",
    )
    sheet.step(
        Text("installable area = available − greening − shade", "設置可能面積＝設置検討面積−緑化−日陰等"),
        f"{number(available)} − {number(building.greening_m2)} − {number(building.shade_m2)}",
        installable,
        "m²",
    )
    enough = reaches(installable, area)
    sheet.step(
        Text("the smaller area × kW per m²", "小さい方の面積×面積当たり容量"),
        f"{number(min(area, installable))} × {number(standard.kw_per_m2)}",
        scaled(min(area, installable), standard.kw_per_m2),
        "kW",
    )
    lower, upper = (float(bound) for bound in capacity_bounds_kw(building.floor_area_m2, standard))
    if not enough:
        sheet.rules.value("bounds_and_small_installable_area")
    required = sheet.step(
        Text("within the bounds for this floor area", "延床面積に応じた下限・上限")
        if enough
        else Text("installable area is short: upper bound only", "設置可能面積が不足：上限のみ適用"),
        f"{number(lower)} … {number(upper)} kW" if enough else f"≤ {number(upper)} kW",
        float(required_capacity_kw(building.building_area_m2, building.floor_area_m2, installable, standard)),
        "kW",
    )
    return sheet.finding("required_capacity", question, Verdict.FOR_INFORMATION, required, "kW")


def renewables(building: LargeBuilding, required_kw: float, rules: Rules) -> Finding:
    """Return whether solar power and its substitutes, in their order of priority, fill the requirement [kW]."""
    sheet = Working.under(rules)
    ranking = [offer for name in sheet.rules.value("alternative_priority") for offer in _OFFERS[name]]
    allowed = [offer for offer in ranking if building.on_site_difficult or offer in _ON_SITE]
    offered = [_offer_kw(building, offer, sheet) for offer in allowed]
    counted = filled_in_order_kw(required_kw, offered)
    still_open = required_kw
    for offer, given, credit in zip(allowed, offered, counted, strict=True):
        if given > 0:
            formula = f"min({number(given)}, {number(still_open)})"
            still_open -= sheet.step(_OFFER_NAMES[offer], formula, float(credit), "kW")
    total = float(counted.sum())
    complies = reaches(total, required_kw)
    sheet.step(
        Text("counted in order of priority", "優先順位に従い算入"),
        f"{number(total)} ≥ {number(required_kw)} kW",
        complies,
    )
    question = Text("Is the requirement filled?", "設置基準に適合するか")
    return sheet.finding("renewables", question, Verdict.on(complies), total, "kW")


def _offer_kw(building: LargeBuilding, offer: str, sheet: Working) -> float:
    """Return one offer as solar capacity [kW]: energy counts as the capacity with the same yearly effect."""
    if offer == "pv":
        return building.pv_kw
    if offer == "off_site":
        return building.off_site_kw
    if offer == "heat":
        if building.heat_gj <= 0:
            return 0.0
        factor = sheet.rules.beside("report_programme").number("heat_to_pv_conversion_factor")
        return float(heat_as_pv_kw(building.heat_gj, factor))
    energy = {
        "other": building.other_renewable_kwh,
        "contract": building.contract_kwh,
        "certificate": building.certificate_kwh,
    }[offer]
    return energy / sheet.rules.beside("pv_economics").number("yield") if energy > 0 else 0.0


def insulation(building: LargeBuilding, rules: Rules) -> Finding:
    """Return whether the non-residential part keeps to the insulation index BPI."""
    sheet = Working.under(rules)
    limit = sheet.rules.number("non_residential_bpi_max", "revised")
    question = Text("Is the insulation standard (non-residential) met?", "断熱性能基準（住宅以外）に適合するか")
    return _limited(sheet, "insulation", question, building.bpi, limit, "BPI")


def non_residential_energy(building: LargeBuilding, rules: Rules) -> Finding:
    """Return whether the non-residential part keeps to the BEI of its use."""
    sheet = Working.under(rules)
    question = Text("Is the energy standard (non-residential) met?", "省エネ性能基準（住宅以外）に適合するか")
    if not _applies(building, "non_residential_energy", sheet):
        return sheet.finding("non_residential_energy", question, Verdict.NOT_OBLIGED)
    said = sheet.rules.value("non_residential_bei_max", USE_KEYS[str(building.non_residential_use)])
    # The proposal states the revised level beside an outlook; the adopted set states the level alone.
    limit = float(said["revised"] if isinstance(said, dict) else said)
    return _limited(sheet, "non_residential_energy", question, building.bei, limit, "BEI")


def residential_energy(building: LargeBuilding, rules: Rules) -> Finding:
    """Return whether the dwellings keep to the standard for UA and BEI."""
    sheet = Working.under(rules)
    question = Text("Are the standards for dwellings met?", "断熱・省エネ性能基準（住宅）に適合するか")
    if not _applies(building, "residential_energy", sheet):
        return sheet.finding("residential_energy", question, Verdict.NOT_OBLIGED)
    if building.ua is None or building.residential_bei is None:
        sheet.step(Text("UA or BEI is not given", "UA値又はBEIの記載なし"), "", None)
        return sheet.finding("residential_energy", question, Verdict.NOT_ASSESSED)
    ua_max, bei_max = (sheet.rules.number("residential_standard", key) for key in ("ua_max", "bei_max"))
    warm = sheet.step(
        Text("insulation", "断熱性能"), f"UA {number(building.ua)} ≤ {number(ua_max)}", within(building.ua, ua_max)
    )
    bei = building.residential_bei
    lean = sheet.step(Text("energy", "省エネ性能"), f"BEI {number(bei)} ≤ {number(bei_max)}", within(bei, bei_max))
    return sheet.finding("residential_energy", question, Verdict.on(warm and lean), bei, "BEI")


def grade(building: LargeBuilding, rules: Rules) -> Finding:
    """Return the grade of the dwellings; 0 is below the first grade."""
    sheet = Working.under(rules)
    grades = sorted(sheet.rules.value("residential_grades"), key=lambda row: int(row["grade"]))
    ua, bei = building.ua or np.nan, np.nan if building.residential_bei is None else building.residential_bei
    reached = int(residential_grade(ua, bei, [row["ua_max"] for row in grades], [row["bei_max"] for row in grades]))
    limits = "; ".join(f"{row['grade']}: UA ≤ {row['ua_max']}, BEI ≤ {row['bei_max']}" for row in grades)
    sheet.step(Text("best grade whose limits are both kept", "両方の基準を満たす最上位の段階"), limits, reached)
    question = Text("Which grade do the dwellings reach?", "住宅の段階評価はいくつか")
    return sheet.finding("grade", question, Verdict.FOR_INFORMATION, reached)


def charging(building: LargeBuilding, kind: Literal["dedicated", "shared"], rules: Rules) -> Finding:
    """Return whether one kind of parking has the chargers and prepared spaces it owes."""
    sheet = Working.under(rules)
    name = Text("dedicated", "専用駐車場") if kind == "dedicated" else Text("shared", "共用駐車場")
    question = Text(
        f"Is the charging standard met ({name.en} parking)?", f"充電設備の整備基準に適合するか（{name.ja}）"
    )
    if not _applies(building, "ev", sheet):
        return sheet.finding(f"charging.{kind}", question, Verdict.NOT_OBLIGED)
    spaces, chargers, conduits = (
        int(getattr(building, f"{kind}_{fact}")) for fact in ("spaces", "chargers", "conduits")
    )
    standard = ParkingStandard.read(sheet.rules, kind)
    need, prepared = (int(amount) for amount in charging_required(spaces, standard))
    bound = sheet.step(
        Text("spaces against the line", "区画数と対象規模"),
        f"{spaces} ≥ {standard.parking_min}",
        spaces >= standard.parking_min,
    )
    if not bound:
        return sheet.finding(f"charging.{kind}", question, Verdict.NOT_OBLIGED, 0, "chargers")
    enough = sheet.step(Text("chargers owed", "充電設備（実装）の基準"), f"{chargers} ≥ {need}", chargers >= need)
    ready = sheet.step(
        Text("spaces prepared, chargers included", "配管等整備の基準（実装分を含む）"),
        f"{chargers} + {conduits} ≥ {prepared}",
        chargers + conduits >= prepared,
    )
    return sheet.finding(f"charging.{kind}", question, Verdict.on(enough and ready), need, "chargers")


def completion_report_due(inspected_on: date, rules: Rules) -> Finding:
    """Return the last day for the report on completion."""
    sheet = Working.under(rules)
    days = int(sheet.rules.number("filing_deadline_completion"))
    due = (inspected_on + timedelta(days=days)).isoformat()
    sheet.step(Text("inspection certificate + days", "検査済証の交付日＋日数"), f"{inspected_on} + {days}", due)
    question = Text("When is the completion report due?", "完了届の期限はいつか")
    return sheet.finding("completion_report_due", question, Verdict.FOR_INFORMATION, due)


def certificate(building: LargeBuilding, contract_area_m2: float, rules: Rules) -> Finding:
    """Return whether a sale or lease contract needs the performance certificate."""
    sheet = Working.under(rules)
    lines = sheet.rules.value("certificate_threshold")
    if "building_floor_area_min_exclusive" in lines:
        limit = float(lines["building_floor_area_min_exclusive"])
        large = not within(building.floor_area_m2, limit)
        covered, sign = True, ">"
    else:
        limit = float(lines["non_residential_floor_area_min"])
        large = reaches(building.floor_area_m2, limit)
        covered, sign = building.non_residential_use != "factories", "≥"
    contract_min = float(lines["contract_area_min"])
    sheet.step(Text("building", "建物規模"), f"{number(building.floor_area_m2)} {sign} {number(limit)} m²", large)
    sheet.step(Text("use is covered (not factories)", "用途（工場等を除く）"), "", covered)
    wide = reaches(contract_area_m2, contract_min)
    sheet.step(Text("contract", "契約面積"), f"{number(contract_area_m2)} ≥ {number(contract_min)} m²", wide)
    question = Text("Is a performance certificate required?", "環境性能評価書の交付義務があるか")
    verdict = Verdict.OBLIGED if large and covered and wide else Verdict.NOT_OBLIGED
    return sheet.finding("certificate", question, verdict, contract_area_m2, "m²")


def _applies(building: LargeBuilding, field: str, sheet: Working) -> bool:
    """Say whether a field of the programme is in force for the building, and note it; the proposal fixed no days."""
    line = sheet.rules.number("building_floor_area_min")
    large = reaches(building.floor_area_m2, line)
    if not large:
        sheet.step(Text("below the size line", "規模要件に満たない"), f"< {number(line)} m²", False)
    start = sheet.rules.start("commencement", field)
    if start is None:
        return large
    begun = building.filed_on >= start
    sheet.step(Text("in force on the day of filing", "提出日に施行済みか"), f"{building.filed_on} ≥ {start}", begun)
    return large and begun


def _limited(sheet: Working, name: str, question: Text, value: float | None, limit: float, unit: str) -> Finding:
    """Close the sheet with the comparison of an index with its upper limit."""
    if value is None:
        sheet.step(Text(f"{unit} is not given", f"{unit}の記載なし"), "", None)
        return sheet.finding(name, question, Verdict.NOT_ASSESSED)
    met = sheet.step(
        Text("against the limit", "基準との比較"), f"{number(value)} ≤ {number(limit)}", within(value, limit)
    )
    return sheet.finding(name, question, Verdict.on(met), value, unit)
