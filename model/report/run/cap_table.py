"""Cap-and-trade by compliance period: what was owed, emitted, banked, covered by credits and left open."""

from __future__ import annotations

from typing import Final

import numpy as np
import xarray as xr

from model.language import Language, Text, fiscal_year
from model.ordinance.rulebook import rules
from model.report.wording import unit_words
from model.spreadsheet import Cell, Table

_HEADS: Final = (
    Text("compliance period", "計画期間"),
    Text("rate owed", "削減義務率"),
    Text("electricity factor counted", "用いる電力の排出係数"),
    Text("allowance", "排出上限"),
    Text("emissions", "排出量"),
    Text("own excess (+) or shortfall (−)", "超過(＋)・不足(－)"),
    Text("bank used", "繰越分の充当"),
    Text("credits from outside used", "対象外クレジットの充当"),
    Text("not covered", "未充当"),
    Text("bank that expires", "失効する繰越分"),
    Text("kept for the next period", "翌期間への繰越"),
)
_CAPPED: Final = ("capped_rate", "capped_allowance", "capped_emissions", "capped_banked", "capped_expired",
                  "capped_credits", "capped_uncovered", "capped_electricity_factor")  # fmt: skip


def cap_table(dataset: xr.Dataset, language: Language) -> Table:
    """Return the account of each compliance period that the run sees to its end; empty where no cap acts.

    Args:
        dataset: a result of `assemble`.
        language: language of every word.
    """
    if any(name not in dataset for name in _CAPPED) or not float(dataset["capped_rate"].max()) > 0:
        return []
    units = ["", "%", "kg/kWh", *["kilotonne"] * (len(_HEADS) - 3)]
    heads = [f"{head(language)}, {unit_words(unit, language)}".removesuffix(", ")
             for head, unit in zip(_HEADS, units, strict=True)]  # fmt: skip
    rows: list[list[Cell]] = [[*heads]]
    carried = 0.0
    for years in _periods(dataset):
        at = dataset.sel(year=years)
        total = {name: float(at[name].sum()) for name in _CAPPED}
        rate, mean_factor = (float(at[name].mean()) for name in ("capped_rate", "capped_electricity_factor"))
        of_period = (
            total["capped_allowance"],
            total["capped_emissions"],
            total["capped_allowance"] - total["capped_emissions"],
            carried - total["capped_expired"],
            total["capped_credits"],
            total["capped_uncovered"],
            total["capped_expired"],
            total["capped_banked"],
        )
        span = f"{fiscal_year(years[0], language)}–{fiscal_year(years[-1], language)}"
        rows.append([span, round(100 * rate, 1), round(mean_factor, 3), *(float(round(value)) for value in of_period)])
        carried = total["capped_banked"]
    return rows


def _periods(dataset: xr.Dataset) -> list[list[int]]:
    """Return the years of each compliance period that ends within the run."""
    years, owed = dataset["year"].to_numpy(), dataset["capped_rate"].to_numpy() > 0
    first, last = int(years[np.argmax(owed)]), int(years[-1])
    length = int(rules("cap_and_trade", "adopted_2025", fallback=True).number("period_length"))
    starts = range(first, last - length + 2, length)
    return [list(range(start, start + length)) for start in starts]
