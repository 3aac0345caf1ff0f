"""Support by the wards (特別区の連携方策): grants for small firms, and how ZEB, ZEH and decarbonised firms spread.

The study of the wards names forms of support but no numeric target for ZEB, ZEH or firms: shares and years of an
adoption path are therefore columns, never rule data.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

import numpy as np
from pydantic import model_validator

from model.language import Text, fiscal_year
from model.ordinance.derivation import Finding, Obligation, Verdict, Working, named, number
from model.ordinance.exact import FloatArray, reaches, total
from model.ordinance.municipalities import MunicipalityCode, municipality_names
from model.ordinance.programme import Programme, Row, column, row_fault
from model.ordinance.rulebook import Rules
from model.ordinance.subsidies.equations import capped_share_jpy, printed_share
from model.ordinance.ward_support.equations import (
    adopted_to_date,
    effect_is_enough,
    linear_adoption,
    spreading_adoption,
)

Kind = Literal["sme_equipment", "sme_adoption", "zeb_adoption", "zeh_adoption"]
Route = Literal["audit", "audit_half_cut", "own_plan", "neither"]
Shape = Literal["linear", "spreading"]

KIND_NAMES = {
    "sme_equipment": Text("equipment grant for a small firm", "中小企業の省エネ設備導入助成"),
    "sme_adoption": Text("small firms that decarbonise", "中小企業の脱炭素化の普及"),
    "zeb_adoption": Text("ZEB among new buildings", "新築建物のZEB化の普及"),
    "zeh_adoption": Text("ZEH among new homes", "新築住宅のZEH化の普及"),
}
ROUTE_NAMES = {
    "audit": Text("after an energy audit", "省エネ診断に基づく"),
    "audit_half_cut": Text("after an audit, half of the site's CO2", "省エネ診断・CO2 50％以上削減"),
    "own_plan": Text("own plan", "自らの計画に基づく"),
    "neither": Text("neither audit nor plan", "診断・計画なし"),
}
SHAPE_NAMES = {
    "linear": Text("straight line", "直線"),
    "spreading": Text("spreading (logistic)", "普及曲線（ロジスティック）"),
}
#: Order of the routes in the rule file.
_ROUTES = ("audit", "audit_half_cut", "own_plan")


class WardMeasure(Row):
    """One grant, or one path of adoption in a ward."""

    id: str = column("measure", "施策名", min_length=1)
    municipality: MunicipalityCode = column("municipality", "区市町村", choices=municipality_names())
    kind: Kind = column("kind", "施策の種類", choices=KIND_NAMES)
    investment_jpy: float | None = column("cost of the equipment", "設備導入費", "JPY", default=None, gt=0)
    route: Route | None = column("route of the grant", "助成の区分", default=None, choices=ROUTE_NAMES)
    site_t: float | None = column("yearly emissions of the site", "事業所の年間CO₂排出量", "t-CO2", default=None, gt=0)
    cut_t: float | None = column("yearly cut", "年間CO₂削減量", "t-CO2", default=None, ge=0)
    first_year: int | None = column("first fiscal year", "開始年度", default=None, ge=2000, le=2100)
    first_share: float | None = column("share adopting then", "開始年度の割合", "1", default=None, ge=0, le=1)
    last_year: int | None = column("target fiscal year", "目標年度", default=None, ge=2000, le=2100)
    last_share: float | None = column("share adopting then (target)", "目標年度の割合", "1", default=None, ge=0, le=1)
    shape: Shape = column("shape of the path", "普及の形", default="linear", choices=SHAPE_NAMES)
    number_of_units: float | None = column(
        "firms in the ward, or buildings built a year", "区内企業数、又は年間新築棟数", default=None, ge=0
    )
    saving_t_per_unit: float | None = column(
        "yearly saving of one that adopts", "1件当たり年間CO₂削減量", "t-CO2", default=None, ge=0
    )

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        """Refuse a measure whose kind lacks a fact, and a path that cannot be drawn."""
        missing = [name for name in _NEEDED[self.kind == "sme_equipment"] if getattr(self, name) is None]
        if missing:
            titles = [WardMeasure.model_fields[name] for name in missing]
            ja = "、".join(
                str(one.json_schema_extra["ja"]) for one in titles if isinstance(one.json_schema_extra, dict)
            )
            raise row_fault(
                Text(f"fill in: {', '.join(str(one.title) for one in titles)}", f"次の欄を記入してください：{ja}")
            )
        if self.kind != "sme_equipment":
            first, last = self.ends
            if first[0] >= last[0]:
                raise row_fault(
                    Text("the target year is not after the first", "目標年度は開始年度より後にしてください")
                )
            if self.shape == "spreading" and not (0 < first[1] < 1 and 0 < last[1] < 1):
                raise row_fault(
                    Text("a spreading path needs shares between 0 and 1", "普及曲線の割合は0と1の間で記入してください")
                )
        return self

    @property
    def ends(self) -> tuple[tuple[int, float], tuple[int, float]]:
        """The two (year, share) of the path."""
        return (self.first_year or 0, self.first_share or 0.0), (self.last_year or 0, self.last_share or 0.0)


#: Facts that a path (False) and a grant (True) need.
_NEEDED: dict[bool, tuple[str, ...]] = {
    True: ("investment_jpy", "route", "site_t", "cut_t"),
    False: ("first_year", "first_share", "last_year", "last_share", "number_of_units", "saving_t_per_unit"),
}


def assess(rows: Sequence[WardMeasure], rules: Rules) -> list[Obligation]:
    """Return what each grant pays or each path of adoption brings.

    Args:
        rows: measures.
        rules: rules of "ward_cooperation".

    Raises:
        BadInput: a rule that is needed is not known under these rules.
    """
    return [
        Obligation(
            named(row.id),
            "ward_support",
            rules.rule_set,
            equipment_grant(row, rules) if row.kind == "sme_equipment" else adoption(row, rules),
        )
        for row in rows
    ]


def equipment_grant(measure: WardMeasure, rules: Rules) -> tuple[Finding, ...]:
    """Return whether the effect is enough, and the grant [JPY]."""
    effect = equipment_effect(measure, rules)
    return effect, equipment_amount(measure, effect.verdict is not Verdict.FALLS_SHORT, rules)


def equipment_effect(measure: WardMeasure, rules: Rules) -> Finding:
    """Return whether the cut reaches the line of the grant; before April 2025 the rule data have none."""
    sheet = Working.under(rules)
    cut, site = measure.cut_t or 0.0, measure.site_t or 0.0
    question = Text("Is the effect enough for the grant?", "助成要件の削減量を満たすか")
    if not sheet.rules.stated("sme_grant_min_effect_2025"):
        sheet.step(Text("no line in these rules", "この規定に要件なし"), "", None)
        return sheet.finding("effect", question, Verdict.FOR_INFORMATION, cut, "t-CO2")
    said = sheet.rules.value("sme_grant_min_effect_2025")
    alone = measure.route == "neither"
    tonnes = float(said["without_audit_or_plan_co2_t" if alone else "co2_t"])
    share = None if alone else float(said["or_share"])
    sheet.step(Text("tonnes", "削減量"), f"{number(cut)} ≥ {number(tonnes)}", reaches(cut, tonnes))
    if share is not None:
        line = share * site
        sheet.step(
            Text("or share of the site", "又は削減率"),
            f"{number(cut)} ≥ {number(share)} × {number(site)}",
            reaches(cut, line),
        )
    enough = bool(effect_is_enough(cut, site, tonnes, share))
    verdict = Verdict.on(enough)
    return sheet.finding("effect", question, verdict, cut, "t-CO2")


def equipment_amount(measure: WardMeasure, effect_enough: bool, rules: Rules) -> Finding:
    """Return the grant for the equipment [JPY]; the rule data print no rate without an audit or a plan."""
    sheet = Working.under(rules)
    question = Text("How much is granted?", "助成額はいくらか")
    cost, route = measure.investment_jpy or 0.0, measure.route
    if route not in _ROUTES:
        sheet.step(Text("no rate is known for this route", "この区分の助成率は不明"), "", None)
        return sheet.finding("grant", question, Verdict.NOT_ASSESSED)
    if route == "audit_half_cut":
        line = sheet.rules.number("sme_half_cut_min")
        half = reaches(measure.cut_t or 0.0, line * (measure.site_t or 0.0))
        sheet.step(Text("cuts half of the site", "事業所CO₂の半減"), f"≥ {number(100 * line)} %", half)
        effect_enough = effect_enough and half
    if not effect_enough:
        return sheet.finding("grant", question, Verdict.FALLS_SHORT, 0.0, "JPY")
    said = sheet.rules.value("sme_equipment_grant", _ROUTES.index(route))
    share, cap = float(said["share"]), float(said["cap_jpy"])
    if sheet.rules.stated("sme_equipment_grant_max_2025"):
        cap = min(cap, sheet.rules.number("sme_equipment_grant_max_2025"))
    amount = sheet.step(
        Text("share of the cost within the cap", "費用×助成率（上限内）"),
        f"min({number(cost)} × {printed_share(share)}, {number(cap)})",
        float(capped_share_jpy(cost, share, cap)),
        "JPY",
    )
    return sheet.finding("grant", question, Verdict.FOR_INFORMATION, amount, "JPY")


def path(measure: WardMeasure) -> tuple[FloatArray, FloatArray]:
    """Return the fiscal years of a path and the share that adopts in each [1]."""
    first, last = measure.ends
    years = np.arange(first[0], last[0] + 1)
    shape = spreading_adoption if measure.shape == "spreading" else linear_adoption
    return years.astype(np.float64), shape(years, first, last)


def adopted(measure: WardMeasure) -> FloatArray:
    """Return how many have adopted by the end of each year of the path: of a stock of firms, or of all built so far."""
    _, share = path(measure)
    units = measure.number_of_units or 0.0
    return share * units if measure.kind == "sme_adoption" else adopted_to_date(share, units)


def adoption(measure: WardMeasure, rules: Rules) -> tuple[Finding, ...]:
    """Return the path of adoption and the CO2 it avoids [t-CO2]; nothing here is a rule."""
    sheet = Working.under(rules)
    years, share = path(measure)
    many = adopted(measure)
    for year, part, count in zip(years, share, many, strict=True):
        when = Text(fiscal_year(int(year), "en"), fiscal_year(int(year), "ja"))
        sheet.step(when, f"{number(100 * part, 1)} %", float(count))
    name = KIND_NAMES[measure.kind]
    reached = sheet.finding(
        "adopted",
        Text(f"{name.en}: how many by the end", f"{name.ja}：目標年度の累計件数"),
        Verdict.FOR_INFORMATION,
        float(many[-1]),
    )
    paper = Working.under(rules)
    saving = measure.saving_t_per_unit or 0.0
    last = paper.step(
        Text("in the target year", "目標年度"),
        f"{number(float(many[-1]))} × {number(saving)}",
        float(many[-1]) * saving,
        "t-CO2",
    )
    paper.step(Text("all years together", "期間累計"), "", saving * total(many), "t-CO2")
    question = Text("CO₂ avoided in the target year", "目標年度のCO₂削減量")
    return reached, paper.finding("carbon", question, Verdict.FOR_INFORMATION, last, "t-CO2")


PROGRAMME = Programme(
    name="ward_support",
    rulebook="ward_cooperation",
    title=Text("Support by the wards: small firms, ZEB and ZEH", "特別区の連携方策（中小企業支援・ZEB/ZEH）"),
    row=WardMeasure,
    examples=(
        WardMeasure(
            id="空調更新",
            municipality="13122",
            kind="sme_equipment",
            investment_jpy=24_000_000,
            route="audit",
            site_t=60,
            cut_t=12,
        ),
        WardMeasure(
            id="ZEH普及",
            municipality="13122",
            kind="zeh_adoption",
            first_year=2025,
            first_share=0.2,
            last_year=2030,
            last_share=0.6,
            shape="spreading",
            number_of_units=1200,
            saving_t_per_unit=1.5,
        ),
    ),
    assess=assess,
)
