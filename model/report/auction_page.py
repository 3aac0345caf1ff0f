"""A page of an auction that a manager can read: a few sentences, tables, figures; every text escaped."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from model.language import Language
from model.paths import written_at_once
from model.spreadsheet import Cell, Table

_STYLE = """body{font-family:system-ui,"Noto Sans JP",sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:.5rem 0 1.5rem;font-size:.85rem}th,td{border:1px solid #ccc;padding:.2rem .5rem;
text-align:right}th:first-child,td:first-child{text-align:left}th{background:#f3f3f3}img{max-width:100%}
.scroll{overflow-x:auto}h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}"""

#: Rows of a table that the page shows; the workbook holds them all.
_MOST_ROWS = 40


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
            parts.append(f'<p><img alt="{escape(figure.stem)}" src="data:image/png;base64,{data}"></p>')
    for heading, table in tables.items():
        parts += [f"<h2>{escape(heading)}</h2>", _table(table)]
    body = "\n".join(parts)
    page = f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
    page += f"<style>{_STYLE}</style></head>\n<body>{body}</body></html>\n"
    with written_at_once(path) as target:
        target.write_text(page, encoding="utf-8")


def _table(table: Table) -> str:
    """Return a table in HTML, long ones cut with the number of rows that are not shown."""
    head, *rows = table
    lines = ["".join(f"<th>{escape(str(cell))}</th>" for cell in head)]
    lines += ["".join(f"<td>{escape(_shown(cell))}</td>" for cell in row) for row in rows[:_MOST_ROWS]]
    more = f"<p>+ {len(rows) - _MOST_ROWS}</p>" if len(rows) > _MOST_ROWS else ""
    return f'<div class="scroll"><table>{"".join(f"<tr>{line}</tr>" for line in lines)}</table></div>{more}'


def _shown(cell: Cell) -> str:
    """Return a cell as people read it."""
    if cell is None:
        return "–"
    if isinstance(cell, bool) or not isinstance(cell, (int, float)):
        return str(cell)
    if isinstance(cell, int) or cell == round(cell):
        return f"{cell:,.0f}"
    return f"{cell:,.2f}" if abs(cell) >= 1 else f"{cell:.4g}"
