"""Japanese and English side by side: every text a person reads is a `Text`, chosen at the border by `--lang`."""

from __future__ import annotations

import locale
import os
from dataclasses import dataclass
from typing import Literal

Language = Literal["ja", "en"]

#: First fiscal year of each Japanese era that the model can meet.
ERAS = ((2019, "令和"), (1989, "平成"), (1926, "昭和"))


@dataclass(frozen=True)
class Text:
    """One text in both languages."""

    en: str
    ja: str

    def __call__(self, language: Language) -> str:
        """Return the text in `language`."""
        return self.ja if language == "ja" else self.en


def default_language() -> Language:
    """Return the language of the user's locale: Japanese where it says so, English everywhere else."""
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(variable):
            return "ja" if value.lower().startswith("ja") else "en"
    return "ja" if (locale.getlocale()[0] or "").lower().startswith("ja") else "en"


def fiscal_year(year: int, language: Language) -> str:
    """Return a Japanese fiscal year (April to March) as people write it: FY2030, or 2030(令和12)年度."""
    if language == "en":
        return f"FY{year}"
    for first, era in ERAS:
        if year >= first:
            number = year - first + 1
            return f"{year}({era}{'元' if number == 1 else number})年度"
    return f"{year}年度"
