"""Existing large facilities (キャップ&トレード制度): cover, base, rate, allowance, emissions, each with its working."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TypeVar

import numpy as np

from model.language import Text
from model.ordinance.cap_and_trade.equations import CATEGORIES, Periods, required_reduction_t
from model.ordinance.cap_and_trade.facts import POWER_LAW_NAMES, RECOGNITION_NAMES
from model.ordinance.cap_and_trade.years import (
    Period,
    balance,
    base_by_year_t,
    base_window,
    carbon_half_years,
    categories,
    crude_oil,
    duty_start,
    duty_years,
    factors,
    known_duty_years,
    plan_years,
    rates_by_year,
    relief_factors,
    sme_years,
    yearly_emissions_t,
)
from model.ordinance.derivation import Finding, Verdict, Working, number
from model.ordinance.energy_facts import emission_working, energy_use, renewable_mwh
from model.ordinance.exact import BoolArray
from model.ordinance.rulebook import Rules

_Member = TypeVar("_Member", float, str)
_FIXED = Text("factors fixed for the period", "計画期間の固定排出係数による")
_ACTUAL = Text("the suppliers' own factors", "供給事業者の実排出係数による")
_CATEGORY_JA = {"I-1": "Ⅰ-1", "I-2": "Ⅰ-2", "II": "Ⅱ"}


def fiscal_year_name(year: int) -> Text:
    """Return a fiscal year as people write it in a working."""
    return Text(f"FY{year}", f"{year}年度")


def spans(years: Sequence[int], values: Sequence[_Member]) -> list[tuple[Text, int, _Member]]:
    """Return runs of years with one value: their name, their number, the value."""
    runs = []
    for value, group in groupby(zip(years, values, strict=True), key=lambda pair: pair[1]):
        members = [year for year, _ in group]
        label = Text(f"FY{members[0]}–{members[-1]}", f"{members[0]}～{members[-1]}年度")
        runs.append((fiscal_year_name(members[0]) if len(members) == 1 else label, len(members), value))
    return runs


def plan_duty(period: Period, rules: Rules) -> Finding:
    """Return whether the facility must file a plan every year (designated facility)."""
    sheet = Working.under(rules)
    question = Text("Must a plan be filed every year?", "地球温暖化対策計画書の提出義務があるか（指定事業所）")
    runs = duty_years(period, sheet.rules) | sme_years(period, sheet.rules)
    if runs.all():
        sheet.step(Text("under the reduction duty or owned by SMEs", "削減義務対象又は指定相当の事業所"), "", True)
        return sheet.finding("plan_duty", question, Verdict.OBLIGED, len(runs), "years")
    line = sheet.rules.number("threshold_crude_oil")
    due = plan_years(period, sheet.rules) | runs
    before = range(period.years[0] - 1, period.years[-1])
    for year, kl in zip(before, crude_oil(period.facility, before, sheet.rules), strict=True):
        if not np.isnan(kl):
            sheet.step(
                Text(f"FY{year}: energy", f"{year}年度：原油換算"),
                f"{number(kl)} ≥ {number(line)} kL",
                bool(due[year + 1 - period.years[0]]),
            )
    count = sheet.step(Text("years in which it is designated", "指定される年度数"), "Σ", int(due.sum()), "years")
    return sheet.finding("plan_duty", question, Verdict.OBLIGED if count else Verdict.NOT_OBLIGED, count, "years")


def reduction_duty(period: Period, rules: Rules) -> Finding:
    """Return whether the reduction duty runs in the period, and for how many of its years."""
    sheet = Working.under(rules)
    question = Text("Does the reduction duty run?", "総量削減義務の対象か（特定事業所）")
    start = duty_start(period, sheet.rules)
    if period.facility.obliged_since is not None:
        sheet.step(Text("determined: from", "決定済み：開始年度"), "", fiscal_year_name(start or 0))
    else:
        years = int(sheet.rules.number("obliged_consecutive_years"))
        line = sheet.rules.number("threshold_crude_oil")
        sheet.step(
            Text("first year after so many full years in a row at the line", "基準量以上が連続した年度の翌年度"),
            f"{years} × ≥ {number(line)} kL",
            None if start is None else fiscal_year_name(start),
        )
    if any(period.facility.standing_in(year).sme_owned_share > 0 for year in period.years):
        share = max(period.facility.standing_in(year).sme_owned_share for year in period.years)
        limit = period.rules(sheet.rules).number("sme_owned_share_min")
        lifted = bool(sme_years(period, sheet.rules).any())
        sheet.step(
            Text("owned by small and mid-size enterprises: no duty", "中小企業等の所有割合：義務対象外"),
            f"{number(share)} ≥ {number(limit)}",
            lifted,
        )
    count = sheet.step(
        Text("years of the period under duty", "計画期間のうち義務対象の年度数"),
        "Σ",
        int(duty_years(period, sheet.rules).sum()),
        "years",
    )
    verdict = Verdict.OBLIGED if count else Verdict.NOT_OBLIGED
    return sheet.finding("reduction_duty", question, verdict, count, "years")


def base_emissions(period: Period, rules: Rules) -> Finding:
    """Return the base emissions of the facility [t-CO2] in the last year of the period."""
    sheet = Working.under(rules)
    question = Text("What are the base emissions?", "基準排出量はいくらか")
    values = base_by_year_t(period, sheet.rules)
    given = [period.facility.given_base_t(year) for year in period.years]
    if None in given:
        window, length = base_window(period, sheet.rules)
        emissions = yearly_emissions_t(period.facility, window, period, sheet.rules)
        for year, emitted in zip(window, emissions, strict=True):
            shown = None if np.isnan(emitted) else float(emitted)
            sheet.step(Text(f"FY{year}: emissions", f"{year}年度：排出量"), "", shown, "t-CO2")
        chosen = period.facility.base_from
        how = (
            Text("the highest mean", "最大の平均") if chosen is None else Text(f"from FY{chosen}", f"{chosen}年度から")
        )
        sheet.step(
            Text(f"mean of {length} consecutive years ({how.en})", f"連続{length}か年度の平均（{how.ja}）"),
            f"FY{window[0]}–{window[-1]}",
            None if np.isnan(values[0]) else float(values[0]),
            "t-CO2",
        )
    else:
        for label, _, value in spans(period.years, values.tolist()):
            sheet.step(Text(f"{label.en}: determined", f"{label.ja}：決定値"), "", value, "t-CO2")
    if np.isnan(values).any():
        return sheet.finding("base_emissions", question, Verdict.NOT_ASSESSED)
    return sheet.finding("base_emissions", question, Verdict.FOR_INFORMATION, float(values[-1]), "t-CO2")


def obligation_rate(period: Period, rules: Rules) -> Finding:
    """Return the rate of reduction owed in the last year of the period [1], with every relief."""
    sheet = Working.under(rules)
    table = Periods.read(sheet.rules).rate_table
    category = categories(period, sheet.rules)
    for label, _, name in spans(period.years, [CATEGORIES[place] for place in category]):
        rate = float(table[period.place, CATEGORIES.index(name)])
        sheet.step(Text(f"{label.en}: category {name}", f"{label.ja}：区分{_CATEGORY_JA[name]}"), "", rate)
    multipliers, points = relief_factors(period, sheet.rules)
    rates, issued = rates_by_year(period, sheet.rules)
    rows = [period.facility.standing_in(year) for year in period.years]
    for place, row in enumerate(rows):
        year = period.years[place]
        reliefs = [RECOGNITION_NAMES[row.recognition], POWER_LAW_NAMES[row.power_law_relief]]
        plain = float(table[period.place, category[place]])
        if carbon_half_years(period)[place]:
            text = Text(f"FY{year}: recognised as carbon half", f"{year}年度：カーボンハーフ認定")
            sheet.step(text, f"{number(plain)} → {number(rates[place])}", float(rates[place]))
            sheet.step(Text("excess is issued from", "超過削減量の発行の起点となる率"), "", float(issued[place]))
        elif multipliers[place] != 1 or points[place] != 0:
            names = [name for name in reliefs if name.en != "none"]
            text = Text(
                f"FY{year}: {', '.join(name.en for name in names)}",
                f"{year}年度：{'、'.join(name.ja for name in names)}",
            )
            formula = f"({number(plain)} − {number(points[place])}) × {number(multipliers[place])}"
            sheet.step(text, formula, float(rates[place]))
    question = Text("What rate of reduction is owed?", "削減義務率はいくらか")
    return sheet.finding("obligation_rate", question, Verdict.FOR_INFORMATION, float(rates[-1]))


def allowance(period: Period, rules: Rules) -> Finding:
    """Return what the facility may emit over its years under duty in the period [t-CO2]."""
    sheet = Working.under(rules)
    question = Text("How much may be emitted over the period?", "計画期間の排出上限量はいくらか")
    base, (rates, _) = base_by_year_t(period, sheet.rules), rates_by_year(period, sheet.rules)
    duty = duty_years(period, sheet.rules)
    if np.isnan(base[duty]).any():
        sheet.step(Text("base emissions are not known", "基準排出量が不明"), "", None)
        return sheet.finding("allowance", question, Verdict.NOT_ASSESSED)
    basis, owed = float(base[duty].sum()), float(required_reduction_t(base, rates)[duty].sum())
    years = [year for year, on in zip(period.years, duty, strict=True) if on]
    terms = spans(years, [f"{number(b)} × {number(r)}" for b, r in zip(base[duty], rates[duty], strict=True)])
    required = sheet.step(
        Text("reduction owed: base × rate × years", "削減義務量＝基準排出量×削減義務率×年度数"),
        " + ".join(f"{term} × {count}" for _, count, term in terms),
        owed,
        "t-CO2",
    )
    limit = sheet.step(
        Text("Σ base − reduction owed", "Σ基準排出量−削減義務量"),
        f"{number(basis)} − {number(required)}",
        basis - required,
        "t-CO2",
    )
    return sheet.finding("allowance", question, Verdict.FOR_INFORMATION, limit, "t-CO2")


def emissions(period: Period, rules: Rules) -> Finding:
    """Return the emissions of the years under duty by the factors of the period [t-CO2]."""
    sheet = Working.under(rules)
    question = Text("How much was emitted in the years under duty?", "義務対象年度の排出量はいくらか")
    values = yearly_emissions_t(period.facility, period.years, period, sheet.rules)
    for year, value in zip(period.years, values, strict=True):
        if year in period.facility.rows:
            row = period.facility.rows[year]
            how, working = Text("as worked out by the facility", "事業所による算定値"), ""
            if row.emissions_t is None:
                fixed, fuels = factors(row, period, sheet.rules)
                working = emission_working(row, fixed, fuels)
                how = _ACTUAL if fixed is None else _FIXED
            text = Text(f"FY{year}: {how.en}", f"{year}年度：{how.ja}")
            sheet.step(text, working, None if np.isnan(value) else float(value), "t-CO2")
    known = known_duty_years(period, sheet.rules)
    if not known.any():
        sheet.step(Text("none is known", "排出量が判明している義務対象年度なし"), "", None)
        return sheet.finding("emissions", question, Verdict.NOT_ASSESSED)
    total = sheet.step(
        _of_years("sum of {} years under duty", "義務対象{}か年度の合計", known),
        "Σ",
        float(values[known].sum()),
        "t-CO2",
    )
    return sheet.finding("emissions", question, Verdict.FOR_INFORMATION, total, "t-CO2")


def cumulative_test(period: Period, rules: Rules) -> Finding:
    """Return whether own reductions meet the duty over the period, before any credit [t-CO2 still owed]."""
    sheet = Working.under(rules)
    question = Text("Do own reductions meet the duty?", "自らの削減で義務を履行できるか")
    known = known_duty_years(period, sheet.rules)
    if not known.any() or np.isnan(base_by_year_t(period, sheet.rules)[known]).any():
        sheet.step(Text("base or emissions are not known", "基準排出量又は排出量が不明"), "", None)
        return sheet.finding("cumulative_test", question, Verdict.NOT_ASSESSED)
    test = balance(period, sheet.rules)
    made, owed = float(test.reduction_t[0]), float(test.required_t[0])
    basis = float((test.allowance_t + test.required_t)[0])
    sheet.step(
        Text("own reduction: Σ base − Σ emissions", "削減量＝Σ基準排出量−Σ排出量"),
        f"{number(basis)} − {number(float(test.emissions_t[0]))}",
        made,
        "t-CO2",
    )
    sheet.step(_of_years("duty of these {} years", "この{}か年度の削減義務量", known), "Σ", owed, "t-CO2")
    short = sheet.step(
        Text("still owed", "義務不足量"),
        f"max(0, {number(owed)} − {number(made)})",
        float(test.shortfall_t[0]),
        "t-CO2",
    )
    sheet.step(Text("beyond the duty", "超過削減量"), "", float(test.excess_t[0]), "t-CO2")
    if test.not_issued_t[0] > 0:
        withheld = Text("beyond the duty but not issued", "義務を超えるが発行されない量")
        sheet.step(withheld, "", float(test.not_issued_t[0]), "t-CO2")
    if not is_complete(period, sheet.rules):
        sheet.step(Text("the period is not complete: results so far", "計画期間が未了のため途中経過"), "", None)
        return sheet.finding("cumulative_test", question, Verdict.FOR_INFORMATION, short, "t-CO2")
    verdict = Verdict.FALLS_SHORT if short > 0 else Verdict.COMPLIES
    return sheet.finding("cumulative_test", question, verdict, short, "t-CO2")


def _of_years(en: str, ja: str, years: BoolArray) -> Text:
    """Return a text with the number of years filled in."""
    return Text(en.format(int(years.sum())), ja.format(int(years.sum())))


def is_complete(period: Period, rules: Rules) -> bool:
    """Say whether the emissions of all years under duty are known."""
    return bool(np.array_equal(known_duty_years(period, rules), duty_years(period, rules)))


def renewable_report(period: Period, rules: Rules) -> Finding:
    """Return what the facility must report about its use of renewable electricity [MWh]."""
    sheet = Working.under(rules)
    question = Text("Must the use of renewables be reported?", "再エネ利用量の把握・報告義務があるか")
    use = energy_use(list(period.rows.values()))
    standing = period.rules(sheet.rules)
    due = standing.stated("renewable_reporting_duty") and standing.flag("renewable_reporting_duty")
    sheet.step(Text("in force in the period", "計画期間において施行済みか"), "", due)
    for text, amount in (
        (Text("on-site own use", "オンサイト自家消費"), use.own_renewable_mwh - use.value_sold_mwh),
        (Text("off site (self-wheeling, PPA)", "オフサイト（自己託送・PPA）"), use.off_site_mwh),
        (Text("certificates", "証書"), np.minimum(use.certificates_mwh, use.electricity_mwh)),
    ):
        sheet.step(text, "Σ", float(amount.sum()), "MWh")
    verdict = Verdict.OBLIGED if due else Verdict.NOT_OBLIGED
    return sheet.finding("renewable_report", question, verdict, float(renewable_mwh(use).sum()), "MWh")
