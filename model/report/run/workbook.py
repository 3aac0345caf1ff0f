"""The workbook of a run: the tables that people ask for first, on Japanese and on English sheets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import xarray as xr

from model.language import Language, Text, fiscal_year
from model.plain_workbook import write_values
from model.report.key_figures import last_published_year, shown_year
from model.report.run.tables import miss_table
from model.report.run.ward_table import ward_sheet
from model.report.wording import scenario_title
from model.schema import QUALITIES
from model.spreadsheet import Cell, Table

#: The file inside a result folder.
WORKBOOK_FILE: Final = "results.xlsx"


def write_run_workbook(dataset: xr.Dataset, tables: Mapping[Language, Mapping[str, Table]], folder: Path) -> None:
    """Write the workbook of a run; texts stay texts and never become formulas.

    Args:
        dataset: a result of `assemble`.
        tables: those of `tables` in each language.
        folder: where `results.xlsx` goes.
    """
    sheets: dict[str, Table] = {}
    languages: tuple[Language, ...] = ("ja", "en")
    for language in languages:
        sheets |= run_sheets(dataset, tables[language], language)
    write_values(folder / WORKBOOK_FILE, sheets, looks=True)


def run_sheets(dataset: xr.Dataset, tables: Mapping[str, Table], language: Language) -> dict[str, Table]:
    """Return the sheets of a run in one language, those without rows left out."""
    year = shown_year(dataset)
    place = Text(f"wards {year}", f"区市町村 {year}")
    named = (
        (Text("about", "この表について"), _about(dataset, language)),
        (Text("key figures", "主要指標"), tables["key"]),
        (Text("targets", "目標との比較"), tables["targets"]),
        (Text("what changes CO2", "増減要因"), tables["factors"]),
        (Text("types of building", "建物用途別"), tables["building_types"]),
        (Text("programmes", "制度の効果"), tables["programmes"]),
        (Text("cap by period", "総量削減(期間別)"), tables["cap"]),
        (Text("peak load", "最大電力"), tables["load"]),
        (Text("cost by payer", "負担者別費用"), tables["payer"]),
        (Text("cost by item", "費目別費用"), tables["cost_item"]),
        (place, ward_sheet(dataset, year, language)),
        (Text("published and model", "公表値とモデル値"), miss_table(dataset, language)),
    )
    return {name(language): table for name, table in named if table}


def _about(dataset: xr.Dataset, language: Language) -> Table:
    """Return which run this is and what the words for quality mean."""
    start = last_published_year(dataset) + 1
    rows: list[list[Cell]] = [
        [Text("run", "計算")(language), scenario_title(dataset, language)],
        [Text("scenarios it is made of", "シナリオの構成")(language), str(dataset.attrs["scenario_chain"])],
        [Text("hash of its levers", "設定値のハッシュ")(language), str(dataset.attrs["scenario_hash"])],
        [Text("projection from", "将来推計の開始")(language), fiscal_year(start, language)],
        [Text("year", "年度")(language), Text("Japanese fiscal year, April to March", "4月～翌年3月")(language)],
        [Text("all variables", "全変数")(language), "pathway.nc, summary.csv, wards.csv, iamc.xlsx"],
    ]
    rows += [[f"{Text('quality', '質')(language)}: {name}", meaning(language)] for name, meaning in QUALITIES.items()]
    return rows
