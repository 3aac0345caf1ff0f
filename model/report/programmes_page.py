"""The programmes in the pathway as a document: order, equation, reach, and the data behind each with their quality.

`python -m model.report.programmes_page` writes `docs/programmes.md` and `docs/programmes.ja.md`. Values come from the
tables and rules that a run reads; what a programme does in words and its equation from `documentation/programmes.csv`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from model.inputs import Data, read_data
from model.labels import classification
from model.language import Language, Text
from model.ordinance.rule_words import QUALITY_NAMES, rule_words
from model.ordinance.rule_words import value_text as rule_value
from model.ordinance.rulebook import RULE_SETS, Parameter, rulebook
from model.paths import data_folder, written_at_once
from model.policy.acting import programmes
from model.policy.stages import APART, ON_ROOFS, ON_WORKS, OPTIMISED
from model.report.rules_page import markdown_table
from model.report.wording import unit_words
from model.tables import TABLES

PAGES: Final[dict[Language, str]] = {"en": "programmes.md", "ja": "programmes.ja.md"}

_TITLE: Final = Text("The programmes in the pathway", "経路計算における条例の制度")
_INTRODUCTION: Final = Text(
    "Generated from the data of the programmes by `python -m model.report.programmes_page`; do not edit. The rules of "
    "each rule set in full are in [rules.md](rules.md), the functions in [equations.md](equations.md).",
    "制度のデータから `python -m model.report.programmes_page` で生成。手で編集しないこと。ルールセット別の規定値は"
    " [rules.ja.md](rules.ja.md)、関数は [equations.ja.md](equations.ja.md) に記載。",
)
_ORDER: Final = Text(
    "Programmes act in this order, each on what those before it left; one that is absent leaves all as it was. Savings "
    "of energy multiply. A run passes three stages: new and renovated buildings before the march, panels once "
    "buildings are known, supply and operation once equipment is known. `run.py contributions SCENARIO` says what each "
    "gives.",
    "制度は次の順に、前の制度が残したものに作用する。対象としない制度は何も変えない。省エネは乗算で重なる。計算は3段階で、"
    "ストック計算前の新築・改修、建物確定後の太陽光、設備確定後の供給・運用。各制度の削減量は "
    "`run.py contributions シナリオ` で示す。",
)
_FORMS: Final = Text(
    "A scenario sets `programmes.form.<programme>` to `absent`, `rule` or, where an optimiser decides it, `optimised`.",
    "シナリオでは `programmes.form.<制度>` を `absent`、`rule`、または最適化のある制度は `optimised` とする。",
)
_STAGES: Final = {
    "works": Text("new and renovated buildings", "新築・改修"),
    "roofs": Text("panels", "太陽光"),
    "energy": Text("supply and operation", "供給・運用"),
    "apart": Text("shown apart", "別に表示"),
}
_PROGRAMME: Final = Text("programme", "制度")
_ACTS_ON: Final = Text("acts on", "作用する対象")
_OPTIMISED: Final = Text("optimised form", "最適化")
_REACH: Final = Text("Reach", "対象")
_BY_OPTIMISER: Final = Text("Optimised form", "最適化の場合")
_REACH_AND_RESPONSE: Final = Text("Reach and response", "浸透と反応の値")
_RULES: Final = Text("Rules that it reads", "参照する規定")
_COLUMNS: Final = (
    Text("quantity", "項目"), Text("of", "対象"), Text("value", "値"), Text("unit", "単位"),
    Text("quality, source", "質・出典"), Text("note", "備考"),
)  # fmt: skip
_RULE_SET: Final = Text("rule set", "ルールセット")
_YES, _NO = Text("yes", "あり"), Text("–", "–")


@cache
def rows() -> dict[str, dict[str, str]]:
    """Return what is written of each programme, by its name."""
    with (data_folder() / "documentation" / "programmes.csv").open(encoding="utf-8", newline="") as lines:
        return {row["programme"]: row for row in csv.DictReader(lines)}


def stages_of(programme: str) -> tuple[str, ...]:
    """Return the stages at which a programme acts."""
    if programme in APART:
        return ("apart",)
    found = [name for name, acting in (("works", ON_WORKS), ("roofs", ON_ROOFS)) if programme in acting]
    return (*found, *(("energy",) if programme not in ("building_report", "building_plan", "subsidies") else ()))


def quantities(programme: str) -> list[tuple[str, str]]:
    """Return the tables and quantities of a programme's reach and response."""
    listed = [name.split(":") for name in rows()[programme]["quantities"].split()]
    return [(table, quantity) for table, quantity in listed]


def parameters(programme: str) -> list[tuple[str, str]]:
    """Return the rule files and parameters that a programme reads."""
    listed = [name.split(".") for name in rows()[programme]["rules"].split()]
    return [(book, parameter) for book, parameter in listed]


def programmes_page(language: Language) -> str:
    """Return the whole document in one language, as Markdown."""
    data = read_data(None, ("policy",))
    names = {name: _name(name, language) for name in programmes()}
    table = [
        [str(number), f"{names[name]}<br>`{name}`",
         Text(", ", "、")(language).join(_STAGES[stage](language) for stage in stages_of(name)),
         (_YES if name in OPTIMISED else _NO)(language)]
        for number, name in enumerate(names, start=1)
    ]  # fmt: skip
    headings = ["", *(heading(language) for heading in (_PROGRAMME, _ACTS_ON, _OPTIMISED))]
    parts = [f"# {_TITLE(language)}", _INTRODUCTION(language), _ORDER(language), markdown_table(headings, table)]
    parts.append(_FORMS(language))
    for number, name in enumerate(names, start=1):
        parts += [f"## {number}. {names[name]} (`{name}`)", *_programme(name, data, language)]
    return "\n\n".join(parts) + "\n"


def _name(programme: str, language: Language) -> str:
    return classification("programmes")[programme][f"name_{language}"]


def _programme(name: str, data: Data, language: Language) -> Iterator[str]:
    """Yield the parts of the section of a programme."""
    row = rows()[name]
    yield row[f"acts_{language}"]
    yield "\n".join(["```", *row[f"equation_{language}"].split("; "), "```"])
    yield f"**{_REACH(language)}**: {row[f'coverage_{language}']}"
    if row["optimised_en"]:
        yield f"**{_BY_OPTIMISER(language)}**: {row[f'optimised_{language}']}"
    headings = [heading(language) for heading in _COLUMNS]
    if quantities(name):
        cells = [cell for table, quantity in quantities(name) for cell in _values(data, table, quantity, language)]
        yield f"### {_REACH_AND_RESPONSE(language)}"
        yield markdown_table(headings if language == "en" else headings[:-1], cells)
    if parameters(name):
        yield f"### {_RULES(language)}"
        said = [cell for book, parameter in parameters(name) for cell in _said(book, parameter, language)]
        yield markdown_table([headings[0], _RULE_SET(language), *headings[2:]], said)


def _values(data: Data, table: str, quantity: str, language: Language) -> Iterator[list[str]]:
    """Yield the rows of a quantity; rows that differ in their labels and value only are put together."""
    described = TABLES[table]
    groups: dict[tuple[str, ...], list[str]] = {}
    for row in data.rows(table, quantity).to_dict("records"):
        labels = " ".join(str(row[dim]) for dim in described.dims)
        key = (str(row["unit"]), str(row["quality"]), str(row["source_id"]), str(row["note"] or ""))
        groups.setdefault(key, []).append(f"{labels}: {row['value']:g}" if labels else f"{row['value']:g}")
    what = f"{described.quantities[quantity].meaning(language)}<br>`{quantity}`"
    for (unit, quality, source, note), values in groups.items():
        of = " × ".join(described.dims) or "–"
        shown = [what, f"`{of}`" if described.dims else of, "<br>".join(values), unit_words(unit, language),
                 f"{QUALITY_NAMES[quality](language)}, {source}"]  # fmt: skip
        yield [*shown, note] if language == "en" else shown


def _said(book: str, parameter: str, language: Language) -> Iterator[list[str]]:
    """Yield what each rule set says of a parameter."""
    known: dict[str, Parameter] = {
        row.rule_set: row for row in rulebook(book).parameters if row.id == parameter and row.value is not None
    }
    for rule_set in RULE_SETS:
        if (row := known.get(rule_set)) is not None:
            yield [f"{row.term_ja if language == 'ja' else ''}<br>`{book}.{parameter}`".removeprefix("<br>"),
                   f"`{rule_set}`", rule_value(row.value, language), rule_words(row.unit)(language),
                   f"{QUALITY_NAMES[row.quality](language)}, {row.source_id}",
                   rule_words(row.note)(language)]  # fmt: skip


def write_programmes_pages(folder: Path) -> list[Path]:
    """Write the document in both languages and return the files."""
    files = []
    for language, name in PAGES.items():
        with written_at_once(folder / name) as target:
            target.write_text(programmes_page(language), encoding="utf-8")
        files.append(folder / name)
    return files


if __name__ == "__main__":
    write_programmes_pages(Path(__file__).resolve().parents[2] / "docs")
