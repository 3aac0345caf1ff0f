"""The yearly totals of a run as one tidy table: what a person opens in a spreadsheet."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd
import xarray as xr

from model.paths import written_at_once
from model.results import DATASET_FILE, write_dataset
from model.schema import VARIABLES

#: The table of yearly totals, inside a result folder.
SUMMARY_FILE: Final = "summary.csv"

#: Columns of the table: one value a row.
COLUMNS: Final = (
    "variable", "name_en", "name_ja", "sector", "factor_view", "by", "label", "label_en", "label_ja", "year", "value",
    "unit",
)  # fmt: skip

#: Variables that cannot be added over segments: they are averaged with the floor area as weight.
_AVERAGED: Final = ("technology_share", "service_level")


def write_results(dataset: xr.Dataset, folder: Path) -> None:
    """Write the result as `pathway.nc` and its yearly totals as `summary.csv` into a folder.

    Args:
        dataset: a result of `assemble`.
        folder: an existing folder, as `result_folder` gives it.
    """
    with written_at_once(folder / DATASET_FILE) as temporary:
        write_dataset(dataset, temporary)
    with written_at_once(folder / SUMMARY_FILE) as temporary:
        # The byte order mark makes Excel read Japanese as UTF-8.
        yearly_totals(dataset).to_csv(temporary, index=False, float_format="%.10g", encoding="utf-8-sig", lineterminator="\n")


def yearly_totals(dataset: xr.Dataset) -> pd.DataFrame:
    """Return every yearly variable summed over Tokyo, by sector, and by each further dimension in turn.

    Rows with an empty `by` are totals of a sector (`all` where there is no sector); rows with `by` split the same
    total by that dimension, so only rows of the same `by` may be added. Shares are means weighted by floor area.

    Args:
        dataset: a result of `assemble`.

    Returns:
        the columns of `COLUMNS`; values in the unit of each row.
    """
    tables = [_variable_totals(dataset, name) for name, row in VARIABLES.items() if "year" in row.dims]
    return pd.concat(tables, ignore_index=True)[list(COLUMNS)]


def by_building_sector(dataset: xr.Dataset, name: str) -> xr.DataArray:
    """Return a variable with its segments summed, or averaged where it is a share, to the sectors of buildings."""
    array = dataset[name]
    if name not in _AVERAGED:
        return array.groupby("segment_sector").sum().rename(segment_sector="sector")
    weight = dataset["floor_area"].sum("region")
    weighted = (array * weight).groupby("segment_sector").sum()
    return (weighted / weight.groupby("segment_sector").sum()).rename(segment_sector="sector")


def _variable_totals(dataset: xr.Dataset, name: str) -> pd.DataFrame:
    """Return the rows of one variable."""
    array = dataset[name]
    if "region" in array.dims:
        array = array.sum("region")
    if "segment" in array.dims:
        array = by_building_sector(dataset.assign({name: array}), name)
    if "building_sector" in array.dims:
        array = array.rename(building_sector="sector")
    array = array.reset_coords(drop=True)
    kept = {"year", "sector", "factor_view"}
    further = [str(dimension) for dimension in array.dims if dimension not in kept]
    rows = [] if name == "technology_share" else [_rows(dataset, array.sum(further), None)]
    rows += [_rows(dataset, array.sum([other for other in further if other != by]), by) for by in further]
    meaning = VARIABLES[name].meaning
    return pd.concat(rows).assign(variable=name, name_en=meaning.en, name_ja=meaning.ja, unit=VARIABLES[name].unit)


def _rows(dataset: xr.Dataset, array: xr.DataArray, by: str | None) -> pd.DataFrame:
    """Return the tidy rows of an array with the dims year and maybe sector, factor_view and `by`."""
    table = array.rename("value").to_dataframe().reset_index()
    for column in ("sector", "factor_view"):
        if column not in table:
            table[column] = "all" if column == "sector" else ""
    if by is None:
        return table.assign(by="", label="", label_en="", label_ja="")
    names = {
        f"label_{language}": dict(zip(dataset[by].to_numpy(), dataset[f"{by}_{language}"].to_numpy(), strict=True))
        for language in ("en", "ja")
    }
    table = table.rename(columns={by: "label"})
    return table.assign(by=by, **{column: table["label"].map(mapping) for column, mapping in names.items()})
