"""Large developments and district heating and cooling (地域における脱炭素化): plans, studies and reports that are due.

A row is one building, of a development or in a heating and cooling district or both, or one network of a district.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal, Self

import numpy as np
from pydantic import model_validator

from model.language import Text
from model.ordinance.derivation import Finding, Obligation, Verdict, Working, named, number
from model.ordinance.district.equations import (
    AcceptanceLines,
    acceptance_study_due,
    clean_share,
    heat_efficiency,
    plan_obliged,
    share_of_districts,
)
from model.ordinance.exact import reaches, within
from model.ordinance.programme import Programme, Row, column, row_fault
from model.ordinance.rule_gaps import in_force_since, unanswered
from model.ordinance.rulebook import Rules

Kind = Literal["building", "network"]

KIND_NAMES = {"building": Text("building", "建築物"), "network": Text("network", "地域冷暖房プラント")}
#: Sources of renewable and waste heat: column of each, and its name.
SOURCES = {
    "building_waste_heat_gj": Text("waste heat of buildings", "ビル排熱"),
    "incineration_heat_gj": Text("waste incineration", "清掃工場排熱"),
    "sewage_heat_gj": Text("sewage", "下水熱"),
    "river_heat_gj": Text("river water", "河川熱"),
    "ground_heat_gj": Text("ground", "地中熱"),
    "subway_heat_gj": Text("subway", "地下鉄排熱"),
    "substation_heat_gj": Text("substations", "変電所排熱"),
    "solar_thermal_gj": Text("solar heat", "太陽熱"),
    "renewable_power_gj": Text("heat made with renewable power on site", "敷地内の再エネ電力による熱"),
}


class DistrictRow(Row):
    """One building or one network."""

    id: str = column("building or network", "建築物・プラント番号", min_length=1)
    kind: Kind = column("kind", "区分", default="building", choices=KIND_NAMES)
    development: str | None = column("development it belongs to", "開発事業名", default=None, min_length=1)
    filed_on: date | None = column("day of filing", "提出日", default=None)
    non_residential_m2: float = column("floor area of other uses", "延床面積（住宅以外）", "m²", default=0.0, ge=0)
    residential_m2: float = column("floor area of dwellings", "延床面積（住宅）", "m²", default=0.0, ge=0)
    new: bool = column("newly built", "新築等", default=True)
    renewed_share: float = column(
        "share of cooling or heating capacity renewed", "冷熱・温熱供給能力の更新割合", default=0.0, ge=0, le=1
    )
    in_district: bool = column("inside a heating and cooling district", "地域冷暖房区域内", default=False)
    introduces_network: bool = column(
        "the development introduces district heating and cooling", "開発事業において地域冷暖房を導入", default=False
    )
    policy_published: bool = column("decarbonisation policy published", "脱炭素化方針の策定・公表", default=False)
    heat_supplied_gj: float = column("heat and cold supplied", "熱供給量", "GJ", default=0.0, ge=0)
    primary_energy_gj: float = column("primary energy used", "一次エネルギー使用量", "GJ", default=0.0, ge=0)
    building_waste_heat_gj: float = column("waste heat of buildings", "ビル排熱", "GJ", default=0.0, ge=0)
    incineration_heat_gj: float = column("waste incineration", "清掃工場排熱", "GJ", default=0.0, ge=0)
    sewage_heat_gj: float = column("sewage", "下水熱", "GJ", default=0.0, ge=0)
    river_heat_gj: float = column("river water", "河川熱", "GJ", default=0.0, ge=0)
    ground_heat_gj: float = column("ground", "地中熱", "GJ", default=0.0, ge=0)
    subway_heat_gj: float = column("subway", "地下鉄排熱", "GJ", default=0.0, ge=0)
    substation_heat_gj: float = column("substations", "変電所排熱", "GJ", default=0.0, ge=0)
    solar_thermal_gj: float = column("solar heat", "太陽熱", "GJ", default=0.0, ge=0)
    renewable_power_gj: float = column(
        "heat made with renewable power on site", "敷地内の再エネ電力による熱", "GJ", default=0.0, ge=0
    )
    off_site_renewable_gj: float = column(
        "heat made with renewable power from off site", "敷地外から調達した再エネ電力による熱", "GJ", default=0.0, ge=0
    )

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        """Refuse a building without floor area and a network without heat, or with more clean heat than all heat."""
        if self.kind == "building" and self.non_residential_m2 + self.residential_m2 <= 0:
            raise row_fault(
                Text(
                    "a building needs a floor area above 0",
                    "建築物の延床面積は0より大きい値が必要です",
                )
            )
        if self.kind == "network" and self.heat_supplied_gj <= 0:
            raise row_fault(
                Text(
                    "a network needs heat supplied above 0",
                    "プラントの熱供給量は0より大きい値が必要です",
                )
            )
        clean = sum(getattr(self, name) for name in SOURCES) + self.off_site_renewable_gj
        if self.kind == "network" and clean > self.heat_supplied_gj:
            raise row_fault(
                Text(
                    "renewable and waste heat exceed the heat supplied",
                    "再エネ・未利用エネルギーの合計が熱供給量を超えています",
                )
            )
        return self


def plan_duty(buildings: Sequence[DistrictRow], rules: Rules) -> Finding:
    """Return whether the developer must file a plan."""
    sheet = Working.under(rules)
    question = Text("Must the developer file a plan?", "エネルギー有効利用計画書の提出義務があるか")
    line = sheet.rules.number("development_floor_area_min")
    area = sum(row.non_residential_m2 + row.residential_m2 for row in buildings if row.new)
    sheet.step(Text("floor area of all new buildings", "新築等をする全建築物の延床面積の合計"), "Σ", area, "m²")
    due = bool(plan_obliged(area, line))
    sheet.step(Text("above the line", "対象規模"), f"{number(area)} > {number(line)} m²", due)
    return sheet.finding("plan_duty", question, Verdict.OBLIGED if due else Verdict.NOT_OBLIGED, area, "m²")


def policy_duty(buildings: Sequence[DistrictRow], rules: Rules) -> Finding:
    """Return whether the developer must publish a policy towards zero emission, and has."""
    sheet = Working.under(rules)
    question = Text("Is the decarbonisation policy published?", "脱炭素化方針を策定・公表しているか")
    start = in_force_since(sheet.rules, "decarbonisation_policy_duty")
    days = [row.filed_on for row in buildings if row.filed_on is not None]
    if days:
        begun = min(days) >= start
        sheet.step(Text("in force on the day of filing", "提出日に施行済みか"), f"{min(days)} ≥ {start}", begun)
        if not begun:
            return sheet.finding("policy_duty", question, Verdict.NOT_OBLIGED)
    published = any(row.policy_published for row in buildings)
    sheet.step(Text("published", "公表の有無"), "", published)
    return sheet.finding("policy_duty", question, Verdict.on(published))


def supply_plan_duty(buildings: Sequence[DistrictRow], rules: Rules) -> Finding:
    """Return whether a supply plan is due because the development introduces district heating and cooling."""
    sheet = Working.under(rules)
    question = Text("Must a district supply plan be filed?", "地域エネルギー供給計画書の提出義務があるか")
    introduced = any(row.introduces_network for row in buildings)
    sheet.step(Text("introduces district heating and cooling", "地域冷暖房を導入するか"), "", introduced)
    if not introduced:
        return sheet.finding("supply_plan_duty", question, Verdict.NOT_OBLIGED)
    if gap := unanswered(sheet, "supply_plan_duty", question, "dhc_supplier_duties"):
        return gap
    sheet.rules.value("dhc_supplier_duties")
    return sheet.finding("supply_plan_duty", question, Verdict.OBLIGED)


def acceptance_study(building: DistrictRow, rules: Rules) -> Finding:
    """Return whether a building in a district must study taking its heat."""
    sheet = Working.under(rules)
    question = Text("Must a study on taking district heat be filed?", "熱供給受入検討報告書の提出義務があるか")
    if gap := unanswered(sheet, "acceptance_study", question, "heat_acceptance_study", "heat_acceptance_renewed_share"):
        return gap
    lines = AcceptanceLines.read(sheet.rules)
    for text, area, line in (
        (Text("other uses", "住宅以外"), building.non_residential_m2, lines.non_residential_m2),
        (Text("dwellings", "住宅"), building.residential_m2, lines.residential_m2),
    ):
        if area > 0:
            sheet.step(text, f"{number(area)} ≥ {number(line)} m²", reaches(area, line))
    if building.new:
        sheet.step(Text("newly built", "新築等"), "", True)
    else:
        share = building.renewed_share
        sheet.step(
            Text("capacity renewed", "供給能力の更新割合"),
            f"{number(share)} > {number(lines.renewed_share)}",
            not within(share, lines.renewed_share),
        )
    due = bool(
        acceptance_study_due(
            np.array(building.in_district),
            building.non_residential_m2,
            building.residential_m2,
            np.array(building.new),
            building.renewed_share,
            lines,
        )
    )
    return sheet.finding("acceptance_study", question, Verdict.OBLIGED if due else Verdict.NOT_OBLIGED)


def network_report(network: DistrictRow, rules: Rules) -> Finding:
    """Return whether the yearly performance report is due, with the network's heat efficiency."""
    sheet = Working.under(rules)
    question = Text("Is a yearly performance report due?", "地域エネルギー供給実績報告書の提出義務があるか")
    efficiency = float(heat_efficiency(network.heat_supplied_gj, network.primary_energy_gj))
    known = None if np.isnan(efficiency) else efficiency
    sheet.step(
        Text("heat efficiency: heat supplied / primary energy", "熱のエネルギー効率＝熱供給量／一次エネルギー使用量"),
        f"{number(network.heat_supplied_gj)} / {number(network.primary_energy_gj)}",
        known,
    )
    if gap := unanswered(sheet, "network_report", question, "dhc_supplier_duties"):
        return gap
    sheet.rules.value("dhc_supplier_duties")
    return sheet.finding("network_report", question, Verdict.OBLIGED, known)


def network_clean_share(network: DistrictRow, rules: Rules) -> Finding:
    """Return the renewable and waste-heat share of a network [1], with what power from off site would add."""
    sheet = Working.under(rules)
    question = Text("What share of the heat is renewable or waste heat?", "再エネ・未利用エネルギーの割合はいくらか")
    for name, text in SOURCES.items():
        if getattr(network, name) > 0:
            sheet.step(text, "", float(getattr(network, name)), "GJ")
    share = _share(network, {})
    total = sum(getattr(network, name) for name in SOURCES)
    sheet.step(
        Text("share of the heat supplied", "熱供給量に占める割合"),
        f"{number(total)} / {number(network.heat_supplied_gj)}",
        share,
    )
    if network.off_site_renewable_gj > 0:
        valued = sheet.rules.stated("off_site_renewables_valued") and sheet.rules.flag("off_site_renewables_valued")
        more = _share(network, {"off_site": network.off_site_renewable_gj})
        sheet.step(
            Text(
                "with power from off site (valuing it was under study)",
                "敷地外から調達した再エネを含む場合（評価は検討中とされた）",
            )
            if valued
            else Text("with power from off site, for comparison", "敷地外から調達した再エネを含む場合（参考）"),
            f"({number(total)} + {number(network.off_site_renewable_gj)}) / {number(network.heat_supplied_gj)}",
            more,
        )
    return sheet.finding("clean_share", question, Verdict.FOR_INFORMATION, share)


def _share(network: DistrictRow, more: dict[str, float]) -> float:
    """Return the clean share of a network, with further sources [1]."""
    heat = {name: getattr(network, name) for name in SOURCES} | more
    return float(clean_share(heat, network.heat_supplied_gj))


def districts_with_clean_heat(networks: Sequence[DistrictRow], rules: Rules) -> Finding:
    """Return the share of the networks that use any renewable or waste heat [1], beside the printed one."""
    sheet = Working.under(rules)
    question = Text("What share of networks uses renewable or waste heat?", "再エネ等を利用する区域の割合はいくらか")
    shares = [_share(network, {}) for network in networks]
    using = sum(share > 0 for share in shares)
    share = sheet.step(
        Text("networks with such heat", "利用する区域の割合"), f"{using} / {len(shares)}", share_of_districts(shares)
    )
    if sheet.rules.known("dhc_renewable_or_waste_heat_share"):
        printed = sheet.rules.number("dhc_renewable_or_waste_heat_share")
        sheet.step(Text("all districts of Tokyo (FY2020, about)", "都内の全区域（2020年度、約）"), "", printed)
    return sheet.finding("districts_with_clean_heat", question, Verdict.FOR_INFORMATION, share)


def assess(rows: Sequence[DistrictRow], rules: Rules) -> list[Obligation]:
    """Return what every development, building in a district and network owes, then the networks together.

    Args:
        rows: buildings and networks.
        rules: rules of "district".

    Raises:
        BadInput: a rule that is needed is not known under these rules.
    """
    found = [_development(name, buildings, rules) for name, buildings in _developments(rows).items()]
    for row in rows:
        if row.kind == "building" and row.in_district:
            found.append(Obligation(named(row.id), "district", rules.rule_set, (acceptance_study(row, rules),)))
        elif row.kind == "network":
            findings = (network_report(row, rules), network_clean_share(row, rules))
            found.append(Obligation(named(row.id), "district", rules.rule_set, findings))
    networks = [row for row in rows if row.kind == "network"]
    if len(networks) > 1:
        together = (districts_with_clean_heat(networks, rules),)
        all_networks = Text(f"{len(networks)} networks together", f"{len(networks)}区域の合計")
        found.append(Obligation(all_networks, "district", rules.rule_set, together))
    return found


def _developments(rows: Sequence[DistrictRow]) -> dict[str, list[DistrictRow]]:
    """Return the buildings by development; a building on its own, outside any district, is a development too."""
    groups: dict[str, list[DistrictRow]] = {}
    for row in rows:
        if row.kind == "building" and (row.development is not None or not row.in_district):
            groups.setdefault(row.development or row.id, []).append(row)
    return groups


def _development(name: str, buildings: Sequence[DistrictRow], rules: Rules) -> Obligation:
    """Return what the developer of one development owes."""
    plan = plan_duty(buildings, rules)
    findings = [plan]
    if plan.verdict is Verdict.OBLIGED:
        findings += [policy_duty(buildings, rules), supply_plan_duty(buildings, rules)]
    return Obligation(named(name), "district", rules.rule_set, tuple(findings))


PROGRAMME = Programme(
    name="district",
    rulebook="district",
    title=Text("Large developments and district energy", "地域における脱炭素化（大規模開発・地域冷暖房）"),
    row=DistrictRow,
    examples=(
        DistrictRow(
            id="A棟",
            development="見本地区再開発",
            filed_on=date(2025, 10, 1),
            non_residential_m2=42000,
            policy_published=True,
        ),
        DistrictRow(
            id="B棟",
            development="見本地区再開発",
            filed_on=date(2025, 10, 1),
            non_residential_m2=3000,
            residential_m2=9000,
        ),
        DistrictRow(id="C棟", non_residential_m2=12000, new=False, renewed_share=0.6, in_district=True),
        DistrictRow(
            id="見本熱供給",
            kind="network",
            heat_supplied_gj=200000,
            primary_energy_gj=230000,
            building_waste_heat_gj=12000,
            sewage_heat_gj=8000,
            off_site_renewable_gj=30000,
        ),
    ),
    assess=assess,
)
