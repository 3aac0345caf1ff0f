"""The rules as a document: for each programme its formulas, parameters with source and quality, and a worked example.

`python -m model.report.rules_page` writes `docs/rules.md` and `docs/rules.ja.md` from the rule data.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from model.language import Language, Text
from model.ordinance.presentation import step_line, with_unit
from model.ordinance.programme import PROGRAMMES, Programme, programme
from model.ordinance.reproduction import Comparison, comparisons
from model.ordinance.rule_sources import rule_sources
from model.ordinance.rule_words import QUALITY_NAMES, rule_words
from model.ordinance.rule_words import value_text as rule_value
from model.ordinance.rulebook import RULE_SETS, Formula, Parameter, Rulebook, rule_set_dates, rulebooks, rules
from model.report.reproduction_page import OURS, PRINTED, WHAT, value_text

PAGES: dict[Language, str] = {"en": "rules.md", "ja": "rules.ja.md"}

_TITLE = Text("The rules", "制度の規定値")
_INTRODUCTION = Text(
    "Generated from the rule data in `scenarios/data/rules/` by `python -m model.report.rules_page`; do not edit.",
    "`scenarios/data/rules/` の規定データから `python -m model.report.rules_page` で生成。手で編集しないこと。",
)
_SETS = Text("Rule sets", "ルールセット")
_QUALITY = Text(
    "Quality says how sure a value is: published (read in the source), derived (follows from published values by the "
    "arithmetic in the note), estimate (an assumption, or a value not confirmed). “not known” marks a value that a "
    "source names without printing it; programmes stop there, or fall back on the other rule set when asked to.",
    "「質」は値の確かさを示す。公表値は出典の本文に記載、公表値から算出は備考の計算による値、推定値は仮定又は未確認の値。"
    "「不明」は出典に項目のみがあり値が記載されていないもの。計算はそこで止まるか、指定により他のルールセットの値を使う。",
)
_FORMULAS, _PARAMETERS = Text("Formulas", "算定式"), Text("Parameters", "規定値")
_EXAMPLE, _PRINTED = Text("Worked example", "計算例"), Text("Printed examples", "公表資料の計算例")
_FORMULA, _UNIT, _NOTE = Text("formula", "算定式"), Text("unit", "単位"), Text("note", "備考")
_RULE_SET, _SOURCE = Text("rule set", "ルールセット"), Text("source", "出典")
_PARAMETER = Text("parameter", "規定")
_NOTHING = Text("–", "–")
_FROM, _UNTIL = Text("from", "適用開始"), Text("until", "終了")
_SOURCES = Text("Sources", "出典一覧")
_TITLE_HEADING, _PUBLISHER = Text("title", "名称"), Text("publisher", "発行者")
_DATE, _WHERE = Text("date", "時期"), Text("where", "所在")
_TAKEN = Text("Values taken from another rule set", "他のルールセットから引用した規定値")


def rules_page(language: Language) -> str:
    """Return the whole document in one language, as Markdown."""
    compared = comparisons()
    parts = [f"# {_TITLE(language)}", _INTRODUCTION(language), f"## {_SETS(language)}", _rule_sets(language)]
    parts.append(_QUALITY(language))
    for name in _order():
        parts += _programme(name, rulebooks()[name], compared, language)
    parts += [f"## {_SOURCES(language)}", _sources(language)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _order() -> list[str]:
    """Return the rule files in the order of their programmes; files without a programme come last."""
    return list(dict.fromkeys([*(programme(name).rulebook for name in PROGRAMMES), *rulebooks()]))


def _rule_sets(language: Language) -> str:
    """Return the rule sets with their first days as a list."""
    return "\n".join(
        f"- `{one.id}`: {Text(one.title_en, one.title_ja)(language)} ({_FROM(language)} {one.valid_from})"
        for one in rule_set_dates()
    )


def _programme(name: str, book: Rulebook, compared: Sequence[Comparison], language: Language) -> list[str]:
    """Return the section of one programme."""
    parts = [f"## {book.title(language)}", f"`{name}.yaml`"]
    if book.formulas:
        parts += [f"### {_FORMULAS(language)}", _formulas(book.formulas, language)]
    parts += [f"### {_PARAMETERS(language)}", _parameters(book.parameters, language)]
    parts += [f"- {_plain(rule_words(note)(language))}" for note in book.notes]
    printed = [one for one in compared if one.example.programme == name]
    if printed:
        parts += [f"### {_PRINTED(language)}", _printed(printed, language)]
    for found in (programme(one) for one in PROGRAMMES):
        if found.rulebook == name:
            parts += [f"### {_EXAMPLE(language)}: `run.py obligation {found.name}`", _worked_row(found, language)]
    return parts


def _formulas(formulas: Iterable[Formula], language: Language) -> str:
    """Return the formulas as a table."""
    headings = [heading(language) for heading in (_FORMULA, _UNIT, _RULE_SET, _SOURCE, _NOTE)]
    return markdown_table(
        headings,
        (
            [
                f"`{one.id}` = `{one.expr}`",
                rule_words(one.unit)(language),
                f"`{one.rule_set}`",
                f"{one.source_id}, {QUALITY_NAMES[one.quality](language)}",
                rule_words(one.note)(language),
            ]
            for one in formulas
        ),
    )


def _parameters(parameters: Sequence[Parameter], language: Language) -> str:
    """Return the parameters as a table, the rule sets side by side."""
    headings = [_PARAMETER(language), _UNIT(language), *(f"`{one}`" for one in RULE_SETS), _NOTE(language)]
    rows = []
    for name in dict.fromkeys(row.id for row in parameters):
        by_set = {row.rule_set: row for row in parameters if row.id == name}
        first = next(iter(by_set.values()))
        units = dict.fromkeys(rule_words(row.unit)(language) for row in by_set.values())
        notes = dict.fromkeys(rule_words(row.note)(language) for row in by_set.values() if row.note)
        rows.append(
            [
                f"{first.term_ja}<br>`{name}`",
                " / ".join(units),
                *(_said(by_set.get(one), language) for one in RULE_SETS),
                "<br>".join(notes),
            ]
        )
    return markdown_table(headings, rows)


def _said(row: Parameter | None, language: Language) -> str:
    """Return what one rule set says: value, quality, source and dates."""
    if row is None:
        return _NOTHING(language)
    dates = f"{_FROM(language)} {row.valid_from}"
    if row.valid_to is not None:
        dates += f", {_UNTIL(language)} {row.valid_to}"
    return f"**{rule_value(row.value, language)}**<br>{QUALITY_NAMES[row.quality](language)}, {row.source_id}, {dates}"


def _printed(compared: Sequence[Comparison], language: Language) -> str:
    """Return the printed figures of a programme beside ours."""
    rows = []
    for _, found in groupby(compared, key=lambda one: one.example.id):
        of_example = list(found)
        first = of_example[0]
        rows.append([f"**{first.example.title(language)}** ({first.example.source_id})", "", ""])
        rows += [
            [one.check.label(language), value_text(one.check.expected, language), value_text(one.ours, language)]
            for one in of_example
        ]
    return markdown_table([heading(language) for heading in (WHAT, PRINTED, OURS)], rows)


def _worked_row(found: Programme[Any], language: Language) -> str:
    """Return the first worked row of a programme under the adopted rules, question by question, with its working."""
    obligation = found.assess(found.examples_in(language), rules(found.rulebook, "adopted_2025", fallback=True))[0]
    lines = [f"{_plain(obligation.subject(language))} (`{obligation.rule_set}`)", ""]
    for finding in obligation.findings:
        value = with_unit(finding.value, finding.unit, language) if finding.value is not None else ""
        answer = ", ".join(part for part in (finding.verdict.value(language), value) if part)
        lines.append(f"- **{_plain(finding.question(language))}** {_plain(answer)}")
        lines += [f"  - {_plain(step_line(step, language))}" for step in finding.steps]
    names = dict.fromkeys(used.parameter.id for finding in obligation.findings for used in finding.fallbacks)
    if names:
        lines += ["", f"{_TAKEN(language)}: {', '.join(f'`{name}`' for name in names)}"]
    return "\n".join(lines)


def _sources(language: Language) -> str:
    """Return the sources as a table."""
    headings = ["id", *(heading(language) for heading in (_TITLE_HEADING, _PUBLISHER, _DATE, _WHERE))]
    return markdown_table(
        headings,
        ([f"`{one.source_id}`", one.title, one.publisher, one.date, one.where] for one in rule_sources().values()),
    )


def markdown_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(headings) + " |", "|" + "---|" * len(headings)]
    lines += ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def _cell(text: str) -> str:
    """Return a text that cannot end a table cell."""
    return text.replace("|", "\\|").replace("\n", "<br>")


def _plain(text: str) -> str:
    """Return a text whose signs are not taken for Markdown."""
    return text.replace("\\", "\\\\").replace("*", "\\*").replace("<", "&lt;").replace("\n", " ")


def write_rules_pages(folder: Path) -> list[Path]:
    """Write the document in both languages and return the files."""
    from model.paths import written_at_once

    files = []
    for language, name in PAGES.items():
        with written_at_once(folder / name) as target:
            target.write_text(rules_page(language), encoding="utf-8")
        files.append(folder / name)
    return files


if __name__ == "__main__":
    write_rules_pages(Path(__file__).resolve().parents[2] / "docs")
