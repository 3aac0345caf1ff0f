"""Figures of README.md and README.ja.md against runs of the model: what is printed there is what comes out."""

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from shipped import shipped_data

from model.levers import FAMILY_OF, lever_value
from model.pathway import run_pathway
from model.scenario import load_scenario, shipped_scenarios
from model.targets import base_emissions

ROOT = Path(__file__).resolve().parents[2]

#: File, and what its figures are to be multiplied with to be megatonnes.
README = {"README.md": 1.0, "README.ja.md": 0.01}


#: How far a figure may lie from what it is printed as [Mt]: half of the last digit that both languages print.
ROUNDING = 0.05 + 1e-9


@cache
def emissions(scenario: str, *changes: str) -> dict[int, float]:
    """Return greenhouse gases of a run [Mt-CO2eq] by year."""
    run = run_pathway(load_scenario(scenario, changes).levers, shipped_data(), resolution="metropolis")
    totals = run.values["greenhouse_gas_total"]
    return {int(year): float(total) for year, total in zip(run.axes.years, totals, strict=True)}


def rows(name: str, wanted: Callable[[str], bool]) -> list[list[str]]:
    """Return the cells of the table rows of a file whose first cell is wanted."""
    lines = [line for line in (ROOT / name).read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if wanted(row[0])]


def first_number(cell: str) -> float:
    """Return the first number of a cell."""
    (first, *_) = re.findall(r"[0-9][0-9,]*(?:[.][0-9]+)?", cell)
    return float(first.replace(",", ""))


@pytest.mark.parametrize("name", README)
def test_scenarios_end_where_the_table_says(name: str) -> None:
    of_scenarios = rows(name, lambda cell: cell.strip("`") in shipped_scenarios())
    assert len(of_scenarios) == len(shipped_scenarios())
    for scenario, *cells in of_scenarios:
        found = emissions(scenario.strip("`"))
        fallen = {year: 100 * (1 - total / base_emissions().value) for year, total in found.items()}
        for year, cell in zip((2022, 2030, 2050), cells, strict=True):
            assert first_number(cell) * README[name] == pytest.approx(found[year], abs=ROUNDING), (scenario, year)
            if "−" in cell:
                fall = float(cell.partition("−")[2].rstrip("%"))
                assert fall == pytest.approx(fallen[year], abs=0.5), (scenario, year)


def left_out(name: str) -> dict[str, float]:
    """Return what a file prints for 2030 without the path of a lever [Mt], by the lever's name, in its order."""
    levers = {cell: lever for cell, *_ in rows(name, lambda _: True) for lever in re.findall(r"`([a-z_.]+)`", cell)
              if lever in FAMILY_OF}  # fmt: skip
    return {levers[cell]: first_number(figure) * README[name] for cell, figure in rows(name, levers.__contains__)}


@pytest.mark.parametrize("name", README)
def test_without_one_path_the_halving_stands_where_the_table_says(name: str) -> None:
    printed = left_out(name)
    assert len(printed) >= 3
    assert list(printed.values()) == sorted(printed.values(), reverse=True)
    adopted = load_scenario("adopted_2025").levers
    for lever, figure in printed.items():
        without = emissions("carbon_half", f"{lever}={json.dumps(lever_value(adopted, lever))}")
        assert figure == pytest.approx(without[2030], abs=ROUNDING), lever


def test_misses_are_what_the_sentence_says() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    half, zero = emissions("carbon_half"), emissions("zero_2050")
    target = {year: float(share) * base_emissions().value for year, share in ((2030, 0.5), (2035, 0.4))}
    margin, missed, left, least = (
        float(re.findall(pattern, text)[0])
        for pattern in (r"margin of ([0-9.]+) Mt", r"that of 2035 by ([0-9.]+) Mt", r"zero in 2050 by ([0-9.]+) Mt",
                        r"`zero_2050` by ([0-9.]+) Mt")
    )  # fmt: skip
    assert margin == pytest.approx(target[2030] - half[2030], abs=0.005)
    assert missed == pytest.approx(half[2035] - target[2035], abs=0.005)
    assert left == pytest.approx(half[2050], abs=ROUNDING)
    assert least == pytest.approx(zero[2050], abs=ROUNDING)
