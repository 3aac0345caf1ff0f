"""The divided saving for people: tables, a figure and a page."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from model.language import Language, Text
from model.optimise.joint_purchase_answer import Answer
from model.optimise.joint_purchase_share import Sharing
from model.report.auction_page import write_page
from model.report.auction_workbook import Sheets, sharing_table, ward_name
from model.report.style import BLUE, GREY, ORANGE, Page, drawing, save
from model.spreadsheet import Cell

_MILLION = 1e6
_NAMES = {
    "nucleolus": Text("nucleolus", "仁（nucleolus）"),
    "shapley": Text("Shapley value", "シャープレイ値"),
    "proportional": Text("in proportion to offers", "提示額比例"),
}


def share_sheets(divided: Sharing, found: Answer, language: Language) -> Sheets:
    """Return the sheets of a divided saving by name."""
    bills = {code: float(found.yearly[found.of_ward(code)].sum()) for code in divided.wards}
    complaint = Text("largest complaint of a group of wards [JPY/year]", "区の組の最大の不満 [円/年]")
    stability: list[list[Cell]] = [[Text("division", "配分方法")(language), complaint(language)]]
    stability += [[_NAMES[name](language), round(excess, 2)] for name, excess in divided.excess.items()]
    return {
        Text("division", "配分")(language): sharing_table(divided, bills, language),
        Text("stability", "安定性")(language): stability,
    }


def stability_line(divided: Sharing) -> Text:
    """Return what is known of the core."""
    least, worst = divided.nucleolus.least, divided.nucleolus.largest_excess
    if least > 1:
        return Text(
            f"The core is empty: some group of wards could save at least {least:,.0f} JPY a year more alone.",
            f"コアは空です。単独で年 {least:,.0f} 円以上多く削減できる区の組があります。",
        )
    if worst <= max(1.0, divided.room):
        return Text(
            f"The division lies in the core: every group of wards gains at least {-worst:,.0f} JPY by staying.",
            f"配分はコアに属し、どの区の組も共同購入により年 {-worst:,.0f} 円以上有利です。",
        )
    return Text(
        f"Time ran out before it was known whether the core is empty; the largest complaint is {worst:,.0f} JPY.",
        f"時間内にコアが空か否かを確認できませんでした。最大の不満は年 {worst:,.0f} 円です。",
    )


def share_lines(divided: Sharing, language: Language) -> list[str]:
    """Return the division in a few sentences."""
    lines = [
        Text(f"All save {divided.saving:,.0f} JPY a year.", f"削減額：年 {divided.saving:,.0f} 円")(language),
        stability_line(divided)(language),
        Text("No ward pays more than its offer of stage 1.", "どの区も第1段階の提示額を超えて負担しません。")(language),
    ]
    if not divided.nucleolus.complete:
        said = Text("Time ran out: the division is not the nucleolus but the best found on the way to it.",
                    "時間切れのため、仁（nucleolus）に至る途中の配分です。")  # fmt: skip
        lines.append(said(language))
    if divided.orders:
        said = Text(f"Shapley value from {divided.orders} random orders; its error is in the table.",
                    f"シャープレイ値は{divided.orders}通りの順序の標本推定です。")  # fmt: skip
        lines.append(said(language))
    if divided.room > 0:
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
        page = Page(
            title(language), subject(language), share_lines(divided, language)[1], source(language), body, language
        )
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
