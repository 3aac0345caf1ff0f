"""The sources of the rule data: title, publisher, date and where they are."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache

from model.ordinance.rulebook import rules_folder


@dataclass(frozen=True)
class Source:
    """One document or page.

    Args:
        source_id: id that the rule data use.
        title: title as printed.
        publisher: who published it.
        date: when, as far as known.
        kind: seed, official, official copy, press, trade or other.
        where: address or file name.
    """

    source_id: str
    title: str
    publisher: str
    date: str
    kind: str
    where: str

    @property
    def citation(self) -> str:
        """Title, publisher and date in one line."""
        return ", ".join(part for part in (self.title, self.publisher, self.date) if part)


@cache
def rule_sources() -> dict[str, Source]:
    """Return every source of the rule data by id."""
    with (rules_folder() / "sources.csv").open(encoding="utf-8", newline="") as lines:
        return {
            row["source_id"]: Source(
                row["source_id"], row["title"], row["publisher"], row["date"], row["type"], row["file_or_url"]
            )
            for row in csv.DictReader(lines)
        }
