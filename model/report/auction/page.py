"""A page of an auction that a manager can read: a few sentences, tables, figures; every text escaped."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape
from itertools import zip_longest
from pathlib import Path

from model.language import Language, Text
from model.paths import written_at_once
from model.spreadsheet import Cell, Table, cell_text, column_digits

_STYLE = """body{font-family:system-ui,"Noto Sans JP",sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;
line-height:1.5}table{border-collapse:collapse;margin:.5rem 0 1.5rem;font-size:.85rem}
th,td{border:1px solid #ccc;padding:.2rem .5rem;text-align:right;vertical-align:top;white-space:nowrap}
th{background:#f3f3f3;white-space:normal;word-break:keep-all;overflow-wrap:break-word}
.u{white-space:nowrap}.t{text-align:left}td.w{white-space:normal;min-width:16rem}img{max-width:60rem;width:100%}
.scroll{overflow-x:auto}h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}"""

#: Rows of a table that the page shows, enough for every municipality; the workbook holds them all.
_MOST_ROWS = 70
#: Longer texts are broken into lines [letters].
_LONG = 24
_MORE = Text("{} more rows stand in the workbook.", "ほか{}行はExcelファイルに記載。")
#: Whole numbers below this are shown without separators, since they may be years.
_SEPARATED_FROM = 10_000
_FIGURES = {
    "saving_by_ward": Text("saving by ward", "区別の削減額"),
    "price_ladder": Text("price ladder", "単価の階段"),
    "load_duration": Text("load duration curve", "負荷持続曲線"),
    "risk": Text("what departures and rules would change", "事業者の離脱と各規則の影響"),
    "stress": Text("what turns of the market would cost", "市場変化の影響"),
    "division": Text("saving of each ward by three divisions", "3つの方法による各区の削減額"),
    "sizes": Text("sizes of the systems", "設置容量の分布"),
    "requirement": Text("requirement and margin", "再エネ設置基準と余裕"),
    "cost_curve": Text("cost curve", "費用曲線"),
    "map": Text("capacity by municipality", "区市町村別の設置容量"),
    "prices": Text("price of each rule", "規定の価格"),
    "trade_off": Text("trade-off between two objectives", "二つの目的の関係"),
    "path": Text("emissions against the duty", "排出量と削減義務"),
    "bank": Text("excess, bank and expiry by period", "超過削減量・繰越・失効"),
    "cash_flow": Text("cash flow by year", "年度別収支"),
    "cost_of_a_tonne": Text("abatement costs of the portfolio", "限界削減費用曲線"),
    "works": Text("works by year", "対策の実施時期"),
    "no_award": Text("probability of no award by reserve price", "予定価格と不落確率"),
}


def write_page(
    path: Path,
    title: str,
    sentences: Sequence[str],
    tables: Mapping[str, Table],
    figures: Sequence[Path],
    language: Language,
) -> None:
    """Write a page that needs no other file.

    Args:
        path: the HTML file.
        title: heading of the page.
        sentences: what to know first.
        tables: heading → table, the first row its headings.
        figures: PNG files to show.
        language: language of the page.
    """
    parts = [f"<h1>{escape(title)}</h1>", "<ul>", *(f"<li>{escape(one)}</li>" for one in sentences), "</ul>"]
    for figure in figures:
        if figure.suffix == ".png":
            data = base64.b64encode(figure.read_bytes()).decode("ascii")
            name = _FIGURES[figure.stem.removesuffix(f"_{language}")](language)
            parts.append(f'<p><img alt="{escape(name)}" src="data:image/png;base64,{data}"></p>')
    for heading, table in tables.items():
        parts += [f"<h2>{escape(heading)}</h2>", _table(table, language)]
    body = "\n".join(parts)
    page = f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>\n'
    page += '<meta name="viewport" content="width=device-width">'
    page += f"<style>{_STYLE}</style></head>\n<body>{body}</body></html>\n"
    with written_at_once(path) as target:
        target.write_text(page, encoding="utf-8")


def _table(table: Table, language: Language) -> str:
    """Return a table in HTML, long ones cut with the number of rows that are not shown."""
    head, *rows = table
    columns = zip(*rows, strict=True) if rows else ((),) * len(head)
    below = [next((cell for cell in column if cell is not None), "") for column in columns]
    lines = ["".join(f"<th{_kind(cell)}>{_heading(str(name))}</th>" for name, cell in zip(head, below, strict=True))]
    digits = [column_digits(column) for column in zip_longest(*table)]
    lines += [
        "".join(f"<td{_kind(cell)}>{escape(_shown(cell, few))}</td>" for cell, few in zip(row, digits, strict=False))
        for row in rows[:_MOST_ROWS]
    ]
    more = f"<p>{escape(_MORE(language).format(len(rows) - _MOST_ROWS))}</p>" if len(rows) > _MOST_ROWS else ""
    return f'<div class="scroll"><table>{"".join(f"<tr>{line}</tr>" for line in lines)}</table></div>{more}'


def _heading(name: str) -> str:
    """Return a heading whose unit is not torn apart."""
    words, bracket, unit = name.rpartition("[")
    return f'{escape(words)}<span class="u">{escape(bracket + unit)}</span>' if bracket else escape(name)


def _kind(cell: Cell) -> str:
    """Return the classes of a cell: texts stand on the left, long ones are broken into lines."""
    if not isinstance(cell, str):
        return ""
    return ' class="t w"' if len(cell) > _LONG else ' class="t"'


def _shown(cell: Cell, digits: int | None) -> str:
    """Return a cell as people read it, a number with so many digits behind the point if they are given."""
    if cell is None:
        return "–"
    if isinstance(cell, bool) or not isinstance(cell, (int, float)):
        return str(cell)
    if digits is not None:
        return f"{cell:z,.{digits}f}"
    if isinstance(cell, int):
        return str(cell) if abs(cell) < _SEPARATED_FROM else f"{cell:,}"
    return cell_text(cell)
