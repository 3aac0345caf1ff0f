"""The equations of the core as a document that can be cited, from the docstrings and comments of the functions.

`python -m model.report.equations_page` writes `docs/equations.md` and `docs/equations.ja.md`. What is in the code is
taken from there: the sentence above a function, what it returns, its formula, its source. Japanese words, and formulas
of functions whose code is the formula, come from `documentation/equations.csv`.
"""

from __future__ import annotations

import ast
import csv
import re
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Final

from model.language import Language, Text
from model.paths import data_folder, written_at_once

PAGES: Final[dict[Language, str]] = {"en": "equations.md", "ja": "equations.ja.md"}

_PACKAGE: Final = Path(__file__).resolve().parents[1]

#: Modules whose equations the document must hold.
CORE: Final = (
    "survival", "lifetimes", "demand", "stock", "equipment", "technology", "energy", "peak_load", "calibration",
    "solar", "emissions", "regions", "policy.new_buildings", "policy.homes", "policy.operation", "policy.supply",
    "cost_equations", "costs", "decomposition", "iamc",
)  # fmt: skip

_SECTIONS: Final = {
    "stock": Text("Stock of buildings", "建物ストック"),
    "equipment": Text("Equipment", "設備"),
    "energy": Text("Energy", "エネルギー"),
    "solar": Text("Solar on roofs", "太陽光発電"),
    "emissions": Text("Emissions", "排出量"),
    "programmes": Text("Programmes in the pathway", "条例の制度の作用"),
    "cost": Text("Cost", "費用"),
    "contributions": Text("Who gives what", "要因と寄与"),
    "exchange": Text("Exchange format", "交換形式"),
}

_TITLE: Final = Text("The equations", "算定式")
_INTRODUCTION: Final = Text(
    "Generated from the code by `python -m model.report.equations_page`; do not edit. Each year runs in this order: "
    "age and demolish → renovate survivors → replace equipment → build to close the gap → install solar → energy → "
    "emissions. `year` is the Japanese fiscal year; stocks stand at its end; construction is at mid-year. The formulas "
    "of the ordinance itself, with the parameters of each rule set, are in [rules.md](rules.md); the scenarios in "
    "[scenarios.md](scenarios.md).",
    "`python -m model.report.equations_page` でコードから生成。手で編集しないこと。各年度の順序は、滅失 → 改修 → "
    "設備更新 → 新築 → 太陽光設置 → エネルギー → 排出量。`year` は年度、ストックは年度末、着工は年央。"
    "条例の算定式とルールセット別の規定値は [rules.ja.md](rules.ja.md)、シナリオは "
    "[scenarios.ja.md](scenarios.ja.md) に記載。",
)
_SOURCE: Final = Text("Source", "出典")
_ARGUMENTS: Final = Text("With", "変数")

#: A line of a docstring that is a formula has one of these.
_FORMULA: Final = re.compile(r" = |←")


@dataclass(frozen=True)
class Function:
    """What the code says of a function.

    Args:
        name: module and name, inside the package.
        above: the sentences written above it.
        returns: the first sentence of its docstring.
        formula: lines of its docstring that are formulas.
        arguments: lines of `Args`, with units.
        source: the source it names, or nothing.
    """

    name: str
    above: str
    returns: str
    formula: tuple[str, ...]
    arguments: tuple[str, ...]
    source: str


@cache
def functions(module: str) -> dict[str, Function]:
    """Return the functions of a module by name, those without a docstring left out."""
    path = _PACKAGE.joinpath(*module.split(".")).with_suffix(".py")
    text = path.read_text(encoding="utf-8")
    lines = text.split("\n")
    found = {}
    for node in ast.parse(text).body:
        documented = ast.get_docstring(node) if isinstance(node, ast.FunctionDef) else None
        if isinstance(node, ast.FunctionDef) and (documented or node.name.startswith("_")):
            found[node.name] = _function(f"{module}.{node.name}", node, documented or "", lines)
    return found


def _function(name: str, node: ast.FunctionDef, documented: str, lines: list[str]) -> Function:
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]) - 2
    above: list[str] = []
    while first >= 0 and lines[first].startswith("# ") and not lines[first].startswith("# --"):
        above.insert(0, lines[first][2:])
        first -= 1
    body, *rest = re.split(r"\n\n(?=Args:|Returns:|Raises:|Source:)", documented)
    start, *paragraphs = body.split("\n\n")
    formula = [part for part in paragraphs if _FORMULA.search(part)]
    parts = {part.split(":", 1)[0]: part.split(":", 1)[1] for part in rest}
    return Function(
        name=name,
        above=" ".join(above),
        returns=" ".join(start.split()),
        formula=tuple(line for part in formula for line in part.split("\n")),
        arguments=tuple(_arguments(parts.get("Args", ""))),
        source=" ".join(parts.get("Source", "").split()),
    )


def _arguments(text: str) -> list[str]:
    """Return one line an argument; lines that go on are joined to the one before."""
    lines: list[str] = []
    for line in text.split("\n"):
        if re.match(r" {4}\w+: ", line):
            lines.append(line.strip())
        elif line.strip() and lines:
            lines[-1] += f" {line.strip()}"
    return lines


def has_equation(function: Function) -> bool:
    """Say whether the code presents a function as an equation: with a formula, or a sentence of prose above it."""
    return bool(function.formula or function.above)


@cache
def _rows() -> tuple[dict[str, str], ...]:
    with (data_folder() / "documentation" / "equations.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(csv.DictReader(lines))


def listed() -> list[str]:
    """Return the functions that the document holds, in its order."""
    return [row["function"] for row in _rows()]


def equations_page(language: Language) -> str:
    """Return the whole document in one language, as Markdown."""
    parts = [f"# {_TITLE(language)}", _INTRODUCTION(language)]
    for section, rows in groupby(_rows(), key=lambda row: row["section"]):
        parts.append(f"## {_SECTIONS[section](language)}")
        for row in rows:
            parts += _entry(row, language)
    return "\n\n".join(parts) + "\n"


def _entry(row: dict[str, str], language: Language) -> list[str]:
    """Return the lines of one equation."""
    module, name = row["function"].rsplit(".", 1)
    function = functions(module)[name]
    said = " ".join(part for part in (function.above, function.returns) if part)
    words = Text(row["words_en"] or said, row["words_ja"])(language)
    formula = "\n".join(function.formula) or row["formula"]
    source = Text(row["source_en"] or function.source, row["source_ja"])(language)
    parts = [f"### `{row['function']}`"]
    if words:
        parts.append(words)
    parts.append(f"```\n{formula}\n```")
    if function.arguments and language == "en":
        parts.append(
            "\n".join([f"{_ARGUMENTS(language)}:", "", *(f"- {_argument(line)}" for line in function.arguments)])
        )
    parts.append(f"{_SOURCE(language)}: {source}")
    return parts


def _argument(line: str) -> str:
    name, meaning = line.split(": ", 1)
    return f"`{name}`: {meaning}"


def write_equations_pages(folder: Path) -> list[Path]:
    """Write the document in both languages and return the files."""
    files = []
    for language, name in PAGES.items():
        with written_at_once(folder / name) as target:
            target.write_text(equations_page(language), encoding="utf-8")
        files.append(folder / name)
    return files


if __name__ == "__main__":
    write_equations_pages(_PACKAGE.parent / "docs")
