"""The metropolitan government's own facilities (ゼロエミッション都庁行動計画): targets of both plans, and progress."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from pydantic import model_validator

from model.language import Text
from model.ordinance.derivation import Finding, Obligation, Working, number, subject_of_years
from model.ordinance.exact import percentage, scaled
from model.ordinance.programme import Programme, Row, column, row_fault
from model.ordinance.rulebook import Rules
from model.ordinance.target_progress import Milestone, reduction, toward


class FacilitiesYear(Row):
    """All facilities of a body in one fiscal year; the base year may be given as 100 and the year as an index."""

    unique: ClassVar[tuple[str, ...]] = ("id", "fiscal_year")

    id: str = column("body", "対象部局", min_length=1)
    fiscal_year: int = column("fiscal year", "年度", ge=2000, le=2100)
    governor_bureaus: bool = column("governor's bureaus only", "知事部局等のみ", default=True)
    ghg_base: float | None = column(
        "greenhouse gases FY2000 (t, or 100)", "温室効果ガス2000年度（t、又は100）", default=None, gt=0
    )
    ghg: float | None = column("greenhouse gases of the year", "温室効果ガス当該年度", default=None, ge=0)
    energy_base: float | None = column(
        "energy FY2000 (GJ, or 100)", "エネルギー2000年度（GJ、又は100）", default=None, gt=0
    )
    energy: float | None = column("energy of the year", "エネルギー当該年度", default=None, ge=0)
    electricity_kwh: float | None = column("electricity", "電力使用量", "kWh", default=None, gt=0)
    renewable_kwh: float | None = column("of which renewable", "うち再エネ電力", "kWh", default=None, ge=0)
    pv_kw: float | None = column("solar power", "太陽光発電設備", "kW", default=None, ge=0)
    cars: int | None = column("passenger cars", "乗用車", default=None, gt=0)
    non_gasoline_cars: int | None = column("of which non-gasoline cars", "うち非ガソリン車", default=None, ge=0)
    motorcycles: int | None = column("motorcycles", "二輪車", default=None, gt=0)
    non_gasoline_motorcycles: int | None = column(
        "of which non-gasoline motorcycles", "うち非ガソリン二輪車", default=None, ge=0
    )
    public_chargers: int | None = column("public chargers", "公共用充電器", "chargers", default=None, ge=0)

    @model_validator(mode="after")
    def _pairs_are_whole(self) -> Self:
        """Refuse half of a pair, and a part larger than its whole."""
        for whole, part in _PAIRS:
            if (getattr(self, whole) is None) != (getattr(self, part) is None):
                raise row_fault(
                    Text(
                        f"{whole} and {part} go together",
                        f"「{_title(whole)}」と「{_title(part)}」は両方記入してください",
                    )
                )
        for whole, part in _PAIRS[2:]:
            if getattr(self, whole) is not None and getattr(self, part) > getattr(self, whole):
                raise row_fault(
                    Text(f"{part} is more than {whole}", f"「{_title(part)}」が「{_title(whole)}」を超えています")
                )
        return self


_PAIRS = (
    ("ghg_base", "ghg"),
    ("energy_base", "energy"),
    ("electricity_kwh", "renewable_kwh"),
    ("cars", "non_gasoline_cars"),
    ("motorcycles", "non_gasoline_motorcycles"),
)


def _title(name: str) -> str:
    """Return the Japanese heading of a column."""
    extra = FacilitiesYear.model_fields[name].json_schema_extra
    return str(extra["ja"]) if isinstance(extra, dict) else name


@dataclass(frozen=True)
class _Goal:
    """Where a plan states a target: parameter and key for the governor's bureaus and for all own facilities."""

    name: str
    what: Text
    parameter: str
    year: int
    governor_key: str | None
    all_key: str | None
    unit: str = "%"


_GHG = Text("greenhouse gases against FY2000", "温室効果ガス削減率（2000年度比）")
_ENERGY = Text("energy against FY2000", "エネルギー削減率（2000年度比）")
_RENEWABLE = Text("renewable electricity", "再エネ電力利用割合")
_PV = Text("solar power", "太陽光発電設備")
_CARS = Text("non-gasoline cars", "乗用車の非ガソリン化")
_MOTORCYCLES = Text("non-gasoline motorcycles", "二輪車の非ガソリン化")
_MOTORCYCLE_KEY = "non_gasoline_motorcycles_2029"
_CHARGERS = Text("public chargers", "公共用充電器")

#: The plan to FY2024 and the one to FY2030; the rule file names the chargers of the old plan beside its status.
_OLD_PLAN = (
    _Goal("ghg", _GHG, "targets_2024", 2024, "ghg_reduction", "ghg_reduction"),
    _Goal("energy", _ENERGY, "targets_2024", 2024, "energy_reduction", "energy_reduction"),
    _Goal("renewable", _RENEWABLE, "targets_2024", 2024, "renewable_electricity_share", "renewable_electricity_share"),
    _Goal("pv", _PV, "targets_2024", 2024, "pv_kw_governor_bureaus", None, "kW"),
    _Goal("pv_2026", _PV, "targets_pv_all_own", 2026, None, "2026", "kW"),
    _Goal("pv_2030", _PV, "targets_pv_all_own", 2030, None, "2030", "kW"),
    _Goal("chargers", _CHARGERS, "status_2020_zev", 2024, "chargers_target_min", "chargers_target_min", "chargers"),
)
_NEW_PLAN = (
    _Goal("ghg", _GHG, "targets_2030", 2030, "ghg_reduction", "ghg_reduction"),
    _Goal("energy", _ENERGY, "targets_2030", 2030, "energy_reduction_governor_bureaus_min", "energy_reduction"),
    _Goal(
        "renewable",
        _RENEWABLE,
        "targets_2030",
        2030,
        "renewable_electricity_share_governor_bureaus",
        "renewable_electricity_share_min",
    ),
    _Goal("pv", _PV, "targets_2030", 2030, None, "pv_kw", "kW"),
    _Goal("cars", _CARS, "targets_2030", 2030, "zev_cars", "zev_cars"),
    _Goal("motorcycles", _MOTORCYCLES, "targets_2030", 2029, _MOTORCYCLE_KEY, _MOTORCYCLE_KEY),
    _Goal("chargers", _CHARGERS, "targets_2030", 2030, "public_chargers_min", "public_chargers_min", "chargers"),
)


def assess(rows: Sequence[FacilitiesYear], rules: Rules) -> list[Obligation]:
    """Return each body's progress towards every target of the plan in force.

    Args:
        rows: bodies and fiscal years.
        rules: rules of "own_facilities".

    Raises:
        BadInput: the plan is not known under these rules.
    """
    plan = _NEW_PLAN if rules.stated("targets_2030") else _OLD_PLAN
    answers = []
    for row in rows:
        findings = [found for goal in plan if (found := _progress(row, goal, rules)) is not None]
        answers.append(
            Obligation(subject_of_years(row.id, row.fiscal_year), "own_facilities", rules.rule_set, tuple(findings))
        )
    return answers


def _progress(row: FacilitiesYear, goal: _Goal, rules: Rules) -> Finding | None:
    """Return the progress towards one target, or None where the facts or a target for this body are missing."""
    key = goal.governor_key if row.governor_bureaus else goal.all_key
    sheet = Working.under(rules)
    value = _level(row, goal.name.partition("_")[0], sheet)
    if key is None or value is None:
        return None
    stated = sheet.rules.number(goal.parameter, key)
    level = scaled(stated, 100) if goal.unit == "%" else stated
    return toward(sheet, goal.name, goal.what, value, row.fiscal_year, Milestone(goal.year, level, goal.unit))


def _level(row: FacilitiesYear, name: str, sheet: Working) -> float | None:
    """Return the level of a year and write down how it comes about; None where its facts were not given."""
    if name in ("pv", "chargers"):
        return row.pv_kw if name == "pv" else row.public_chargers
    whole, part = {
        "ghg": (row.ghg_base, row.ghg),
        "energy": (row.energy_base, row.energy),
        "renewable": (row.electricity_kwh, row.renewable_kwh),
        "cars": (row.cars, row.non_gasoline_cars),
        "motorcycles": (row.motorcycles, row.non_gasoline_motorcycles),
    }[name]
    if whole is None or part is None:
        return None
    if name in ("ghg", "energy"):
        text, formula = Text("reduction", "削減率"), f"({number(whole)} − {number(part)}) ÷ {number(whole)}"
        return sheet.step(text, formula, scaled(reduction(part, whole), 100), "%")
    return sheet.step(Text("share", "割合"), f"{number(part)} ÷ {number(whole)}", percentage(part, whole), "%")


PROGRAMME = Programme(
    name="own_facilities",
    rulebook="own_facilities",
    title=Text("The metropolitan government's own facilities", "都有施設（ゼロエミッション都庁行動計画）"),
    row=FacilitiesYear,
    examples=(
        FacilitiesYear(
            id="知事部局等",
            fiscal_year=2020,
            ghg_base=100,
            ghg=78.3,
            energy_base=100,
            energy=78.4,
            electricity_kwh=100,
            renewable_kwh=23.1,
            pv_kw=8585,
            public_chargers=43,
        ),
        FacilitiesYear(
            id="知事部局等",
            fiscal_year=2023,
            ghg_base=100,
            ghg=67,
            energy_base=100,
            energy=61.8,
            pv_kw=13367,
            cars=100,
            non_gasoline_cars=93,
        ),
    ),
    assess=assess,
)
