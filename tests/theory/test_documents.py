"""The generated documents of equations and scenarios: up to date, complete, in both languages; the citation file."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from model.language import Language
from model.report import equations_page, scenarios_page
from model.scenario import load_scenario, shipped_scenarios

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
LANGUAGES: tuple[Language, ...] = ("en", "ja")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_equations_are_those_of_the_code(language: Language) -> None:
    committed = (DOCS / equations_page.PAGES[language]).read_text(encoding="utf-8")
    assert committed == equations_page.equations_page(language), "run: python -m model.report.equations_page"


def test_every_equation_of_the_core_is_there_with_formula_source_and_words() -> None:
    listed = equations_page.listed()
    assert len(set(listed)) == len(listed)
    for module in equations_page.CORE:
        public = [one for name, one in equations_page.functions(module).items() if not name.startswith("_")]
        missing = [one.name for one in public if equations_page.has_equation(one) and one.name not in listed]
        assert missing == [], "add them to scenarios/data/documentation/equations.csv"
    for language in LANGUAGES:
        for entry in equations_page.equations_page(language).split("\n### ")[1:]:
            heading, *_ = entry.split("\n")
            words, formula, rest = re.fullmatch(r".*?\n\n(.*?)```\n(.*?)\n```(.*)", entry, re.DOTALL).groups()  # type: ignore[union-attr]
            assert words.strip(), heading
            assert re.search("[=←]|S\\(age\\)|moves", formula), heading
            source = re.search(r"(Source|出典): (.+)", rest)
            assert source and source[2].strip(), heading


def test_an_equation_is_taken_from_its_docstring() -> None:
    stock = equations_page.functions("stock")["inflow_driven"]
    assert stock.formula == (
        "stock[y] = Σ_{v≤y} inflow[v] · S[y, v];  outflow[y] = inflow[y] − (stock[y] − stock[y−1])",
    )
    meaning = equations_page.functions("decomposition")["logarithmic_mean"]
    assert meaning.above.startswith("The logarithmic mean weighs each cell")
    assert meaning.source.startswith("Ang (2004)")


def _without_results(page: str) -> str:
    """Return a page of scenarios without the rows of its table of results, which need a run of each."""
    return "\n".join(line for line in page.split("\n") if not line.startswith("| `") or ":" in line.split("|")[1])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_scenarios_are_those_of_the_files(language: Language) -> None:
    committed = (DOCS / scenarios_page.PAGES[language]).read_text(encoding="utf-8")
    empty = dict.fromkeys(shipped_scenarios(), ("",))
    fresh = scenarios_page.scenarios_page(language, empty)
    assert _without_results(committed) == _without_results(fresh), "run: python -m model.report.scenarios_page"
    for name in shipped_scenarios():
        scenario = load_scenario(name)
        assert f"`{name}`" in committed
        assert all(words(language) in committed for words in scenario.because.values())


@pytest.mark.slow
def test_the_results_in_the_document_are_those_of_the_runs() -> None:
    results = scenarios_page.computed_results()
    for language in LANGUAGES:
        committed = (DOCS / scenarios_page.PAGES[language]).read_text(encoding="utf-8")
        assert committed == scenarios_page.scenarios_page(language, results[language]), (
            "run: python -m model.report.scenarios_page"
        )


def test_a_scenario_s_own_part_is_told_from_that_of_its_base() -> None:
    scenario = load_scenario("carbon_half")
    levers = yaml.safe_load(scenarios_page.own_levers(scenario.files[-1]))
    assert "households" not in str(levers.get("demand", ""))
    assert levers["electricity"]["renewable_share"][2030] == pytest.approx(0.493, abs=0.02)
    own = scenarios_page.own_reasons(scenario)
    assert "demand.households" in scenario.because
    assert "demand.households" not in own
    assert any(name.startswith("electricity") for name in own)


def test_every_source_that_a_reason_cites_is_known() -> None:
    text = scenarios_page.scenarios_page("en", dict.fromkeys(shipped_scenarios(), ("",)))
    rows = [line.split(" | ") for line in text.split("\n") if re.match(r"\| `[a-z_]+:", line)]
    assert len(rows) > 10
    assert [row[0] for row in rows if not row[1].strip()] == []


def test_the_citation_file_says_what_the_project_is() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    # Required by the Citation File Format 1.2.0.
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["cff-version"] == "1.2.0"
    assert citation["version"] == project["version"]
    assert citation["license"] == project["license"]
    assert citation["authors"] == project["authors"]
    assert citation["keywords"] == project["keywords"]
    allowed = {"abstract", "keywords", "license", "type", "version"}
    assert set(citation) <= allowed | {"cff-version", "message", "title", "authors"}
