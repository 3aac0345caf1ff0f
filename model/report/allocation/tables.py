"""The sheets of a panel plan: the report's rows and totals, decisions, excluded houses, reasons, prices, checks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from model.language import Language, Text
from model.optimise.solar_allocation.answer import Answer, FloatArray, left_hand_sides
from model.optimise.solar_allocation.heat import HEAT_BY_BITS, HEAT_NAMES
from model.optimise.solar_allocation.model import Objective
from model.optimise.solar_allocation.names import OBJECTIVE_NAMES, OBJECTIVE_UNITS, row_unit, rule_name, unit_of_price
from model.ordinance.building_report.equations import HOUSE_TYPES
from model.ordinance.building_report.facts import HOUSE_TYPE_NAMES
from model.ordinance.derivation import unit_name
from model.ordinance.municipalities import municipalities
from model.ordinance.presentation import report_table
from model.ordinance.rule_words import QUALITY_NAMES, rule_words, value_lines
from model.ordinance.solar_economics.facts import FINANCING_NAMES
from model.report.allocation.defaults import defaults_table
from model.report.allocation.summary import NO_GAP, summary_table
from model.report.allocation.texts import MOST_REASONS, claim_worth, why
from model.spreadsheet import Cell, Table, write_csv, write_workbook

#: Houses that a workbook lists; longer plans are written house by house as CSV and Dataset only.
MOST_IN_WORKBOOK = 100_000

_YES, _NO = Text("yes", "○"), Text("", "")
_MOVED = {
    "cost": Text("initial cost", "初期費用"),
    "tariff": Text("prices of electricity", "電力単価"),
    "grant": Text("grant", "補助額"),
}


def sheets(found: Answer, language: Language) -> dict[str, Table]:
    """Return the sheets by name: the report first, in the order of the official form; no houses of very long plans."""
    named: dict[Text, Table] = {Text("summary", "総括"): summary_table(found, language)}
    if found.verification is not None and found.verification.obligation is not None:
        named[Text("report", "報告書")] = report_table([found.verification.obligation], language)
    if found.houses.size <= MOST_IN_WORKBOOK:
        named[Text("decisions", "住宅別の計画")] = decisions_table(found, language)
        named[Text("left out", "算定除外")] = left_out_table(found, language)
    if found.houses.size <= MOST_REASONS:
        named[Text("reasons", "理由")] = reasons_table(found, language)
    named[Text("by municipality", "区市町村別")] = municipality_table(found, language)
    named[Text("rules and prices", "規定と価格")] = prices_table(found, language)
    if found.what_if:
        named[Text("what if", "条件の変化")] = what_if_table(found, language)
    if found.front is not None:
        named[Text("trade-off", "二つの目的")] = front_table(found, language)
    if found.verification is not None:
        named[Text("second look", "検証")] = checks_table(found, language)
    named[Text("defaults", "既定値")] = defaults_table(found, language)
    named[Text("values used", "使用した値")] = values_table(found, language)
    return {name(language): table for name, table in named.items()}


def write_plan(found: Answer, path: Path, language: Language) -> None:
    """Write the workbook of a plan."""
    write_workbook(path, sheets(found, language))


def write_decisions(found: Answer, path: Path, language: Language) -> None:
    """Write the decisions house by house as CSV."""
    write_csv(path, decisions_table(found, language))


def decisions_table(found: Answer, language: Language) -> Table:
    """Return one row a house."""
    headings = (
        Text("house", "住宅番号"),
        Text("municipality", "区市町村"),
        Text("house type", "建物種別"),
        Text("capacity [kW]", "設置容量 [kW]"),
        Text("largest possible [kW]", "最大容量 [kW]"),
        Text("left out of the count", "算定除外"),
        Text("way to pay", "調達方法"),
        Text("heat added", "追加する熱利用"),
        Text("outlay [JPY]", "初期支出 [円]"),
        Text("grant [JPY]", "補助額 [円]"),
        Text("net cost [JPY]", "純費用 [円]"),
        Text("benefit [JPY]", "便益 [円]"),
        Text("generation [kWh/yr]", "発電量 [kWh/年]"),
        Text("CO₂ avoided [t/yr]", "CO₂削減量 [t/年]"),
    )
    places, houses = municipalities(), found.houses
    kinds = house_kinds(found, language)
    names = {code: place.name_ja if language == "ja" else place.name_en for code, place in places.items()}
    rows: list[list[Cell]] = [[heading(language) for heading in headings]]
    ways = {"": "", **{name: text(language) for name, text in FINANCING_NAMES.items()}}
    for number_ in range(houses.size):
        rows.append(
            [
                str(found.portfolio.ids[number_]),
                names[found.portfolio.cells["municipality"][number_]],
                kinds[number_],
                round(float(found.kw[number_]), 3),
                round(float(houses.largest_kw[number_]), 3),
                (_YES if found.left_out[number_] else _NO)(language),
                ways[str(found.way[number_])],
                HEAT_NAMES[HEAT_BY_BITS[found.heat[number_]]](language),
                round(float(found.outlay[number_])),
                round(float(found.grant[number_])),
                round(float(found.cost[number_])),
                round(float(found.benefit[number_])),
                round(float(found.generation[number_])),
                round(float(found.co2[number_]), 3),
            ]
        )
    return rows


def house_kinds(found: Answer, language: Language) -> list[str]:
    """Return the kind of every house in words."""
    names = [HOUSE_TYPE_NAMES[name](language) for name in HOUSE_TYPES]
    existing, houses = Text("existing house", "既存住宅")(language), found.houses
    return [names[kind] if new else existing for kind, new in zip(houses.house_type, houses.new, strict=True)]


def left_out_table(found: Answer, language: Language) -> Table:
    """Return the houses left out of the count, each with its reason and what the claim is worth."""
    unit = OBJECTIVE_UNITS[found.wishes.objective]
    headings = [
        Text("house", "住宅番号"),
        Text("reason", "理由"),
        Text(f"worth of the claim, from [{unit}]", f"申出の価値（下限） [{unit_name(unit, 'ja')}]"),
        Text(f"to [{unit}]", f"（上限） [{unit_name(unit, 'ja')}]"),
    ]
    rows: list[list[Cell]] = [[heading(language) for heading in headings]]
    small, legal = Text("roof too small", "屋根面積が基準未満"), Text("local building limits", "建築制限等")
    for house in np.flatnonzero(found.left_out).tolist():
        reason = legal if found.portfolio.cells["restricted"][house] else small
        worth = claim_worth(found, house)
        ends = () if worth is None else (worth.low, worth.high)
        known: list[Cell] = [round(end, 2) if np.isfinite(end) else None for end in ends] or [None, None]
        rows.append([str(found.portfolio.ids[house]), reason(language), *known])
    return rows


def reasons_table(found: Answer, language: Language) -> Table:
    """Return why every house gets what it gets, in both languages, with its own economics."""
    headings = (
        Text("house", "住宅番号"),
        Text("capacity [kW]", "設置容量 [kW]"),
        Text("outlay [JPY]", "初期支出 [円]"),
        Text("benefit [JPY]", "便益 [円]"),
        Text("pay-back [years]", "回収年数 [年]"),
        Text("reason (Japanese)", "理由（日本語）"),
        Text("reason (English)", "理由（英語）"),
    )
    years = payback_years(found)
    rows: list[list[Cell]] = [[heading(language) for heading in headings]]
    for house in range(found.houses.size):
        text = why(found, house)
        money = (round(float(found.outlay[house])), round(float(found.benefit[house])))
        back = round(float(years[house]), 1) if np.isfinite(years[house]) else None
        kw = round(float(found.kw[house]), 3)
        rows.append([str(found.portfolio.ids[house]), kw, *money, back, text.ja, text.en])
    return rows


def payback_years(found: Answer) -> FloatArray:
    """Return the years until bought panels are paid back, dims (house); not finite where there is no such year."""
    bought = np.where(found.way == "purchase", found.kw, 0.0)
    panels = found.outlay - found.heat_outlay
    return found.setting.economics.payback_years(bought, found.generation, np.where(bought > 0, panels, 0.0))


def by_municipality(found: Answer) -> Mapping[str, tuple[int, int, float]]:
    """Return houses, equipped houses and kW of each municipality, by code."""
    codes, place = np.unique(found.portfolio.cells["municipality"].astype(str), return_inverse=True)
    houses = np.bincount(place, minlength=codes.size)
    equipped = np.bincount(place, weights=found.kw > 0, minlength=codes.size)
    kw = np.bincount(place, weights=found.kw, minlength=codes.size)
    return {str(code): (int(a), int(b), float(c)) for code, a, b, c in zip(codes, houses, equipped, kw, strict=True)}


def municipality_table(found: Answer, language: Language) -> Table:
    """Return the plan by municipality."""
    headings = [
        Text("municipality", "区市町村"),
        Text("zone rate", "区域の算定基準率"),
        Text("quality", "値の質"),
        Text("houses", "棟数"),
        Text("with panels", "設置棟数"),
        Text("capacity [kW]", "設置容量 [kW]"),
    ]
    places = municipalities()
    rows: list[list[Cell]] = [[heading(language) for heading in headings]]
    for code, (houses, equipped, kw) in by_municipality(found).items():
        place = places[code]
        name = place.name_ja if language == "ja" else place.name_en
        rows.append([name, place.zone_rate, QUALITY_NAMES[place.quality](language), houses, equipped, round(kw, 2)])
    return rows


def prices_table(found: Answer, language: Language) -> Table:
    """Return every rule with what is asked for, what is reached, and what one unit of it is worth."""
    headings = [
        Text("rule", "規定"),
        Text("reached beyond what is asked, by expected consent", "基準に対する余裕（同意の期待値による）")
        if np.any((found.houses.consent < 1) & (found.kw > 0))
        else Text("reached beyond what is asked", "基準に対する余裕"),
        Text("unit", "単位"),
        Text("price of one unit, as if panels could be divided", "1単位の価格（端数を許した場合）"),
        Text("unit of the price", "価格の単位"),
    ]
    rows: list[list[Cell]] = [[heading(language) for heading in headings]]
    sides = left_hand_sides(found)
    for name, (price, _) in found.prices().items():
        value, at_least = sides[name]
        rows.append(
            [
                rule_name(name)(language),
                round(value - at_least, 4) + 0.0,
                unit_name(row_unit(name), language),
                price,
                unit_of_price(found.wishes.objective, name, language),
            ]
        )
    return rows


def what_if_table(found: Answer, language: Language) -> Table:
    """Return what the best plan becomes when cost, tariff or subsidy move, each with its proof.

    Sums of money are those if all owners accept, so that they stand beside those of the plan.
    """
    unit, asked = OBJECTIVE_UNITS[found.wishes.objective], found.wishes.objective
    sums: tuple[Objective, ...] = ("cost", "benefit")
    beside = [name for name in sums if name != asked]
    now = {"cost": float(found.cost.sum()), "benefit": float(found.benefit.sum())}
    headings = [
        Text("what moves", "変化する条件"),
        Text("factor", "倍率"),
        _with_unit(OBJECTIVE_NAMES[asked], unit),
        Text(f"change [{unit}]", f"増減 [{unit_name(unit, 'ja')}]"),
        Text("proven gap", "証明された差（相対）"),
        Text("capacity [kW]", "設置容量 [kW]"),
        Text("houses that change", "変更棟数"),
    ]
    for name in beside:
        headings += [_with_unit(OBJECTIVE_NAMES[name], "JPY"), Text("its change [JPY]", "その増減 [円]")]
    rows: list[list[Cell]] = [[heading(language) for heading in headings]]
    for one in found.what_if:
        row: list[Cell] = [_MOVED[one.what](language), one.factor]
        if not np.isfinite(one.value):
            rows.append([*row, *[None] * (len(headings) - 2)])
            continue
        row += [round(one.value, 2), round(one.value - found.plan.proof.objective, 2) + 0.0]
        row += [one.gap if one.gap > NO_GAP else 0.0, round(one.kw, 2), one.changed]
        money = {"cost": one.cost, "benefit": one.benefit}
        for name in beside:
            row += [round(money[name]), round(money[name] - now[name])]
        rows.append(row)
    return rows


def front_table(found: Answer, language: Language) -> Table:
    """Return the trade-off between the objective and another one, plan by plan; the heading alone without one."""
    first, front = found.wishes.objective, found.front
    second = first if front is None else front.other
    headings = [_with_unit(OBJECTIVE_NAMES[name], OBJECTIVE_UNITS[name]) for name in (first, second)]
    headings += [Text("proven gap", "証明された差（相対）"), Text("capacity [kW]", "設置容量 [kW]")]
    rows: list[list[Cell]] = [[heading(language) for heading in headings]]
    for point in () if front is None else front.points:
        gap = point.gap if point.gap > NO_GAP else 0.0
        rows.append([round(point.first, 2), round(point.second, 4), gap, round(point.kw, 2)])
    return rows


def checks_table(found: Answer, language: Language) -> Table:
    """Return what was looked at a second time."""
    headings = [Text("check", "確認事項"), Text("holds", "適否"), Text("found", "結果"), Text("needed", "基準")]
    rows: list[list[Cell]] = [[heading(language) for heading in headings]]
    if found.verification is not None:
        for check in found.verification.checks:
            holds = Text("yes", "適") if check.holds else Text("NO", "否")
            rows.append([check.name(language), holds(language), check.found, check.needed])
    return rows


def values_table(found: Answer, language: Language) -> Table:
    """Return every rule value and assumption behind the plan, with source and quality."""
    headings = [
        Text("rule file", "規定"),
        Text("parameter", "項目"),
        Text("value", "値"),
        Text("unit", "単位"),
        Text("rule set", "ルールセット"),
        Text("source", "出典"),
        Text("quality", "値の質"),
        Text("note", "備考"),
    ]
    rows: list[list[Cell]] = [[heading(language) for heading in headings]]
    seen = set()
    for used in (*found.setting.rules.used, *found.setting.assumed.used):
        one = used.parameter
        if (used.programme, one.id) not in seen:
            seen.add((used.programme, one.id))
            rows.append(
                [
                    used.programme,
                    one.term_ja if language == "ja" else one.id,
                    value_lines(one.value, language),
                    rule_words(one.unit)(language),
                    one.rule_set,
                    one.source_id,
                    QUALITY_NAMES[one.quality](language),
                    rule_words(one.note)(language),
                ]
            )
    return rows


def _with_unit(name: Text, unit: str) -> Text:
    """Return a heading with its unit."""
    return Text(f"{name.en} [{unit}]", f"{name.ja} [{unit_name(unit, 'ja')}]")
