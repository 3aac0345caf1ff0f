"""Joint purchase of renewable electricity by the wards (区有施設の再エネ電力共同購入): CO2, households and bill.

Levers: which facilities join, the renewable share they buy, and the price. Facilities without a meter reading count by
floor area with the intensity of the study's ward office.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from pydantic import model_validator

from model.language import Text
from model.ordinance.derivation import Finding, Obligation, Verdict, Working, number
from model.ordinance.exact import FloatArray, half_up, total
from model.ordinance.joint_purchase.equations import (
    bill_saving_jpy,
    co2_saving_t,
    electricity_kwh,
    households,
    switched_kwh,
)
from model.ordinance.municipalities import MunicipalityCode, municipalities, municipality_names
from model.ordinance.programme import Programme, Row, column, row_fault
from model.ordinance.rule_gaps import unanswered
from model.ordinance.rulebook import Rules


class WardFacility(Row):
    """One facility of a ward."""

    id: str = column("facility", "施設名", min_length=1)
    municipality: MunicipalityCode = column("municipality", "区市町村", choices=municipality_names())
    joins: bool = column("takes part", "共同購入への参加", default=True)
    floor_area_m2: float | None = column("floor area", "延床面積", "m²", default=None, gt=0)
    kwh: float | None = column(
        "electricity in a year (empty: by floor area)",
        "年間電気使用量（空欄は延床面積から推計）",
        "kWh",
        default=None,
        ge=0,
    )
    present_renewable_share: float = column("renewable share now", "現契約の再エネ割合", "1", default=0.0, ge=0, le=1)
    target_renewable_share: float = column(
        "renewable share bought jointly", "共同購入の再エネ割合", "1", default=1.0, ge=0, le=1
    )
    price_jpy_per_kwh: float | None = column("price now", "現在の電力単価", "JPY/kWh", default=None, ge=0)
    joint_price_jpy_per_kwh: float | None = column(
        "price of the joint purchase", "共同購入の電力単価", "JPY/kWh", default=None, ge=0
    )

    @model_validator(mode="after")
    def _has_a_size(self) -> Self:
        """Refuse a facility of which neither electricity nor floor area is known."""
        if self.kwh is None and self.floor_area_m2 is None:
            raise row_fault(Text("fill in electricity or floor area", "電気使用量又は延床面積を記入してください"))
        return self


def assess(rows: Sequence[WardFacility], rules: Rules) -> list[Obligation]:
    """Return what the joint purchase brings each ward, and all wards together.

    Args:
        rows: facilities.
        rules: rules of "joint_purchase".

    Raises:
        BadInput: a factor that is needed is not known under these rules.
    """
    wards: dict[str, list[WardFacility]] = {}
    for row in rows:
        wards.setdefault(row.municipality, []).append(row)
    places = municipalities()
    answers = [
        _effects(Text(places[code].name_en, places[code].name_ja), members, rules) for code, members in wards.items()
    ]
    together = Text(f"{len(wards)} municipalities together", f"{len(wards)}区市町村の合計")
    return answers if len(wards) == 1 else [*answers, _effects(together, rows, rules)]


def _effects(subject: Text, facilities: Sequence[WardFacility], rules: Rules) -> Obligation:
    """Return the effects for one ward, or for all."""
    joining = [facility for facility in facilities if facility.joins]
    bought = electricity(joining, rules)
    saved = carbon(joining, rules)
    findings = [bought, saved, equivalent(joining, rules)]
    if any(facility.price_jpy_per_kwh is not None for facility in joining):
        findings.append(bill(joining, rules))
    return Obligation(subject, "joint_purchase", rules.rule_set, tuple(findings))


def use_kwh(facilities: Sequence[WardFacility], rules: Rules) -> FloatArray:
    """Return the yearly electricity of facilities [kWh]: metered, or by floor area."""
    metered = [facility.kwh for facility in facilities]
    if all(kwh is not None for kwh in metered):
        return np.array(metered, dtype=np.float64)
    areas = [facility.floor_area_m2 or 0.0 for facility in facilities]
    estimated = electricity_kwh(areas, rules.number("implied_intensity"))
    return np.array([guess if kwh is None else kwh for kwh, guess in zip(metered, estimated, strict=True)])


def _switched(facilities: Sequence[WardFacility], rules: Rules) -> FloatArray:
    """Return the electricity of each facility that becomes renewable [kWh]."""
    shares = [(facility.present_renewable_share, facility.target_renewable_share) for facility in facilities]
    now, then = np.array(shares, dtype=np.float64).reshape(-1, 2).T
    return switched_kwh(use_kwh(facilities, rules), now, then)


def electricity(facilities: Sequence[WardFacility], rules: Rules) -> Finding:
    """Return the electricity that is bought jointly [kWh]."""
    sheet = Working.under(rules)
    by_area = [facility for facility in facilities if facility.kwh is None]
    metered = total(facility.kwh for facility in facilities if facility.kwh is not None)
    known = len(facilities) - len(by_area)
    sheet.step(Text(f"metered (facilities: {known})", f"実績のある施設（{known}施設）"), "", metered, "kWh")
    if by_area:
        area = total(facility.floor_area_m2 or 0.0 for facility in by_area)
        rate = sheet.rules.number("implied_intensity")
        sheet.step(
            Text(f"by floor area (facilities: {len(by_area)})", f"延床面積から推計（{len(by_area)}施設）"),
            f"{number(area)} × {number(rate)}",
            float(electricity_kwh(area, rate)),
            "kWh",
        )
    question = Text("Electricity bought jointly in a year", "共同購入する年間電力量")
    return sheet.finding("electricity", question, Verdict.FOR_INFORMATION, total(use_kwh(facilities, rules)), "kWh")


def carbon(facilities: Sequence[WardFacility], rules: Rules) -> Finding:
    """Return the CO2 that the purchase avoids in a year [t-CO2]."""
    sheet = Working.under(rules)
    switched = sheet.step(
        Text("electricity that becomes renewable", "再エネに切り替わる電力量"),
        "",
        total(_switched(facilities, sheet.rules)),
        "kWh",
    )
    factor = sheet.rules.number("implied_emission_factor")
    saved = sheet.step(
        Text("× emission factor", "×排出係数"),
        f"{number(switched)} × {number(factor)} ÷ 1,000",
        float(co2_saving_t(switched, factor)),
        "t-CO2",
    )
    question = Text("CO₂ avoided in a year", "年間CO₂削減量")
    return sheet.finding("carbon", question, Verdict.FOR_INFORMATION, saved, "t-CO2")


def equivalent(facilities: Sequence[WardFacility], rules: Rules) -> Finding:
    """Return the households that emit in a year what the purchase avoids, rounded half up."""
    sheet = Working.under(rules)
    factor = sheet.rules.number("implied_emission_factor")
    co2_t = float(co2_saving_t(total(_switched(facilities, sheet.rules)), factor))
    each = sheet.rules.number("implied_household_emissions")
    many = sheet.step(
        Text("÷ emissions of a household", "÷一世帯の年間排出量"),
        f"{number(co2_t)} ÷ {number(each)}",
        int(half_up(float(households(co2_t, each)))),
        "households",
    )
    question = Text("Households that emit as much", "一般家庭の年間排出量に換算した世帯数")
    return sheet.finding("equivalent", question, Verdict.FOR_INFORMATION, many, "households")


def bill(facilities: Sequence[WardFacility], rules: Rules) -> Finding:
    """Return what the yearly bill falls by [JPY]; the study expects a fall but prints no number."""
    sheet = Working.under(rules)
    question = Text("What does the bill fall by?", "電気料金の削減額はいくらか")
    priced = [facility for facility in facilities if facility.price_jpy_per_kwh is not None]
    open_prices = [facility for facility in priced if facility.joint_price_jpy_per_kwh is None]
    if open_prices and (gap := unanswered(sheet, "bill", question, "price_effect")) is not None:
        return gap
    effect = sheet.rules.number("price_effect") if open_prices else 0.0
    now = np.array([facility.price_jpy_per_kwh for facility in priced], dtype=np.float64)
    joint = np.array([facility.joint_price_jpy_per_kwh for facility in priced], dtype=np.float64)
    kwh = use_kwh(priced, sheet.rules)
    fall = bill_saving_jpy(kwh, now, np.where(np.isnan(joint), now * (1 - effect), joint))
    many = len(priced)
    sheet.step(Text(f"bill now (facilities: {many})", f"現在の電気料金（{many}施設）"), "", total(kwh * now), "JPY")
    saved = sheet.step(Text("less in the joint purchase", "共同購入による削減額"), "", total(fall), "JPY")
    return sheet.finding("bill", question, Verdict.FOR_INFORMATION, saved, "JPY")


PROGRAMME = Programme(
    name="joint_purchase",
    rulebook="joint_purchase",
    title=Text("Joint purchase of renewable electricity by the wards", "23区の再エネ電力共同購入"),
    row=WardFacility,
    examples=(
        WardFacility(id="本庁舎", municipality="13122", floor_area_m2=35_691, kwh=3_915_000),
        WardFacility(id="小学校", municipality="13122", floor_area_m2=6_000, present_renewable_share=0.3),
        WardFacility(id="区民館", municipality="13111", kwh=420_000, price_jpy_per_kwh=26, joint_price_jpy_per_kwh=25),
    ),
    assess=assess,
)
