"""Checks between the rows of a schedule's tables; every fault says where, what, and what would be right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from model.faults import FaultList
from model.language import Text
from model.optimise.facility_schedule.rows import BASE_WINDOW, FacilityRow, MeasureRow
from model.optimise.facility_schedule.tables import Paths, base_columns, names_in, numbers_in
from model.ordinance.cap_and_trade.facts import FacilityYear
from model.ordinance.energy_facts import row_crude_oil_kl
from model.ordinance.row_reader import HalfRead
from model.ordinance.rulebook import Rules

#: Most works that one facility can choose from in a plan: every set of them is priced.
MOST_WORKS = 14

_CARRIERS = ("electricity_mwh", "city_gas_1000m3", "heat_gj", "heavy_oil_a_kl")
_BASE_YEARS = tuple(f"base_{year}_t" for year in BASE_WINDOW)
_AGES = ("lighting_from", "air_conditioning_from", "heat_source_from")
#: Paths that every plan needs.
_NEEDED = ("electricity_price", "city_gas_price", "heat_price", "heavy_oil_price", "electricity_factor", "heat_factor",
           "gas_factor", "discount_rate")  # fmt: skip


def check_facilities(
    rows: Sequence[HalfRead[FacilityRow]],
    measures: Sequence[MeasureRow],
    first_year: int,
    rules: Rules,
    faults: FaultList,
) -> None:
    """Check facilities: carriers, size, base years, ages, standing, shutdown windows, measures done.

    A check that looks at a column without a usable value is left out: the fault of that column is known.

    Args:
        rows: facilities, those too that are not right on their own.
        measures: the catalogue.
        first_year: first fiscal year of the plan.
        rules: rules of "cap_and_trade".
        faults: where everything wrong is recorded.
    """
    known = list(dict.fromkeys(row.id for row in measures))
    line, length = rules.number("threshold_crude_oil"), int(rules.value("base_year_window")["years"])
    for half in rows:
        row, where = half.row, half.place
        if not half.unread & {*_CARRIERS, "district_share", "kind"}:
            _check_energy(row, where, line, rules, first_year, faults)
        if not half.unread & {"base_t", *_BASE_YEARS}:
            _check_base(row, where, length, faults)
        for name in _AGES:
            installed = None if name in half.unread else getattr(row, name)
            if installed is not None and installed > first_year:
                problem = Text("this equipment would be put in only after the plan begins",
                               "設置年度が計画開始年度より後です")  # fmt: skip
                faults.add(f"{where} › {name}", problem, installed, f"≤ {first_year}")
        recognised = not half.unread & {"recognition", "recognition_until"}
        if recognised and row.recognition_until is not None and row.recognition == "none":
            problem = Text("there is no recognition that could end", "認定がないため最終年度は記入できません")
            faults.add(f"{where} › recognition_until", problem, row.recognition_until)
        if "shutdown_years" not in half.unread:
            _check_shutdown(row, where, first_year, faults)
        for name in () if "done" in half.unread else names_in(row.done):
            if name not in known:
                faults.add(f"{where} › done", Text("there is no such measure", "この対策はありません"), name, known)


def _check_shutdown(row: FacilityRow, where: str, first_year: int, faults: FaultList) -> None:
    """Check that windows for a shutdown are years, and none of them is over."""
    for year in numbers_in(row.shutdown_years, f"{where} › shutdown_years", faults):
        if year < first_year:
            problem = Text("this year is over when the plan begins", "計画開始前の年度です")
            faults.add(f"{where} › shutdown_years", problem, year, f"≥ {first_year}")


def _check_energy(row: FacilityRow, where: str, line: float, rules: Rules, year: int, faults: FaultList) -> None:
    """Check that a facility uses energy, enough to be under the programme, and heat if it lives on it."""
    if row.electricity_mwh + row.city_gas_1000m3 + row.heat_gj + row.heavy_oil_a_kl == 0:
        faults.add(where, Text("no carrier has any energy", "エネルギー使用量が全て空欄又は0です"))
        return
    if row.district_share > 0 and row.heat_gj == 0:
        problem = Text(
            "it lives on district heat but states no heat bought", "地域冷暖房の受入割合があるのに購入熱量がありません"
        )
        faults.add(f"{where} › heat_gj", problem, row.heat_gj, "> 0")
    if row.district_share > 0 and row.kind != "office":
        problem = Text("only offices and the like have a share of district supply",
                       "地域冷暖房等からの受入割合はオフィスビル等のみ記入してください")  # fmt: skip
        faults.add(f"{where} › district_share", problem, row.district_share, "0")
    use = FacilityYear(facility=where, fiscal_year=year, electricity_mwh=row.electricity_mwh,
                       city_gas_1000m3=row.city_gas_1000m3, heat_gj=row.heat_gj,
                       heavy_oil_a_kl=row.heavy_oil_a_kl)  # fmt: skip
    size = row_crude_oil_kl(use, year, rules.beside("report_small_existing"))
    if size < line:
        problem = Text("below the threshold: it has no reduction duty", "規模要件未満のため削減義務がありません")
        faults.add(where, problem, f"{size:,.0f} kL", f"≥ {line:,.0f} kL")


def _check_base(row: FacilityRow, where: str, length: int, faults: FaultList) -> None:
    """Check that base emissions can be worked out: stated, or as many years in a row as they are a mean of."""
    if row.base_t is not None:
        return
    given = np.flatnonzero(~np.isnan(base_columns(row)))
    years = ", ".join(str(BASE_WINDOW[place]) for place in given) or None
    if len(given) >= 2 and np.any(np.diff(given) != 1):
        problem = Text("base years must be consecutive", "基準年度は連続する年度にしてください")
        faults.add(f"{where} › base years", problem, years)
    elif len(given) < length:
        problem = Text(
            f"give the base emissions, or emissions of {length} consecutive years of FY2002–2007",
            f"基準排出量、又は2002～2007年度のうち連続する{length}か年度の排出量を記入してください",
        )
        faults.add(f"{where} › base years", problem, years)


def check_measures(rows: Sequence[MeasureRow], faults: FaultList) -> None:
    """Check measures: those they refer to, and electricity for fuel replaced."""
    known = list(dict.fromkeys(row.id for row in rows))
    for row in rows:
        for name in (*names_in(row.requires), *names_in(row.excludes)):
            if name not in known or name == row.id:
                faults.add(row.id, Text("there is no such measure", "この対策はありません"), name, known)
        if len(names_in(row.requires)) > 1:
            problem = Text("a measure can require one other", "前提となる対策は1つまでです")
            faults.add(f"{row.id} › requires", problem, row.requires)
        if row.fuel_replaced > 0 and row.electricity_per_fuel == 0:
            problem = Text(
                "it replaces fuel but needs no electricity", "電化による代替があるのに電気使用量がありません"
            )
            faults.add(f"{row.id} › electricity_per_fuel", problem, 0, "> 0")


def check_paths(paths: Paths, first_year: int, last_year: int, faults: FaultList) -> None:
    """Check that every price and factor is there, and that the plan's years make sense."""
    for name in _NEEDED:
        if name not in paths.series:
            faults.add(name, Text("a value in at least one year is needed", "少なくとも1年度の値が必要です"))
    if not 2010 <= first_year <= last_year <= 2060:
        faults.add(
            "--from / --to",
            Text("the plan must run forward within these years", "計画の開始・終了年度が不正です"),
            f"{first_year} … {last_year}",
            "2010 … 2060",
        )
