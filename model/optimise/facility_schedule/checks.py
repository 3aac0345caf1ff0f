"""Checks between the rows of a schedule's tables; every fault says where, what, and what would be right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from model.faults import FaultList
from model.language import Text
from model.optimise.facility_schedule.rows import BASE_WINDOW, FacilityRow, MeasureRow
from model.optimise.facility_schedule.tables import Paths, base_columns, names_in, numbers_in
from model.ordinance.cap_and_trade.equations import Periods
from model.ordinance.cap_and_trade.facts import FacilityYear
from model.ordinance.energy_facts import row_crude_oil_kl
from model.ordinance.row_reader import HalfRead
from model.ordinance.rulebook import Rules

#: Most works that one facility can choose from in a plan: every set of them is priced.
MOST_WORKS = 14

#: Energy a tonne of base emissions above which one of them is in another unit, a hundred times the usual [kL/t-CO2].
_MOST_KL_A_TONNE = 40.0
_CARRIERS = ("electricity_mwh", "city_gas_1000m3", "heat_gj", "heavy_oil_a_kl")
_BASE_YEARS = tuple(f"base_{year}_t" for year in BASE_WINDOW)
_AGES = ("lighting_from", "air_conditioning_from", "heat_source_from")
#: Paths that every plan needs.
_NEEDED = ("electricity_price", "city_gas_price", "heat_price", "heavy_oil_price", "electricity_factor", "heat_factor",
           "gas_factor", "discount_rate")  # fmt: skip


def check_facilities(
    rows: Sequence[HalfRead[FacilityRow]],
    first_year: int,
    rules: Rules,
    faults: FaultList,
    headings: Mapping[str, str] | None = None,
    measures: Sequence[str] | None = None,
) -> None:
    """Check facilities: carriers, size, base years, ages, standing, shutdown windows, measures done.

    A check that looks at a column without a usable value is left out: the fault of that column is known.

    Args:
        rows: facilities, those too that are not right on their own.
        first_year: first fiscal year of the plan.
        rules: rules of "cap_and_trade".
        faults: where everything wrong is recorded.
        headings: column → heading that the user wrote.
        measures: those of the catalogue; None where neither it nor the first year of the plan is settled yet.
    """
    written = headings or {}
    line, length = rules.number("threshold_crude_oil"), int(rules.value("base_year_window")["years"])
    before = _years_before(first_year, rules)
    for half in rows:
        row = half.row

        def place(column: str, where: str = half.place) -> str:
            return f"{where} › {written.get(column, column)}"

        if not half.unread & {*_CARRIERS, "district_share", "kind"}:
            _check_energy(row, half.place, place, line, rules, first_year, faults)
        if not half.unread & {"base_t", *_BASE_YEARS}:
            _check_base(row, place("base_t"), length, faults)
        if not half.unread & {"recognition", "recognition_until"}:
            _check_recognition(row, place("recognition_until"), faults)
        if measures is not None:
            _check_years(half, place, first_year, faults)
            if "emissions_so_far_t" not in half.unread:
                _check_so_far(row, place("emissions_so_far_t"), before, faults)
        if measures is not None and "done" not in half.unread:
            for name in names_in(row.done):
                if name not in measures:
                    faults.add(place("done"), Text("there is no such measure", "この対策はありません"), name, measures)


def _check_years(half: HalfRead[FacilityRow], place: Callable[[str], str], first_year: int, faults: FaultList) -> None:
    """Check that equipment is there when the plan begins, and no recognition and no window for a shutdown over."""
    for name in _AGES:
        installed = None if name in half.unread else getattr(half.row, name)
        if installed is not None and installed > first_year:
            problem = Text("this equipment would be put in only after the plan begins",
                           "設置年度が計画開始年度より後です")  # fmt: skip
            faults.add(place(name), problem, installed, f"≤ {first_year}")
    last = None if half.unread & {"recognition", "recognition_until"} else half.row.recognition_until
    if last is not None and last < first_year and half.row.recognition != "none":
        problem = Text("this recognition is over when the plan begins; leave both columns empty",
                       "計画開始前に終了した認定です。認定区分と最終年度を空欄にしてください")  # fmt: skip
        faults.add(place("recognition_until"), problem, last, f"≥ {first_year}")
    if "shutdown_years" not in half.unread:
        for year in numbers_in(half.row.shutdown_years, place("shutdown_years"), faults):
            if year < first_year:
                problem = Text("this year is over when the plan begins", "計画開始前の年度です")
                faults.add(place("shutdown_years"), problem, year, f"≥ {first_year}")


def _years_before(first_year: int, rules: Rules) -> int:
    """Return how many years of the running period lie before a fiscal year; periods after those known last as long."""
    known = Periods.read(rules)
    place = int(known.of_years([first_year])[0])
    if place >= 0:
        return first_year - known.first_years[place]
    length = known.last_years[-1] - known.first_years[-1] + 1
    return max(first_year - known.last_years[-1] - 1, 0) % length


def _check_so_far(row: FacilityRow, where: str, years_before: int, faults: FaultList) -> None:
    """Check that emissions of the running period before the plan are there if it has such years, else not."""
    if years_before and row.emissions_so_far_t is None:
        years = "1 year" if years_before == 1 else f"{years_before} years"
        problem = Text(
            f"{years} of the running period before the plan: give the emissions",
            f"計画開始前に当計画期間の{years_before}か年度があります。その間の排出量を記入してください",
        )
        faults.add(where, problem)
    elif not years_before and row.emissions_so_far_t is not None:
        problem = Text(
            "the plan begins with a period, so that no year lies before it; leave it empty",
            "計画期間の初年度から始まる計画には、開始前の年度がありません。空欄にしてください",
        )
        faults.add(where, problem, f"{row.emissions_so_far_t:g}")


def _check_recognition(row: FacilityRow, where: str, faults: FaultList) -> None:
    """Check that the last year of a recognition belongs to one."""
    if row.recognition_until is not None and row.recognition == "none":
        problem = Text("there is no recognition that could end", "認定がないため最終年度は記入できません")
        faults.add(where, problem, row.recognition_until)


def _check_energy(
    row: FacilityRow, where: str, place: Callable[[str], str], line: float, rules: Rules, year: int, faults: FaultList
) -> None:
    """Check that a facility uses energy, enough to be under the programme, and heat if it lives on it."""
    if row.electricity_mwh + row.city_gas_1000m3 + row.heat_gj + row.heavy_oil_a_kl == 0:
        faults.add(where, Text("no carrier has any energy", "エネルギー使用量が全て空欄又は0です"))
        return
    if row.district_share > 0 and row.heat_gj == 0:
        problem = Text(
            "it lives on district heat but states no heat bought", "地域冷暖房の受入割合があるのに購入熱量がありません"
        )
        faults.add(place("heat_gj"), problem, row.heat_gj, "> 0")
    if row.district_share > 0 and row.kind != "office":
        problem = Text("only offices and the like have a share of district supply",
                       "地域冷暖房等からの受入割合はオフィスビル等のみ記入してください")  # fmt: skip
        faults.add(place("district_share"), problem, row.district_share, "0")
    use = FacilityYear(facility=where, fiscal_year=year, electricity_mwh=row.electricity_mwh,
                       city_gas_1000m3=row.city_gas_1000m3, heat_gj=row.heat_gj,
                       heavy_oil_a_kl=row.heavy_oil_a_kl)  # fmt: skip
    size = row_crude_oil_kl(use, year, rules.beside("report_small_existing"))
    if size < line:
        problem = Text("below the threshold: it has no reduction duty", "規模要件未満のため削減義務がありません")
        faults.add(where, problem, f"{size:,.0f} kL", f"≥ {line:,.0f} kL")
    base = np.append(base_columns(row), np.nan if row.base_t is None else row.base_t)
    if not np.isnan(base).all() and size > _MOST_KL_A_TONNE * np.nanmax(base):
        problem = Text("its energy is far too much for its base emissions; check the units of both",
                       "基準排出量に対しエネルギー使用量が過大です。単位を確認してください")  # fmt: skip
        given = f"{size:,.0f} kL, {np.nanmax(base):,.0f} t-CO2"
        faults.add(where, problem, given, f"≤ {_MOST_KL_A_TONNE:g} kL/t-CO2")


def _check_base(row: FacilityRow, where: str, length: int, faults: FaultList) -> None:
    """Check that base emissions can be worked out: stated, or as many years in a row as they are a mean of."""
    if row.base_t is not None:
        return
    given = np.flatnonzero(~np.isnan(base_columns(row)))
    years = ", ".join(str(BASE_WINDOW[place]) for place in given) or None
    if len(given) >= 2 and np.any(np.diff(given) != 1):
        problem = Text("base years must be consecutive", "基準年度は連続する年度にしてください")
        faults.add(where, problem, years)
    elif len(given) < length:
        problem = Text(
            f"give the base emissions, or emissions of {length} consecutive years of FY2002–2007",
            f"基準排出量、又は2002～2007年度のうち連続する{length}か年度の排出量を記入してください",
        )
        faults.add(where, problem, years)


def measure_ids(rows: Sequence[HalfRead[MeasureRow]]) -> list[str]:
    """Return the ids of measures, those too that are not right otherwise."""
    return list(dict.fromkeys(half.row.id for half in rows if "id" not in half.unread))


def check_measures(rows: Sequence[HalfRead[MeasureRow]], faults: FaultList) -> None:
    """Check measures: those they refer to, and electricity for fuel replaced.

    A check that looks at a column without a usable value is left out: the fault of that column is known.

    Args:
        rows: measures, those too that are not right on their own.
        faults: where everything wrong is recorded.
    """
    known = measure_ids(rows)
    for half in rows:
        row = half.row
        name_of_row = half.place if "id" in half.unread else row.id
        named = [column for column in ("requires", "excludes") if column not in half.unread]
        for name in (name for column in named for name in names_in(getattr(row, column))):
            if name not in known or name == name_of_row:
                faults.add(name_of_row, Text("there is no such measure", "この対策はありません"), name, known)
        if "requires" in named and len(names_in(row.requires)) > 1:
            problem = Text("a measure can require one other", "前提となる対策は1つまでです")
            faults.add(f"{name_of_row} › requires", problem, row.requires)
        replaced = not half.unread & {"fuel_replaced", "electricity_per_fuel"} and row.fuel_replaced > 0
        if replaced and row.electricity_per_fuel == 0:
            problem = Text(
                "it replaces fuel but needs no electricity", "電化による代替があるのに電気使用量がありません"
            )
            faults.add(f"{name_of_row} › electricity_per_fuel", problem, 0, "> 0")


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
