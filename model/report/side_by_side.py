"""Any number of runs beside the published targets: one table for all, with the residual of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd
import xarray as xr
from rich import box
from rich.table import Table
from rich.text import Text as Styled

from model.language import Language, Text
from model.report.run.tables import in_words
from model.report.waypoints import Waypoint, waypoints
from model.report.wording import number

#: Letters that the name of a target has at least, and a run at most.
_LABEL, _RUN = 22, 9

#: Columns of the long table, before those of the run.
_ABOUT: Final = ("target", "quantity_en", "quantity_ja", "sector_en", "sector_ja", "year", "unit", "quality",
                 "source_id")  # fmt: skip


def target_rows(runs: Mapping[str, xr.Dataset]) -> pd.DataFrame:
    """Return every published target beside every run, one row a target and run.

    Args:
        runs: name → result.

    Returns:
        what the target is, `level`, the run's `value`, `residual` = value − level, and whether it is `met`; empty
        where the run has no such variable or year.
    """
    rows = [
        (one.name, one.quantity.en, one.quantity.ja, one.sector.en, one.sector.ja, one.year, one.unit, one.quality,
         one.source_id, name, one.target, one.value, one.residual, one.met)
        for name, run in runs.items()
        for one in waypoints(run)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=[*_ABOUT, "run", "level", "value", "residual", "met"])


def target_table(runs: Mapping[str, xr.Dataset], language: Language) -> Table:
    """Return the residuals of the runs against the targets for the whole city: a row a target and a column a run."""
    title = Text(
        "Run less target, whole city (sectors: targets.csv)", "目標との差(結果－目標、都全体。部門別は targets.csv)"
    )
    table = Table(title=Styled(title(language)), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(min_width=_LABEL)
    table.add_column(Text("target", "目標")(language), justify="right", no_wrap=True)
    for name in runs:
        # Names break at their underscores, so that numbers need not break.
        table.add_column(Styled(name.replace("_", " ")), justify="right", max_width=_RUN)
    found = [{one.name: one for one in waypoints(run)} for run in runs.values()]
    for target in found[0].values():
        beside = [of_run[target.name] for of_run in found]
        if ".all." in target.name and any(one.value is not None for one in beside):
            scale, unit = in_words(target.unit, language)
            label = f"{target.year} {target.quantity(language)} [{unit}]"
            table.add_row(Styled(label), _digits(scale * target.target), *(_cell(one, scale) for one in beside))
    return table


def _digits(value: float) -> str:
    """Return a number with the digits that count."""
    return number(value, 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2)


def _cell(one: Waypoint, scale: float) -> Styled:
    if one.residual is None:
        return Styled("–")
    sign = "✓" if one.met else "✗"
    moved = _digits(scale * one.residual)
    return Styled(f"{sign}\u00a0{'+' if one.residual > 0 else ''}{moved}", style="green" if one.met else "red")
