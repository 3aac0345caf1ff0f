"""Existing large facilities (キャップ&トレード制度): what one facility owes in each compliance period.

Cover, base emissions, rate with reliefs, the cumulative test over the period, sale, credits with their limits, bank and
expiry, the order after a failed duty. The equations are in `equations` and `credits`.
"""

from __future__ import annotations

from collections.abc import Sequence

from model.faults import FaultList
from model.language import Text
from model.ordinance.cap_and_trade import findings as ask
from model.ordinance.cap_and_trade import settlement as settle
from model.ordinance.cap_and_trade.equations import Periods
from model.ordinance.cap_and_trade.facts import Facility, FacilityYear, facilities
from model.ordinance.cap_and_trade.years import Period
from model.ordinance.derivation import Obligation, Verdict, subject_of_years
from model.ordinance.programme import Programme
from model.ordinance.rulebook import Rules


def assess(rows: Sequence[FacilityYear], rules: Rules) -> list[Obligation]:
    """Return what every facility owes in every compliance period that it has rows in.

    Args:
        rows: years of any number of facilities; years before the first period count for base and cover only.
        rules: rules of "cap_and_trade".

    Raises:
        BadInput: years after the last period that the rules know, or a rule that is needed is not known.
    """
    periods = Periods.read(rules)
    _check_years(rows, periods)
    return [
        _obligation(Period(facility, periods, place), rules)
        for facility in facilities(rows)
        for place in _places(facility, periods)
    ]


def _places(facility: Facility, periods: Periods) -> list[int]:
    """Return the positions of the periods that a facility has rows in."""
    return [place for place in range(len(periods.numbers)) if any(y in facility.rows for y in periods.years(place))]


def _check_years(rows: Sequence[FacilityYear], periods: Periods) -> None:
    """Refuse years after the last period, for which no rule is known, and carbon halves before it, which it brings."""
    faults = FaultList()
    for row in rows:
        if row.fiscal_year > periods.last_years[-1]:
            faults.add(
                f"{row.facility} FY{row.fiscal_year}",
                Text("no rule is known for this year", "この年度の規定は定められていません"),
                row.fiscal_year,
                f"≤ {periods.last_years[-1]}",
            )
        if row.recognition == "carbon_half" and row.fiscal_year < periods.first_years[-1]:
            faults.add(
                f"{row.facility} FY{row.fiscal_year}",
                Text(
                    "there is no carbon-half recognition in this year yet",
                    "この年度にはカーボンハーフ認定はまだありません",
                ),
                row.fiscal_year,
                f"≥ {periods.first_years[-1]}",
            )
    faults.raise_if_any()


def _obligation(period: Period, rules: Rules) -> Obligation:
    """Return what a facility owes in one period."""
    duty = ask.reduction_duty(period, rules)
    findings = [ask.plan_duty(period, rules), duty, ask.renewable_report(period, rules)]
    if duty.verdict is Verdict.OBLIGED:
        findings += [
            ask.base_emissions(period, rules),
            ask.obligation_rate(period, rules),
            ask.allowance(period, rules),
            ask.emissions(period, rules),
            ask.cumulative_test(period, rules),
        ]
        if settle.can_settle(period, rules):
            settled = settle.settlement(period, rules)
            findings += [settle.sale(period, rules), settled]
            if settled.verdict is Verdict.FALLS_SHORT:
                findings.append(settle.order(period, settled.amount, rules))
        findings.append(settle.deadline(period, rules))
    subject = subject_of_years(period.facility.name, period.years[0], period.years[-1])
    return Obligation(subject, "cap_and_trade", rules.rule_set, tuple(findings))


PROGRAMME = Programme(
    name="cap_and_trade",
    rulebook="cap_and_trade",
    title=Text("Cap-and-trade (existing large facilities)", "キャップ＆トレード制度（既存・大規模事業所）"),
    row=FacilityYear,
    examples=(
        FacilityYear(
            facility="見本ビル",
            fiscal_year=2025,
            obliged_since=2010,
            base_t=10000,
            crude_oil_kl=2400,
            electricity_mwh=11000,
            supplier_factor=0.35,
            own_renewable_mwh=120,
            off_site_mwh=500,
            heat_gj=15000,
            heat_factor=0.045,
        ),
        FacilityYear(
            facility="見本ビル",
            fiscal_year=2026,
            crude_oil_kl=2300,
            electricity_mwh=10500,
            supplier_factor=0.33,
            own_renewable_mwh=120,
            off_site_mwh=500,
            certificates_mwh=1000,
            heat_gj=14500,
            heat_factor=0.045,
        ),
        FacilityYear(
            facility="見本工場",
            fiscal_year=2025,
            kind="factory",
            obliged_since=2015,
            base_t=25000,
            crude_oil_kl=6100,
            emissions_t=13800,
        ),
    ),
    assess=assess,
)
