"""The forms of a joint purchase: each table with worked rows, and whole made-up sets as files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.language import Language, Text
from model.optimise.joint_purchase.rows import KINDS, Reserve, VolumeStep
from model.optimise.joint_purchase.rules import AuctionRules, rule_rows
from model.optimise.joint_purchase.synthetic import synthetic
from model.ordinance.columns import columns_of
from model.ordinance.programme import Row, in_english
from model.spreadsheet import write_csv

#: Size and seed of the made-up set that the worked rows come from.
_EXAMPLE = {"wards": 2, "facilities": 4, "suppliers": 3, "packages": 2, "seed": 1}


@dataclass(frozen=True)
class TableForm:
    """A table with its worked rows."""

    title: Text
    row: type[Row]
    examples: tuple[Row, ...]

    def examples_in(self, language: Language) -> tuple[Row, ...]:
        """Return the worked rows with the names of a language; names of made-up sets are the same in both."""
        return self.examples if language == "ja" else tuple(in_english(row) for row in self.examples)


def form(kind: str, language: Language) -> TableForm:
    """Return the form of one kind of table; the values of rules are words of the language."""
    row, title = KINDS[kind]
    return TableForm(title, row, tuple(_examples(kind, language)))


def _examples(kind: str, language: Language) -> Sequence[Any]:
    """Return worked rows that fit together."""
    tables = synthetic(**_EXAMPLE).tables
    if kind == "auction_volume_steps":
        name = tables["auction_suppliers"][0].id
        return [VolumeStep(supplier=name, from_kwh=0, to_kwh=1_000_000, setup_jpy=0, change=0.0),
                VolumeStep(supplier=name, from_kwh=1_000_000, change=-0.2)]  # fmt: skip
    if kind == "auction_reserves":
        return [Reserve(facility=row.id, lot=1, reserve_jpy=100_000_000) for row in tables["auction_facilities"][:2]]
    if kind == "auction_rules":
        return rule_rows(AuctionRules.model_validate({"overlapping_packages": "disjoint"}), language)
    return tables[kind]


def write_tables(tables: Mapping[str, Sequence[Any]], folder: Path, language: Language) -> list[Path]:
    """Write rows as CSV files that the commands read, one a kind.

    Args:
        tables: kind → rows.
        folder: where to write.
        language: of the headings.
    """
    written = []
    for kind, rows in tables.items():
        columns = columns_of(KINDS[kind][0])
        lines = [[column.shown(getattr(row, column.name), language) for column in columns] for row in rows]
        path = folder / f"{kind}.csv"
        write_csv(path, [[column.heading(language) for column in columns], *lines])
        written.append(path)
    return written
