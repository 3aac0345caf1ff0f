"""The document of the programmes: up to date in both languages, and it lists all that a programme reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from shipped import shipped_data

from model.inputs import Data
from model.language import Language
from model.ordinance.rulebook import Rules, rulebook
from model.pathway import run_pathway
from model.policy.acting import Scene, programmes
from model.programme_contributions import with_programmes
from model.report import programmes_page as page
from model.scenario import load_scenario
from model.tables import TABLES

DOCS = Path(__file__).resolve().parents[2] / "docs"
LANGUAGES: tuple[Language, ...] = ("en", "ja")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_document_is_that_of_the_data(language: Language) -> None:
    committed = (DOCS / page.PAGES[language]).read_text(encoding="utf-8")
    assert committed == page.programmes_page(language), "run: python -m model.report.programmes_page"


def test_every_programme_and_every_quantity_of_their_reach_is_there() -> None:
    assert tuple(page.rows()) == programmes()
    listed = {pair for name in programmes() for pair in page.quantities(name)}
    known = {
        (name, quantity)
        for name, table in TABLES.items()
        if name.startswith("policy/")
        for quantity in table.quantities
    }
    assert listed == known
    for name in programmes():
        row = page.rows()[name]
        assert all(
            row[field] for field in ("equation_en", "equation_ja", "acts_en", "acts_ja", "coverage_en", "coverage_ja")
        )
        for book, parameter in page.parameters(name):
            assert any(one.id == parameter for one in rulebook(book).parameters), (book, parameter)


@pytest.mark.slow
def test_what_a_programme_reads_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    data, found = shipped_data(), Data._rows
    looked_up: set[tuple[str, str]] = set()
    asked: list[Rules] = []
    of_scene = Scene.rules

    def rows(self: Data, table: str, quantity: str, labels: Any) -> Any:
        looked_up.add((table, quantity))
        return found(self, table, quantity, labels)

    def rules(self: Scene, book: str) -> Rules:
        asked.append(of_scene(self, book))
        return asked[-1]

    monkeypatch.setattr(Data, "_rows", rows)
    monkeypatch.setattr(Scene, "rules", rules)
    for name in programmes():
        for scenario in ("ordinance_2022", "adopted_2025"):
            looked_up.clear()
            asked.clear()
            data._found.clear()
            run_pathway(
                with_programmes(load_scenario(scenario).levers, frozenset([name])), data, resolution="metropolis"
            )
            # How much of a green purchase is new is asked for in every run.
            reach = {pair for pair in looked_up if pair[0].startswith("policy/")} - {
                ("policy/parameters", "additionality")
            }
            assert reach <= set(page.quantities(name)), name
            read = {(used.programme, used.parameter.id) for one in asked for used in one.used}
            assert read <= set(page.parameters(name)), name


def test_stages_say_where_a_programme_acts() -> None:
    assert {name: page.stages_of(name) for name in programmes()} == {
        "building_report": ("works", "roofs"),
        "building_plan": ("works", "roofs"),
        "subsidies": ("works",),
        "ward_support": ("works", "energy"),
        "district": ("energy",),
        "electricity_suppliers": ("energy",),
        "joint_purchase": ("energy",),
        "own_facilities": ("roofs", "energy"),
        "small_facilities": ("energy",),
        "cap_and_trade": ("energy",),
        "forest_offset": ("apart",),
    }
