"""The page of a panel plan that a manager reads: result, proof, prices, what moves it, figures."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from model.language import Language, Text
from model.optimise.solar_allocation_answer import Answer
from model.report.allocation_figures import FIGURES
from model.report.allocation_tables import checks_table, prices_table, summary_table, what_if_table
from model.report.allocation_texts import headline
from model.spreadsheet import Cell

_TITLE = Text("Panels on the houses of", "太陽光パネル配置計画：")
_STYLE = """body{font-family:"Hiragino Sans","Yu Gothic",Meiryo,"Noto Sans CJK JP",sans-serif;margin:2rem auto;
max-width:60rem;padding:0 1rem;color:#222;line-height:1.5}table{border-collapse:collapse;margin:1rem 0;font-size:.9rem}
th,td{border-bottom:1px solid #ccc;padding:.25rem .6rem;text-align:left;vertical-align:top}td.n{text-align:right}
img{max-width:100%}h2{margin-top:2rem}"""


def page(found: Answer, language: Language) -> str:
    """Return the page as HTML; figures are expected in the folder `figures` beside it."""
    sections = [
        (Text("Summary", "総括"), summary_table(found, language)),
        (Text("What each rule costs", "規定ごとの価格"), prices_table(found, language)),
        (
            Text("What changes if prices move", "条件が変わると"),
            what_if_table(found, language) if found.what_if else [],
        ),
        (Text("Second look at the plan", "計画の検証"), checks_table(found, language)),
    ]
    title = f"{_TITLE(language)} {found.portfolio.supplier}"
    parts = [f"<h1>{escape(title)}</h1>", f"<p>{escape(headline(found)(language))}</p>"]
    for heading, table in sections:
        if table:
            parts.append(f"<h2>{escape(heading(language))}</h2>{_table(table)}")
    parts.append(f"<h2>{escape(Text('Figures', '図')(language))}</h2>")
    parts += [f'<p><img src="figures/{name}_{language}.png" alt="{name}"></p>' for name in FIGURES]
    body = "\n".join(parts)
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head>\n<body>\n{body}\n</body></html>\n"
    )


def _table(rows: Sequence[Sequence[Cell]]) -> str:
    """Return a table as HTML, numbers to the right."""
    head = "".join(f"<th>{escape(_shown(cell))}</th>" for cell in rows[0])
    body = "".join(f"<tr>{''.join(_cell(cell) for cell in row)}</tr>" for row in rows[1:])
    return f"<table><tr>{head}</tr>{body}</table>"


def _cell(cell: Cell) -> str:
    kind = ' class="n"' if isinstance(cell, (int, float)) and not isinstance(cell, bool) else ""
    return f"<td{kind}>{escape(_shown(cell))}</td>"


def _shown(cell: Cell) -> str:
    """Return a value as text."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f"{cell:,.2e}" if 0 < abs(cell) < 1e-3 else f"{cell:,.2f}".rstrip("0").rstrip(".")
    return f"{cell:,}" if isinstance(cell, int) and not isinstance(cell, bool) else str(cell)
