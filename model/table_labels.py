"""Which labels each dim of an input table may have."""

from __future__ import annotations

from typing import Final

from model.labels import classification
from model.ordinance.municipalities import municipalities
from model.schema import QUALITIES

#: Dims whose labels are not a classification table of their own.
OPEN_LABELS: Final[dict[str, tuple[str, ...]]] = {
    "stock_type": ("detached", "row_house", "apartment_wood", "apartment_non_wood"),
    "household_series": ("tmg_2024", "tmg_2015_base"),
    "area_group": ("wards", "tama_and_islands"),
    "segment_sector": ("residential", "commercial"),
    "of_quality": tuple(QUALITIES),
    "building_use": ("office", "shop", "hotel", "hospital", "school", "public", "district_plant", "factory"),
    "size_class": ("small", "large", "cap_and_trade"),
    "tenure": ("owner", "rental", "private", "ward", "metropolitan"),
    "equipment_class": ("detached", "apartment", "commercial"),
    "dwelling_kind": ("detached", "apartment"),
    "credit_kind": ("tokyo_small_mid", "renewable", "outside_tokyo", "saitama_link", "other_gas"),
    "category": (
        "all", "all_large", "residential", "residential_large", "commercial", "commercial_large", "detached_custom",
        "detached_for_sale", "row_and_apartment", "condominium", "rental",
    ),
    "period": (
        "pre1970", "pre1971", "1970-1979", "1971-1980", "1980-1989", "1981-1990", "1990-1999", "1991-2000", "2000-2009",
        "2001-2010", "2010-2020", "2011-2015", "2016-2020", "2021-2023",
    ),
}  # fmt: skip

#: Dims whose labels are a classification table.
CLASSIFIED: Final[dict[str, str]] = {
    "sector": "sectors", "carrier": "carriers", "segment": "segments", "end_use": "end_uses", "standard": "standards",
    "technology": "technologies", "policy_group": "policy_groups", "measure": "reduction_measures",
    "factor": "uncertain_factors", "load_moment": "load_moments",
    "payer": "payers",
}  # fmt: skip


def labels_of(dim: str) -> tuple[str, ...]:
    """Return the labels that a dim of an input table may have."""
    if dim in OPEN_LABELS:
        return OPEN_LABELS[dim]
    if dim == "region":
        return tuple(municipalities())
    if dim == "building_type":
        return tuple(dict.fromkeys(row["building_type"] for row in classification("segments").values()))
    labels = tuple(classification(CLASSIFIED[dim]))
    return (*labels, "all") if dim == "sector" else labels
