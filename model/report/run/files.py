"""Everything that a run writes for people and for other programs, beside `pathway.nc`, its totals and its figures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import xarray as xr

from model.iamc import write_iamc
from model.language import Language, Text
from model.paths import written_at_once
from model.report.run.page import write_run_page
from model.report.run.tables import run_tables
from model.report.run.ward_table import ward_rows
from model.report.run.workbook import write_run_workbook

#: The table of municipalities inside a result folder.
WARDS_FILE: Final = "wards.csv"

_LANGUAGES: Final[tuple[Language, ...]] = ("ja", "en")


def write_run_files(dataset: xr.Dataset, folder: Path, because: Mapping[str, Text] | None = None) -> None:
    """Write `wards.csv`, `results.xlsx`, `iamc.xlsx`, `iamc.csv` and `report.html` into a folder of results.

    Args:
        dataset: a result of `assemble`.
        folder: where they go; figures in `figures/` become part of the page.
        because: reason of each lever of the scenario.
    """
    tables = {language: run_tables(dataset, language) for language in _LANGUAGES}
    with written_at_once(folder / WARDS_FILE) as temporary:
        rows = ward_rows(dataset)
        rows.to_csv(temporary, index=False, float_format="%.7g", encoding="utf-8-sig", lineterminator="\n")
    write_run_workbook(dataset, tables, folder)
    write_iamc(dataset, folder)
    write_run_page(dataset, tables, folder, because)
