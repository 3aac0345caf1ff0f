"""City-wide targets (都の目標): progress against every target, from plain numbers or from the result of a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, Self

from pydantic import model_validator

from model.language import Text, fiscal_year
from model.ordinance.derivation import Finding, Obligation, Working, named, number, subject_of_years
from model.ordinance.exact import scaled
from model.ordinance.programme import Programme, Row, column, row_fault
from model.ordinance.rule_gaps import unanswered
from model.ordinance.rule_sources import rule_sources
from model.ordinance.rulebook import Rules
from model.ordinance.target_progress import Milestone, reduction, toward
from model.ordinance.targets.goals import (
    BASE_YEAR,
    PLACES,
    QUANTITY_NAMES,
    QUANTITY_UNITS,
    REDUCED,
    SECTOR_NAMES,
    Place,
    Quantity,
)

if TYPE_CHECKING:
    import xarray as xr

Sector = Literal["all", "industry_and_commercial", "commercial", "residential", "transport"]

#: Sectors of the inventory that a sector of the targets is made of.
_PARTS = {"industry_and_commercial": ["industry", "commercial"]}


class CityYear(Row):
    """One quantity of the city, or of a sector, in one fiscal year; reductions may be given as an index (base 100)."""

    id: str = column("figure", "番号", min_length=1)
    quantity: Quantity = column("quantity", "項目", choices=QUANTITY_NAMES)
    sector: Sector = column("sector", "部門", default="all", choices=SECTOR_NAMES)
    fiscal_year: int = column("fiscal year", "年度", ge=BASE_YEAR, le=2100)
    value: float = column(
        "value (Mt, PJ or index; kW; share 0 to 1; kWh; number)", "値（万t・PJ・指数、kW、割合0～1、kWh、戸・台）", ge=0
    )
    base_value: float | None = column(
        "value of FY2000 (for greenhouse gases and energy)",
        "2000年度の値（温室効果ガス・エネルギー）",
        default=None,
        gt=0,
    )

    @model_validator(mode="after")
    def _has_its_base(self) -> Self:
        """Refuse a quantity to be reduced without its base year, and a share above one."""
        if self.quantity in REDUCED and self.base_value is None:
            raise row_fault(Text("fill in the value of FY2000", "2000年度の値を記入してください"))
        if self.quantity == "renewable_share" and self.value > 1:
            raise row_fault(Text("a share lies between 0 and 1", "割合は0から1の間で記入してください"))
        return self


def assess(rows: Sequence[CityYear], rules: Rules) -> list[Obligation]:
    """Return the progress of each figure towards every target for its quantity and sector.

    Args:
        rows: figures of the city.
        rules: rules of "targets".
    """
    return [
        Obligation(
            subject_of_years(row.id, row.fiscal_year),
            "targets",
            rules.rule_set,
            tuple(progress(row, place, rules) for place in PLACES if _speaks_of(place, row)),
        )
        for row in rows
    ]


def _speaks_of(place: Place, row: CityYear) -> bool:
    """Say whether a target is for the quantity and sector of a figure."""
    return (place.quantity, place.sector) == (row.quantity, row.sector)


def progress(row: CityYear, place: Place, rules: Rules) -> Finding:
    """Return the progress of a figure towards one target, with the target's date and source in the working."""
    sheet = Working.under(rules)
    sector, name = SECTOR_NAMES[place.sector], QUANTITY_NAMES[place.quantity]
    when = Text(fiscal_year(row.fiscal_year, "en"), fiscal_year(row.fiscal_year, "ja"))
    what = Text(f"{name.en}, {sector.en}, in {when.en}", f"{name.ja}（{sector.ja}・{when.ja}）")
    question = Text(f"{what.en}: target of FY{place.year}", f"{what.ja}：{fiscal_year(place.year, 'ja')}目標")
    gap = unanswered(sheet, place.name, question, place.parameter)
    if gap is not None:
        return gap
    goal = place.goal(sheet.rules)
    sheet.rules.value(place.parameter)
    said = f"{goal.parameter.valid_from}, {rule_sources()[goal.parameter.source_id].citation}"
    sheet.step(Text("date and source of the target", "目標の決定日・出典"), "", said)
    unit = QUANTITY_UNITS[row.quantity]
    if row.base_value is not None and row.quantity in REDUCED:
        formula = f"({number(row.base_value)} − {number(row.value)}) ÷ {number(row.base_value)}"
        cut = scaled(reduction(row.value, row.base_value), 100)
        value = sheet.step(Text(f"reduction against FY{BASE_YEAR}", f"{BASE_YEAR}年度比の削減率"), formula, cut, "%")
    else:
        value = scaled(row.value, 100) if unit == "%" else row.value
    level = scaled(goal.level, 100) if unit == "%" else goal.level
    return toward(sheet, goal.name, what, value, row.fiscal_year, Milestone(goal.year, level, unit))


def progress_of(dataset: xr.Dataset, rules: Rules, base_greenhouse_gas_mt: float | None = None) -> Obligation:
    """Return the progress of a run towards every target that its variables speak of.

    Each target is compared with its own year, or with the last year of the run before it.

    Args:
        dataset: a result with variables of `model.schema`.
        rules: rules of "targets"; with `fallback` also the targets of 2022.
        base_greenhouse_gas_mt: published greenhouse gases of FY2000 [Mt]; empty: those of the run.
    """
    years = [int(year) for year in dataset["year"].to_numpy()]
    findings = []
    for place in PLACES:
        reached = [year for year in years if year <= place.year]
        value = level_in_run(dataset, place, reached[-1]) if reached else None
        if value is None or (place.quantity in REDUCED and BASE_YEAR not in years):
            continue
        base = level_in_run(dataset, place, BASE_YEAR) if place.quantity in REDUCED else None
        if place.name.startswith("greenhouse_gas.all") and base_greenhouse_gas_mt is not None:
            base = base_greenhouse_gas_mt
        row = CityYear.model_construct(
            id=place.name,
            quantity=place.quantity,
            sector=place.sector,
            fiscal_year=reached[-1],
            value=value,
            base_value=base,
        )
        findings.append(progress(row, place, rules))
    name = str(dataset.attrs.get("scenario", ""))
    return Obligation(named(name), "targets", rules.rule_set, tuple(findings))


def level_in_run(dataset: xr.Dataset, place: Place, year: int) -> float | None:
    """Return the level of a target's quantity in a year of a run, or None where the run does not have it."""
    names = {
        "greenhouse_gas": "greenhouse_gas_total" if place.sector == "all" else "greenhouse_gas",
        "final_energy": "sector_energy",
        "solar_capacity": "solar_capacity",
        "renewable_share": "renewable_share",
    }
    name = names.get(place.quantity)
    if name is None or name not in dataset:
        return None
    amounts = dataset[name].sel(year=year)
    if place.sector != "all":
        amounts = amounts.sel(sector=_PARTS.get(place.sector, [place.sector]))
    return float(amounts.sum())


PROGRAMME = Programme(
    name="targets",
    rulebook="targets",
    title=Text("Targets of the metropolis and progress", "都の目標と進捗"),
    row=CityYear,
    examples=(
        CityYear(id="再エネ", quantity="renewable_share", fiscal_year=2020, value=0.192),
        CityYear(id="太陽光", quantity="solar_capacity", fiscal_year=2022, value=720_000),
        CityYear(
            id="家庭", quantity="final_energy", sector="residential", fiscal_year=2020, value=109.9, base_value=100
        ),
    ),
    assess=assess,
)
