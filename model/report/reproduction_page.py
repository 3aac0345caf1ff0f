"""The reproduction of printed figures as tables for people: rows for CSV, and one HTML page in both languages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby
from typing import Any

from model.language import Language, Text
from model.ordinance.presentation import shown
from model.ordinance.reproduction import Comparison
from model.ordinance.rule_sources import rule_sources
from model.ordinance.worked_examples import Contradiction
from model.spreadsheet import Cell, Table

TITLE = Text("Printed figures, reproduced", "公表数値の再現")
AGREES = Text("agrees", "一致")
CONFIRMED = Text("contradiction confirmed", "記載の矛盾を確認")
DIFFERS = Text("differs", "不一致")
NOT_COMPUTED = Text("not computed", "未計算")
KINDS = {
    "published": Text("printed", "公表値"),
    "derived": Text("follows from printed values", "公表値から算出"),
    "inconsistency": Text("two printed values contradict each other", "公表値どうしの矛盾"),
}
WHAT, PRINTED, OURS = Text("figure", "項目"), Text("printed", "公表値"), Text("ours", "本モデル")
DIFFERENCE, OUTCOME, KIND = (
    Text("difference before rounding", "差（四捨五入前）"),
    Text("outcome", "結果"),
    Text("kind", "区分"),
)
DOCUMENT, TOPIC = Text("document", "出典"), Text("topic", "該当箇所")
PROGRAMME, RULE_SET = Text("programme", "制度"), Text("rule set", "ルールセット")
ADDRESS, CONSISTENT, REASON = Text("address or file", "所在"), Text("consistent", "整合する値"), Text("why", "理由")
CONTRADICTIONS = Text("Where printed values contradict each other", "公表値どうしが矛盾する箇所")
EVIDENCE = Text("computed evidence", "計算による確認")

_STYLE = """
body { font-family: system-ui, "Noto Sans JP", "Hiragino Sans", Meiryo, sans-serif; color: #1a1a1a; margin: 2rem auto;
  max-width: 72rem; padding: 0 1rem; line-height: 1.5; }
table { border-collapse: collapse; width: 100%; margin: 0.5rem 0 2rem; font-size: 0.9rem; }
th, td { border-bottom: 1px solid #ccc; padding: 0.3rem 0.6rem; text-align: left; vertical-align: top; }
th { border-bottom: 2px solid #444; }
th.number, td.number { text-align: right; }
td.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
tr.topic td { background: #eef2f6; font-weight: 600; }
tr.topic span { font-weight: 400; color: #555; }
td.bad { color: #a40000; font-weight: 700; }
td.odd { color: #7a4a00; font-weight: 700; }
nav { margin-bottom: 2rem; }
@media print { nav { display: none; } }
"""


def outcome(one: Comparison) -> Text:
    """Return how a comparison came out."""
    if not one.computed:
        return NOT_COMPUTED
    if not one.agrees:
        return DIFFERS
    return CONFIRMED if one.check.kind == "inconsistency" else AGREES


def value_text(value: Any, language: Language) -> str:
    """Return a value, or a list of them, as people read it."""
    if isinstance(value, (list, tuple)):
        return ", ".join(value_text(one, language) for one in value)
    return shown(value, language)


def difference_text(one: Comparison) -> str:
    """Return the difference with its sign; what is below the shown digits is none."""
    if one.difference is None:
        return "–"
    shown_digits = f"{one.difference:+,.4f}".rstrip("0").rstrip(".")
    return "0" if shown_digits in ("+0", "-0") else shown_digits


def summary(compared: Sequence[Comparison]) -> Text:
    """Return how many figures agree, and how many of those show a contradiction in print, in a sentence."""
    good, many = sum(one.agrees for one in compared), len(compared)
    odd = sum(outcome(one) is CONFIRMED for one in compared)
    return Text(
        f"{good} of {many} figures agree (contradictions in print confirmed: {odd}).",
        f"{many}件中{good}件が一致（うち公表値どうしの矛盾の確認{odd}件）。",
    )


def comparison_table(compared: Iterable[Comparison], language: Language) -> Table:
    """Return one row a printed figure, for CSV."""
    headings = (PROGRAMME, TOPIC, WHAT, KIND, PRINTED, OURS, DIFFERENCE, OUTCOME, RULE_SET, DOCUMENT, ADDRESS)
    rows: list[list[Cell]] = [["id", *(heading(language) for heading in headings)]]
    for one in compared:
        rows.append(
            [
                f"{one.example.id}/{one.check.name}",
                one.programme(language),
                one.example.title(language),
                one.check.label(language),
                KINDS[one.check.kind](language),
                _cell(one.check.expected, language),
                _cell(one.ours, language),
                one.difference,
                outcome(one)(language),
                one.example.rule_set,
                one.source.citation,
                one.source.where,
            ]
        )
    return rows


def contradiction_table(found: Iterable[Contradiction], compared: Sequence[Comparison], language: Language) -> Table:
    """Return one row a contradiction, for CSV."""
    headings = (TOPIC, PRINTED, CONSISTENT, REASON, EVIDENCE, DOCUMENT)
    rows: list[list[Cell]] = [["id", *(heading(language) for heading in headings)]]
    rows += [[one.id, *contradiction_cells(one, compared, language)] for one in found]
    return rows


def contradiction_cells(one: Contradiction, compared: Sequence[Comparison], language: Language) -> list[str]:
    """Return topic, printed values, the consistent one, the reason, our evidence and the document."""
    evidence = [
        f"{row.check.label(language)} = {value_text(row.ours, language)}"
        for name in one.checks
        for row in compared
        if f"{row.example.id}/{row.check.name}" == name
    ]
    texts = [text(language) for text in (one.topic, one.printed, one.consistent, one.reason)]
    return [*texts, "; ".join(evidence) or "–", rule_sources()[one.source_id].citation]


def _cell(value: Any, language: Language) -> Cell:
    """Return a value for a spreadsheet: numbers stay numbers."""
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else value_text(value, language)


def page(compared: Sequence[Comparison], found: Sequence[Contradiction]) -> str:
    """Return the HTML page, Japanese above English, every text escaped and nothing loaded from elsewhere."""
    parts = "\n".join(_section(compared, found, language) for language in ("ja", "en"))
    return (
        '<!DOCTYPE html>\n<html lang="ja">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(TITLE.ja)} / {escape(TITLE.en)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        '<nav><a href="#ja">日本語</a> | <a href="#en">English</a></nav>\n'
        f"{parts}\n</body>\n</html>\n"
    )


def _section(compared: Sequence[Comparison], found: Sequence[Contradiction], language: Language) -> str:
    """Return the page in one language."""
    lines = [f'<section id="{language}" lang="{language}">', f"<h1>{escape(TITLE(language))}</h1>"]
    lines.append(f"<p>{escape(summary(compared)(language))}</p>")
    headings = [(text(language), "") for text in (TOPIC, PRINTED, CONSISTENT, REASON, EVIDENCE, DOCUMENT)]
    body = [[(cell, "") for cell in contradiction_cells(one, compared, language)] for one in found]
    lines += [f"<h2>{escape(CONTRADICTIONS(language))}</h2>", _html_table(headings, body)]
    for programme, rows in groupby(_by_programme(compared), key=lambda one: one.programme):
        lines += [f"<h2>{escape(programme(language))}</h2>", _html_comparisons(list(rows), language)]
    return "\n".join([*lines, "</section>"])


def _by_programme(compared: Sequence[Comparison]) -> list[Comparison]:
    """Return the comparisons with those of one programme together, in order of first appearance."""
    order = list(dict.fromkeys(one.example.programme for one in compared))
    return sorted(compared, key=lambda one: order.index(one.example.programme))


def _html_comparisons(compared: Sequence[Comparison], language: Language) -> str:
    """Return the table of one programme, with a line for each place of a document."""
    classes = {WHAT: "", PRINTED: "number", OURS: "number", DIFFERENCE: "number", KIND: "", OUTCOME: ""}
    headings = [(heading(language), tone) for heading, tone in classes.items()]
    body: list[list[tuple[str, str]]] = []
    for example, rows in groupby(compared, key=lambda one: one.example.id):
        of_example = list(rows)
        first = of_example[0]
        body.append([(first.example.title(language), "topic"), (first.source.citation, "source")])
        assert first.example.id == example
        body += [_html_cells(one, language) for one in of_example]
    return _html_table(headings, body)


def _html_cells(one: Comparison, language: Language) -> list[tuple[str, str]]:
    """Return the cells of one comparison with their classes."""
    said = outcome(one)
    tone = {CONFIRMED: "odd", DIFFERS: "bad", NOT_COMPUTED: "bad"}.get(said, "")
    return [
        (one.check.label(language), ""),
        (value_text(one.check.expected, language), "number"),
        (value_text(one.ours, language), "number"),
        (difference_text(one), "number"),
        (KINDS[one.check.kind](language), ""),
        (said(language), tone),
    ]


def _html_table(headings: Sequence[tuple[str, str]], body: Sequence[Sequence[tuple[str, str]]]) -> str:
    """Return a table of texts with their classes; a row that starts with a topic spans all columns."""
    lines = ["<table>", _html_row("th", headings)]
    for row in body:
        if row[0][1] == "topic":
            (topic, _), (source, _) = row
            words = f"{escape(topic)} <span>{escape(source)}</span>"
            lines.append(f'<tr class="topic"><td colspan="{len(headings)}">{words}</td></tr>')
        else:
            lines.append(_html_row("td", row))
    return "\n".join([*lines, "</table>"])


def _html_row(tag: str, row: Sequence[tuple[str, str]]) -> str:
    """Return one row of cells with their classes."""
    marks = ((f' class="{tone}"' if tone else "", cell) for cell, tone in row)
    cells = (f"<{tag}{mark}>{escape(cell)}</{tag}>" for mark, cell in marks)
    return f"<tr>{''.join(cells)}</tr>"
