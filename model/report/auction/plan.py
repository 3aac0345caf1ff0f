"""The plan of a joint purchase for people: sheets, figures and a page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from model.language import Language, Text
from model.optimise.joint_purchase.lots import Lot, Lots
from model.optimise.joint_purchase.menu import choices_by_ward
from model.optimise.joint_purchase.plan import Plan, hall_of_the_study, reserve_rows
from model.optimise.joint_purchase.tariffs import load_factor
from model.optimise.procurement_data import FACILITY_CLASSES, MARKETS, procurement
from model.ordinance.derivation import unit_name
from model.ordinance.presentation import findings_table, step_line
from model.report.auction.figures import load_duration, risks
from model.report.auction.page import write_page
from model.report.auction.workbook import Sheets, ward_name
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
             f"before any bid; the last renewable kWh costs {max(0.0, menu.price_of_share):.2f} JPY.",
             f"再エネ比率 {menu.share:.1%}、費用 {menu.total:,.0f} 円（入札前、メニュー・証書の標準料金による）。"
             f"最後の再エネ1kWhの追加費用は {max(0.0, menu.price_of_share):.2f} 円。"),
        _saved(plan),
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
        Text("ward hall of the study", "区の試算例")(language): _study(language),
        Text("assumptions", "前提")(language): _assumptions(plan, language),
    }


_UNITS = {
    "month": Text("month", "月"),
    "bidder": Text("bidders", "者"),
    "lot": Text("lots", "ロット"),
    "minute": Text("minutes", "分"),
    "hour": Text("hours", "時"),
    "point": Text("points", "点"),
    "day": Text("days", "日"),
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
    comma = Text(", ", "、")(language)
    for number, lot in enumerate(lots, start=1):
        rows.append([
            number, comma.join(ward_name(code, language) for code in lot.wards),
            comma.join(FACILITY_CLASSES[name](language) for name in lot.classes),
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
    rows = [_row(language, Text("facility", "施設ID"), Text("facility name", "施設名"), Text("ward", "区"),
                 Text("class", "施設区分"), Text("contract power [kW]", "契約電力 [kW]"),
                 Text("energy [kWh/year]", "電力量 [kWh/年]"), Text("load factor [%]", "負荷率 [%]"),
                 Text("lot", "ロット"), Text("reserve price [JPY/year]", "予定価格 [円/年]"),
                 Text("renewable share needed [%]", "必要な再エネ比率 [%]"),
                 Text("supply that reaches the share at least cost", "再エネ比率を最小費用で満たす供給方法"),
                 Text("its cost by standard tariffs [JPY/year]", "その費用（標準料金）[円/年]"))]  # fmt: skip
    purchase, reserves = plan.purchase, {row.facility: row for row in reserve_rows(plan)}
    factors = load_factor(purchase.kwh, purchase.contract_kw)
    for number, row in enumerate(purchase.facilities):
        choice, planned = int(plan.menu.choice[number]), reserves[row.id]
        rows.append([
            row.id, row.name, ward_name(row.ward, language), FACILITY_CLASSES[row.facility_class](language),
            float(purchase.contract_kw[number]), float(purchase.kwh[number].sum()),
            round(100 * float(factors[number]), 1), planned.lot, planned.reserve_jpy, row.renewable_share,
            plan.menu.options[choice].name(language), round(float(plan.menu.cost[number, choice])),
        ])  # fmt: skip
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
    rows = [_row(language, Text("quantity", "項目"), Text("market", "市場"), Text("value", "値"), Text("unit", "単位"),
                 Text("quality", "質"), Text("note", "備考"), Text("source", "出典"),
                 Text("name in the data", "データ上の名称"))]  # fmt: skip
    data = procurement()
    for (quantity, *market), entry in plan.assumptions.items():
        words = data.words[quantity]
        sources = "; ".join(data.sources[one] for one in entry.source_id.split(";"))
        rows.append([
            words.name(language), MARKETS[market[0]](language) if market else None, entry.value,
            _unit(entry.unit, language), QUALITY_WORDS[entry.quality](language),
            words.note_ja if language == "ja" else entry.note, sources, quantity,
        ])  # fmt: skip
    return rows


def _study(language: Language) -> list[list[Cell]]:
    """Return the ward hall of the study by the functions of the plan."""
    hall, worked = hall_of_the_study()
    rows = [
        _row(language, Text("item", "項目"), Text("value", "値"), Text("unit", "単位"), Text("working", "算定過程"))
    ]
    rows.append([Text("floor area", "延床面積")(language), hall.floor_area_m2, "m²", None])
    for found in worked.findings:
        steps = "\n".join(step_line(step, language) for step in found.steps)
        value = found.value if isinstance(found.value, (int, float)) else None
        rows.append([found.question(language), value, unit_name(found.unit, language), steps])
    return rows


def _saved(plan: Plan) -> Text:
    """Return the CO2 that the plan avoids, beside the ward hall of the study by the same functions."""
    hall, worked = hall_of_the_study()
    tonnes, households = (plan.effects[-1].finding(name).amount for name in ("carbon", "equivalent"))
    hall_t, hall_households = (worked.finding(name).amount for name in ("carbon", "equivalent"))
    area, energy = hall.floor_area_m2 or 0.0, (hall.kwh or 0.0) / 1e6
    return Text(
        f"CO2 avoided: {tonnes:,.0f} t a year, as much as {households:,.0f} households emit. By the same functions "
        f"the study's ward hall of {area:,.0f} m² and {energy:.3f} GWh avoids {hall_t:,.0f} t, as much as "
        f"{hall_households:,.0f} households.",
        f"CO2削減量は年 {tonnes:,.0f} t（一般家庭 {households:,.0f} 世帯分）。同じ計算による区の試算例の本庁舎"
        f"（{area:,.0f} m²、{energy * 1e6 / 1e4:,.1f}万kWh）：{hall_t:,.0f} t、{hall_households:,.0f} 世帯分。",
    )


def _unit(unit: str, language: Language) -> str:
    """Return the unit of an assumption in the words of a language; a plain ratio has none."""
    if unit == "1":
        return Text("ratio", "比率")(language)
    word = _UNITS.get(unit)
    return word(language) if word else unit_name(unit, language)


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
