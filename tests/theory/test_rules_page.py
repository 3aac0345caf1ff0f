"""The generated document of the rules: up to date, complete, and in both languages."""

from pathlib import Path

import pytest

from model.language import Language
from model.ordinance.programme import PROGRAMMES
from model.ordinance.rule_sources import rule_sources
from model.ordinance.rule_words import rule_words, value_lines, without_japanese
from model.ordinance.rulebook import rulebooks
from model.ordinance.worked_examples import worked_examples
from model.report.rules_page import PAGES, rules_page, write_rules_pages

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture(scope="module")
def pages() -> dict[Language, str]:
    return {language: rules_page(language) for language in PAGES}


@pytest.mark.parametrize("language", PAGES)
def test_the_committed_document_is_what_the_rule_data_say(pages: dict[Language, str], language: Language) -> None:
    committed = (DOCS / PAGES[language]).read_text(encoding="utf-8")
    assert committed == pages[language], "run: python -m model.report.rules_page"


@pytest.mark.parametrize("language", PAGES)
def test_every_parameter_formula_source_and_example_is_there(pages: dict[Language, str], language: Language) -> None:
    text = pages[language]
    for name, book in rulebooks().items():
        assert book.title(language) in text
        for row in book.parameters:
            assert f"`{row.id}`" in text, f"{name}: {row.id}"
            assert f"{row.source_id}, " in text
        assert all(formula.expr.replace("|", "\\|") in text for formula in book.formulas)
    assert all(f"`run.py obligation {name}`" in text for name in PROGRAMMES)
    assert all(example.title(language) in text for example in worked_examples())
    assert all(f"`{source}`" in text for source in rule_sources())


def test_both_rule_sets_stand_side_by_side_with_source_and_quality(pages: dict[Language, str]) -> None:
    row = next(line for line in pages["en"].splitlines() if "`pv_grant_new`" in line)
    assert "kw_max: 3, jpy_per_kw: 120,000" in row
    assert "kw_max: 3.6, jpy_per_kw: 120,000, cap_jpy: 360,000" in row
    assert "published, seed_002, from 2022-04-01" in row
    assert "published, solar_partners_97775, from 2025-04-01" in row
    unknown = next(line for line in pages["en"].splitlines() if "`price_effect`" in line)
    assert "**not known**" in unknown


def test_tables_are_whole(pages: dict[Language, str]) -> None:
    for text in pages.values():
        width = 0
        for line in text.splitlines():
            if not line.startswith("|"):
                width = 0
                continue
            bars = line.replace("\\|", "").count("|")
            assert width in (0, bars), line
            width = bars


def test_every_note_and_unit_has_its_japanese() -> None:
    texts = [
        text
        for book in rulebooks().values()
        for row in (*book.parameters, *book.formulas)
        for text in (row.note, row.unit)
    ]
    texts += [note for book in rulebooks().values() for note in book.notes]
    assert without_japanese(texts) == [], "add them to scenarios/data/rules/japanese.csv"


def test_words_without_japanese_stay_as_they_are() -> None:
    assert rule_words("share")("ja") == "割合"
    assert rule_words("share")("en") == "share"
    assert rule_words("kWh")("ja") == "kWh"
    assert without_japanese(["kWh/m2", "a note that nobody wrote", "share"]) == ["a note that nobody wrote"]


def test_the_files_are_written(tmp_path: Path) -> None:
    assert [file.name for file in write_rules_pages(tmp_path)] == ["rules.md", "rules.ja.md"]
    assert (tmp_path / "rules.md").read_text(encoding="utf-8").startswith("# The rules")


def test_a_table_of_the_rules_stands_line_by_line_in_words() -> None:
    value = [{"period": 1, "rate_I1": 0.08, "split_source_id": "press", "split_quality": "published"},
             {"period": 2, "rate_I1": 0.17}]  # fmt: skip
    assert value_lines(value, "en") == "period: 1, rate I1: 0.08\nperiod: 2, rate I1: 0.17"
    assert value_lines(value, "ja") == "期: 1, Ⅰ-1の義務率: 0.08\n期: 2, Ⅰ-1の義務率: 0.17"
    assert value_lines({"heavy_oil_a": [0.1, 0.2], "other": [1]}, "en") == "heavy oil a: 0.1, 0.2\nother: 1"
    assert value_lines(0.5, "en") == "0.5"
