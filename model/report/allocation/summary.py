"""What a panel plan comes to, line by line."""

from __future__ import annotations

import numpy as np

from model.language import Language, Text
from model.optimise.solar_allocation.answer import Answer
from model.optimise.solar_allocation.names import LEFT_OUT_NAMES, OBJECTIVE_NAMES, OBJECTIVE_UNITS
from model.ordinance.derivation import unit_name
from model.ordinance.solar_economics.facts import FINANCING_NAMES
from model.report.allocation.texts import (
    SCHEME_NAMES,
    headline,
    range_text,
    remarks,
    schemes_compared,
    status,
)
from model.spreadsheet import Cell, Table, cell_text

#: Gap up to which two sums of the same amounts differ by rounding alone.
NO_GAP = 1e-12
_AND = Text(", ", "、")
#: Objectives that count each house by the probability of its owner's consent.
_WEIGHTED = ("cost", "benefit", "co2")
_STEPS_OF_KW = Text(
    "sizes go in steps of modules and the plan has a margin, so that the last and the next kW move whole modules; the "
    "price is the same without steps",
    "容量はパネル枚数単位で変わり余裕もあるため、最後とさらに1kWの費用は枚数の入替えによる増減。限界価格は端数を許した場合の値",
)


def summary_table(found: Answer, language: Language) -> Table:
    """Return what the plan comes to, line by line."""
    plan, proof = found.plan, found.plan.proof
    counted = found.houses.new & ~found.left_out
    lines: list[tuple[Text, Cell]] = [
        (Text("supplier", "供給事業者"), found.portfolio.supplier),
        (Text("plan", "計画"), headline(found)(language)),
        (Text("status", "状態"), status(found)(language)),
        (_objective_name(found), proof.objective),
        (Text("proven bound", "証明された限界"), proof.bound),
        # The last digits of two sums of the same amounts are no gap.
        (Text("proven gap", "証明された差（相対）"), proof.gap if proof.gap > NO_GAP else 0.0),
        (Text("seconds", "計算時間 [秒]"), round(proof.seconds, 2)),
        *asked_lines(found, language),
        (Text("rate scheme", "算定基準率の選択"), SCHEME_NAMES[str(plan.scheme)](language)),
        (Text("eligible buildings", "設置可能棟数"), int(np.sum(counted))),
        (Text("left out of the count", "算定除外棟数"), int(np.sum(found.left_out))),
        (Text("requirement [kW]", "再エネ設置基準 [kW]"), found.required_kw),
        *_sum_lines(found),
        *_kw_lines(found, language),
    ]
    if found.wishes.certainty is not None:
        text = Text(
            "probability of meeting the requirement, every house delivered", "基準に達する確率（全棟が供給される場合）"
        )
        lines.append((text, plan.best.probability))
    lines += _year_lines(found)
    if (compared := schemes_compared(found)) is not None:
        lines.append((Text("the other rate scheme", "もう一方の算定基準率"), compared(language)))
    lines += [(Text("remark", "注"), line(language)) for line in remarks(found)]
    heading = [Text("item", "項目")(language), Text("value", "値")(language)]
    return [heading, *([text(language), value] for text, value in lines)]


def asked_lines(found: Answer, language: Language) -> list[tuple[Text, Cell]]:
    """Return what was asked for beside the rules, and which rules were left out."""
    wishes, lines = found.wishes, list[tuple[Text, Cell]]()
    if wishes.without:
        names = [LEFT_OUT_NAMES[name](language) for name in sorted(wishes.without)]
        lines.append((Text("rules left out on request", "利用者の指定で除いた規定"), _AND(language).join(names)))
    if wishes.budget_jpy is not None:
        lines.append((Text("budget for outlay [JPY]", "初期支出の上限 [円]"), wishes.budget_jpy))
    if wishes.installer_kw is not None:
        text = Text("installers by quarter, April to June first [kW]", "四半期別の施工能力（4～6月から順に） [kW]")
        lines.append((text, ", ".join(cell_text(one) for one in wishes.installer_kw)))
    if wishes.most_changes is not None:
        lines.append((Text("most houses that may change", "変更棟数の上限"), wishes.most_changes))
    if wishes.ways_to_pay != ("purchase",):
        names = [FINANCING_NAMES[name](language) for name in wishes.ways_to_pay]
        lines.append((Text("ways to pay", "調達方法"), _AND(language).join(names)))
    return lines


def _refusable(found: Answer) -> bool:
    """Say whether some owner may refuse the panels that are planned."""
    return bool(np.any((found.houses.consent < 1) & (found.kw > 0)))


def _objective_name(found: Answer) -> Text:
    """Return the name of the objective: sums of money and CO₂ count each house by the consent of its owner."""
    name, unit = OBJECTIVE_NAMES[found.wishes.objective], OBJECTIVE_UNITS[found.wishes.objective]
    weighted = _refusable(found) and found.wishes.objective in _WEIGHTED
    expected = Text(" by expected consent", "（同意の期待値）") if weighted else Text("", "")
    return Text(f"{name.en}{expected.en} [{unit}]", f"{name.ja}{expected.ja} [{unit_name(unit, 'ja')}]")


def _sum_lines(found: Answer) -> list[tuple[Text, Cell]]:
    """Return what capacities and money come to; where owners may refuse, in a year in which all accept."""
    everyone = Text(" if every owner accepts", "（全員が同意した場合）") if _refusable(found) else Text("", "")

    def named(en: str, ja: str, unit: str) -> Text:
        return Text(f"{en}{everyone.en} [{unit}]", f"{ja}{everyone.ja} [{unit_name(unit, 'ja')}]")

    return [
        (named("counted capacity", "算入する設置容量", "kW"), found.counted_kw),
        (named("margin", "余裕", "kW"), round(found.counted_kw - found.required_kw, 6) + 0.0),
        (Text("panels on new buildings [kW]", "新築への設置 [kW]"), float(found.kw[found.houses.new].sum())),
        (Text("panels on existing houses [kW]", "既存住宅への設置 [kW]"), found.substitute_kw),
        *_heat_lines(found),
        (named("outlay after grants", "補助後の初期支出", "JPY"), float(found.outlay.sum())),
        (named("grants", "補助額", "JPY"), float(found.grant.sum())),
        (named("net cost over the horizon", "期間中の純費用", "JPY"), float(found.cost.sum())),
        (named("benefit of the owners", "住まい手の便益", "JPY"), float(found.benefit.sum())),
        (named("CO₂ avoided", "CO₂削減量", "t/yr"), float(found.co2.sum())),
    ]


def _kw_lines(found: Answer, language: Language) -> list[tuple[Text, Cell]]:
    """Return what the last and the next kW cost: solved again, and by the price of the rule."""
    unit = OBJECTIVE_UNITS[found.wishes.objective]
    lines: list[tuple[Text, Cell]] = []
    if found.worth is not None:
        lines += [
            (Text("the last kW costs", "最後の1kWの費用"), range_text(found.worth.last_kw, unit)(language)),
            (Text("one kW more would cost", "さらに1kWの費用"), range_text(found.worth.next_kw, unit)(language)),
        ]
    price = f"{cell_text(found.plan.price('renewables'))} {unit_name(unit, language)}/kW"
    lines.append((Text("price of a kW by the whole plan", "1kWの限界価格（計画全体）"), price))
    if found.worth is not None:
        lines.append((Text("how to read these", "上記3項目の見方"), _STEPS_OF_KW(language)))
    return lines


def _heat_lines(found: Answer) -> list[tuple[Text, Cell]]:
    """Return what heat counts, if any house has or is given some."""
    if not found.heat_kw.any():
        return []
    text = Text("heat of the sun and the ground [kW]", "太陽熱・地中熱（太陽光換算） [kW]")
    counted = found.houses.new & ~found.left_out
    added = Text("houses that are given heat", "太陽熱・地中熱を追加する棟数")
    return [(text, float(found.heat_kw[counted].sum())), (added, int(np.sum(found.heat > 0)))]


def _year_lines(found: Answer) -> list[tuple[Text, Cell]]:
    """Return where the year stands, if any house is under way, and how it may close, if anything is uncertain."""
    year, lines = found.year, list[tuple[Text, Cell]]()
    if year is None:
        return lines
    if np.any(np.isin(found.portfolio.cells["state"], ("started", "done"))):
        lines += [
            (Text("margin to date: houses done [kW]", "現時点の余裕：完成分 [kW]"), round(year.to_date, 3)),
            (
                Text("margin to date: done and started [kW]", "現時点の余裕：完成・着工分 [kW]"),
                round(year.under_way, 3),
            ),
        ]
    if np.isfinite(year.probability):
        spread = f"{year.low:,.1f} / {year.middle:,.1f} / {year.high:,.1f}"
        lines += [
            (
                Text(
                    "drawn years that meet the requirement, slips of delivery included",
                    "基準に達する年の割合（供給の遅れを含む模擬）",
                ),
                year.probability,
            ),
            (Text("margin in 5 / 50 / 95 % of drawn years [kW]", "余裕の5／50／95％点（模擬） [kW]"), spread),
        ]
    return lines
