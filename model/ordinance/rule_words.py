"""Words of the rule data in both languages: notes and units are kept in English, with their Japanese beside them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from model.language import Language, Text
from model.paths import data_folder

QUALITY_NAMES = {
    "published": Text("published", "公表値"),
    "read_from_chart": Text("read from a chart", "図からの読取値"),
    "derived": Text("derived", "公表値から算出"),
    "estimate": Text("estimate", "推定値"),
}
YES_NO = {True: Text("yes", "はい"), False: Text("no", "いいえ")}
_NOT_KNOWN = Text("not known", "不明")

#: Whole numbers below this are shown without separators, since they may be years.
_SEPARATED_FROM = 10_000
#: Ends of the names of entries that say where another entry comes from, or what it is called in one language.
_WHENCE = ("source_id", "_quality", "term_ja")
#: Words, as opposed to symbols of units such as t-CO2/MWh.
_ENGLISH = re.compile(r"[a-z]{4}")


@cache
def _japanese() -> dict[str, str]:
    """Return the Japanese of every note and unit by its English."""
    with (data_folder() / "rules" / "japanese.csv").open(encoding="utf-8", newline="") as lines:
        return {row["english"]: row["japanese"] for row in csv.DictReader(lines)}


def rule_words(english: str) -> Text:
    """Return a note or unit of the rule data in both languages; what has no Japanese yet stays English."""
    return Text(english, _japanese().get(english, english))


def value_text(value: Any, language: Language) -> str:
    """Return a value of the rule data, however nested, in one line."""
    if value is None:
        return _NOT_KNOWN(language)
    if isinstance(value, bool):
        return YES_NO[value](language)
    if isinstance(value, dict):
        # An entry left empty inside a table says that there is none, such as no upper limit.
        inside = {key: "–" if one is None else value_text(one, language) for key, one in value.items()}
        return ", ".join(f"{key}: {text}" for key, text in inside.items())
    if isinstance(value, list):
        inner = [value_text(one, language) for one in value]
        return "; ".join(inner) if any(isinstance(one, (dict, list)) for one in value) else ", ".join(inner)
    if isinstance(value, (int, float)):
        rounded = round(value, 6)
        whole = int(rounded) if rounded == int(rounded) else rounded
        return str(whole) if isinstance(value, int) and value < _SEPARATED_FROM else f"{whole:,}"
    return rule_words(str(value))(language)


def value_lines(value: Any, language: Language) -> str:
    """Return a value of the rule data for a cell, each entry of a table on a line of its own, names in words.

    Args:
        value: a value, however nested; where its parts come from is left out.
        language: language of the words.
    """
    if isinstance(value, list) and any(isinstance(one, dict) for one in value):
        return "\n".join(value_lines(one, language) for one in value)
    if not isinstance(value, dict):
        return value_text(value, language)
    shown = {name: one for name, one in value.items() if not str(name).endswith(_WHENCE)}
    parted = any(isinstance(one, (dict, list)) for one in shown.values())
    return ("\n" if parted else ", ").join(
        f"{_name(str(name))(language)}: {_named(one, language)}" for name, one in shown.items()
    )


def _named(value: Any, language: Language) -> str:
    """Return an entry of a value in one line, names in words."""
    if not isinstance(value, dict):
        return value_text(value, language)
    return ", ".join(f"{_name(str(name))(language)} {_named(one, language)}" for name, one in value.items())


def _name(key: str) -> Text:
    """Return the name of an entry of a value in words."""
    english = key.replace("_", " ")
    return Text(english, _japanese().get(key, english))


def without_japanese(texts: Iterable[str]) -> list[str]:
    """Return those of some notes and units that hold English words and have no Japanese yet."""
    return [text for text in dict.fromkeys(texts) if _ENGLISH.search(text) and text not in _japanese()]
