"""Existing large facilities (キャップ&トレード制度): sale, credits, bank, order and deadline, each with its working."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from model.language import Text
from model.ordinance.cap_and_trade.credits import Ledger, reduction_order_t
from model.ordinance.cap_and_trade.equations import excess_to_date_t
from model.ordinance.cap_and_trade.facts import CREDIT_NAMES
from model.ordinance.cap_and_trade.findings import fiscal_year_name, is_complete
from model.ordinance.cap_and_trade.years import (
    Period,
    base_by_year_t,
    known_duty_years,
    ledger,
    rates_by_year,
    yearly_emissions_t,
)
from model.ordinance.derivation import Finding, Verdict, Working, number
from model.ordinance.exact import reaches, scaled
from model.ordinance.rule_gaps import unanswered
from model.ordinance.rulebook import Rules


def can_settle(period: Period, rules: Rules) -> bool:
    """Say whether base and emissions of any year under duty are known."""
    known = known_duty_years(period, rules)
    return bool(known.any() and not np.isnan(base_by_year_t(period, rules)[known]).any())


def sale(period: Period, rules: Rules) -> Finding:
    """Return how much excess may be sold on the results so far [t-CO2]."""
    sheet = Working.under(rules)
    question = Text("How much excess may be sold?", "売却できる超過削減量はいくらか")
    standing = period.rules(sheet.rules)
    sold = sum(row.sold_t for row in period.rows.values())
    if sold == 0 and (gap := unanswered(sheet, "sale", question, "excess_cap_share_of_base", under=standing)):
        return gap
    cap = standing.number("excess_cap_share_of_base")
    known = known_duty_years(period, sheet.rules)
    base = np.where(known, base_by_year_t(period, sheet.rules), 0.0)
    emitted = yearly_emissions_t(period.facility, period.years, period, sheet.rules)
    reductions = np.where(known, base - np.where(known, emitted, 0.0), 0.0)
    _, rate = rates_by_year(period, sheet.rules)
    counted = np.minimum(reductions, scaled(base, cap))
    for year, made, most, counts in zip(period.years, reductions, scaled(base, cap), counted, strict=True):
        if known[year - period.years[0]]:
            text = Text(f"FY{year}: reduction, up to the cap", f"{year}年度：削減量（売却上限まで）")
            sheet.step(text, f"min({number(made)}, {number(most)})", float(counts), "t-CO2")
    duty = float((base * rate).sum())
    to_date = excess_to_date_t(reductions, base, rate, np.zeros(len(rate), dtype=np.int64), cap)
    last = int(np.flatnonzero(known)[-1])
    saleable = sheet.step(
        Text("Σ reductions − duty so far", "Σ削減量−義務量の按分累計"),
        f"max(0, {number(float(counted.sum()))} − {number(duty)})",
        float(to_date[last]),
        "t-CO2",
    )
    if standing.known("excess_trade_start"):
        standing.value("excess_trade_start")
        sheet.step(Text("can be moved from", "移転可能となる年度"), "", fiscal_year_name(period.years[last] + 1))
    left = sheet.step(
        Text("less what was sold", "売却済みを控除"), f"{number(saleable)} − {number(sold)}", saleable - sold, "t-CO2"
    )
    verdict = Verdict.FOR_INFORMATION if reaches(saleable, sold) else Verdict.FALLS_SHORT
    return sheet.finding("sale", question, verdict, max(left, 0.0), "t-CO2")


def settlement(period: Period, rules: Rules) -> Finding:
    """Return what is left to cover after banked and bought credits [t-CO2]."""
    sheet = Working.under(rules)
    kinds, book = ledger(period, sheet.rules)
    standing = period.rules(sheet.rules)
    sold = sum(row.sold_t for row in period.rows.values())
    if sold > 0:
        sheet.step(Text("sold", "売却"), "", sold, "t-CO2")
    if book.carried_in_t[:, -1].any():
        standing.value("banking")
    for place, kind in enumerate(kinds):
        name = CREDIT_NAMES[kind]
        for text, amounts in (
            (Text("carried in from the period before", "前計画期間からの繰越"), book.carried_in_t),
            (Text("of which used", "うち充当"), book.used_carried_t),
            (Text("of which expired", "うち失効"), book.expired_t),
            (Text("of this period, used", "当計画期間分の充当"), book.used_fresh_t),
            (Text("of this period, left", "当計画期間分の残り"), book.carried_out_t),
        ):
            amount = float(amounts[place, -1])
            if amount > 0:
                sheet.step(Text(f"{name.en}: {text.en}", f"{name.ja}：{text.ja}"), "", amount, "t-CO2")
    _note_bank(book, sheet, standing)
    uncovered = sheet.step(
        Text("still owed after credits", "充当後の義務不足量"), "", float(book.uncovered_t[-1]), "t-CO2"
    )
    question = Text("Is the duty met with credits?", "クレジット等の充当により義務を履行できるか")
    if not is_complete(period, sheet.rules):
        sheet.step(Text("the period is not complete: results so far", "計画期間が未了のため途中経過"), "", None)
        return sheet.finding("settlement", question, Verdict.FOR_INFORMATION, uncovered, "t-CO2")
    verdict = Verdict.FALLS_SHORT if uncovered > 0 else Verdict.COMPLIES
    return sheet.finding("settlement", question, verdict, uncovered, "t-CO2")


def _note_bank(book: Ledger, sheet: Working, standing: Rules) -> None:
    """Note how long what is left can be held, if the rules say."""
    left = float(book.carried_out_t[:, -1].sum())
    if left <= 0:
        return
    if standing.known("banking"):
        standing.value("banking")
        text = Text("can be used in the next period only, then expires", "翌計画期間まで利用可能（その後失効）")
        sheet.step(text, "", left, "t-CO2")
    else:
        name = standing.rule_set
        sheet.step(
            Text(
                f"whether it can be banked is not known in {name} (--fallback uses another rule set)",
                f"繰越の可否は {name} では不明（--fallback で他のルールセットを使用）",
            ),
            "",
            None,
        )


def order(period: Period, uncovered_t: float, rules: Rules) -> Finding:
    """Return the reduction that is ordered if the duty stays unmet at the deadline [t-CO2]."""
    sheet = Working.under(rules)
    factor = period.rules(sheet.rules).number("penalty_multiplier")
    ordered = sheet.step(
        Text("what is missing × factor", "義務不足量×倍率"),
        f"{number(uncovered_t)} × {number(factor)}",
        float(reduction_order_t(uncovered_t, factor)),
        "t-CO2",
    )
    question = Text("What is ordered if the duty stays unmet?", "義務未履行の場合の削減命令量はいくらか")
    return sheet.finding("order", question, Verdict.FOR_INFORMATION, ordered, "t-CO2")


def deadline(period: Period, rules: Rules) -> Finding:
    """Return the last day on which the duty of the period can be met."""
    sheet = Working.under(rules)
    question = Text("By when must the duty be met?", "義務の履行期限はいつか")
    due, text = _deadline(period, sheet)
    sheet.step(text, "", due.isoformat())
    return sheet.finding("deadline", question, Verdict.FOR_INFORMATION, due.isoformat())


def _deadline(period: Period, sheet: Working) -> tuple[date, Text]:
    """Return the deadline of the period and where it comes from: extended, announced, or by the usual interval."""
    standing = period.rules(sheet.rules)
    if period.number == 2:
        # The extension was decided when the period was over, so the rules of the next one are asked.
        after = Period(period.facility, period.periods, period.place + 1).rules(sheet.rules)
        return after.date_of("compliance_deadline_period_2_extended"), Text("as extended", "延長後の期限")
    announced = Text("as announced or expected", "公表又は想定の期限")
    for name in ("compliance_deadlines", "compliance_deadlines_expected"):
        for source in (standing, sheet.rules):
            dates = {row["period"]: row["date"] for row in source.value(name)} if source.stated(name) else {}
            if period.number in dates:
                return date.fromisoformat(dates[period.number]), announced
    months = int(standing.number("settlement_window"))
    month = period.last_day.year * 12 + period.last_day.month + months
    first_of_next = date(month // 12, month % 12 + 1, 1)
    return first_of_next - timedelta(days=1), Text("period's end + usual interval", "計画期間終了日＋整理期間")
