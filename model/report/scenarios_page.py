"""The shipped scenarios as a document that can be cited: chain, levers, reasons, sources, and what each run gives.

`python -m model.report.scenarios_page` runs every scenario and writes `docs/scenarios.md` and `docs/scenarios.ja.md`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import xarray as xr

from model.language import Language, Text, fiscal_year
from model.paths import data_folder, written_at_once
from model.report.key_figures import emission_targets, verdict
from model.report.waypoints import waypoints
from model.report.wording import capacity, change, emissions, percent
from model.scenario import Scenario, load_scenario, shipped_scenarios

PAGES: Final[dict[Language, str]] = {"en": "scenarios.md", "ja": "scenarios.ja.md"}

_TITLE: Final = Text("The scenarios", "シナリオ")
_INTRODUCTION: Final = Text(
    "Generated from the scenario files and from runs of them by `python -m model.report.scenarios_page`; do not edit. "
    "A scenario sets levers over those of the one it is based on; `no_new_policy` sets them all. Reasons cite "
    "[theme:source]; the sources are listed below.",
    "`python -m model.report.scenarios_page` でシナリオファイルと計算結果から生成。手で編集しないこと。"
    "各シナリオは土台となるシナリオの設定を上書きする(`no_new_policy` は全項目を設定)。"
    "理由の [分野:出典] は末尾の出典一覧を参照。",
)
_CHAIN: Final = Text("Chain", "構成")
_LEVERS: Final = Text("Levers it sets", "設定する項目")
_REASONS: Final = Text("Why", "理由")
_RESULTS: Final = Text("What the runs give", "計算結果")
_RESULT_NOTE: Final = Text(
    "Greenhouse gases against 62.2 Mt of FY2000, and the targets of the city that each run misses.",
    "温室効果ガスは2000年度6,220万t比。各計算で未達となる都全体の目標を併記。",
)
_SOURCES: Final = Text("Sources cited", "引用した出典")
_NONE: Final = Text("none", "なし")
_MISSED: Final = Text("targets missed", "未達の目標")

#: [theme:source, theme:source] in a reason.
_CITED: Final = re.compile(r"([a-z_]+):([\w.-]+)")

#: Cells of the table of results of one scenario.
Results = Mapping[str, Sequence[str]]


def scenarios_page(language: Language, results: Results) -> str:
    """Return the whole document in one language, as Markdown.

    Args:
        language: of every word but the levers.
        results: cells of each scenario's row of the table of results, as `result_cells` gives them.
    """
    chosen = [load_scenario(name) for name in shipped_scenarios()]
    chosen.sort(key=lambda one: (len(one.chain), one.name))
    parts = [f"# {_TITLE(language)}", _INTRODUCTION(language), *_results(chosen, results, language)]
    for scenario in chosen:
        parts += _scenario(scenario, language)
    parts += [f"## {_SOURCES(language)}", _sources(chosen)]
    return "\n\n".join(parts) + "\n"


def result_cells(dataset: xr.Dataset, language: Language) -> list[str]:
    """Return what a run gives: emissions of each target year, solar and renewable share of 2030, targets missed."""
    years = [year for year in emission_targets() if year in dataset["year"]]
    found = [verdict(dataset, year) for year in years]
    cells = [f"{emissions(one.value, language)} ({change(one.change)})" for one in found]
    by_name = {one.name: one for one in waypoints(dataset)}
    solar, renewable = by_name["solar_capacity.all.2030"], by_name["renewable_share.all.2030"]
    cells += [capacity(solar.value or 0.0, language), percent((renewable.value or 0.0) / 100)]
    missed = [
        f"{one.quantity(language)} {one.year}" for one in by_name.values() if one.met is False and ".all." in one.name
    ]
    return [*cells, Text(", ", "、")(language).join(missed) or _NONE(language)]


def _results(chosen: Sequence[Scenario], results: Results, language: Language) -> list[str]:
    gases = Text("GHG", "温室効果ガス")(language)
    heads = [Text("scenario", "シナリオ")(language)]
    heads += [f"{gases} {fiscal_year(year, language)}" for year in emission_targets()]
    heads += [
        Text("solar FY2030", "太陽光 2030年度")(language),
        Text("renewable FY2030", "再エネ電力 2030年度")(language),
    ]
    rows = [[f"`{one.name}`", *results[one.name]] for one in chosen]
    table = ["| " + " | ".join([*heads, _MISSED(language)]) + " |", "|" + "---|" * (len(heads) + 1)]
    table += ["| " + " | ".join(row) + " |" for row in rows]
    return [f"## {_RESULTS(language)}", _RESULT_NOTE(language), "\n".join(table)]


def _scenario(scenario: Scenario, language: Language) -> list[str]:
    """Return the section of one scenario: what its own file sets and why."""
    parts = [f"## {scenario.title(language)} (`{scenario.name}`)"]
    if scenario.description is not None:
        parts.append(scenario.description(language))
    parts.append(f"{_CHAIN(language)}: {' → '.join(f'`{name}`' for name in scenario.chain)}")
    levers = own_levers(scenario.files[-1])
    if levers:
        parts += [f"### {_LEVERS(language)}", f"```yaml\n{levers}\n```"]
    own = own_reasons(scenario)
    if own:
        reasons = [f"- `{name}`: {words(language)}" for name, words in own.items()]
        parts += [f"### {_REASONS(language)}", "\n".join(reasons)]
    return parts


def own_levers(file: Path) -> str:
    """Return what a scenario's own file sets, as it is written there."""
    inside, lines = False, []
    for line in file.read_text(encoding="utf-8").split("\n"):
        if line and not line[0].isspace():
            inside = line.startswith("set:")
        elif inside:
            lines.append(line.removeprefix("  "))
    return "\n".join(lines).strip("\n")


def own_reasons(scenario: Scenario) -> dict[str, Text]:
    """Return the reasons that a scenario's own file gives, those of its base left out."""
    if len(scenario.chain) == 1:
        return dict(scenario.because)
    base = load_scenario(scenario.files[-2]).because
    return {name: words for name, words in scenario.because.items() if base.get(name) != words}


def _sources(chosen: Sequence[Scenario]) -> str:
    """Return the sources that reasons cite, as a table."""
    texts = " ".join(words.en for one in chosen for words in one.because.values())
    cited = {pair for inside in re.findall(r"\[([^\]]+)\]", texts) for pair in _CITED.findall(inside)}
    lines = ["| id | title | publisher | date |", "|---|---|---|---|"]
    for theme, source in sorted(cited):
        row = _sources_of(theme).get(source, {})
        cells = [
            f"`{theme}:{source}`",
            *(row.get(name, "").replace("|", "/") for name in ("title", "publisher", "date")),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


@cache
def _sources_of(theme: str) -> dict[str, dict[str, str]]:
    file = data_folder() / theme / "sources.csv"
    if not file.is_file():
        return {}
    with file.open(encoding="utf-8", newline="") as lines:
        return {row["source_id"]: row for row in csv.DictReader(lines)}


def computed_results() -> dict[Language, dict[str, list[str]]]:
    """Return the cells of the table of results in each language, from a run of every shipped scenario."""
    from model.inputs import PATHWAY_THEMES, read_data
    from model.outcome import outcome
    from model.pathway import run_pathway

    data = read_data(None, PATHWAY_THEMES)
    found: dict[Language, dict[str, list[str]]] = {language: {} for language in PAGES}
    for name in shipped_scenarios():
        scenario = load_scenario(name)
        dataset = outcome(scenario, run_pathway(scenario.levers, data), data)
        for language in PAGES:
            found[language][name] = result_cells(dataset, language)
    return found


def write_scenarios_pages(folder: Path) -> list[Path]:
    """Write the document in both languages and return the files."""
    results = computed_results()
    files = []
    for language, name in PAGES.items():
        with written_at_once(folder / name) as target:
            target.write_text(scenarios_page(language, results[language]), encoding="utf-8")
        files.append(folder / name)
    return files


if __name__ == "__main__":
    write_scenarios_pages(Path(__file__).resolve().parents[2] / "docs")
