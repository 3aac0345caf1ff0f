"""Names of segments, standards, regions and the other labels of results, as the classification tables give them."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

from model.ordinance.municipalities import municipalities
from model.paths import data_folder

#: Classification table of each dimension, and the coordinate that each of its columns becomes.
_TABLES: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "segment": (
        "segments",
        {
            "building_type": "building_type",
            "size_class": "size_class",
            "tenure": "tenure",
            "sector": "segment_sector",
            "policy_group": "policy_group",
            "name_ja": "segment_ja",
            "name_en": "segment_en",
        },
    ),
    "vintage_class": (
        "vintage_classes",
        {
            "first": "first_vintage",
            "last": "last_vintage",
            "name_ja": "vintage_class_ja",
            "name_en": "vintage_class_en",
        },
    ),
    "standard": ("standards", {"name_ja": "standard_ja", "name_en": "standard_en"}),
    "end_use": ("end_uses", {"name_ja": "end_use_ja", "name_en": "end_use_en"}),
    "carrier": ("carriers", {"name_ja": "carrier_ja", "name_en": "carrier_en"}),
    "technology": (
        "technologies",
        {
            "end_use": "technology_end_use",
            "carrier": "technology_carrier",
            "name_ja": "technology_ja",
            "name_en": "technology_en",
        },
    ),
    "sector": ("sectors", {"name_ja": "sector_ja", "name_en": "sector_en"}),
    "load_moment": ("load_moments", {"name_ja": "load_moment_ja", "name_en": "load_moment_en"}),
    "payer": ("payers", {"name_ja": "payer_ja", "name_en": "payer_en"}),
    "cost_item": ("cost_items", {"name_ja": "cost_item_ja", "name_en": "cost_item_en"}),
    "building_class": (
        "building_classes",
        {"sector": "building_class_sector", "name_ja": "building_class_ja", "name_en": "building_class_en"},
    ),
}

_YEARS: Final = frozenset({"first_vintage", "last_vintage"})


@cache
def classification(table: str) -> dict[str, dict[str, str]]:
    """Return the rows of a table of `data/classification/` by label, in the order of the file."""
    with (data_folder() / "classification" / f"{table}.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    key = next(iter(rows[0]))
    return {row[key]: row for row in rows}


def classification_coordinates(labels: Mapping[str, Sequence[object]]) -> dict[str, list[object]]:
    """Return names and attributes of every classified label, ready as coordinates of a result Dataset.

    Args:
        labels: the labels of each dimension of the result.

    Returns:
        coordinate name → one value per label, for each dimension of `labels` that has a classification table.
    """
    coordinates: dict[str, list[object]] = {}
    for dimension, (table, columns) in _TABLES.items():
        if dimension in labels:
            rows = [classification(table)[str(label)] for label in labels[dimension]]
            for column, name in columns.items():
                coordinates[name] = [int(row[column]) if name in _YEARS else row[column] for row in rows]
    if "region" in labels:
        places = [municipalities()[str(code)] for code in labels["region"]]
        coordinates["region_ja"] = [place.name_ja for place in places]
        coordinates["region_en"] = [place.name_en for place in places]
        coordinates["region_kind"] = [place.kind for place in places]
        coordinates["zone_rate"] = [place.zone_rate for place in places]
    return coordinates
