"""Everything that has a name: scenarios, result variables, input tables, levers and rule parameters, with sources.

`list` shows the names, `explain` what stands behind one. Nothing is described here; all texts come from the schema, the
tables, the levers, the programmes and the rulebook.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from model.faults import BadInput, FaultList
from model.language import Text
from model.schema import QUALITIES

if TYPE_CHECKING:
    from model.forms import Listed
    from model.ordinance.programme import Row
    from model.ordinance.rulebook import Rulebook

#: Headings of the kinds of names, in the order in which they are listed.
KINDS: Final[dict[str, Text]] = {
    "scenario": Text("Scenarios", "シナリオ"),
    "variable": Text("Result variables", "結果の変数"),
    "table": Text("Input tables", "入力データ表"),
    "lever": Text("Levers of a scenario", "シナリオのレバー"),
    "programme": Text("Programmes for `obligation`", "制度（obligation で指定する名称）"),
    "form": Text("Forms of `template`, beside those of programmes", "様式（template で指定する名称。制度名も指定可）"),
    "rule": Text("Rule parameters by programme", "制度のパラメータ"),
}
_COLUMNS: Final = {
    "value": Text("value", "値"),
    "unit": Text("unit", "単位"),
    "source": Text("source", "出典"),
    "quality": Text("quality", "品質"),
    "note": Text("note", "備考"),
    "quantity": Text("quantity", "項目"),
    "year": Text("year", "年度"),
    "scenario": Text("scenario", "シナリオ"),
    "rule_set": Text("rule set", "ルールセット"),
    "valid_from": Text("valid from", "適用開始"),
    "what": Text("what", "項目"),
    "range": Text("allowed", "許容"),
    "meaning": Text("meaning", "意味"),
    "because": Text("because", "根拠"),
    "where": Text("which", "内容"),
    "field": Text("field name", "項目名（英字）"),
    "needed": Text("must be filled", "必須"),
    "choices": Text("choices", "選択肢"),
}
_NEEDED = Text("yes", "必須")
#: Longer lists of choices, such as all municipalities, stand in the template.
_MOST_CHOICES = 10


@dataclass(frozen=True)
class Sheet:
    """A table to print: heading, columns and rows of texts."""

    title: Text
    columns: tuple[Text, ...]
    rows: tuple[tuple[Text | str, ...], ...]


@dataclass(frozen=True)
class Entry:
    """One name: its kind, its meaning, and what to show for it."""

    name: str
    kind: str
    meaning: Text
    sheets: Callable[[], list[Sheet]]


def catalogue() -> dict[str, Entry]:
    """Return every name, in the order of listing."""
    sources = (_scenarios, _variables, _tables, _levers, _programmes, _forms, _rules)
    return {entry.name: entry for source in sources for entry in source()}


def find(name: str) -> list[Entry]:
    """Return what a name means: the name itself and all names that end in it after a dot or a slash.

    Raises:
        BadInput: nothing has the name.
    """
    known = catalogue()
    found = [known[name]] if name in known else []
    found += [entry for key, entry in known.items() if key.endswith((f".{name}", f"/{name}"))]
    if found:
        return found
    faults = FaultList()
    unknown = Text("nothing has this name; `list` shows all names", "この名称はありません。list で一覧を表示できます")
    faults.add("explain", unknown, given=name, allowed=[*known, *(key.rpartition(".")[2] for key in known)])
    only = faults.faults[0]
    raise BadInput([type(only)(only.place, only.problem, only.given, None, only.nearest)])


def _sheet(en: str, ja: str, columns: tuple[str, ...], rows: Iterator[tuple[Text | str, ...]]) -> Sheet:
    return Sheet(Text(en, ja), tuple(_COLUMNS[name] for name in columns), tuple(rows))


def _scenarios() -> Iterator[Entry]:
    from model.scenario import load_scenario, shipped_scenarios

    for name in shipped_scenarios():
        scenario = load_scenario(name)

        def sheets(name: str = name) -> list[Sheet]:
            scenario = load_scenario(name)
            because = ((lever, reason) for lever, reason in scenario.because.items())
            chain = f"{' > '.join(scenario.chain)}; {scenario.content_hash}"
            return [
                _sheet(chain, chain, ("what", "because"), because),
            ]

        yield Entry(name, "scenario", scenario.description or scenario.title, sheets)


def _variables() -> Iterator[Entry]:
    from model.schema import DIMENSIONS, VARIABLES
    from model.tables import TABLES
    from model.variable_tables import VARIABLE_TABLES

    for variable in VARIABLES.values():

        def sheets(name: str = variable.name) -> list[Sheet]:
            variable = VARIABLES[name]
            dims = ((dim, DIMENSIONS[dim].meaning) for dim in variable.dims)
            tables = ((table, TABLES[table].meaning) for table in VARIABLE_TABLES[name])
            return [
                _sheet(f"dims, in {variable.unit}", f"次元(単位 {variable.unit})", ("what", "meaning"), dims),
                _sheet("rests on the tables", "もとになるデータ表", ("what", "meaning"), tables),
            ]

        yield Entry(variable.name, "variable", variable.meaning, sheets)


def _tables() -> Iterator[Entry]:
    from model.tables import TABLES

    for table in TABLES.values():

        def sheets(name: str = table.name) -> list[Sheet]:
            return _table_sheets(name)

        yield Entry(table.name, "table", table.meaning, sheets)


def _table_sheets(name: str) -> list[Sheet]:
    """Return the quantities, the rows and the sources of an input table."""
    from model.inputs import read_data
    from model.tables import TABLES

    table, data = TABLES[name], read_data()
    frame, known = data.frames[name], data.sources[name.partition("/")[0]]
    quantities = (
        (key, one.unit, f"{one.lower:g} … {one.upper:g}", one.meaning) for key, one in table.quantities.items()
    )
    rows = (
        (
            str(row["quantity"]),
            " ".join(f"{row[dim]:g}" if dim == "year" else str(row[dim]) for dim in table.dims if row[dim] == row[dim]),
            f"{row['value']:g}",
            str(row["source_id"]),
            QUALITIES[row["quality"]],
            str(row["note"]),
        )
        for _, row in frame.iterrows()
    )
    used = dict.fromkeys(source for ids in frame["source_id"] for source in ids.split(";"))
    return [
        _sheet("quantities", "項目", ("quantity", "unit", "range", "meaning"), quantities),
        _sheet("rows", "データ", ("quantity", "where", "value", "source", "quality", "note"), rows),
        _sheet("sources", "出典", ("source", "meaning"), ((source, known[source]) for source in used)),
    ]


def _levers() -> Iterator[Entry]:
    from model.levers import LEVER_FAMILIES

    for name, lever in LEVER_FAMILIES.items():

        def sheets(name: str = name) -> list[Sheet]:
            return _lever_sheets(name)

        yield Entry(name, "lever", lever.meaning, sheets)


def _lever_sheets(name: str) -> list[Sheet]:
    """Return what a lever may be and what the shipped scenarios set, with the reason."""
    from model.levers import LEVER_FAMILIES, lever_value
    from model.scenario import load_scenario, shipped_scenarios

    lever = LEVER_FAMILIES[name]
    allowed = ", ".join(lever.choices) or (f"{lever.lower:g} … {lever.upper:g}" if lever.lower is not None else "")
    per = f" × {lever.per}" if lever.per else ""
    what = iter([(f"{lever.kind}{per}", lever.unit, allowed or (lever.shares_of or ""), lever.meaning)])

    def reason(because: dict[str, Text]) -> Text:
        parts = name.split(".")
        known = [because[key] for n in range(len(parts), 0, -1) if (key := ".".join(parts[:n])) in because]
        return known[0] if known else Text("", "")

    set_to = (
        (scenario, str(lever_value(loaded.levers, name)), reason(dict(loaded.because)))
        for scenario in shipped_scenarios()
        for loaded in [load_scenario(scenario)]
    )
    return [
        _sheet("form", "形式", ("what", "unit", "range", "meaning"), what),
        _sheet("set to", "設定値", ("scenario", "value", "because"), set_to),
    ]


def _programmes() -> Iterator[Entry]:
    from model.ordinance.programme import PROGRAMMES, programme

    for name in PROGRAMMES:

        def sheets(name: str = name) -> list[Sheet]:
            return [_columns_sheet(name, programme(name).row)]

        yield Entry(name, "programme", programme(name).title, sheets)


def _forms() -> Iterator[Entry]:
    from model.forms import forms
    from model.ordinance.programme import PROGRAMMES

    for name, form in forms().items():
        if name not in PROGRAMMES:

            def sheets(name: str = name, form: Listed = form) -> list[Sheet]:
                return [_columns_sheet(name, form.row)]

            yield Entry(name, "form", form.title, sheets)


def _columns_sheet(name: str, row: type[Row]) -> Sheet:
    """Return the columns of a table that people fill in."""
    from model.ordinance.columns import columns_of

    rows: Iterator[tuple[Text | str, ...]] = (
        (
            column.name,
            column.title,
            column.unit,
            _NEEDED if column.required else "",
            _joined(list(column.choices.values())) if len(column.choices) <= _MOST_CHOICES else "…",
        )
        for column in columns_of(row)
    )
    columns = ("field", "meaning", "unit", "needed", "choices")
    return _sheet(f"columns; run.py template {name}", f"項目（run.py template {name}）", columns, rows)


def _joined(texts: list[Text]) -> Text:
    """Return texts in one line."""
    return Text(" / ".join(text.en for text in texts), "／".join(text.ja for text in texts))


def _rules() -> Iterator[Entry]:
    from model.ordinance.rule_words import rule_words, value_text
    from model.ordinance.rulebook import rulebooks

    for programme, book in rulebooks().items():
        title = Text(book.title_en, book.title_ja)
        for key in dict.fromkeys(row.id for row in book.parameters):

            def sheets(book: Rulebook = book, key: str = key) -> list[Sheet]:
                rows = (row for row in book.parameters if row.id == key)
                table = (
                    (row.rule_set, str(row.valid_from),
                     Text(value_text(row.value, "en"), value_text(row.value, "ja")), rule_words(row.unit),
                     row.source_id, QUALITIES[row.quality], rule_words(row.note))
                    for row in rows
                )  # fmt: skip
                columns = ("rule_set", "valid_from", "value", "unit", "source", "quality", "note")
                return [_sheet(book.title_en, book.title_ja, columns, table)]

            term = next(row.term_ja for row in book.parameters if row.id == key)
            words = key.replace("_", " ")
            yield Entry(f"{programme}.{key}", "rule", Text(f"{title.en}: {words}", f"{title.ja}: {term}"), sheets)
