"""The divided saving for people: tables, a figure and a page."""

from __future__ import annotations

from math import isfinite
from pathlib import Path

import numpy as np

from model.language import Language, Text
from model.optimise.joint_purchase.answer import Answer
from model.optimise.joint_purchase.share import Sharing
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


def share_sheets(divided: Sharing, found: Answer, language: Language) -> Sheets:
    """Return the sheets of a divided saving by name."""
    bills = {code: float(found.yearly[found.of_ward(code)].sum()) for code in divided.wards}
    complaint = Text("largest complaint of a group of wards [JPY/year]", "区の組の最大の不満 [円/年]")
    stability: list[list[Cell]] = [[Text("division", "配分方法")(language), complaint(language)]]
    stability += [
        [_NAMES[name](language), round(excess, 2) if isfinite(excess) else None]
        for name, excess in divided.excess.items()
    ]
    least, most = divided.least_core
    for name, amount in ((_AT_LEAST, least), (_AT_MOST, most)):
        stability.append([name(language), round(amount, 2) if isfinite(amount) else None])
    return {
        Text("division", "配分")(language): sharing_table(divided, bills, language),
        Text("stability", "安定性")(language): stability,
    }


def stability_line(divided: Sharing) -> Text:
    """Return what is proven of the core: its least-core gap lies between two amounts."""
    least, most = divided.least_core
    if least > divided.tolerance and divided.in_parts:
        return Text(
            "The core is empty where groups may have a facility served in parts, as they are valued here; with whole "
            "facilities groups save no more than that, so a core may still exist. The least-core gap of the game with "
            f"parts is proven to lie between {least:,.0f} and {most:,.0f} JPY a year.",
            "施設の分割供給を認めて各組を評価した場合、コアは空です。分割を認めない場合の各組の削減額はこれを超えないため、"
            f"コアが存在する可能性は残ります。分割を認めた場合の最小コアのギャップは年 {least:,.0f}～{most:,.0f} 円と"
            "証明されています。",
        )
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
    return Text(
        f"Whether the core is empty is not proven: the least-core gap lies between {least:,.0f} and {most:,.0f} JPY a "
        "year; at zero or below the core is not empty. More --seconds may narrow it.",
        f"コアが空か否かは証明されていません。最小コアのギャップは年 {least:,.0f}～{most:,.0f} 円の範囲にあります"
        "（0以下ならコアは空でない）。--seconds を増やすと狭まる場合があります。",
    )


def _gap_line(divided: Sharing) -> Text:
    """Return what is proven of the core in a few words, for a figure."""
    least, most = (amount / _MILLION for amount in divided.least_core)
    return Text(
        f"least-core gap proven between {least:,.2f} and {most:,.2f} million JPY a year; at zero or below: core",
        f"最小コアのギャップ：年 {least:,.2f}～{most:,.2f} 百万円（証明済み。0以下ならコアが存在）",
    )


def share_lines(divided: Sharing, language: Language) -> list[str]:
    """Return the division in a few sentences."""
    lines = [
        Text(f"All save {divided.saving:,.0f} JPY a year.", f"削減額：年 {divided.saving:,.0f} 円")(language),
        stability_line(divided)(language),
        Text("No ward pays more than its offer of stage 1.", "どの区も第1段階の提示額を超えて負担しません。")(language),
    ]
    if not divided.nucleolus.complete:
        levels = divided.nucleolus.settled
        reached = Text(
            "not even the first level of complaint, the least core, is settled" if levels == 0
            else "the first level of complaint, the least core, is settled" if levels == 1
            else f"the first {levels} levels of complaint are settled",
            "最初の水準（最小コア）も確定していない" if levels == 0 else "最初の水準（最小コア）までを確定した"
            if levels == 1 else f"不満の水準のうち{levels}段階までを確定した",
        )  # fmt: skip
        said = Text(
            f"The nucleolus is not reached within the time and the room of the savings: {reached('en')}; the division "
            "is the best found on the way to it and gives every ward at least its saving alone.",
            f"計算時間と精度の制約により、仁（nucleolus）には達していません。{reached('ja')}途中の配分です。"
            "どの区も単独の場合の削減額を下回りません。",
        )
        lines.append(said(language))
    if divided.rough_orders:
        said = Text(
            f"Shapley value from {divided.rough_orders} random orders of the game with awards in parts, corrected by "
            f"{divided.orders} {'order' if divided.orders == 1 else 'orders'} of the game itself.",
            f"シャープレイ値は、分割落札を認めた近似計算の{divided.rough_orders}通りの順序による標本推定を、"
            f"正確な計算の{divided.orders}通りの順序で補正したものです。",
        )
        lines.append(said(language))
    elif divided.orders:
        said = Text(f"Shapley value from {divided.orders} random orders.",
                    f"シャープレイ値は{divided.orders}通りの順序の標本推定です。")  # fmt: skip
        lines.append(said(language))
    if divided.shapley_error.any():
        largest = float(divided.shapley_error.max())
        said = Text(
            f"Its standard error is {largest:,.0f} JPY a year at most." if isfinite(largest)
            else "Time was too short for the orders that would tell its error: no error is stated.",
            f"その標準誤差は最大で年 {largest:,.0f} 円です。" if isfinite(largest)
            else "誤差の推定に必要な数の順序を計算する時間がなく、誤差は示していません。",
        )  # fmt: skip
        lines.append(said(language))
    if divided.room >= 1:
        said = Text(f"The savings of groups of wards are known within {divided.room:,.0f} JPY a year.",
                    f"区の組ごとの削減額の精度は年 {divided.room:,.0f} 円以内です。")  # fmt: skip
        lines.append(said(language))
    return lines


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
            ("nucleolus", divided.nucleolus.shares, BLUE), ("shapley", divided.shapley, ORANGE),
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
