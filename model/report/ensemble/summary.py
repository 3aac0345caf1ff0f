"""What an ensemble says, on the terminal: ranges of the main figures, how likely targets are met, what matters most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import xarray as xr
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text as Styled

from model.ensemble_answers import Chance, figures_of, main_index, quantities, valid_members
from model.language import Language, Text, fiscal_year
from model.report.wording import CAPACITY_UNIT, EMISSIONS_UNIT, HUNDREDS, number, percent, scenario_title, signs
from model.sampling import DESIGNS

#: How many factors are named for an answer.
_NAMED: Final = 5

_UNITS: Final = {
    "greenhouse_gas": EMISSIONS_UNIT,
    "final_energy": Text("PJ a year", "PJ／年"),
    "solar_capacity": CAPACITY_UNIT,
    "renewable_share": Text("%", "%"),
}
_DIGITS: Final[dict[str, dict[Language, int]]] = {
    "greenhouse_gas": {"en": 1, "ja": 0},
    "final_energy": {"en": 0, "ja": 0},
    "solar_capacity": {"en": 2, "ja": 0},
    "renewable_share": {"en": 1, "ja": 1},
}


def print_ensemble(
    dataset: xr.Dataset, found: Sequence[Chance], influence: xr.Dataset | None, language: Language, console: Console
) -> None:
    """Print the summary of an ensemble.

    Args:
        dataset: the members, as `open_ensemble` gives them.
        found: how likely each target is met.
        influence: the indices; None where there are none.
        language: language of every word.
        console: where to print.
    """
    console.print()
    console.print(scenario_title(dataset, language), style="bold", markup=False, highlight=False)
    for line in (_size(dataset, language), *_left_out(dataset, language)):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    for name in dict.fromkeys(one.quantity.name for one in found):
        console.print(_ranges(dataset, [one for one in found if one.quantity.name == name], language))
    if influence is not None:
        for line in _influence_lines(influence, language):
            console.print(line, markup=False, highlight=False, soft_wrap=True)


def _size(dataset: xr.Dataset, language: Language) -> str:
    design = DESIGNS[dataset.attrs["design"]](language)
    count, factors, seed = dataset.sizes["member"], dataset.sizes["factor"], dataset.attrs["seed"]
    return Text(
        f"{count:,} members, {factors} uncertain factors, {design}, seed {seed}",
        f"{count:,}メンバー、不確実要因{factors}、{design}、シード{seed}",
    )(language)


def _left_out(dataset: xr.Dataset, language: Language) -> list[str]:
    """Return a line on the members whose point could not be, if there are any."""
    missing = int((~dataset["valid"]).sum())
    words = Text(
        f"{missing} members left out: the scenario stops at their point, as at a falling stock or an end use unserved",
        f"{missing}メンバーを除外: その条件ではシナリオが計算を停止(ストック減少など)",
    )
    return [words(language)] if missing else []


def _ranges(dataset: xr.Dataset, found: Sequence[Chance], language: Language) -> Table:
    """Return the years with a target of one figure: the scenario, the range, the target and its chance."""
    quantity = found[0].quantity
    title = f"{quantity.text(language)} [{_UNITS[quantity.name](language)}]"
    table = Table(title=Styled(title), title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    heads = (
        Text("", ""), Text("scenario", "シナリオ"), Text("5%", "5%"), Text("median", "中央値"), Text("95%", "95%"),
        Text("target", "目標"), Text("met by (95%)", "達成(95%区間)"),
    )  # fmt: skip
    for position, head in enumerate(heads):
        table.add_column(head(language), justify="left" if position == 0 else "right", no_wrap=True)
    every = figures_of(valid_members(dataset))[quantity.name]
    scale, digits = _scale(quantity.name, language), _DIGITS[quantity.name][language]
    for one in found:
        low, middle, high = np.quantile(every.sel(year=one.year).to_numpy(), (0.05, 0.5, 0.95))
        cells = [number(scale * value, digits) for value in (one.base, low, middle, high, one.target)]
        met = f"{percent(one.share)} ({percent(one.low)}–{percent(one.high)})"
        table.add_row(*map(Styled, (fiscal_year(one.year, language), *cells, met)))
    return table


def _scale(name: str, language: Language) -> float:
    """Return how many units of the table one of the quantity is."""
    if name == "renewable_share":
        return 100.0
    return HUNDREDS[language] if name in ("greenhouse_gas", "solar_capacity") else 1.0


def _influence_lines(influence: xr.Dataset, language: Language) -> list[str]:
    """Return which factors matter most for each answer with a target."""
    index = main_index(influence)
    title = Text(
        "Largest total Sobol indices" if index == "total" else "Largest shares of the variance (squared correlation)",
        "全次ソボル指標の大きい要因" if index == "total" else "分散に占める割合(相関係数の2乗)の大きい要因",
    )
    lines = [f"{title(language)}:"]
    labels = [signs(str(name)) for name in influence[f"factor_{language}"].to_numpy()]
    for position in range(influence.sizes["answer"]):
        here = influence.isel(answer=position)
        values = here[index].to_numpy()
        if not np.isfinite(values).all():
            continue
        quantity = quantities()[str(here["answer_quantity"].item())].text(language)
        year = fiscal_year(int(here["answer_year"].item()), language)
        largest = np.argsort(-values, kind="stable")[:_NAMED]
        named = Text("; ", "、")(language).join(f"{labels[i]} {percent(values[i])}" for i in largest)
        lines.append(f"  {quantity} {year}: {named}")
    return lines
