"""The yearly totals of a run as one tidy table: what a person opens in a spreadsheet."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
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

#: Variables whose parts are no parts of one total: shares of their own, and loads at different hours.
_NOT_ADDED: Final = ("technology_share", "building_load", "building_load_after_panels")


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
        totals = yearly_totals(dataset)
        totals.to_csv(temporary, index=False, float_format="%.10g", encoding="utf-8-sig", lineterminator="\n")


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
        return _sum_by_sector(array)
    weight = dataset["floor_area"].sum("region")
    return _sum_by_sector(array * weight) / _sum_by_sector(weight)


def _sum_by_sector(array: xr.DataArray) -> xr.DataArray:
    """Return the sums over the segments of each sector."""
    axis = array.get_axis_num("segment")
    sector_of = array["segment_sector"].to_numpy()
    sectors = sorted(set(map(str, sector_of)))
    values = array.to_numpy()
    sums = np.stack([values.compress(sector_of == sector, axis).sum(axis) for sector in sectors])
    kept = [dim for dim in array.dims if dim != "segment"]
    return xr.DataArray(sums, {"sector": sectors, **{dim: array[dim] for dim in kept}}, ["sector", *kept])


def _variable_totals(dataset: xr.Dataset, name: str) -> pd.DataFrame:
    """Return the rows of one variable."""
    array = by_building_sector(dataset, name) if "segment" in dataset[name].dims else dataset[name]
    if "region" in array.dims:
        array = array.sum("region")
    if "building_sector" in array.dims:
        array = array.rename(building_sector="sector")
    array = array.reset_coords(drop=True)
    kept = {"year", "sector", "factor_view"}
    further = [str(dimension) for dimension in array.dims if dimension not in kept]
    splits: list[str | None] = list(further) if name in _NOT_ADDED else [None, *further]
    return pd.concat([_rows(dataset, array.sum([dim for dim in further if dim != by]), name, by) for by in splits])


def _rows(dataset: xr.Dataset, array: xr.DataArray, name: str, by: str | None) -> pd.DataFrame:
    """Return the tidy rows of a variable with the dims year and maybe sector, factor_view and `by`."""
    places = np.indices(array.shape).reshape(array.ndim, -1)
    place = dict(zip(map(str, array.dims), places, strict=True))
    labels = {dim: array[dim].to_numpy()[place[dim]] for dim in place if dim != by}
    split: dict[str, Any] = {"label": "", "label_en": "", "label_ja": ""}
    if by is not None:
        names = {"label": by, "label_en": f"{by}_en", "label_ja": f"{by}_ja"}
        split = {column: dataset[coordinate].to_numpy()[place[by]] for column, coordinate in names.items()}
    about = VARIABLES[name]
    return pd.DataFrame(
        {
            "variable": name,
            "name_en": about.meaning.en,
            "name_ja": about.meaning.ja,
            "sector": "all",
            "factor_view": "",
            "by": by or "",
            **split,
            **labels,
            "value": array.to_numpy().ravel(),
            "unit": about.unit,
        }
    )
