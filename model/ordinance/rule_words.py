"""Words of the rule data in both languages: notes and units are kept in English, with their Japanese beside them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from functools import cache

from model.language import Text
from model.ordinance.rulebook import rules_folder

#: Words, as opposed to symbols of units such as t-CO2/MWh.
_ENGLISH = re.compile(r"[a-z]{4}")


@cache
def _japanese() -> dict[str, str]:
    """Return the Japanese of every note and unit by its English."""
    with (rules_folder() / "japanese.csv").open(encoding="utf-8", newline="") as lines:
        return {row["english"]: row["japanese"] for row in csv.DictReader(lines)}


def rule_words(english: str) -> Text:
    """Return a note or unit of the rule data in both languages; what has no Japanese yet stays English."""
    return Text(english, _japanese().get(english, english))


def without_japanese(texts: Iterable[str]) -> list[str]:
    """Return those of some notes and units that hold English words and have no Japanese yet."""
    return [text for text in dict.fromkeys(texts) if _ENGLISH.search(text) and text not in _japanese()]
