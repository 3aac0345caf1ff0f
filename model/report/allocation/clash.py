"""Why there is no plan, in words: rules that clash, the houses behind it, and how far each rule would have to give."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from model.language import Language, Text
from model.optimise.solar_allocation.answer import Answer
from model.optimise.solar_allocation.clash import Relaxation
from model.optimise.solar_allocation.names import row_unit, rule_name
from model.ordinance.building_report.equations import HOUSE_TYPES, EnergyLevel
from model.ordinance.derivation import number, unit_name
from model.ordinance.municipalities import municipalities
from model.report.allocation.defaults import defaults_table
from model.report.allocation.summary import asked_lines
from model.report.allocation.tables import MOST_IN_WORKBOOK, house_kinds, values_table
from model.report.allocation.texts import STATUS_NAMES
from model.spreadsheet import Cell, Table, write_workbook

#: Houses that are named for a rule.
_NAMED = 5

_TOGETHER = Text(
    "No plan keeps these rules together; any one of them relaxed as stated would do:",
    "次の規定を同時に満たす計画はありません。いずれか一つを次の幅だけ緩めれば可能です：",
)
_ONE = Text(
    "No plan keeps all rules; this one relaxed as stated would do:",
    "全ての規定を満たす計画はありません。次の規定を次の幅だけ緩めれば可能です：",
)
_ALONE = Text(
    "This rule cannot be kept; relaxed as stated it could:",
    "次の規定を満たす計画はありません。次の幅だけ緩めれば可能です：",
)
_NOT_ENOUGH = Text(
    "These rules clash; to relax one of them alone is not enough, since other rules clash without it:",
    "次の規定は両立しません。他にも両立しない規定があるため、一つを緩めるだけでは足りません：",
)
_AT_LEAST = Text(
    "Not even by expected consent does a plan keep this; with the probability asked for at least so much is needed, "
    "more as a rule:",
    "同意の期待値でも次の規定を満たす計画はありません。確率を指定しているため、少なくとも次の幅（通常はそれ以上）の"
    "緩和が必要です：",
)
_CLASHES_WITH = Text(
    "It cannot be kept together with the following; to relax only that is not enough, since other rules clash too:",
    "上の規定は次の規定と両立しません。他にも両立しない規定があるため、次の規定だけを緩めても足りません：",
)
_BEYOND = Text(
    "These houses break a rule whatever panels and heat they get; each has to be mended:",
    "次の住宅は設備をどのように設置しても規定を満たしません。それぞれ改善が必要です：",
)
#: Rules that limit what houses take; and the share of a rule up to which its relaxation is told as a share.
_LIMITS = ("budget", "installers", "changes", "at_least")
_MOSTLY = 1.0
_CERTAINTY = Text("certainty of closing above the requirement", "基準に達する確率")


def clash_lines(found: Answer) -> list[Text]:
    """Return the rules that clash, each with the smallest relaxation and the houses that weigh most."""
    clash = found.plan.clash
    if clash is None:
        return []
    lines: list[Text] = []
    if clash.beyond:
        lines += [_BEYOND, *(_beyond(found, one) for one in clash.beyond)]
    enough = [one for one in clash.relaxations if one.enough]
    if _by_expectation(found):
        return [*lines, _AT_LEAST, *(_relaxed(found, one) for one in clash.relaxations)]
    if enough:
        lines.append(_ALONE if len(clash.relaxations) == 1 else _ONE if len(enough) == 1 else _TOGETHER)
        lines += [_relaxed(found, one) for one in enough]
    if len(enough) < len(clash.relaxations):
        lines.append(_CLASHES_WITH if enough else _NOT_ENOUGH)
        lines += [_relaxed(found, one) for one in clash.relaxations if not one.enough]
    return lines


# What clashes is looked for by expected consent; how far rules must give way for a probability is not.
def _by_expectation(found: Answer) -> bool:
    """Say whether relaxations are those by expected consent, while a probability was asked for."""
    clash, houses = found.plan.clash, found.houses
    if clash is None or found.wishes.certainty is None or not np.any((houses.consent < 1) & ~houses.fixed):
        return False
    return bool(clash.relaxations) and all(one.row != "certainty" for one in clash.relaxations)


def _houses(found: Answer, one: Relaxation) -> Text:
    """Return the houses that weigh most, by id."""
    named = [str(found.portfolio.ids[house]) for house in one.houses[:_NAMED]]
    if one.row.partition(".")[0] in _LIMITS:
        # Every house takes from a limit; the one that takes most is no reason for the clash.
        return Text("", "")
    return Text(f"; houses that bring least: {', '.join(named)}", f"。寄与の小さい住宅：{'、'.join(named)}")


def _beyond(found: Answer, one: Relaxation) -> Text:
    """Return how far houses are beyond a limit of each house."""
    name = rule_name(one.row)
    named = [str(found.portfolio.ids[house]) for house in one.houses[:_NAMED]]
    return Text(
        f"{name.en}: limit {number(one.at_least, 2)}, but {number(one.reached, 3)} at best ({', '.join(named)})",
        f"{name.ja}：基準{number(one.at_least, 2)}に対し最良でも{number(one.reached, 3)}（{'、'.join(named)}）",
    )


def _relaxed(found: Answer, one: Relaxation) -> Text:
    """Return by how much a rule would have to give way, in the unit in which a person would change it."""
    houses = _houses(found, one)
    if one.row == "certainty":
        return _less_sure(one, houses)
    name = rule_name(one.row)
    if np.isnan(one.reached):
        return Text(
            f"{name.en}: the other rules clash without it as well",
            f"{name.ja}：この規定がなくても他の規定が両立しません",
        )
    unit = row_unit(one.row)
    en, ja = f"{number(one.short, 3)} {unit} short", f"{number(one.short, 3)}{unit_name(unit, 'ja')}不足"
    share = _share(found, one)
    if share is not None:
        en, ja = f"{en} ({share.en})", f"{ja}（{share.ja}）"
    return Text(f"{name.en}: {en}{houses.en}", f"{name.ja}：{ja}{houses.ja}")


def _less_sure(one: Relaxation, houses: Text) -> Text:
    """Return how sure a plan can be."""
    asked = number(100 * one.at_least, 1)
    if np.isnan(one.reached):
        en, ja = "no plan is more likely than not to close above", "過半の確率で基準に達する計画はありません"
    else:
        best = number(100 * one.reached, 1)
        en, ja = f"the best plan found reaches {best} %", f"見いだせた最良の計画は{best}％です"
    return Text(
        f"{_CERTAINTY.en}: {asked} % asked for, {en}{houses.en}",
        f"{_CERTAINTY.ja}：指定{asked}％に対し、{ja}{houses.ja}",
    )


def _share(found: Answer, one: Relaxation) -> Text | None:
    """Return what is missing as a share of what the rule asks for, or as a BEI."""
    head, _, house_type = one.row.partition(".")
    houses = found.houses
    if head == "energy":
        of_type = houses.new & (houses.house_type == HOUSE_TYPES.index(house_type))
        limit = EnergyLevel.read(found.setting.rules, "energy_standard")[house_type].bei_max
        best = number(limit + one.short / float(houses.standard_gj[of_type].sum()), 4)
        return Text(f"a mean BEI of {best} in place of {limit}", f"平均BEIは{limit}に対し{best}まで")
    wholes = {"renewables": float(min(houses.owed_uniform_kw.sum(), houses.owed_by_zone_kw.sum()))}
    whole = wholes.get(one.row, abs(one.at_least))
    if one.short > _MOSTLY * whole:
        needed, asked = number(abs(one.reached), 3), number(abs(one.at_least), 3)
        ja = unit_name(row_unit(one.row), "ja")
        if head not in _LIMITS:
            return None
        return Text(f"{needed} {row_unit(one.row)} in place of {asked}", f"{asked}に対し{needed}{ja}が必要")
    return Text(f"{number(100 * one.short / whole, 1)} %", f"{number(100 * one.short / whole, 1)}％")


def write_clash(found: Answer, path: Path, language: Language) -> None:
    """Write the workbook that says why there is no plan, and what would mend it.

    Args:
        found: an answer without a plan.
        path: the workbook.
        language: language of the sheets.
    """
    sheets = {
        Text("summary", "総括"): _summary(found, language),
        Text("rules that clash", "両立しない規定"): clash_table(found, language),
        Text("houses", "住宅別の条件"): _houses_table(found, language),
        Text("defaults", "既定値"): defaults_table(found, language),
        Text("values used", "使用した値"): values_table(found, language),
    }
    write_workbook(path, {name(language): table for name, table in sheets.items() if len(table) > 1})


def _summary(found: Answer, language: Language) -> Table:
    """Return what was asked for, and why there is no plan."""
    lines: list[tuple[Text, Cell]] = [
        (Text("supplier", "供給事業者"), found.portfolio.supplier),
        (Text("status", "状態"), STATUS_NAMES[found.plan.proof.status](language)),
        (Text("houses", "棟数"), found.houses.size),
        *asked_lines(found, language),
    ]
    if found.wishes.certainty is not None:
        lines.append((_CERTAINTY, found.wishes.certainty))
    rows: list[list[Cell]] = [[Text("item", "項目")(language), Text("value", "値")(language)]]
    rows += [[text(language), value] for text, value in lines]
    why = Text("why there is no plan", "計画がない理由")(language)
    return [*rows, *([why if place == 0 else "", line(language)] for place, line in enumerate(clash_lines(found)))]


def clash_table(found: Answer, language: Language) -> Table:
    """Return the rules that clash with the smallest relaxation of each; the heading alone where none is known."""
    headings = (
        Text("rule", "規定"),
        Text("smallest relaxation", "最小の緩和幅"),
        Text("unit", "単位"),
        Text("in other words", "換算"),
        Text("enough alone", "単独で可"),
        Text("houses that bring least", "寄与の小さい住宅"),
    )
    rows: list[list[Cell]] = [[heading(language) for heading in headings]]
    clash, yes, no = found.plan.clash, Text("yes", "可")(language), Text("no", "不可")(language)
    if clash is None:
        return rows
    for one in clash.beyond:
        limit, best = number(one.at_least, 2), number(one.reached, 3)
        words = Text(f"limit {limit}, {best} at best", f"基準{limit}に対し最良でも{best}")
        excess = round(one.reached - one.at_least, 4)
        unit = "W/(m²K)" if one.row.endswith(".ua") else ""
        rows.append([rule_name(one.row)(language), excess, unit, words(language), no, _named(found, one, language)])
    for one in clash.relaxations:
        known = None if np.isnan(one.reached) else round(one.short, 4)
        if one.row == "certainty":
            points = Text("points of probability", "確率のポイント")(language)
            asked, best = number(100 * one.at_least, 1), number(100 * one.reached, 1)
            words = Text(f"{asked} % asked for, {best} % reached", f"指定{asked}％に対し{best}％")
            cells: list[Cell] = [_CERTAINTY(language), known, points if known else "", words(language) if known else ""]
        else:
            share = None if known is None else _share(found, one)
            unit = unit_name(row_unit(one.row), language)
            cells = [rule_name(one.row)(language), known, unit, "" if share is None else share(language)]
        least = "" if one.row.partition(".")[0] in _LIMITS else _named(found, one, language)
        rows.append([*cells, yes if one.enough and not _by_expectation(found) else no, least])
    return rows


def _named(found: Answer, one: Relaxation, language: Language) -> str:
    """Return the houses that weigh most, by id."""
    return Text(", ", "、")(language).join(str(found.portfolio.ids[house]) for house in one.houses)


def _houses_table(found: Answer, language: Language) -> Table:
    """Return what every house can bring at most, and what it owes under each rate scheme; nothing of very many."""
    headings = (
        Text("house", "住宅番号"),
        Text("municipality", "区市町村"),
        Text("house type", "建物種別"),
        Text("largest possible [kW]", "最大容量 [kW]"),
        Text("owed under the uniform rate [kW]", "都内一律での基準 [kW]"),
        Text("owed under rates by zone [kW]", "区域区分での基準 [kW]"),
        Text("may be left out of the count", "算定除外の可否"),
        Text("consent", "同意確率"),
    )
    rows: list[list[Cell]] = [[heading(language) for heading in headings]]
    houses, places, kinds = found.houses, municipalities(), house_kinds(found, language)
    yes = Text("yes", "可")(language)
    for house in range(houses.size if houses.size <= MOST_IN_WORKBOOK else 0):
        place = places[found.portfolio.cells["municipality"][house]]
        kw = (houses.largest_kw, houses.owed_uniform_kw, houses.owed_by_zone_kw)
        rows.append(
            [
                str(found.portfolio.ids[house]),
                place.name_ja if language == "ja" else place.name_en,
                kinds[house],
                *(round(float(one[house]), 3) for one in kw),
                yes if houses.may_leave[house] else "",
                float(houses.consent[house]),
            ]
        )
    return rows
