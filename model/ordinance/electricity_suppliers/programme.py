"""Electricity suppliers (エネルギー環境計画書制度): duties, renewable share and factor by supplier and menu.

A row is one menu of a supplier in one fiscal year, as a result or as planned; electricity that Tokyo makes and uses
itself has rows of its own. All rows of a year together are Tokyo as far as the file covers it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal, Self

from pydantic import model_validator

from model.language import Text
from model.ordinance.derivation import Finding, Obligation, Value, Verdict, Working, number, subject_of_years
from model.ordinance.electricity_suppliers.equations import (
    counted_renewable_mwh,
    emission_factor,
    metropolis_share,
    missing_mwh,
    rise_a_year,
    share,
)
from model.ordinance.exact import reaches
from model.ordinance.fiscal import fiscal_year_of
from model.ordinance.programme import Programme, Row, column, row_fault
from model.ordinance.rule_gaps import in_force_since, unanswered
from model.ordinance.rulebook import Rules

Party = Literal["retail", "network_operator", "self_consumption"]

PARTY_NAMES = {
    "retail": Text("retail supplier", "小売電気事業者"),
    "network_operator": Text("transmission and distribution operator", "一般送配電事業者"),
    "self_consumption": Text("made and used in Tokyo", "都内の自家消費"),
}
#: Names of the rule file for the parties that owe plans and reports.
_OBLIGED = {
    "retail": "retail electricity suppliers",
    "network_operator": "general transmission and distribution operators",
}
_MENU = Text("menu", "メニュー")
_SUPPLIED = Text("supplied [MWh]", "供給電力量 [MWh]")
_SHARE = Text("renewable share", "再エネ電力割合")
_FACTOR = Text("emission factor [t-CO2/MWh]", "CO₂排出係数 [t-CO2/MWh]")


class SupplyRow(Row):
    """One menu of one supplier in one fiscal year."""

    unique: ClassVar[tuple[str, ...]] = ("supplier", "fiscal_year", "menu", "planned")

    supplier: str = column("supplier", "供給事業者", min_length=1)
    fiscal_year: int = column("fiscal year", "年度", ge=2005, le=2100)
    menu: str = column("menu", "メニュー", default="全体", min_length=1)
    planned: bool = column("planned, not a result", "計画値（実績でない）", default=False)
    party: Party = column("kind of supplier", "区分", default="retail", choices=PARTY_NAMES)
    supplied_mwh: float = column("electricity supplied in Tokyo", "都内供給電力量", "MWh", gt=0)
    renewable_mwh: float = column("of which from renewable plants", "うち再エネ電源", "MWh", default=0.0, ge=0)
    new_renewable_mwh: float = column(
        "of which from plants built in the year before", "うち前年度に新設された再エネ電源", "MWh", default=0.0, ge=0
    )
    certificates_mwh: float = column(
        "certificates for other electricity", "再エネ電源以外に付与した証書", "MWh", default=0.0, ge=0
    )
    co2_t: float | None = column("emissions", "CO₂排出量", "t-CO2", default=None, ge=0)
    own_target_2030: float | None = column(
        "supplier's own target for FY2030", "自社の2030年度目標（再エネ電力割合）", default=None, ge=0, le=1
    )

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        """Refuse parts that exceed their whole."""
        if self.renewable_mwh > self.supplied_mwh or self.new_renewable_mwh > self.renewable_mwh:
            raise row_fault(
                Text(
                    "a part exceeds its whole (new plants ≤ renewable plants ≤ supply)",
                    "内訳が全体を超えています（新設電源≦再エネ電源≦供給電力量）",
                )
            )
        return self


def _sum(rows: Sequence[SupplyRow], name: str) -> float:
    """Return the sum of one column."""
    return float(sum(getattr(row, name) for row in rows))


def _counted(rows: Sequence[SupplyRow]) -> float:
    """Return the electricity of rows that counts as renewable [MWh]; a certificate stays with its menu."""
    return sum(float(counted_renewable_mwh(r.renewable_mwh, r.certificates_mwh, r.supplied_mwh)) for r in rows)


def supplier_duty(party: str, rules: Rules) -> Finding:
    """Return whether the supplier owes plans and reports."""
    sheet = Working.under(rules)
    parties = sheet.rules.value("obliged_parties")
    obliged = _OBLIGED[party] in parties
    name = PARTY_NAMES[party]
    sheet.step(Text(f"{name.en} in Tokyo", f"都内に供給する{name.ja}"), "", obliged)
    question = Text("Are plans and reports due?", "計画書・報告書の提出義務があるか")
    return sheet.finding("supplier_duty", question, Verdict.OBLIGED if obliged else Verdict.NOT_OBLIGED)


def target_duty(rows: Sequence[SupplyRow], rules: Rules) -> Finding:
    """Return whether the supplier has set the target for FY2030 that it owes."""
    sheet = Working.under(rules)
    question = Text("Has a target for FY2030 been set?", "2030年度目標を設定しているか")
    year, start = rows[0].fiscal_year, in_force_since(sheet.rules, "supplier_duties")
    due = year >= fiscal_year_of(start)
    sheet.step(Text("in force in the fiscal year", "当該年度に施行済みか"), f"{year} ≥ {fiscal_year_of(start)}", due)
    target = next((row.own_target_2030 for row in rows if row.own_target_2030 is not None), None)
    sheet.step(Text("own target", "自社目標"), "", target)
    if not due:
        return sheet.finding("target_duty", question, Verdict.NOT_OBLIGED, target)
    if target is not None and sheet.rules.known("target_level_2030"):
        level = sheet.rules.number("target_level_2030")
        sheet.step(
            Text("against the level for guidance", "都の目標水準との比較"),
            f"{number(target)} ≥ {number(level)}",
            reaches(target, level),
        )
    verdict = Verdict.FALLS_SHORT if target is None else Verdict.COMPLIES
    return sheet.finding("target_duty", question, verdict, target)


def renewable_share(rows: Sequence[SupplyRow], rules: Rules) -> Finding:
    """Return the renewable share of a supplier [1], certificates included."""
    sheet = Working.under(rules)
    plants, counted, supplied = _sum(rows, "renewable_mwh"), _counted(rows), _sum(rows, "supplied_mwh")
    sheet.step(Text("from renewable plants", "再エネ電源"), "Σ", plants, "MWh")
    sheet.step(
        Text("with certificates, at most each menu's supply", "証書を含む（各メニューの供給量まで）"),
        "Σ",
        counted,
        "MWh",
    )
    new = _sum(rows, "new_renewable_mwh")
    if new > 0:
        sheet.step(
            Text("share of plants built in the year before", "前年度に新設された再エネ電源の割合"),
            f"{number(new)} / {number(supplied)}",
            float(share(new, supplied)),
        )
    found = sheet.step(
        Text("renewable share", "再エネ電力割合"),
        f"{number(counted)} / {number(supplied)}",
        float(share(counted, supplied)),
    )
    question = Text("What is the renewable share?", "再エネ電力割合はいくらか")
    return sheet.finding("renewable_share", question, Verdict.FOR_INFORMATION, found)


def factor(rows: Sequence[SupplyRow], rules: Rules) -> Finding:
    """Return the emission factor [t-CO2/MWh]."""
    sheet = Working.under(rules)
    question = Text("What is the emission factor?", "CO₂排出係数はいくらか")
    emitted = [row.co2_t for row in rows]
    known = [one for one in emitted if one is not None]
    if len(known) < len(emitted):
        sheet.step(Text("emissions are not given for all menus", "排出量の記載がないメニューあり"), "", None)
        return sheet.finding("factor", question, Verdict.NOT_ASSESSED)
    supplied = _sum(rows, "supplied_mwh")
    value = sheet.step(
        Text("emissions / supply", "CO₂排出量／供給電力量"),
        f"{number(sum(known))} / {number(supplied)}",
        float(emission_factor(sum(known), supplied)),
        "t-CO2/MWh",
    )
    return sheet.finding("factor", question, Verdict.FOR_INFORMATION, value, "t-CO2/MWh")


def level(
    name: str, parameter: str, level_year: int, rows: Sequence[SupplyRow], have_mwh: float, rules: Rules
) -> Finding:
    """Return how far a supplier or the metropolis is from a level [MWh missing].

    Args:
        name: name of the finding.
        parameter: the level's id in the rule file.
        level_year: fiscal year in which it should be reached.
        rows: rows of one fiscal year.
        have_mwh: electricity that counts as renewable [MWh].
        rules: rules of "electricity_suppliers".
    """
    sheet = Working.under(rules)
    question = Text(f"Is the level for FY{level_year} reached?", f"{level_year}年度の目標水準に達しているか")
    if gap := unanswered(sheet, name, question, parameter):
        return gap
    line, year, supplied = sheet.rules.number(parameter), rows[0].fiscal_year, _sum(rows, "supplied_mwh")
    now = float(share(have_mwh, supplied))
    reached = sheet.step(
        Text("share against the level", "目標水準との比較"), f"{number(now)} ≥ {number(line)}", reaches(now, line)
    )
    lacking = sheet.step(
        Text("missing", "不足する再エネ電力量"),
        f"{number(supplied)} × {number(line)} − {number(have_mwh)}",
        float(missing_mwh(have_mwh, supplied, line)),
        "MWh",
    )
    if not reached and year < level_year:
        rise = rise_a_year(now, year, line, level_year)
        sheet.step(
            Text("rise needed each year", "毎年必要な上昇幅"),
            f"({number(line)} − {number(now)}) / {level_year - year}",
            rise,
        )
    verdict = Verdict.COMPLIES if reached else Verdict.FOR_INFORMATION if year < level_year else Verdict.FALLS_SHORT
    return sheet.finding(name, question, verdict, lacking, "MWh")


def metropolis(rows: Sequence[SupplyRow], rules: Rules) -> Finding:
    """Return the renewable share of the electricity used in Tokyo [1], of the rows given."""
    sheet = Working.under(rules)
    own = [row for row in rows if row.party == "self_consumption"]
    grid = [row for row in rows if row.party != "self_consumption"]
    made, brought, used = _counted(own), _counted(grid), _sum(rows, "supplied_mwh")
    sheet.step(Text("made and used in Tokyo", "自家消費"), f"{number(made)} / {number(used)}", float(share(made, used)))
    sheet.step(
        Text("from the grid", "系統から供給"), f"{number(brought)} / {number(used)}", float(share(brought, used))
    )
    total = sheet.step(
        Text("together", "合計"), f"({number(made)} + {number(brought)}) / {number(used)}",
        float(metropolis_share(made, brought, used)),
    )  # fmt: skip
    question = Text("What is the renewable share of all rows?", "入力全体の再エネ電力利用割合はいくらか")
    return sheet.finding("metropolis_share", question, Verdict.FOR_INFORMATION, total)


def menus(rows: Sequence[SupplyRow]) -> tuple[Mapping[Text, Value], ...]:
    """Return the menus as the supplier publishes them, the supplier as a whole in the last row."""
    return (*(_menu_row(row.menu, [row]) for row in rows), _menu_row(f"Σ {len(rows)}", rows))


def _menu_row(name: str, rows: Sequence[SupplyRow]) -> Mapping[Text, Value]:
    """Return one row of the published table; an unknown factor stays empty."""
    supplied, emitted = _sum(rows, "supplied_mwh"), [row.co2_t for row in rows]
    known = [one for one in emitted if one is not None]
    return {
        _MENU: name,
        _SUPPLIED: supplied,
        _SHARE: float(share(_counted(rows), supplied)),
        _FACTOR: float(emission_factor(sum(known), supplied)) if len(known) == len(emitted) else None,
    }


def assess(rows: Sequence[SupplyRow], rules: Rules) -> list[Obligation]:
    """Return what every supplier owes in every fiscal year, and where all of them together stand.

    Args:
        rows: menus of suppliers.
        rules: rules of "electricity_suppliers".

    Raises:
        BadInput: a rule that is needed is not known under these rules.
    """
    groups: dict[tuple[str, int, bool], list[SupplyRow]] = {}
    years: dict[int, list[SupplyRow]] = {}
    for row in rows:
        if row.party != "self_consumption":
            groups.setdefault((row.supplier, row.fiscal_year, row.planned), []).append(row)
        if not row.planned:
            years.setdefault(row.fiscal_year, []).append(row)
    found = [_supplier(given, rules) for given in groups.values()]
    return found + [_metropolis(year, given, rules) for year, given in sorted(years.items())]


def _supplier(rows: Sequence[SupplyRow], rules: Rules) -> Obligation:
    """Return what a supplier owes on one year's rows."""
    first = rows[0]
    findings = (
        supplier_duty(first.party, rules),
        target_duty(rows, rules),
        renewable_share(rows, rules),
        factor(rows, rules),
        level("level_2030", "target_level_2030", 2030, rows, _counted(rows), rules),
    )
    subject = subject_of_years(first.supplier, first.fiscal_year)
    if first.planned:
        subject = Text(f"{subject.en} (plan)", f"{subject.ja}（計画）")
    return Obligation(subject, "electricity_suppliers", rules.rule_set, findings, menus(rows))


def _metropolis(year: int, rows: Sequence[SupplyRow], rules: Rules) -> Obligation:
    """Return where the metropolis stands in one year on the rows given."""
    # The proposal states the metropolis' target for 2030, the adopted rules the level for the supply to it.
    in_2030 = "target_share_2030" if rules.stated("target_share_2030") else "target_level_2030"
    levels = ((2026, "target_share_2026"), (2030, in_2030), (2035, "target_share_2035"))
    have = _counted(rows)
    findings = [
        metropolis(rows, rules),
        factor([row for row in rows if row.party != "self_consumption"] or rows, rules),
    ]
    findings += [level(f"metropolis_{at}", parameter, at, rows, have, rules) for at, parameter in levels]
    return Obligation(
        subject_of_years(Text("total", "合計"), year), "electricity_suppliers", rules.rule_set, tuple(findings)
    )


PROGRAMME = Programme(
    name="electricity_suppliers",
    rulebook="electricity_suppliers",
    title=Text("Energy environment plan (electricity suppliers)", "エネルギー環境計画書制度（電気供給事業者）"),
    row=SupplyRow,
    examples=(
        SupplyRow(
            supplier="見本電力",
            fiscal_year=2025,
            menu="標準",
            supplied_mwh=800000,
            renewable_mwh=160000,
            new_renewable_mwh=8000,
            co2_t=336000,
            own_target_2030=0.5,
        ),
        SupplyRow(
            supplier="見本電力",
            fiscal_year=2025,
            menu="再エネ100％",
            supplied_mwh=200000,
            renewable_mwh=150000,
            certificates_mwh=50000,
            co2_t=0,
        ),
        SupplyRow(
            supplier="都内太陽光",
            fiscal_year=2025,
            party="self_consumption",
            supplied_mwh=9000,
            renewable_mwh=9000,
            co2_t=0,
        ),
    ),
    assess=assess,
)
