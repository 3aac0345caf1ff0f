"""Forest absorption and carbon offset by the wards (森林整備による吸収量): hectares, tonnes, yen, transfer tax."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

from pydantic import model_validator

from model.language import Text
from model.ordinance.derivation import Finding, Obligation, Verdict, Working, named, number
from model.ordinance.exact import reaches
from model.ordinance.forest_offset.equations import absorption_t, affordable_ha, cost_jpy, cost_jpy_per_t
from model.ordinance.municipalities import MunicipalityCode, municipality_names
from model.ordinance.programme import Programme, Row, column, row_fault
from model.ordinance.rule_gaps import unanswered
from model.ordinance.rulebook import Rules

Route = Literal["national", "tama", "disaster_area"]
Basis = Literal["low", "central", "high", "cedar", "mean_forest", "own"]

ROUTE_NAMES = {
    "national": Text("national cooperation project", "特別区全国連携プロジェクト"),
    "tama": Text("Tama area", "多摩地域との連携"),
    "disaster_area": Text("disaster-hit area", "被災地への復興支援"),
}
BASIS_NAMES = {
    "low": Text("low of the model range", "モデル用下位値"),
    "central": Text("centre of the model range", "モデル用中位値"),
    "high": Text("high of the model range", "モデル用上位値"),
    "cedar": Text("cedar of 36 to 40 years", "スギ36～40年生人工林"),
    "mean_forest": Text("mean forest of Japan", "日本の森林の平均"),
    "own": Text("own value", "個別の値"),
}
#: Parameters of the rule file behind each basis.
_UPTAKES: dict[str, tuple[str, ...]] = {
    "low": ("model_absorption_range", "low"),
    "central": ("model_absorption_range", "central"),
    "high": ("model_absorption_range", "high"),
    "cedar": ("cedar_absorption",),
    "mean_forest": ("mean_forest_absorption",),
}


class Project(Row):
    """One forest that a ward cares for in another municipality."""

    id: str = column("project", "事業名", min_length=1)
    municipality: MunicipalityCode = column("municipality", "区市町村", choices=municipality_names())
    route: Route = column("route", "連携方策", default="tama", choices=ROUTE_NAMES)
    area_ha: float = column("forest area", "森林面積", "ha", gt=0)
    basis: Basis = column("uptake taken from", "吸収量の根拠", default="central", choices=BASIS_NAMES)
    uptake_t_per_ha: float | None = column(
        "own uptake of a hectare", "1ha当たり吸収量（個別）", "t-CO2/ha", default=None, gt=0
    )
    years: int = column("years", "期間", "years", default=1, ge=1)
    cost_jpy_per_ha: float | None = column(
        "cost of a hectare a year (empty: Tama programme)",
        "1ha当たり年間事業費（空欄は多摩の実績）",
        "JPY/ha",
        default=None,
        gt=0,
    )
    transfer_tax_jpy: float | None = column(
        "forest transfer tax available a year", "年間の森林環境譲与税充当可能額", "JPY", default=None, ge=0
    )
    ward_emissions_t: float | None = column(
        "yearly emissions of the ward", "区の年間CO₂排出量", "t-CO2", default=None, gt=0
    )

    @model_validator(mode="after")
    def _own_value_is_there(self) -> Self:
        """Refuse an own basis without its value, and a value that the basis does not use."""
        if (self.basis == "own") != (self.uptake_t_per_ha is not None):
            raise row_fault(
                Text(
                    "the own uptake and the basis “own value” go together",
                    "個別の吸収量は根拠を「個別の値」としたときに記入してください",
                )
            )
        return self


def assess(rows: Sequence[Project], rules: Rules) -> list[Obligation]:
    """Return what each project takes up and costs.

    Args:
        rows: projects.
        rules: rules of "forest_offset".

    Raises:
        BadInput: an uptake or cost that is needed is not known under these rules.
    """
    return [_effects(row, rules) for row in rows]


def _effects(project: Project, rules: Rules) -> Obligation:
    """Return the answers for one project."""
    findings = [absorption(project, rules), cost(project, rules)]
    if project.route == "tama":
        findings.append(certification(project, rules))
    if project.transfer_tax_jpy is not None:
        findings.append(transfer_tax(project, project.transfer_tax_jpy, rules))
    if project.ward_emissions_t is not None:
        findings.append(deduction(project, project.ward_emissions_t, rules))
    return Obligation(named(project.id), "forest_offset", rules.rule_set, tuple(findings))


def uptake(project: Project, rules: Rules) -> float:
    """Return the yearly uptake of a hectare [t-CO2/ha] on the project's basis."""
    return project.uptake_t_per_ha if project.uptake_t_per_ha is not None else rules.number(*_UPTAKES[project.basis])


def _price(project: Project, rules: Rules) -> float:
    """Return the yearly cost of a hectare [JPY/ha]."""
    return project.cost_jpy_per_ha if project.cost_jpy_per_ha is not None else rules.number("tama_cost_per_ha")


def absorption(project: Project, rules: Rules) -> Finding:
    """Return the yearly absorption of a project [t-CO2]."""
    sheet = Working.under(rules)
    rate = uptake(project, sheet.rules)
    name = BASIS_NAMES[project.basis]
    yearly = sheet.step(
        Text(f"area × yearly uptake ({name.en})", f"面積×年間吸収量（{name.ja}）"),
        f"{number(project.area_ha)} × {number(rate)}",
        absorption_t(project.area_ha, rate),
        "t-CO2",
    )
    if project.years > 1:
        over = Text(f"over {project.years} years", f"{project.years}年間の累計")
        sheet.step(over, f"{number(yearly)} × {project.years}", yearly * project.years, "t-CO2")
    question = Text("Yearly absorption", "年間吸収量")
    return sheet.finding("absorption", question, Verdict.FOR_INFORMATION, yearly, "t-CO2")


def cost(project: Project, rules: Rules) -> Finding:
    """Return the yearly cost of a project [JPY], and of a tonne."""
    sheet = Working.under(rules)
    price, rate = _price(project, sheet.rules), uptake(project, sheet.rules)
    yearly = sheet.step(
        Text("area × cost of a hectare", "面積×1ha当たり事業費"),
        f"{number(project.area_ha)} × {number(price)}",
        cost_jpy(project.area_ha, price),
        "JPY",
    )
    sheet.step(
        Text("a tonne of yearly absorption", "年間吸収量1t当たり"),
        f"{number(price)} ÷ {number(rate)}",
        cost_jpy_per_t(price, rate),
        "JPY/t-CO2",
    )
    question = Text("Yearly cost", "年間事業費")
    return sheet.finding("cost", question, Verdict.FOR_INFORMATION, yearly, "JPY")


def certification(project: Project, rules: Rules) -> Finding:
    """Return whether the metropolitan scheme certifies the area for offsetting, or as support only."""
    sheet = Working.under(rules)
    question = Text("Can the absorption be certified for offsetting?", "オフセット認証の対象となる面積か")
    gap = unanswered(sheet, "certification", question, "certification_min_area")
    if gap is not None:
        return gap
    support, offset = (sheet.rules.number("certification_min_area", kind) for kind in ("support", "offset"))
    area = number(project.area_ha)
    enough = sheet.step(
        Text("certified for offsetting", "二酸化炭素オフセット認証"),
        f"{area} ≥ {number(offset)} ha",
        reaches(project.area_ha, offset),
    )
    sheet.step(
        Text("certified as support, not for offsetting", "森林整備サポート認定（オフセット不可）"),
        f"{area} ≥ {number(support)} ha",
        reaches(project.area_ha, support),
    )
    verdict = Verdict.on(enough)
    return sheet.finding("certification", question, verdict, project.area_ha, "ha")


def transfer_tax(project: Project, available_jpy: float, rules: Rules) -> Finding:
    """Return the forest area that the transfer tax pays for each year [ha]."""
    sheet = Working.under(rules)
    price = _price(project, sheet.rules)
    area = sheet.step(
        Text("tax available ÷ cost of a hectare", "充当可能額÷1ha当たり事業費"),
        f"{number(available_jpy)} ÷ {number(price)}",
        float(affordable_ha(available_jpy, price)),
        "ha",
    )
    covered = reaches(area, project.area_ha)
    sheet.step(Text("covers the project", "事業面積を賄えるか"), f"{number(area)} ≥ {number(project.area_ha)}", covered)
    question = Text("What does the forest transfer tax pay for?", "森林環境譲与税で賄える面積")
    return sheet.finding("transfer_tax", question, Verdict.FOR_INFORMATION, area, "ha")


def deduction(project: Project, ward_emissions_t: float, rules: Rules) -> Finding:
    """Return the absorption as a share of the ward's emissions [%]; whether it may be deducted is not settled."""
    sheet = Working.under(rules)
    yearly = absorption_t(project.area_ha, uptake(project, sheet.rules))
    share = sheet.step(
        Text("absorption ÷ emissions of the ward", "吸収量÷区の排出量"),
        f"{number(yearly)} ÷ {number(ward_emissions_t)}",
        100 * yearly / ward_emissions_t,
        "%",
    )
    question = Text("May it be deducted from the ward's emissions?", "区の排出量から差し引けるか")
    gap = unanswered(sheet, "deduction", question, "deduct_from_ward_emissions")
    if gap is not None:
        return gap
    may = sheet.rules.flag("deduct_from_ward_emissions")
    return sheet.finding("deduction", question, Verdict.on(may), share, "%")


PROGRAMME = Programme(
    name="forest_offset",
    rulebook="forest_offset",
    title=Text("Forest absorption and carbon offset", "森林整備による吸収量・カーボンオフセット"),
    row=Project,
    examples=(
        Project(id="多摩の森", municipality="13101", area_ha=22.35, transfer_tax_jpy=27_076_000),
        Project(id="沼田の森", municipality="13104", route="national", area_ha=17, basis="central", years=5),
    ),
    assess=assess,
)
