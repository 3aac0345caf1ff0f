"""Names and units of objectives and of the rules that tie houses together."""

from __future__ import annotations

from model.language import Language, Text
from model.ordinance.building_report.facts import HOUSE_TYPE_NAMES
from model.ordinance.derivation import unit_name

OBJECTIVE_NAMES = {
    "cost": Text("net cost", "純費用"),
    "benefit": Text("benefit of the owners", "住まい手の便益"),
    "co2": Text("CO₂ avoided", "CO₂削減量"),
    "guidance": Text("houses at the guidance level", "誘導基準に達する住宅数"),
    "changes": Text("changed houses", "変更する住宅数"),
}
#: Rules that a supplier may leave out to see what they do.
LEFT_OUT_NAMES = {
    "renewables": Text("requirement of renewable capacity", "再エネ設置基準"),
    "substitute_limit": Text("limit of substitutes", "代替措置の上限"),
    "energy": Text("standard of energy and insulation", "省エネ性能基準"),
}
OBJECTIVE_UNITS = {"cost": "JPY", "benefit": "JPY", "co2": "t/yr", "guidance": "buildings", "changes": "buildings"}


def rule_name(row: str) -> Text:
    """Return the name of a row as people write it."""
    fixed = {
        "renewables": Text("renewable capacity (with substitutes)", "再エネ設置基準（代替措置を含む）"),
        "substitute_limit": Text("capacity on site (limit of substitutes)", "敷地内の設置量（代替措置の上限）"),
        "budget": Text("budget", "予算"),
        "changes": Text("number of changes", "変更棟数"),
    }
    if row in fixed:
        return fixed[row]
    head, _, rest = row.partition(".")
    if head == "energy":
        house_type, _, what = rest.partition(".")
        name = HOUSE_TYPE_NAMES[house_type]
        test = {"ua": Text("UA", "UA値"), "bei": Text("BEI of each dwelling", "BEI（各住戸）")}.get(
            what, Text("mean BEI", "平均BEI")
        )
        return Text(f"{test.en} of {name.en}", f"{name.ja}の{test.ja}")
    if head == "installers":
        return Text(f"installers in quarter {rest}", f"第{rest}四半期の施工能力")
    other = OBJECTIVE_NAMES[rest]
    return Text(f"limit on {other.en}", f"{other.ja}の下限・上限")


def unit_of_price(objective: str, row: str, language: Language = "en") -> str:
    """Return the unit of what one unit of a row is worth to an objective, in words of a language."""
    return f"{unit_name(OBJECTIVE_UNITS[objective], language)}/{unit_name(row_unit(row), language, 1)}"


def row_unit(row: str) -> str:
    """Return the unit of a row."""
    head, _, rest = row.partition(".")
    units = {"renewables": "kW", "substitute_limit": "kW", "installers": "kW", "budget": "JPY", "changes": "buildings"}
    return "GJ" if head == "energy" else units.get(head) or OBJECTIVE_UNITS[rest]
