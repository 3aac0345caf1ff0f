"""Existing small and mid-size facilities (地球温暖化対策報告書制度): what a company reports for a fiscal year's energy.

Which facilities count, whether the report is a duty, its totals, the plan, and the levels to be attained by 2030.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

import numpy as np

from model.language import Text
from model.ordinance.derivation import Finding, Obligation, Value, Verdict, Working, number, subject_of_years
from model.ordinance.energy_equations import (
    EnergyUse,
    FixedFactors,
    FuelFactors,
    emissions_by_actual_factors_t,
    emissions_by_fixed_factors_t,
)
from model.ordinance.energy_facts import (
    EnergyColumns,
    emission_working,
    energy_use,
    fixed_factors,
    fuel_factors,
    renewable_mwh,
    row_crude_oil_kl,
)
from model.ordinance.exact import FloatArray, reaches
from model.ordinance.programme import Programme, Row, column
from model.ordinance.rule_gaps import in_force_since, rules_standing_on, unanswered
from model.ordinance.rulebook import Rules
from model.ordinance.small_facilities.equations import company_total_kl, is_small, reduction_share, report_obliged

_FACILITY = Text("facility", "事業所")
_FLOOR_AREA = Text("floor area [m²]", "延床面積 [㎡]")
_CRUDE_OIL = Text("energy [kL crude-oil equivalent]", "原油換算エネルギー使用量 [kL]")
_EMISSIONS = Text("emissions [t-CO2]", "CO₂排出量 [t-CO2]")
_INTENSITY = Text("emissions per floor area [kg-CO2/m²]", "延床面積当たり排出量 [kg-CO2/㎡]")
_ELECTRICITY = Text("electricity [MWh]", "電気使用量 [MWh]")
_RENEWABLE = Text("of which renewable [MWh]", "うち再エネ [MWh]")


class _Identity(Row):
    """Whose facility and which year a row is about."""

    company: str = column("company", "事業者", min_length=1)
    facility: str = column("facility", "事業所", min_length=1)
    fiscal_year: int = column("fiscal year of the energy", "実績年度", ge=2009, le=2100)
    franchise: bool = column("run by a franchisee of the chain", "連鎖化事業の加盟者が設置", default=False)
    floor_area_m2: float | None = column("floor area", "延床面積", "m²", default=None, gt=0)
    crude_oil_kl: float | None = column(
        "energy, if already worked out", "原油換算エネルギー使用量（算定済みの場合）", "kL", default=None, ge=0
    )
    base_crude_oil_kl: float | None = column(
        "energy in FY2000, at today's conversion factors",
        "2000年度の原油換算エネルギー使用量（現行の換算係数による）",
        "kL",
        default=None,
        gt=0,
    )


class SmallFacility(EnergyColumns, _Identity):
    """One facility of a company in one fiscal year."""

    unique: ClassVar[tuple[str, ...]] = ("company", "facility", "fiscal_year")


@dataclass(frozen=True)
class Report:
    """A company's facilities in one fiscal year, with what the rules make of their energy."""

    company: str
    fiscal_year: int
    rows: tuple[SmallFacility, ...]
    small: tuple[bool, ...]
    crude_oil_kl: FloatArray

    @property
    def counted(self) -> tuple[SmallFacility, ...]:
        """The facilities that the programme covers."""
        return tuple(row for row, small in zip(self.rows, self.small, strict=True) if small)

    @property
    def use(self) -> EnergyUse:
        """The energy of these facilities."""
        return energy_use(self.counted)


def reports(rows: Sequence[SmallFacility], rules: Rules) -> list[Report]:
    """Return the rows grouped by company and fiscal year, with their energy in crude oil.

    Raises:
        BadInput: a conversion factor that is needed is not known under these rules.
    """
    groups: dict[tuple[str, int], list[SmallFacility]] = {}
    for row in rows:
        groups.setdefault((row.company, row.fiscal_year), []).append(row)
    limit = rules.number("facility_max_crude_oil")
    found = []
    for (company, year), given in groups.items():
        kl = np.array([_kl(row, rules) for row in given])
        own = [not row.franchise or rules.flag("chain_included") for row in given]
        small = tuple(bool(low and counts) for low, counts in zip(is_small(kl, limit), own, strict=True))
        found.append(Report(company, year, tuple(given), small, kl))
    return found


def _kl(row: SmallFacility, rules: Rules) -> float:
    """Return a facility's energy in crude oil [kL], worked out unless given."""
    return row_crude_oil_kl(row, row.fiscal_year, rules) if row.crude_oil_kl is None else row.crude_oil_kl


def report_duty(report: Report, rules: Rules) -> Finding:
    """Return whether the company must report."""
    sheet = Working.under(rules)
    limit, line = sheet.rules.number("facility_max_crude_oil"), sheet.rules.number("aggregate_min_crude_oil")
    for row, kl in zip(report.rows, report.crude_oil_kl, strict=True):
        if row.franchise:
            sheet.rules.flag("chain_included")
        working = _conversion(row, report.fiscal_year, sheet.rules)
        low = not reaches(float(kl), limit)
        sheet.step(Text(f"{row.facility}: energy", f"{row.facility}：原油換算"), working, float(kl), "kL")
        sheet.step(Text("small or mid-size", "中小規模事業所か"), f"{number(kl)} < {number(limit)} kL", low)
    small = np.asarray(report.small, dtype=bool)
    counted = np.where(small, report.crude_oil_kl, 0.0)
    total = float(company_total_kl(counted, np.zeros(small.size, dtype=np.int64), 1, limit)[0])
    sheet.step(Text("sum over small facilities", "中小規模事業所の合計"), "Σ", total, "kL")
    obliged = bool(report_obliged(total, line))
    sheet.step(Text("against the line", "提出義務の基準"), f"{number(total)} ≥ {number(line)} kL", obliged)
    verdict = Verdict.OBLIGED if obliged else Verdict.VOLUNTARY if small.any() else Verdict.NOT_OBLIGED
    question = Text("Must the company report?", "地球温暖化対策報告書の提出義務があるか")
    return sheet.finding("report_duty", question, verdict, total, "kL")


def _conversion(row: SmallFacility, fiscal_year: int, rules: Rules) -> str:
    """Return the working of a facility's crude-oil equivalent, reading its factors into the sheet."""
    if row.crude_oil_kl is not None:
        return ""
    row_crude_oil_kl(row, fiscal_year, rules)
    standing = rules_standing_on(rules, date(fiscal_year + 1, 4, 1))
    parts = []
    electricity = row.electricity_mwh + row.off_site_mwh
    if electricity > 0:
        parts.append(f"{number(electricity)} MWh × {number(standing.number('electricity_primary_energy'))}")
    if row.city_gas_1000m3 > 0:
        parts.append(f"{number(row.city_gas_1000m3)} 1000m³ × {number(standing.number('city_gas_heat'))}")
    for name in ("diesel_kl", "heavy_oil_a_kl", "heavy_oil_bc_kl"):
        if getattr(row, name) > 0:
            value = standing.number("fuel_heat_values", name)
            parts.append(f"{number(getattr(row, name))} kL × {number(value)}")
    if row.heat_gj + row.other_gj > 0:
        parts.append(f"{number(row.heat_gj + row.other_gj)} GJ")
    return f"({' + '.join(parts) or '0'}) × {number(standing.number('crude_oil_factor'))}"


def emissions(report: Report, rules: Rules) -> Finding:
    """Return the emissions of the company's small facilities [t-CO2]."""
    sheet = Working.under(rules)
    question = Text("How much CO₂ do the small facilities emit?", "中小規模事業所のCO₂排出量はいくらか")
    fixed, fuels = _factors(report, sheet.rules)
    values = _emissions_t(report, fixed, fuels)
    how = Text("the suppliers' own factors", "供給事業者の実排出係数による")
    if fixed is not None:
        how = Text("factors fixed for the compliance period", "計画期間の固定排出係数による")
    for row, value in zip(report.counted, values, strict=True):
        text = Text(f"{row.facility}: {how.en}", f"{row.facility}：{how.ja}")
        sheet.step(text, emission_working(row, fixed, fuels), None if np.isnan(value) else float(value), "t-CO2")
    if np.isnan(values).any():
        sheet.step(Text("a supplier's factor is not given", "供給事業者の排出係数の記載なし"), "", None)
        return sheet.finding("emissions", question, Verdict.NOT_ASSESSED)
    total = sheet.step(Text("sum", "合計"), "Σ", float(values.sum()), "t-CO2")
    return sheet.finding("emissions", question, Verdict.FOR_INFORMATION, total, "t-CO2")


def _factors(report: Report, rules: Rules) -> tuple[FixedFactors | None, FuelFactors]:
    """Return the factors for the report: the suppliers' own from the day the rules say, fixed ones before."""
    standing = rules_standing_on(rules, date(report.fiscal_year + 1, 4, 1))
    trade, use = standing.beside("cap_and_trade"), report.use
    if standing.stated("supplier_factors_from"):
        standing.value("supplier_factors_from")
        return None, fuel_factors(use, trade, first_period=False, gas_by_supplier=True)
    period = _period_of(report.fiscal_year, trade)
    return fixed_factors(trade, period), fuel_factors(use, trade, first_period=period == 1, gas_by_supplier=False)


def _emissions_t(report: Report, fixed: FixedFactors | None, fuels: FuelFactors) -> FloatArray:
    """Return the emissions of each facility [t-CO2]; NaN where the factor of a supplier is missing."""
    if fixed is None:
        return emissions_by_actual_factors_t(report.use, fuels)
    return emissions_by_fixed_factors_t(report.use, fixed, fuels)


def _period_of(fiscal_year: int, trade: Rules) -> int:
    """Return the number of the compliance period whose fixed factors hold; years before the first take the first."""
    begun = [int(row["period"]) for row in trade.value("periods") if int(str(row["start"])[:4]) <= fiscal_year]
    return max(begun, default=1)


def plan_duty(report: Report, duty: Verdict, rules: Rules) -> Finding:
    """Return whether the report must hold a plan towards the 2030 levels and the progress; it follows the report."""
    sheet = Working.under(rules)
    question = Text("Are a plan and a yearly progress report due?", "推進計画の策定と達成状況の報告が必要か")
    filed, start = date(report.fiscal_year + 1, 4, 1), in_force_since(sheet.rules, "plan_and_yearly_report")
    due = sheet.step(
        Text("in force in the year of filing", "報告書の提出年度に施行済みか"), f"{filed} ≥ {start}", filed >= start
    )
    return sheet.finding("plan_duty", question, duty if due else Verdict.NOT_OBLIGED)


def energy_level(report: Report, rules: Rules) -> Finding:
    """Return whether the company has attained the level of energy saving for 2030."""
    sheet = Working.under(rules)
    question = Text("Is the 2030 level of energy saving attained?", "省エネの達成水準（2030年度）に達しているか")
    if gap := unanswered(sheet, "energy_level", question, "attained_level_energy_reduction_2030"):
        return gap
    level = sheet.rules.number("attained_level_energy_reduction_2030")
    base = [row.base_crude_oil_kl for row in report.counted]
    known = [one for one in base if one is not None]
    if not known or len(known) < len(base):
        sheet.step(Text("energy in FY2000 is not given for all", "2000年度の使用量の記載がない事業所あり"), "", None)
        return sheet.finding("energy_level", question, Verdict.NOT_ASSESSED)
    now = float(report.crude_oil_kl[np.asarray(report.small, dtype=bool)].sum())
    reduction = sheet.step(
        Text("reduction against FY2000", "2000年度比の削減率"),
        f"1 − {number(now)} / {number(sum(known))}",
        float(reduction_share(now, sum(known))),
    )
    return _level(sheet, "energy_level", question, reduction, level)


def renewable_level(report: Report, rules: Rules) -> Finding:
    """Return whether the company has attained the renewable share of electricity for 2030."""
    sheet = Working.under(rules)
    question = Text("Is the 2030 level of renewables attained?", "再エネの達成水準（2030年度）に達しているか")
    if gap := unanswered(sheet, "renewable_level", question, "attained_level_renewable_share_2030"):
        return gap
    level = sheet.rules.number("attained_level_renewable_share_2030")
    use = report.use
    renewable, electricity = float(renewable_mwh(use).sum()), float(_electricity_mwh(use).sum())
    if electricity <= 0:
        sheet.step(Text("no electricity is given", "電気使用量の記載なし"), "", None)
        return sheet.finding("renewable_level", question, Verdict.NOT_ASSESSED)
    share = sheet.step(
        Text("renewable share of electricity", "再エネ電力利用割合"),
        f"{number(renewable)} / {number(electricity)}",
        renewable / electricity,
    )
    return _level(sheet, "renewable_level", question, share, level)


def _electricity_mwh(use: EnergyUse) -> FloatArray:
    """Return all electricity used, own, grid and off site [MWh]."""
    return np.asarray(use.electricity_mwh + use.own_renewable_mwh + use.off_site_mwh)


def _level(sheet: Working, name: str, question: Text, share: float, level: float) -> Finding:
    """Close the sheet with the comparison of a share with its level."""
    attained = sheet.step(
        Text("against the level", "達成水準との比較"), f"{number(share)} ≥ {number(level)}", reaches(share, level)
    )
    return sheet.finding(name, question, Verdict.on(attained), share)


def report_rows(report: Report, rules: Rules) -> tuple[Mapping[Text, Value], ...]:
    """Return the rows of the report, facility by facility, and its totals in the last row."""
    values = _emissions_t(report, *_factors(report, rules))
    use = report.use
    electricity, renewable = _electricity_mwh(use), renewable_mwh(use)
    energy = report.crude_oil_kl[np.asarray(report.small, dtype=bool)]
    rows = [
        _report_row(row.facility, row.floor_area_m2, energy[i], values[i], electricity[i], renewable[i])
        for i, row in enumerate(report.counted)
    ]
    areas = [row.floor_area_m2 for row in report.counted]
    area = sum(one for one in areas if one is not None) if None not in areas else None
    sums = (float(part.sum()) for part in (energy, values, electricity, renewable))
    return (*rows, _report_row(f"Σ {len(rows)}", area, *sums))


def _report_row(
    name: str, area: float | None, kl: float, emitted_t: float, electricity: float, renewable: float
) -> Mapping[Text, Value]:
    """Return one row of the report; what is unknown stays empty."""
    known = None if np.isnan(emitted_t) else float(emitted_t)
    return {
        _FACILITY: name,
        _FLOOR_AREA: area,
        _CRUDE_OIL: float(kl),
        _EMISSIONS: known,
        _INTENSITY: None if known is None or not area else known * 1000 / area,
        _ELECTRICITY: float(electricity),
        _RENEWABLE: float(renewable),
    }


def assess(rows: Sequence[SmallFacility], rules: Rules) -> list[Obligation]:
    """Return what every company owes for every fiscal year in the rows.

    Args:
        rows: facilities of any number of companies and years.
        rules: rules of "report_small_existing".

    Raises:
        BadInput: a rule that is needed is not known under these rules.
    """
    return [_obligation(report, rules) for report in reports(rows, rules)]


def _obligation(report: Report, rules: Rules) -> Obligation:
    """Return the obligation of one company and fiscal year."""
    duty = report_duty(report, rules)
    findings = [duty, plan_duty(report, duty.verdict, rules)]
    if report.counted:
        findings += [emissions(report, rules), energy_level(report, rules), renewable_level(report, rules)]
    subject = subject_of_years(report.company, report.fiscal_year)
    rows = report_rows(report, rules) if report.counted else ()
    return Obligation(subject, "small_facilities", rules.rule_set, tuple(findings), rows)


PROGRAMME = Programme(
    name="small_facilities",
    rulebook="report_small_existing",
    title=Text(
        "Carbon reduction report (existing small and mid-size facilities)",
        "地球温暖化対策報告書制度（既存・中小規模事業所）",
    ),
    row=SmallFacility,
    examples=(
        SmallFacility(
            company="見本商事",
            facility="本社",
            fiscal_year=2025,
            floor_area_m2=18000,
            electricity_mwh=3500,
            supplier_factor=0.4,
            own_renewable_mwh=50,
            certificates_mwh=1000,
            heat_gj=5000,
            heat_factor=0.05,
            base_crude_oil_kl=1400,
        ),
        SmallFacility(
            company="見本商事",
            facility="支店",
            fiscal_year=2025,
            floor_area_m2=25000,
            electricity_mwh=4800,
            supplier_factor=0.0,
            base_crude_oil_kl=1450,
        ),
        SmallFacility(
            company="見本商事",
            facility="店舗（加盟店）",
            fiscal_year=2025,
            franchise=True,
            floor_area_m2=22000,
            electricity_mwh=4500,
            supplier_factor=0.4,
            crude_oil_kl=1180,
            base_crude_oil_kl=1500,
        ),
    ),
    assess=assess,
)
