"""The plan of a joint purchase for people: sheets, figures and a page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from model.language import Language, Text
from model.optimise.joint_purchase_lots import Lot, Lots
from model.optimise.joint_purchase_menu import choices_by_ward
from model.optimise.joint_purchase_plan import Plan
from model.optimise.procurement_data import FACILITY_CLASSES
from model.ordinance.presentation import findings_table
from model.report.auction_figures import load_duration, risks
from model.report.auction_page import write_page
from model.report.auction_workbook import Sheets, ward_name
from model.report.style import drawing
from model.report.wording import QUALITY_WORDS
from model.spreadsheet import Cell


def plan_lines(plan: Plan, language: Language) -> list[str]:
    """Return the plan in a few sentences."""
    lots, menu = plan.lots, plan.menu
    expected = sum(lot.expectation.price for lot in lots.lots)
    simple = [one for one in lots.others if one.simple]
    beside = Text(
        "; ".join(f"{one.name.en} ({one.lots}): {one.price:,.0f}" for one in simple),
        "、".join(f"{one.name.ja}（{one.lots}）{one.price:,.0f} 円" for one in simple),
    )
    lines = [
        Text(f"{len(lots.lots)} lots; expected price {expected:,.0f} JPY a year. "
             f"Compared, with numbers of lots: {beside.en}.",
             f"{len(lots.lots)}ロット。見込み額は年 {expected:,.0f} 円。比較（括弧内はロット数）：{beside.ja}。"),
        _limit(lots),
        Text(f"Partition proven best within {lots.proof.gap:.3%} among {lots.candidates:,} possible lots.",
             f"{lots.candidates:,}通りのロット候補から、最適との差が {lots.proof.gap:.3%} 以内であることを証明済み。"),
        Text(f"Renewable share {menu.share:.1%} at {menu.total:,.0f} JPY by the tariffs of menus and certificates, "
             f"before any bid; one more renewable kWh costs {max(0.0, menu.price_of_share):.2f} JPY.",
             f"再エネ比率 {menu.share:.1%}、費用 {menu.total:,.0f} 円（入札前、メニュー・証書の標準料金による）。"
             f"再エネ1kWhの追加費用は {max(0.0, menu.price_of_share):.2f} 円。"),
        Text(f"Pooled peak {plan.pooled_peak:,.0f} kW against {plan.sum_of_peaks:,.0f} kW of all peaks.",
             f"合成最大電力 {plan.pooled_peak:,.0f} kW（各施設最大の合計 {plan.sum_of_peaks:,.0f} kW）。"),
        Text("Prices are a model: bidders' costs uniform between the largest reduction on record and the reference "
             "tariff; every number is on the sheet of assumptions.",
             "価格は見込みです。事業者の費用は、実績最大の削減率から参照料金までの一様分布と仮定し、全ての数値を「前提」に示します。"),
    ]  # fmt: skip
    return [line(language) for line in lines]


def _limit(lots: Lots) -> Text:
    """Return between what numbers of lots the plan was looked for, and what the limit costs."""
    expected = sum(lot.expectation.price for lot in lots.lots)
    best = min(lots.others, key=lambda one: one.price)
    within = Text(
        f"The number of lots is kept between {lots.fewest} and {lots.most} (by default what auctions on record had).",
        f"ロット数は{lots.fewest}以上{lots.most}以下（既定は過去の実績の範囲）に制限しています。",
    )
    if best.allowed or best.price >= expected:
        return Text(
            f"{within.en} No partition compared is cheaper.",
            f"{within.ja}比較した分け方にこれより安いものはありません。",
        )
    less = expected - best.price
    return Text(
        f"{within.en} {best.lots} lots ({best.name.en}) would be {less:,.0f} JPY a year cheaper, but each lot takes an "
        f"auction of its own and more than {lots.most} at once are not allowed; --most-lots {best.lots} allows it.",
        f"{within.ja}{best.lots}ロット（{best.name.ja}）では年 {less:,.0f} 円安くなりますが、ロットごとにオークションが"
        f"必要となるため{lots.most}を上限としています。--most-lots {best.lots} で許容できます。",
    )


def plan_sheets(plan: Plan, language: Language) -> Sheets:
    """Return the sheets of a plan by name."""
    return {
        Text("lots", "ロット")(language): _lots(plan.lots.lots, language),
        Text("partitions compared", "分け方の比較")(language): _partitions(plan.lots, language),
        Text("ward by ward", "区ごとのロット")(language): _lots(plan.lots.ward_lots, language),
        Text("menus", "メニュー")(language): _menus(plan, language),
        Text("facilities", "施設別")(language): _facilities(plan, language),
        Text("calendar", "日程")(language): _calendar(plan, language),
        Text("stress", "ストレス")(language): _stress(plan, language),
        Text("CO2", "CO2効果")(language): findings_table(plan.effects, language),
        Text("assumptions", "前提")(language): _assumptions(plan, language),
    }


def _row(language: Language, *texts: Text) -> list[Cell]:
    return [text(language) for text in texts]


def _partitions(lots: Lots, language: Language) -> list[list[Cell]]:
    rows = [_row(language, Text("partition", "分け方"), Text("lots", "ロット数"),
                 Text("expected price [JPY/year]", "見込み額 [円/年]"),
                 Text("dearer than the plan by [JPY/year]", "計画との差 [円/年]"),
                 Text("within the limits", "制限内"))]  # fmt: skip
    expected = sum(lot.expectation.price for lot in lots.lots)
    yes, no = Text("yes", "はい")(language), Text("no", "いいえ")(language)
    rows.append([Text("this plan", "この計画")(language), len(lots.lots), round(expected), 0, yes])
    for one in lots.others:
        rows.append([one.name(language), one.lots, round(one.price), round(one.price) - round(expected),
                     yes if one.allowed else no])  # fmt: skip
    return rows


def _lots(lots: Sequence[Lot], language: Language) -> list[list[Cell]]:
    rows = [_row(
        language, Text("lot", "ロット"), Text("wards", "区"), Text("classes", "施設区分"), Text("facilities", "施設数"),
        Text("energy [kWh/year]", "電力量 [kWh/年]"), Text("contract power [kW]", "契約電力 [kW]"),
        Text("pooled peak [kW]", "合成最大 [kW]"), Text("bidders expected", "見込み応札者数"),
        Text("expected price [JPY/year]", "見込み額 [円/年]"), Text("reserve price [JPY/year]", "予定価格 [円/年]"),
        Text("probability of no award [%]", "不落確率 [%]"), Text("reference [JPY/year]", "参照料金 [円/年]"),
    )]  # fmt: skip
    for number, lot in enumerate(lots, start=1):
        rows.append([
            number, "、".join(ward_name(code, language) for code in lot.wards),
            "、".join(FACILITY_CLASSES[name](language) for name in lot.classes),
            len(lot.facilities), lot.energy, lot.power,
            round(lot.pooled_peak), lot.bidders, round(lot.expectation.price), round(lot.expectation.reserve),
            round(100 * lot.expectation.no_award, 2), lot.reference,
        ])  # fmt: skip
    return rows


def _menus(plan: Plan, language: Language) -> list[list[Cell]]:
    head: list[Cell] = [Text("ward", "区")(language), *(one.name(language) for one in plan.menu.options)]
    rows: list[list[Cell]] = [head]
    for code, counts in choices_by_ward(plan.purchase, plan.menu).items():
        rows.append([ward_name(code, language), *counts.tolist()])
    return rows


def _facilities(plan: Plan, language: Language) -> list[list[Cell]]:
    rows = [_row(language, Text("facility", "施設ID"), Text("lot", "ロット"), Text("supply", "供給方法"),
                 Text("cost [JPY/year]", "費用 [円/年]"))]  # fmt: skip
    lot_of = {int(f): number for number, lot in enumerate(plan.lots.lots, start=1) for f in lot.facilities}
    for number, row in enumerate(plan.purchase.facilities):
        choice = int(plan.menu.choice[number])
        cost = float(plan.menu.cost[number, choice])
        rows.append([row.id, lot_of[number], plan.menu.options[choice].name(language), round(cost)])
    return rows


def _calendar(plan: Plan, language: Language) -> list[list[Cell]]:
    rows = [_row(language, Text("step", "手順"), Text("from", "開始"), Text("to", "終了"))]
    for step in plan.calendar:
        rows.append([step.name(language), step.first, step.last])
    return rows


def _stress(plan: Plan, language: Language) -> list[list[Cell]]:
    names = (
        Text("what happens", "想定"),
        Text("bills [JPY/year]", "料金 [円/年]"),
        Text("change [JPY/year]", "増減 [円/年]"),
    )
    head = [*_row(language, *names), *(ward_name(code, language) for code in plan.purchase.wards)]
    rows: list[list[Cell]] = [head]
    for one in plan.stress:
        rows.append([one.name(language), round(one.bills), round(one.change), *np.round(one.by_ward).tolist()])
    return rows


def _assumptions(plan: Plan, language: Language) -> list[list[Cell]]:
    rows = [_row(language, Text("quantity", "項目"), Text("value", "値"), Text("unit", "単位"), Text("source", "出典"),
                 Text("quality", "質"), Text("note", "備考"))]  # fmt: skip
    for name, entry in plan.assumptions.items():
        rows.append(
            [name, entry.value, entry.unit, entry.source_id, QUALITY_WORDS[entry.quality](language), entry.note]
        )
    return rows


def write_plan_page(folder: Path, plan: Plan, sheets: Sheets, load: np.ndarray, language: Language) -> None:
    """Write figures and page of a plan."""
    figures = folder / "figures"
    figures.mkdir()
    title = Text("What turns of the market would cost", "市場変化の影響")
    unit = Text("change against the plan [million JPY/year]", "計画からの増減 [百万円/年]")
    with drawing(language):
        drawn = load_duration(load, (plan.pooled_peak, plan.sum_of_peaks), figures, language)
        drawn += risks(
            [(one.name(language), one.change) for one in plan.stress], title, unit, figures / "stress", language
        )
    heading = Text("Plan of the joint purchase", "共同購入オークションの計画")
    write_page(folder / "report.html", heading(language), plan_lines(plan, language), sheets, drawn, language)
