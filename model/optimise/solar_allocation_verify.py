"""A second look at a plan, from the list itself and in exact arithmetic: nothing here knows how the plan was found.

Sizes, exclusions and sums are whole numbers and fractions. The verdicts of the ordinance come from the report programme
itself, asked about the buildings as they would be reported; money comes from the economics of single systems.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from math import floor, isnan
from typing import Any

from model.language import Text
from model.optimise.solar_allocation_economics import Economics
from model.optimise.solar_allocation_houses import Portfolio
from model.optimise.solar_allocation_inputs import FACES, FIXED_STATES
from model.optimise.solar_allocation_model import Wishes
from model.optimise.solar_allocation_report_rows import PlannedHouse, report_rows
from model.ordinance.building_report import PROGRAMME as REPORT_PROGRAMME
from model.ordinance.building_report_equations import EnergyLevel, RoofLimits
from model.ordinance.derivation import Obligation, Verdict
from model.ordinance.exact import exact
from model.ordinance.municipalities import municipalities
from model.ordinance.rulebook import Rules
from model.ordinance.solar_economics_equations import initial_payment
from model.ordinance.subsidies_equations import panel_grant_jpy

#: Findings of the report programme that a plan must pass, by the rule that can be left out.
_TESTED = {"renewables": "renewables", "energy": "energy_standard"}
#: Most houses whose report is drawn up house by house; above, the exact sums alone are checked.
MOST_REPORTED = 20_000
#: Money is recomputed one house at a time in floating point; sums may differ by this share.
_MONEY = 1e-9


@dataclass(frozen=True)
class Check:
    """One thing that was looked at again.

    Args:
        name: what, in both languages.
        holds: whether it holds.
        found: what was found.
        needed: what was needed.
    """

    name: Text
    holds: bool
    found: str
    needed: str = ""


@dataclass(frozen=True)
class Verification:
    """All checks of a plan, and the report as the programme sees it (None for very long lists)."""

    checks: tuple[Check, ...]
    obligation: Obligation | None

    @property
    def holds(self) -> bool:
        """Whether every check holds."""
        return all(check.holds for check in self.checks)


def verify(
    portfolio: Portfolio,
    plan: Mapping[str, PlannedHouse],
    wishes: Wishes,
    scheme: str,
    economics: Economics,
    rules: Rules,
    assumed: Rules,
) -> Verification:
    """Return a second look at a plan.

    Args:
        portfolio: the houses as listed.
        plan: by id of house.
        wishes: what was asked for.
        scheme: rate scheme of the plan.
        economics: prices and grants.
        rules: rules of "report_programme".
        assumed: rules of "solar_allocation".
    """
    houses = [_House(portfolio, number, plan) for number in range(portfolio.size)]
    checks = [
        _names(portfolio, plan),
        _sizes(houses, assumed),
        _exclusions(houses, rules),
        *_capacity(houses, wishes, scheme, rules),
        *_energy(houses, wishes, rules, assumed),
        *_limits(houses, wishes, economics),
    ]
    obligation = None
    if portfolio.size <= MOST_REPORTED:
        obligation = REPORT_PROGRAMME.assess(report_rows(portfolio, plan, rules, assumed), rules)[0]
        if wishes.certainty is None and all(house.consent == 1 for house in houses):
            checks += _verdicts(obligation, wishes)
    return Verification(tuple(checks), obligation)


class _House:
    """One house of the list beside what the plan says of it."""

    __slots__ = ("_lists", "_row", "consent", "counted", "fixed", "id", "kw", "left_out", "new", "way")

    def __init__(self, portfolio: Portfolio, number: int, plan: Mapping[str, PlannedHouse]) -> None:
        self._lists, self._row = portfolio.cells, number
        self.id = str(self.cell("id"))
        planned = plan.get(self.id, PlannedHouse(0.0, False, "purchase"))
        self.kw, self.left_out, self.way = _decimal(round(planned.kw, 6)), planned.left_out, planned.way
        self.new = self.cell("role") == "new_building"
        self.counted = self.new and not self.left_out
        self.fixed = self.cell("state") in FIXED_STATES
        self.consent = Fraction(1) if self.fixed else self.number("consent") or Fraction(0)

    def cell(self, name: str) -> Any:
        """Return a cell as it was read."""
        return self._lists[name][self._row]

    def number(self, name: str) -> Fraction | None:
        """Return a cell as the decimal that stands in it, or None where it is empty."""
        value = float(self._lists[name][self._row])
        return None if isnan(value) else _decimal(value)

    @property
    def heat_gj(self) -> Fraction:
        """Heat from the sun and the ground [GJ]."""
        return (self.number("solar_heat_gj") or Fraction(0)) + (self.number("ground_heat_gj") or Fraction(0))


@lru_cache(maxsize=200_000)
def _decimal(value: float) -> Fraction:
    """Return the decimal that a person wrote."""
    return exact(value)


def _names(portfolio: Portfolio, plan: Mapping[str, PlannedHouse]) -> Check:
    """Check that the plan says something of every house and of no other."""
    same = set(plan) == {str(one) for one in portfolio.ids}
    name = Text("every house has exactly one decision", "全住宅に決定が一つずつある")
    return Check(name, same and len(plan) == portfolio.size, f"{len(plan)}", f"{portfolio.size}")


def _sizes(houses: Sequence[_House], assumed: Rules) -> Check:
    """Check that sizes are whole modules within the roof, and that what is built stays."""
    module = exact(assumed.number("module_kw"))
    per_m2 = exact(assumed.beside("plan_programme").number("capacity_per_area"))
    wrong = []
    for house in houses:
        if house.fixed:
            fits = house.kw == (house.number("kw") or 0)
        else:
            stated = house.number("max_kw")
            faces = [house.number(f"face{face}_m2") or Fraction(0) for face in FACES]
            modules = floor(stated / module) if stated is not None else sum(floor(a * per_m2 / module) for a in faces)
            fits = (house.kw / module).denominator == 1 and house.kw <= modules * module
        if not fits:
            wrong.append(house.id)
    name = Text("sizes are whole modules within the roof", "容量はパネル枚数単位で屋根に収まる")
    return Check(name, not wrong, ", ".join(wrong[:5]) or f"{len(houses)}", "")


def _exclusions(houses: Sequence[_House], rules: Rules) -> Check:
    """Check that only houses with a small roof or a legal limit are left out of the count, and all that must be."""
    limits, legal = RoofLimits.read(rules), rules.flag("legal_restriction_exclusion")
    wrong = []
    for house in houses:
        usable = []
        for face in FACES:
            area = house.number(f"face{face}_m2")
            if area is not None:
                south = abs(house.cell(f"face{face}_azimuth")) <= 90 or house.cell(f"face{face}_tilt") == 0
                usable.append(area if south else Fraction(0))
        usable.sort(reverse=True)
        first, second = (usable[0] if usable else None), (usable[1] if len(usable) > 1 else Fraction(0))
        small = first is not None and (
            first + second < exact(limits.largest_m2)
            if limits.second_m2 is None
            else first < exact(limits.largest_m2) and second < exact(limits.second_m2)
        )
        reason = house.new and (small or (bool(house.cell("restricted")) and legal))
        claim = house.cell("exclusion")
        if (house.left_out and (not reason or claim == "never")) or (
            not house.left_out and reason and claim == "claim"
        ):
            wrong.append(house.id)
    name = Text("only houses that qualify are left out", "要件を満たす住宅のみ算定除外")
    return Check(name, not wrong, ", ".join(wrong[:5]) or f"{sum(house.left_out for house in houses)}", "")


def _capacity(houses: Sequence[_House], wishes: Wishes, scheme: str, rules: Rules) -> list[Check]:
    """Check the requirement in fractions of a kW; expected values where owners may refuse."""
    if "renewables" in wishes.without:
        return []
    per_building = exact(rules.number("capacity_per_building"))
    places, uniform = municipalities(), exact(rules.number("uniform_rate"))
    counted = [house for house in houses if house.counted]
    rates = [
        uniform if scheme == "uniform" else exact(places[house.cell("municipality")].zone_rate) for house in counted
    ]
    required = sum(rates, Fraction(0)) * per_building
    own = sum((house.kw * house.consent for house in counted), Fraction(0))
    heat = sum((house.heat_gj for house in counted), Fraction(0))
    if heat:
        own += heat / exact(rules.number("heat_to_pv_conversion_factor"))
    other = sum((house.kw * house.consent for house in houses if not house.new), Fraction(0))
    if other and "substitute_limit" not in wishes.without:
        other = min(other, exact(rules.number("alternative_existing_house_limit")) * required)
    name = Text("capacity reaches the requirement [kW]", "設置容量が再エネ設置基準に達する [kW]")
    return [Check(name, own + other >= required, f"{float(own + other):,.3f}", f"{float(required):,.3f}")]


def _energy(houses: Sequence[_House], wishes: Wishes, rules: Rules, assumed: Rules) -> list[Check]:
    """Check UA of every house and the mean BEI of every house type whose facts are known."""
    if "energy" in wishes.without:
        return []
    levels, checks = EnergyLevel.read(rules, "energy_standard"), []
    gj_per_kw = exact(rules.number("heat_to_pv_conversion_factor"))
    for house_type in dict.fromkeys(house.cell("house_type") for house in houses if house.new):
        of_type = [house for house in houses if house.new and house.cell("house_type") == house_type]
        known = all(house.number("ua") is not None and house.number("bei") is not None for house in of_type)
        if house_type not in levels or not known:
            continue
        level = levels[house_type]
        designs, standards, saved = [], [], []
        for house in of_type:
            standard = house.number("standard_gj") or _standard(house, assumed)
            standards.append(standard)
            designs.append((house.number("bei") or Fraction(0)) * standard)
            saved.append(gj_per_kw * house.kw * house.consent * int(level.with_renewables))
        limit = exact(level.bei_max)
        if level.on_average:
            mean = (sum(designs) - sum(saved)) / sum(standards)
            met = mean <= limit
        else:
            each = [(a - c) / b for a, b, c in zip(designs, standards, saved, strict=True)]
            mean, met = max(each), all(one <= limit for one in each)
        warm = all((house.number("ua") or 0) <= exact(level.ua_max) for house in of_type)
        name = Text(f"energy standard of {house_type}", f"断熱・省エネ性能基準（{house_type}）")
        checks.append(Check(name, bool(met and warm), f"BEI {float(mean):.4f}", f"≤ {level.bei_max}"))
    return checks


def _standard(house: _House, assumed: Rules) -> Fraction:
    """Return the standard primary energy by floor area [GJ]."""
    return exact(float(house.cell("floor_area_m2")) * assumed.number("standard_energy_per_floor_area"))


def _limits(houses: Sequence[_House], wishes: Wishes, economics: Economics) -> list[Check]:
    """Check budget, installers and number of changes."""
    checks = []
    if wishes.budget_jpy is not None:
        paid = sum(_outlay(house, economics) for house in houses)
        holds = paid <= wishes.budget_jpy * (1 + _MONEY)
        checks.append(Check(Text("outlay within the budget [JPY]", "初期支出が予算内 [円]"), holds, f"{paid:,.0f}",
                            f"≤ {wishes.budget_jpy:,.0f}"))  # fmt: skip
    for quarter, capacity in enumerate(wishes.installer_kw or ()):
        kw = sum(
            (house.kw for house in houses if _quarter(house) == quarter and house.cell("state") != "done"), Fraction(0)
        )
        name = Text(f"installers in quarter {quarter + 1} [kW]", f"第{quarter + 1}四半期の施工能力 [kW]")
        checks.append(Check(name, kw <= exact(capacity), f"{float(kw):,.1f}", f"≤ {capacity:,.1f}"))
    if wishes.most_changes is not None:
        changed = sum(_changed(house) for house in houses)
        name = Text("houses whose panels change", "計画を変更する住宅")
        checks.append(Check(name, changed <= wishes.most_changes, f"{changed}", f"≤ {wishes.most_changes}"))
    return checks


def _outlay(house: _House, economics: Economics) -> float:
    """Return what is paid at the start for one house [JPY]."""
    if house.way != "purchase" or not house.kw:
        return 0.0
    given, kw = economics.assumptions, float(house.kw)
    fixed, per_kw = house.number("cost_fixed_jpy"), house.number("cost_jpy_per_kw")
    own = replace(
        given,
        cost_fixed_jpy=given.cost_fixed_jpy if fixed is None else float(fixed),
        cost_jpy_per_kw=given.cost_jpy_per_kw if per_kw is None else float(per_kw),
    )
    bands = economics.grant_new if house.new else economics.grant_existing
    grant = float(panel_grant_jpy(kw, bands)) * economics.grant_factor
    return float(initial_payment(kw, own, grant))


def _quarter(house: _House) -> int | None:
    """Return the quarter of the fiscal year in which a house is delivered."""
    day = house.cell("delivered_on")
    return None if day is None else (day.month + 8) % 12 // 3


def _changed(house: _House) -> bool:
    """Say whether a house that has a plan gets other panels."""
    planned = house.number("kw")
    return not house.fixed and planned is not None and abs(house.kw - planned) > Fraction(2, 10)


def _verdicts(obligation: Obligation, wishes: Wishes) -> list[Check]:
    """Check that the report programme finds the plan to comply."""
    checks = []
    for rule, prefix in _TESTED.items():
        if rule in wishes.without:
            continue
        for finding in obligation.findings:
            if finding.name == prefix or finding.name.startswith(prefix + "."):
                holds = finding.verdict is not Verdict.FALLS_SHORT
                value: Any = finding.value
                shown = f"{value:,.3f}" if isinstance(value, float) else str(value)
                text = Text(f"report programme: {finding.question.en}", f"報告書制度：{finding.question.ja}")
                checks.append(Check(text, holds, shown, finding.unit))
    return checks
