"""Economics of panels on a home (太陽光発電の経済性): cost, pay-back, benefit over 20 to 30 years, and who pays.

The equations are in `equations` (vectors of houses and sizes), the single questions in
`findings`. Every assumption is a parameter of the rule data or a column of the row.
"""

from __future__ import annotations

from collections.abc import Sequence

from model.language import Text
from model.ordinance.derivation import Obligation, named
from model.ordinance.programme import Programme
from model.ordinance.rulebook import Rules
from model.ordinance.solar_economics import findings as ask
from model.ordinance.solar_economics.facts import System


def assess(rows: Sequence[System], rules: Rules) -> list[Obligation]:
    """Return what each system costs and earns.

    Args:
        rows: home systems.
        rules: rules of "pv_economics".

    Raises:
        BadInput: an assumption is not known under these rules.
    """
    return [_economics(row, rules) for row in rows]


def _economics(system: System, rules: Rules) -> Obligation:
    """Return the answers for one system."""
    horizons = ask.horizons(rules)
    findings = [ask.cost(system, rules), ask.income(system, rules), ask.payback(system, rules)]
    findings += [ask.benefit_over(system, years, rules) for years in horizons]
    if system.financing != "purchase":
        findings.append(ask.financing(system, horizons[-1], rules))
    findings.append(ask.carbon(system, rules))
    return Obligation(named(system.id), "solar_economics", rules.rule_set, tuple(findings))


PROGRAMME = Programme(
    name="solar_economics",
    rulebook="pv_economics",
    title=Text("Economics of solar panels on a home", "住宅用太陽光発電の経済性"),
    row=System,
    examples=(
        System(id="P-001", kw=4),
        System(id="P-002", kw=4, financing="lease", contract_years=10),
        System(id="P-003", kw=5, new=False, fit_jpy_per_kwh=16, financing="power_purchase", contract_years=10),
    ),
    assess=assess,
)
