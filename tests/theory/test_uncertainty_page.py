"""The document on uncertainty is what code and data give."""

from pathlib import Path

import pytest

from model.language import Language
from model.report.uncertainty_page import PAGES, uncertainty_page
from model.uncertain_factors import factors

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize("language", PAGES)
def test_the_document_is_up_to_date_and_names_every_factor(language: Language) -> None:
    text = uncertainty_page(language)
    assert (DOCS / PAGES[language]).read_text(encoding="utf-8") == text
    assert all(f"| `{name}` | {factor.text(language)} |" in text for name, factor in factors().items())
    assert "±20%" in text and "±4.7%" in text
