"""Reading the tables of a schedule: the user's facilities, measures and yearly assumptions beside those that ship."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from model.faults import FaultList
from model.inputs import Data
from model.labels import classification
from model.language import Text
from model.optimise.facility_schedule.problem import FloatArray
from model.optimise.facility_schedule.rows import FacilityRow, MeasureRow, PathRow
from model.ordinance.columns import columns_of
from model.ordinance.programme import Row
from model.ordinance.row_reader import HalfRead, RowReader

_MEASURES, PATHS = "procurement/reduction_measures", "procurement/schedule_paths"
_RowType = TypeVar("_RowType", bound=Row)
_NUMBERS = ("saving_electricity", "saving_fuel", "saving_heat", "fuel_replaced", "electricity_per_fuel", "generation",
            "off_site_share", "off_site_premium", "unit_cost", "annual_cost", "life", "lead_time",
            "renewal_share")  # fmt: skip


@dataclass(frozen=True)
class Paths:
    """Assumptions by year: each quantity as years and values."""

    series: Mapping[str, tuple[FloatArray, FloatArray]]

    def at(self, name: str, years: npt.ArrayLike, missing: float = np.nan) -> FloatArray:
        """Return a quantity at fiscal years: straight lines between the years given, flat beyond, `missing` if none."""
        asked = np.asarray(years, dtype=np.float64)
        if name not in self.series:
            return np.full(asked.shape, missing)
        return np.asarray(np.interp(asked, *self.series[name]))

    def stepped(self, name: str, years: npt.ArrayLike, missing: float) -> FloatArray:
        """Return a quantity as given for the last year up to each year: for limits that hold for single years."""
        asked = np.asarray(years, dtype=np.float64)
        if name not in self.series:
            return np.full(asked.shape, missing)
        known, values = self.series[name]
        place = np.searchsorted(known, asked, side="right") - 1
        return np.asarray(np.where(place >= 0, values[np.maximum(place, 0)], missing))

    def changed(self, **series: tuple[FloatArray, FloatArray]) -> Paths:
        """Return the paths with some of them replaced."""
        return Paths({**self.series, **series})


@dataclass(frozen=True)
class Stated:
    """A number that a plan rests on and no rule gives.

    Args:
        quantity: column of the table of measures or of assumptions by year.
        value: in its unit.
        unit: as in the table.
        measure: id of the measure; empty for an assumption by year.
        building_use: use of the buildings for which a measure is so; empty for all.
        year: fiscal year of an assumption; None for a measure.
        source: where it comes from; empty if the user gave it.
        quality: how sure it is; empty if the user gave it.
    """

    quantity: str
    value: float
    unit: str
    measure: str = ""
    building_use: str = ""
    year: int | None = None
    source: str = ""
    quality: str = ""


def stated(data: Data, measures: Sequence[MeasureRow], years: Sequence[PathRow]) -> tuple[Stated, ...]:
    """Return every number that holds and no rule gives: those of the user, and of the rest those that ship.

    Args:
        data: the tables that ship.
        measures: the user's measures.
        years: the user's assumptions by year.
    """
    units = {column.name: column.unit for row in (PathRow, MeasureRow) for column in columns_of(row)}
    usual = {column.name: column.default for column in columns_of(MeasureRow)}
    sources = data.sources[PATHS.partition("/")[0]]
    own = [
        Stated(name, float(getattr(row, name)), units[name], year=row.year)
        for name in PathRow.model_fields
        for row in sorted(years, key=lambda row: row.year)
        if name != "year" and getattr(row, name) is not None
    ]
    own += [
        Stated(name, float(getattr(row, name)), units[name], row.id, row.building_use or "")
        for row in measures
        for name in _NUMBERS
        if getattr(row, name) != usual[name]
    ]
    replaced = {one.quantity for one in own if not one.measure} | {row.id for row in measures}
    shipped = [
        *data.frames[PATHS].assign(measure="", building_use="").sort_values(["quantity", "year"]).to_dict("records"),
        *data.frames[_MEASURES].sort_values(["measure", "building_use", "quantity"]).to_dict("records"),
    ]
    own += [
        Stated(row["quantity"], float(row["value"]), units[row["quantity"]], row["measure"], row["building_use"],
               None if row["measure"] else int(row["year"]), sources[row["source_id"]], row["quality"])
        for row in shipped if (row["measure"] or row["quantity"]) not in replaced
    ]  # fmt: skip
    return tuple(own)


def read_rows(row: type[_RowType], path: Path, faults: FaultList) -> list[_RowType]:
    """Return the good rows of a table, adding everything wrong with the others to the faults."""
    reader = RowReader(row)
    reader.read(path)
    faults.faults.extend(reader.faults.faults)
    return reader.rows


def read_measures(path: Path, faults: FaultList) -> tuple[list[MeasureRow], list[HalfRead[MeasureRow]]]:
    """Return the user's measures, and what can be read of those that are not right, adding what is wrong to faults."""
    reader = RowReader(MeasureRow)
    reader.read(path)
    faults.faults.extend(reader.faults.faults)
    return reader.rows, reader.halves


def shipped_measures(data: Data) -> list[MeasureRow]:
    """Return the catalogue of measures that ships, one row for all uses and one for each use that differs."""
    table = data.frames[_MEASURES]
    rows = []
    for measure, facts in classification("reduction_measures").items():
        own = table[table["measure"] == measure]
        common = _numbers(own[own["building_use"] == ""])
        for use in ("", *sorted(set(own["building_use"]) - {""})):
            numbers = {**common, **_numbers(own[own["building_use"] == use])}
            rows.append(_measure(measure, use or None, facts, numbers))
    return rows


def _numbers(rows: Any) -> dict[str, float]:
    """Return quantity → value."""
    return {str(quantity): float(value) for quantity, value in zip(rows["quantity"], rows["value"], strict=True)}


def _measure(measure: str, use: str | None, facts: Mapping[str, str], numbers: Mapping[str, float]) -> MeasureRow:
    """Return one row of the catalogue."""
    whole = {name: int(numbers[name]) for name in ("life", "lead_time")}
    texts = {name: facts[name] for name in ("equipment", "requires", "excludes")}
    values = {**{name: numbers[name] for name in _NUMBERS if name in numbers}, **whole, **texts}
    return MeasureRow.model_validate(
        {"id": measure, "building_use": use, "shutdown": facts["shutdown"] == "yes", **values}
    )


def merged_measures(shipped: Sequence[MeasureRow], own: Sequence[MeasureRow]) -> list[MeasureRow]:
    """Return the catalogue with the user's rows: a measure that the user states is the user's alone."""
    stated = {row.id for row in own}
    return [*(row for row in shipped if row.id not in stated), *own]


def measure_of(rows: Sequence[MeasureRow], use: str) -> list[MeasureRow]:
    """Return what each measure is in a building use: its own row, else the one for all uses."""
    found: dict[str, MeasureRow] = {}
    for row in rows:
        if row.building_use == use or (row.building_use is None and row.id not in found):
            found[row.id] = row
    return list(found.values())


def matters(measure: MeasureRow, row: FacilityRow) -> bool:
    """Say whether a measure changes anything in a facility."""
    fuel, heat = row.city_gas_1000m3 + row.heavy_oil_a_kl > 0, row.heat_gj > 0
    electric = row.electricity_mwh > 0
    return any(
        (
            electric and (measure.saving_electricity > 0 or measure.off_site_share > 0),
            fuel and (measure.saving_fuel > 0 or measure.fuel_replaced > 0),
            heat and measure.saving_heat > 0,
            row.roof_area_m2 > 0 and measure.generation > 0,
        )
    )


def read_paths(data: Data, own: Sequence[PathRow]) -> Paths:
    """Return assumptions by year: a quantity that the user states in any year is the user's alone."""
    quantities = sorted(set(data.frames[PATHS]["quantity"].astype(str)))
    series = {name: data.series(PATHS, name) for name in quantities}
    rows = sorted(own, key=lambda row: row.year)
    for name in PathRow.model_fields:
        stated = [(row.year, getattr(row, name)) for row in rows if getattr(row, name) is not None]
        if name != "year" and stated:
            years, values = zip(*stated, strict=True)
            series[name] = (np.array(years, dtype=np.float64), np.array(values, dtype=np.float64))
    return Paths(series)


def numbers_in(text: str, place: str, faults: FaultList) -> list[int]:
    """Return the fiscal years in a text such as 2028;2033."""
    parts = [part.strip() for part in text.replace("；", ";").split(";") if part.strip()]
    years = []
    for part in parts:
        if part.isdigit():
            years.append(int(part))
        else:
            faults.add(place, Text("write years such as 2028;2033", "年度は 2028;2033 の形で書いてください"), part)
    return years


def names_in(text: str) -> list[str]:
    """Return the names in a text such as led_lighting;heat_pump."""
    return [part.strip() for part in text.replace("；", ";").split(";") if part.strip()]


def measure_name(measure: str, rows: Sequence[MeasureRow]) -> Text:
    """Return the name of a measure in both languages: the user's own, else that of the catalogue."""
    own = next((row.name for row in rows if row.id == measure and row.name), "")
    if own:
        return Text(own, own)
    facts = classification("reduction_measures").get(measure)
    return Text(facts["name_en"], facts["name_ja"]) if facts else Text(measure, measure)


def base_columns(row: FacilityRow) -> FloatArray:
    """Return the emissions that base years can be chosen from [t-CO2], NaN where not given; FY2002 on."""
    given = [row.base_2002_t, row.base_2003_t, row.base_2004_t, row.base_2005_t, row.base_2006_t, row.base_2007_t]
    return np.array([np.nan if value is None else value for value in given], dtype=np.float64)
