"""Portfolios made up for trials: sizes as granted houses have them, types as they are started, places as people live.

The capacity of the roofs follows the published distribution of granted capacities, the types the published starts; all
else is an assumption of the rule data. The same seed gives the same houses.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from model.language import Language, Text
from model.optimise.solar_allocation.inputs import House
from model.ordinance.column_reader import Columns
from model.ordinance.columns import columns_of
from model.ordinance.municipalities import municipalities
from model.ordinance.rulebook import Rules
from model.paths import data_folder

ObjectArray = npt.NDArray[Any]

#: Endings that a made-up list can be written with.
SUFFIXES = (".csv", ".parquet", ".xlsx")

_SUPPLIER = Text("Made-up supplier ", "模擬事業者")
_FIRST_DAY = np.datetime64("2025-04-01")
_DAYS = 365


def generate(
    houses: int, seed: int, rules: Rules, types: Sequence[float] | None = None, language: Language = "ja"
) -> Columns:
    """Return a made-up list of houses.

    Args:
        houses: number of houses.
        seed: seed of every random choice.
        rules: rules of "solar_allocation".
        types: weights of the types of houses, in the order of the published starts; as started if None.
        language: language of the supplier's made-up name.
    """
    random = np.random.default_rng(seed)
    cells: dict[str, ObjectArray] = {}
    for column in columns_of(House):
        default = np.nan if column.kind in ("number", "whole") and column.default is None else column.default
        cells[column.name] = np.full(
            houses, default, dtype=np.float64 if column.kind in ("number", "whole") else object
        )
    starts: dict[str, int] = rules.value("starts_by_use")
    shares = np.array(list(starts.values()) if types is None else types, dtype=np.float64)
    kind = random.choice(len(starts), houses, p=shares / shares.sum())
    digits = len(str(houses))
    cells["id"] = np.array([f"H{number:0{digits}d}" for number in range(1, houses + 1)], dtype=object)
    cells["supplier"] = np.full(houses, f"{_SUPPLIER(language)}{seed}", dtype=object)
    cells["house_type"] = np.array(list(starts), dtype=object)[kind]
    cells["municipality"] = _places(houses, random)
    limits = rules.value("generated_limits")
    for number, facts in enumerate(rules.value("generated_houses")[name] for name in starts):
        chosen = kind == number
        for name, digits in (("floor_area_m2", 1), ("ua", 2), ("bei", 3)):
            mean, deviation = facts[name]
            drawn = random.normal(mean, deviation, int(chosen.sum()))
            cells[name][chosen] = np.round(np.clip(drawn, *limits[name]), digits)
    _roofs(cells, houses, random, rules)
    other = rules.value("generated_shares")
    cells["restricted"] = (random.random(houses) < other["restricted"]).astype(object)
    parking = (random.random(houses) < other["parking"]) & (kind != len(starts) - 1)
    cells["parking_spaces"] = parking.astype(np.float64)
    cells["conduits"] = parking.astype(np.float64)
    cells["explained"] = np.full(houses, True, dtype=object)
    days = _FIRST_DAY + random.integers(0, _DAYS, houses)
    cells["delivered_on"] = days.astype(object)
    return Columns("generated", cells, np.arange(2, houses + 2))


def _places(houses: int, random: np.random.Generator) -> ObjectArray:
    """Return municipalities in proportion to their households; islands and villages without a count have none."""
    path = data_folder() / "buildings" / "municipalities.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        count = {row["region"]: float(row["value"]) for row in csv.DictReader(lines) if row["quantity"] == "households"}
    codes = sorted(code for code in count if code in municipalities())
    weights = np.array([count[code] for code in codes])
    drawn = random.choice(len(codes), houses, p=weights / weights.sum())
    return np.array(codes, dtype=object)[drawn]


def _roofs(cells: dict[str, ObjectArray], houses: int, random: np.random.Generator, rules: Rules) -> None:
    """Fill in roof faces that together take the capacities of the published distribution."""
    economics = rules.beside("pv_economics")
    shares = np.array(economics.value("zero_emission_house_capacity_distribution"), dtype=np.float64)
    capacity = random.choice(shares.size, houses, p=shares / shares.sum()) + random.random(houses)
    area = capacity / rules.beside("plan_programme").number("capacity_per_area")
    other = rules.value("generated_shares")
    two = random.random(houses) < other["two_faces"]
    first = np.where(two, random.uniform(other["first_face_min"], other["first_face_max"], houses), 1.0)
    cells["face1_m2"] = np.round(area * first, 1)
    cells["face2_m2"] = np.where(two, np.round(area * (1 - first), 1), np.nan)
    directions = {float(degrees): share for degrees, share in rules.value("generated_azimuths").items()}
    azimuth = random.choice(list(directions), houses, p=list(directions.values()))
    cells["face1_azimuth"] = azimuth
    cells["face2_azimuth"] = np.where(two, np.where(azimuth > 0, azimuth - 90.0, azimuth + 90.0), 0.0)
    tilt = random.choice(np.array(rules.value("generated_tilts"), dtype=np.float64), houses)
    cells["face1_tilt"], cells["face2_tilt"] = tilt, np.where(two, tilt, 30.0)
    shaded = random.uniform(0, other["shade_max"], houses) * (random.random(houses) < other["shaded"])
    cells["face1_shade"] = np.round(shaded, 2)


def write_generated(path: Path, columns: Columns) -> None:
    """Write a made-up list as CSV, Parquet or Excel, by the suffix of the path, with headings by field name."""
    import pandas as pd

    from model.paths import written_at_once

    frame = pd.DataFrame(dict(columns.cells))
    frame = frame.loc[:, [name for name in frame.columns if _says_something(frame[name], name)]]
    with written_at_once(path) as target:
        if path.suffix.lower() == ".parquet":
            frame.to_parquet(target, index=False)
        elif path.suffix.lower() == ".csv":
            frame.to_csv(target, index=False, encoding="utf-8-sig")
        else:
            frame.to_excel(target, index=False)


def _says_something(values: Any, name: str) -> bool:
    """Say whether a column holds anything else than its default."""
    column = next(one for one in columns_of(House) if one.name == name)
    if column.required:
        return True
    default = np.nan if column.default is None and column.kind in ("number", "whole") else column.default
    same = values.isna() if default is None or default != default else values == default
    return not bool(same.all())
