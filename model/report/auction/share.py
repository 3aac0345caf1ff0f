"""The divided saving for people: tables, a figure and a page."""

from __future__ import annotations

from math import isfinite
from pathlib import Path

import numpy as np

from model.language import Language, Text
from model.optimise.joint_purchase.answer import Answer
from model.optimise.joint_purchase.share import Sharing
from model.optimise.sampled_shapley import LEAST_MEAN
from model.report.auction.page import write_page
from model.report.auction.workbook import Sheets, sharing_table, ward_name
from model.report.style import BLUE, GREY, ORANGE, Page, drawing, save
from model.spreadsheet import Cell

_MILLION = 1e6
_NAMES = {
    "nucleolus": Text("nucleolus", "仁（nucleolus）"),
    "shapley": Text("Shapley value", "シャープレイ値"),
    "proportional": Text("in proportion to offers", "提示額比例"),
}

_AT_LEAST = Text("least-core gap, proven lower end", "最小コアのギャップ（証明済み下限）")
_AT_MOST = Text("least-core gap, proven upper end", "最小コアのギャップ（証明済み上限）")
_IN_PARTS = Text(
    "the same lower end where groups may have a facility served in parts",
    "同下限（各組に施設の分割供給を認めた場合）",
)
_SETTLED = Text("levels of complaint settled, of the nucleolus", "仁（nucleolus）の計算で確定した不満の水準の数")
_ALL_LEVELS = Text("all", "全て")
_NEXT_LEAST = Text("next level, lower end", "次の水準（下限）")
_NEXT_MOST = Text("next level, upper end", "次の水準（上限）")
_PAIRS = Text("Shapley value: pairs of groups valued", "シャープレイ値：評価した組の対の数")
_ERROR = Text("Shapley value: largest standard error", "シャープレイ値：標準誤差の最大値")
_ROOM = Text("savings of groups known within", "組ごとの削減額の精度")
_EXACT = Text("exact, every group valued", "全ての組を評価（厳密値）")


def share_sheets(divided: Sharing, found: Answer, language: Language) -> Sheets:
    """Return the sheets of a divided saving by name."""
    bills = {code: float(found.yearly[found.of_ward(code)].sum()) for code in divided.wards}
    heads = (
        Text("division", "配分方法"),
        Text("largest complaint of a group of wards: at least [JPY/year]", "区の組の最大の不満：下限 [円/年]"),
        Text("at most [JPY/year]", "上限 [円/年]"),
    )
    stability: list[list[Cell]] = [[head(language) for head in heads]]
    stability += [[_NAMES[name](language), _yen(divided.excess_at_least[name]), _yen(most)]
                  for name, most in divided.excess.items()]  # fmt: skip
    return {
        Text("division", "配分")(language): sharing_table(divided, bills, language),
        Text("stability", "安定性")(language): stability,
        Text("how sure", "確からしさ")(language): _certainty(divided, language),
    }


def _yen(amount: float) -> int | None:
    """Return an amount for a cell in whole yen; none where it is not known."""
    return round(amount) if isfinite(amount) else None


def _certainty(divided: Sharing, language: Language) -> list[list[Cell]]:
    """Return what is proven of core, nucleolus and Shapley value."""
    least, most = divided.least_core
    inner, drawn = divided.nucleolus, divided.shapley
    rows: list[tuple[Text, Cell]] = [(_AT_LEAST, _yen(least)), (_AT_MOST, _yen(most))]
    if divided.in_parts:
        rows.append((_IN_PARTS, _yen(inner.least)))
    rows.append((_SETTLED, _ALL_LEVELS(language) if inner.complete else inner.settled))
    if inner.level is not None:
        rows += [(_NEXT_LEAST, _yen(inner.level[0])), (_NEXT_MOST, _yen(inner.level[1]))]
    rows.append((_PAIRS, drawn.pairs or _EXACT(language)))
    rows += [(_ERROR, _yen(float(drawn.standard_error.max()))), (_ROOM, _yen(divided.room))]
    item, value = Text("item", "項目"), Text("number, or JPY/year", "数又は円/年")
    return [[item(language), value(language)], *([name(language), cell] for name, cell in rows)]


def stability_line(divided: Sharing) -> Text:
    """Return what is proven of the core: its least-core gap lies between two amounts."""
    least, most = divided.least_core
    if least > divided.tolerance:
        return Text(
            "The core is empty: under any division some group of wards could save more alone. The least-core gap is "
            f"proven to lie between {least:,.0f} and {most:,.0f} JPY a year.",
            "コアは空です。どのように配分しても、単独の方が有利な区の組があります。"
            f"最小コアのギャップは年 {least:,.0f}～{most:,.0f} 円と証明されています。",
        )
    if most <= 1:
        return Text(
            "The division by nucleolus lies in the core: every group of wards gains at least "
            f"{max(0.0, -most):,.0f} JPY a year by staying.",
            "仁（nucleolus）による配分はコアに属し、どの区の組も共同購入により"
            f"年 {max(0.0, -most):,.0f} 円以上有利です。",
        )
    between = _between(least, most)
    parts = divided.nucleolus.least
    if divided.in_parts and parts > divided.tolerance:
        return Text(
            f"Whether the core is empty is not proven: the least-core gap is {between.en}; at zero or below the core "
            "is not empty. If a group could have a facility served in parts, the core would be empty, by a gap of at "
            f"least {parts:,.0f} JPY a year.",
            f"コアが空か否かは証明されていません。最小コアのギャップは{between.ja}です（0以下ならコアは空でない）。"
            f"施設の分割供給を各組に認めるとすればコアは空で、ギャップは年 {parts:,.0f} 円以上です。",
        )
    return Text(
        f"Whether the core is empty is not proven: the least-core gap is {between.en}; at zero or below the core is "
        "not empty. More --seconds may narrow it.",
        f"コアが空か否かは証明されていません。最小コアのギャップは{between.ja}です（0以下ならコアは空でない）。"
        "--seconds を増やすと狭まる場合があります。",
    )


def _between(least: float, most: float) -> Text:
    """Return an interval in words."""
    if not isfinite(most):
        return Text("not bounded yet", "未確定")
    if not isfinite(least):
        return Text(f"at most {most:,.0f} JPY a year", f"年 {most:,.0f} 円以下")
    return Text(
        f"proven to lie between {least:,.0f} and {most:,.0f} JPY a year", f"年 {least:,.0f}～{most:,.0f} 円（証明済み）"
    )


def _gap_line(divided: Sharing) -> Text:
    """Return what is proven of the core in a few words, for a figure."""
    least, most = (amount / _MILLION for amount in divided.least_core)
    if not isfinite(least):
        return Text(
            f"least-core gap proven to be at most {most:,.2f} million JPY a year; at zero or below: core",
            f"最小コアのギャップ：年 {most:,.2f} 百万円以下（証明済み。0以下ならコアが存在）",
        )
    return Text(
        f"least-core gap proven between {least:,.2f} and {most:,.2f} million JPY a year; at zero or below: core",
        f"最小コアのギャップ：年 {least:,.2f}～{most:,.2f} 百万円（証明済み。0以下ならコアが存在）",
    )


def _nucleolus_line(divided: Sharing) -> Text | None:
    """Return how far the nucleolus was got to; None where it was reached."""
    if divided.nucleolus.complete:
        return None
    levels, level = divided.nucleolus.settled, divided.nucleolus.level
    reached = Text(
        "not even the first level of complaint, the least core, is settled" if levels == 0
        else "the first level of complaint, the least core, is settled" if levels == 1
        else f"the first {levels} levels of complaint are settled",
        "最初の水準（最小コア）も確定していない" if levels == 0 else "最初の水準（最小コア）までを確定した"
        if levels == 1 else f"不満の水準のうち{levels}段階までを確定した",
    )  # fmt: skip
    ahead = Text("", "")
    if level is not None and isfinite(level[1]):
        between = _between(*level)
        ahead = Text(f" The next level of complaint is {between.en}.", f"次の水準の不満は{between.ja}です。")
    return Text(
        f"The nucleolus is not reached within the time and the room of the savings: {reached.en}; the division "
        f"is the best found on the way to it and gives every ward at least its saving alone.{ahead.en}",
        f"計算時間と精度の制約により、仁（nucleolus）には達していません。{reached.ja}途中の配分です。"
        f"どの区も単独の場合の削減額を下回りません。{ahead.ja}",
    )


def _shapley_lines(divided: Sharing) -> list[Text]:
    """Return how the Shapley value was found and how sure it is; nothing where it is exact."""
    drawn = divided.shapley
    error, allowance = float(drawn.standard_error.max()), float(drawn.allowance.max())
    if not error and not drawn.pairs:
        return []
    said = [
        Text(
            f"Shapley value from {drawn.pairs} random pairs of a group of wards and all other wards.",
            f"シャープレイ値は、無作為に選んだ区の組とその他の全ての区の組との対{drawn.pairs}組による標本推定です。",
        )
    ]
    if drawn.rough_pairs:
        said = [Text(
            f"Shapley value from {drawn.rough_pairs} random pairs of a group of wards and all other wards in the game "
            f"with awards in parts, corrected by {drawn.pairs} pairs of the game itself.",
            "シャープレイ値は、無作為に選んだ区の組とその他の全ての区の組との対による標本推定です"
            f"（分割落札を認めた近似計算{drawn.rough_pairs}対を、本計算{drawn.pairs}対で補正）。",
        )]  # fmt: skip
    if not isfinite(error):
        said.append(Text(
            f"Time was too short for the {LEAST_MEAN} pairs from which its error could be told: no error is stated. "
            "More --seconds will do.",
            f"誤差の推定に必要な{LEAST_MEAN}対を計算する時間がなく、誤差は示していません。"
            "--seconds を増やしてください。",
        ))  # fmt: skip
        return said
    said.append(Text(
        f"Its standard error is {error:,.0f} JPY a year at most; as the savings of the groups drawn are known between "
        f"bounds only, it may be off by up to {allowance:,.0f} JPY a year more.",
        f"その標準誤差は最大で年 {error:,.0f} 円です。評価した組の削減額の上下限に由来する誤差が、さらに最大で"
        f"年 {allowance:,.0f} 円あります。",
    ))  # fmt: skip
    if drawn.few:
        said.append(Text("As the pairs are few, that error is itself a rough estimate.",
                         "対の数が少ないため、この標準誤差自体も目安です。"))  # fmt: skip
    return said


def share_lines(divided: Sharing, language: Language) -> list[str]:
    """Return the division in a few sentences."""
    reached = _nucleolus_line(divided)
    lines = [
        Text(f"All save {divided.saving:,.0f} JPY a year.", f"削減額：年 {divided.saving:,.0f} 円"),
        stability_line(divided),
        Text("No ward pays more than its offer of stage 1.", "どの区も第1段階の提示額を超えて負担しません。"),
        *([] if reached is None else [reached]),
        *_shapley_lines(divided),
    ]
    if divided.room >= 1:
        lines.append(Text(f"The savings of groups of wards are known within {divided.room:,.0f} JPY a year.",
                          f"区の組ごとの削減額の精度は年 {divided.room:,.0f} 円以内です。"))  # fmt: skip
    if divided.in_parts:
        lines.append(Text(
            "For nucleolus and Shapley value groups are valued as if a facility could be served in parts; with whole "
            "facilities no group saves more, so no complaint is larger.",
            "仁とシャープレイ値では、各組の削減額を施設の分割供給が可能なものとして評価しています。分割しない場合の削減額は"
            "これを超えないため、不満がこれより大きくなることはありません。",
        ))  # fmt: skip
    return [line(language) for line in lines]


def write_share_page(folder: Path, divided: Sharing, sheets: Sheets, language: Language) -> None:
    """Write figure and page of a divided saving."""
    figures = folder / "figures"
    figures.mkdir()
    body = max(1.8, 0.25 * len(divided.wards) + 0.8)
    title = Text("The saving of each ward by three divisions", "3つの方法による各区の削減額")
    subject = Text("joint purchase of renewable electricity by the wards", "特別区による再エネ電力の共同購入")
    source = Text("own calculation from bids and stage-1 offers", "入札データと第1段階提示額から算定")
    with drawing(language):
        page = Page(title(language), subject(language), _gap_line(divided)(language), source(language), body, language)
        figure = page.figure()
        axes = page.axes(figure, 1.2, 0.4, 5.6, body - 0.6)
        place = np.arange(len(divided.wards))
        for shift, (name, shares, colour) in enumerate((
            ("nucleolus", divided.nucleolus.shares, BLUE), ("shapley", divided.shapley.shares, ORANGE),
            ("proportional", divided.proportional, GREY),
        )):  # fmt: skip
            axes.barh(place + 0.27 * (shift - 1), shares / _MILLION, 0.25, color=colour, label=_NAMES[name](language))
        axes.set_yticks(place, [ward_name(code, language) for code in divided.wards])
        axes.invert_yaxis()
        axes.set_xlabel(Text("million JPY/year", "百万円/年")(language))
        axes.legend(frameon=False, fontsize=7, ncols=3, loc="lower right", bbox_to_anchor=(1, 1))
        drawn = save(figure, figures / "division")
    heading = Text("Division of the saving", "削減額の配分")
    write_page(folder / "report.html", heading(language), share_lines(divided, language), sheets, drawn, language)
