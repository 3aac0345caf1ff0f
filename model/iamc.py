"""The exchange format of the Integrated Assessment Modelling Consortium: a run as other modellers' tools read it.

Names, units and the way from our variables to them are a table of data, `exchange/iamc.csv`. Each row is a term: rows
of the same name are added up. `total` names the variables that a row is a part of, and by which split, so that a
reader can check that parts make the whole.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from itertools import groupby
from pathlib import Path
from typing import Final

import numpy as np
import xarray as xr

from model.paths import data_folder
from model.plain_workbook import write_values
from model.spreadsheet import Cell, Table, write_csv

#: Files inside a result folder.
WORKBOOK_FILE: Final = "iamc.xlsx"
CSV_FILE: Final = "iamc.csv"

#: Columns of the format before those of the years.
COLUMNS: Final = ("Model", "Scenario", "Region", "Variable", "Unit")

#: The region that all rows are of but those of municipalities, which hang below it.
REGION: Final = "Tokyo"

#: Digits that are kept: more than any reader uses, fewer than make the file long.
_DIGITS: Final = ".8g"

_TJ_PER_MWH: Final = 3.6e-3


@dataclass(frozen=True)
class Term:
    """One row of the mapping.

    Args:
        name: IAMC name of the variable.
        unit: its unit.
        variable: a variable of the result, or one of `derived`.
        labels: coordinate → labels that are added up; the others are left out.
        scale: units of the IAMC variable per unit of ours.
        by_region: whether municipalities are written too.
        totals: (name, split) pairs: the variable is a part of `name` in that split.
        note: what a reader must know.
    """

    name: str
    unit: str
    variable: str
    labels: Mapping[str, tuple[str, ...]]
    scale: float
    by_region: bool
    totals: tuple[tuple[str, str], ...]
    note: str


@cache
def terms() -> tuple[Term, ...]:
    """Return the mapping in the order of its file."""
    with (data_folder() / "exchange" / "iamc.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(
            Term(
                name=row["iamc"],
                unit=row["unit"],
                variable=row["variable"],
                labels={
                    dim: tuple(names.split("|")) for dim, names in (one.split("=") for one in row["labels"].split())
                },
                scale=float(row["scale"]),
                by_region=row["by_region"] == "yes",
                totals=tuple((one.split("/")[0], one.split("/")[1]) for one in row["total"].split(";") if one),
                note=row["note"],
            )
            for row in csv.DictReader(lines)
        )


def splits() -> dict[tuple[str, str], list[str]]:
    """Return the parts of each total in each split: (name, split) → names that sum to it."""
    parts: dict[tuple[str, str], list[str]] = {}
    for term in terms():
        for total in term.totals:
            parts.setdefault(total, []).append(term.name)
    return parts


# ---------------------------------------------------------------------------------------------------------------
# variables that a result holds only together
# ---------------------------------------------------------------------------------------------------------------


# What a building uses is what it buys and what its panels give it.
def final_energy_by_region(dataset: xr.Dataset) -> xr.DataArray:
    """Return final energy [TJ/year] [year, region, building_sector, carrier]: bought, and own solar as electricity."""
    bought = dataset["purchased_energy_by_region"]
    of_sector = [
        dataset["solar_self_use"].isel(segment=dataset["segment_sector"].to_numpy() == sector).sum("segment")
        for sector in bought["building_sector"].to_numpy()
    ]
    own = xr.concat(of_sector, dim=bought["building_sector"]) * _TJ_PER_MWH
    return bought + own * (bought["carrier"] == "electricity")


# Electricity is counted with its supply, so that what is burnt on site can be told from what is burnt elsewhere.
def electricity_co2(dataset: xr.Dataset) -> xr.DataArray:
    """Return the CO2 of electricity bought [Mt/year] [year, sector]: TWh times kg/kWh, real factor."""
    return dataset["sector_electricity"] * dataset["electricity_factor"].sel(factor_view="real", drop=True)


def heat_co2(dataset: xr.Dataset) -> xr.DataArray:
    """Return the CO2 of district heat bought by buildings [Mt/year] [year, sector]; other sectors buy none."""
    heat = dataset["co2"].sel(carrier="district_heat", factor_view="real", drop=True) / 1e3
    of_sector = [heat.isel(segment=dataset["segment_sector"].to_numpy() == sector).sum("segment")
                 for sector in dataset["sector"].to_numpy()]  # fmt: skip
    return xr.concat(of_sector, dim=dataset["sector"])


def direct_co2(dataset: xr.Dataset) -> xr.DataArray:
    """Return the CO2 of fuels burnt on site [Mt/year] [year, sector]: all of a sector less electricity and heat."""
    burnt = dataset["greenhouse_gas"] - electricity_co2(dataset) - heat_co2(dataset)
    # Waste and other gases are not energy.
    return burnt.where(~burnt["sector"].isin(["waste", "other_gases"]), 0.0)


#: Variables of the mapping that are no result variables.
DERIVED: Final = {
    "final_energy_by_region": final_energy_by_region,
    "electricity_co2": electricity_co2,
    "heat_co2": heat_co2,
    "direct_co2": direct_co2,
}

# ---------------------------------------------------------------------------------------------------------------
# rows of the format
# ---------------------------------------------------------------------------------------------------------------

#: Region, variable, unit, value of each year.
Row = tuple[str, str, str, list[float]]


def iamc_rows(dataset: xr.Dataset) -> list[Row]:
    """Return the rows of a run: every variable of the mapping that it has, for Tokyo and for its municipalities.

    Args:
        dataset: a result of `assemble`.
    """
    wanted = dict.fromkeys(term.variable for term in terms() if term.variable in DERIVED or term.variable in dataset)
    arrays = {name: DERIVED[name](dataset) if name in DERIVED else dataset[name] for name in wanted}
    places = [f"{REGION}|{name}" for name in dataset["region_en"].to_numpy()]
    rows: list[Row] = []
    for name, group in groupby(terms(), key=lambda term: term.name):
        of_name = [term for term in group if term.variable in arrays]
        if not of_name:
            continue
        parts = [term.scale * _summed(arrays[term.variable], term.labels, term.by_region) for term in of_name]
        values = np.sum(parts, axis=0)
        unit = of_name[0].unit
        if values.ndim == 2:
            for place, series in zip(places, values.T, strict=True):
                rows.append((place, name, unit, _written(series)))
            values = values.sum(axis=1)
        rows.append((REGION, name, unit, _written(values)))
    return sorted(rows, key=lambda row: row[0] != REGION)


def _summed(array: xr.DataArray, labels: Mapping[str, tuple[str, ...]], by_region: bool) -> np.ndarray:
    """Return the sum of a variable over the chosen labels [year] or [year, region]."""
    values = array.to_numpy()
    for coordinate, names in labels.items():
        (dim,) = array[coordinate].dims
        chosen = np.isin(array[coordinate].to_numpy(), names)
        values = values.compress(chosen, axis=array.get_axis_num(dim))
    kept = {"year", "region"} if by_region else {"year"}
    axes = tuple(number for number, dim in enumerate(array.dims) if dim not in kept)
    return np.asarray(values.sum(axis=axes))


def _written(series: np.ndarray) -> list[float]:
    """Return values cut to the digits of the file."""
    return [float(format(value, _DIGITS)) for value in series.tolist()]


def model_name() -> str:
    """Return the name of the model with its version, as the format's first column."""
    try:
        return f"Carbon Half {version('carbon-half')}"
    except PackageNotFoundError:
        return "Carbon Half"


def write_iamc(dataset: xr.Dataset, folder: Path) -> None:
    """Write a run as `iamc.xlsx` and `iamc.csv`.

    Args:
        dataset: a result of `assemble`.
        folder: where the files go.
    """
    start = [model_name(), str(dataset.attrs["scenario"])]
    head: list[Cell] = [*COLUMNS, *(int(year) for year in dataset["year"].to_numpy())]
    rows: list[list[Cell]] = [[*start, *row[:3], *row[3]] for row in iamc_rows(dataset)]
    table: Table = [head, *rows]
    write_csv(folder / CSV_FILE, table)
    about: list[list[Cell]] = [["Variable", "Unit", "Carbon Half variable", "Part of", "Note"]]
    about += [
        [one.name, one.unit, one.variable, ", ".join(name for name, _ in one.totals), one.note] for one in terms()
    ]
    write_values(folder / WORKBOOK_FILE, {"data": table, "mapping": about})
