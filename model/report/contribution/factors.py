"""What makes the CO2 of buildings differ between runs, factor by factor, as a table and as rows for a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd
import xarray as xr
from rich import box
from rich.table import Table
from rich.text import Text as Styled

from model.decomposition import CO2_FACTORS, co2_change
from model.language import Language, Text, fiscal_year
from model.report.key_figures import key_years, last_published_year
from model.report.wording import EMISSIONS_UNIT, HUNDREDS, signed

#: Factors in words.
FACTORS: Final[dict[str, Text]] = {
    "activity": Text("floor area", "床面積"),
    "structure": Text("mix of building types", "用途構成"),
    "intensity": Text("energy per floor area", "面積当たり消費"),
    "carrier": Text("carriers and own panels", "種別・自家消費"),
    "factor": Text("emission factors of supply", "排出係数"),
}


def contributions(runs: Mapping[str, xr.Dataset]) -> pd.DataFrame:
    """Return the LMDI effects of each factor on the CO2 of buildings, each run against the first, in the key years.

    Args:
        runs: name → result; the first is the reference.

    Returns:
        columns reference, run, year, factor, factor_en, factor_ja, value, unit; rows of a year sum to the difference.
    """
    reference, *others = runs
    rows = [
        (reference, name, year, factor, FACTORS[factor].en, FACTORS[factor].ja, effect / 1e3, "Mt/year")
        for name in others
        for year in _years(runs[reference])
        for factor, effect in co2_change(runs[reference], year, runs[name], year).items()
    ]
    columns = ["reference", "run", "year", "factor", "factor_en", "factor_ja", "value", "unit"]
    return pd.DataFrame(rows, columns=columns)


def contributions_between(runs: Mapping[str, xr.Dataset], first: int, last: int) -> pd.DataFrame:
    """Return the LMDI effects of each factor on the CO2 of buildings between two years of each run.

    Args:
        runs: name → result.
        first, last: fiscal years that every run holds.

    Returns:
        columns run, first_year, last_year, factor, factor_en, factor_ja, value, unit; rows of a run sum to its change.
    """
    rows = [
        (name, first, last, factor, FACTORS[factor].en, FACTORS[factor].ja, effect / 1e3, "Mt/year")
        for name, run in runs.items()
        for factor, effect in co2_change(run, first, run, last).items()
    ]
    columns = ["run", "first_year", "last_year", "factor", "factor_en", "factor_ja", "value", "unit"]
    return pd.DataFrame(rows, columns=columns)


def between_table(table: pd.DataFrame, language: Language) -> Table:
    """Return the effects between two years, a row a factor and a column a run."""
    first, last = (fiscal_year(int(table[name].iloc[0]), language) for name in ("first_year", "last_year"))
    heading = Text("CO2 of buildings: what changed it between {} and {}", "建物のCO2の増減の内訳: {}→{}")(language)
    title = f"{heading.format(first, last)} [{EMISSIONS_UNIT(language)}]"
    shown = Table(title=Styled(title), title_justify="left", box=box.SIMPLE_HEAD)
    shown.add_column()
    runs = list(dict.fromkeys(table["run"]))
    for name in runs:
        shown.add_column(name, justify="right")
    scale, digits = HUNDREDS[language], 1 if language == "en" else 0
    for factor in CO2_FACTORS:
        values = table[table["factor"] == factor].set_index("run")["value"]
        shown.add_row(FACTORS[factor](language), *(signed(scale * values[name], digits) for name in runs))
    sums = table.groupby("run")["value"].sum()
    total = Text("together", "合計")(language)
    shown.add_row(Styled(total, style="bold"), *(signed(scale * sums[name], digits) for name in runs))
    return shown


def _years(run: xr.Dataset) -> list[int]:
    return [year for year in key_years(run) if year > last_published_year(run)]


def contribution_table(table: pd.DataFrame, name: str, language: Language) -> Table:
    """Return the effects of one run against the reference, a row a factor and a column a year."""
    here = table[table["run"] == name]
    years = list(dict.fromkeys(here["year"]))
    heading = Text("CO2 of buildings: what makes the difference", "建物のCO2の差の内訳")(language)
    shown = Table(title=Styled(f"{heading} [{EMISSIONS_UNIT(language)}]"), title_justify="left", box=box.SIMPLE_HEAD)
    shown.add_column()
    for year in years:
        shown.add_column(fiscal_year(year, language), justify="right")
    scale, digits = HUNDREDS[language], 1 if language == "en" else 0
    for factor in CO2_FACTORS:
        values = here[here["factor"] == factor].set_index("year")["value"]
        shown.add_row(FACTORS[factor](language), *(signed(scale * values[year], digits) for year in years))
    sums = here.groupby("year")["value"].sum()
    total = Text("together", "合計")(language)
    shown.add_row(Styled(total, style="bold"), *(signed(scale * sums[year], digits) for year in years))
    return shown
