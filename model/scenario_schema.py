"""What scenario files may hold, for others: the JSON Schema for editors and the commented template for users.

Both come from `model.levers`. `python -m model.scenario_schema` writes the schema beside the shipped scenarios.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from model.faults import FaultList
from model.labels import classification
from model.language import Language, Text
from model.lever_kinds import TABLES, Lever, labels
from model.levers import FAMILY_OF, LEVER_FAMILIES, SECTIONS, lever_value
from model.paths import scenarios_folder, written_at_once
from model.scenario import DEFAULT_SCENARIO, Scenario, load_scenario
from model.scenario_layer import add_if_no_name
from model.schema import QUALITIES
from model.setting_checks import ALL
from model.uncertain_factors import factors, uncertainty_json_schema
from model.year_path import FIRST_YEAR, LAST_YEAR

SCHEMA_FILE: Final = "scenario.schema.json"

#: The lever that the template sets as an example.
_EXAMPLE: Final = "electricity.renewable_share"


# -- JSON Schema -------------------------------------------------------------------------------------------------------


def scenario_json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of scenario files, with meanings in both languages."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Carbon Half scenario / Carbon Half シナリオ",
        "type": "object",
        "additionalProperties": False,
        "required": ["name", "title"],
        "properties": {
            "name": {"type": "string", "pattern": "^[a-z0-9_]+$", "description": "file name without its suffix"},
            "title": {"$ref": "#/$defs/text"},
            "description": {"$ref": "#/$defs/text"},
            "based_on": {"type": ["string", "null"], "description": "scenario that this one changes"},
            "set": {"anyOf": [_holder(""), {"type": "null"}]},
            "because": {"type": ["object", "null"], "additionalProperties": {"$ref": "#/$defs/text"}},
            "uncertainty": uncertainty_json_schema(),
        },
        "$defs": {
            "text": {
                "anyOf": [
                    {"type": "string", "minLength": 1},
                    {
                        "type": "object",
                        "properties": {"en": {"type": "string"}, "ja": {"type": "string"}},
                        "required": ["en", "ja"],
                        "additionalProperties": False,
                    },
                ]
            },
            "year": {"enum": [str(year) for year in range(FIRST_YEAR, LAST_YEAR + 1)]},
            **{family: _value(lever) | {"description": _about(lever)} for family, lever in LEVER_FAMILIES.items()},
        },
    }


def _holder(prefix: str) -> dict[str, Any]:
    """Return the schema of a mapping that holds levers, nested or dotted."""
    start = f"{prefix}." if prefix else ""
    below = {family[len(start) :]: lever for family, lever in LEVER_FAMILIES.items() if family.startswith(start)}
    properties: dict[str, Any] = {}
    patterns: dict[str, Any] = {}
    for name, lever in below.items():
        reference = {"$ref": f"#/$defs/{start}{name}"}
        *sections, _ = name.split(".")
        for depth in range(1, len(sections) + 1):
            section = ".".join(sections[:depth])
            properties.setdefault(section, _holder(f"{start}{section}"))
        if lever.per is None:
            properties[name] = reference
        else:
            choices = [*labels(lever.per), ALL]
            properties[name] = {
                "type": "object",
                "description": _about(lever),
                "properties": dict.fromkeys(choices, reference),
                "additionalProperties": False,
            }
            patterns[f"^{name}.({'|'.join(choices)})$".replace(".", r"\.")] = reference
    schema: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    if patterns:
        schema["patternProperties"] = patterns
    if prefix in SECTIONS:
        schema["description"] = _both(SECTIONS[prefix])
    return schema


def _value(lever: Lever) -> dict[str, Any]:
    """Return the schema of one value of a lever."""
    within = {"minimum": lever.lower, "maximum": lever.upper}
    years = {"type": "object", "minProperties": 1, "propertyNames": {"$ref": "#/$defs/year"}}
    match lever.kind:
        case "whole":
            return {"type": "integer", **within}
        case "number":
            return {"type": "number", **within}
        case "choice":
            return {"enum": list(lever.choices)}
        case "last_year":
            return {"anyOf": [{"type": "integer", **within}, {"type": "null"}]}
        case "path":
            number = {"type": "number", **within}
            return {"anyOf": [number, {**years, "additionalProperties": number}]}
        case "share_path":
            shares = {
                "type": "object",
                "minProperties": 1,
                "propertyNames": {"enum": list(labels(str(lever.shares_of)))},
                "additionalProperties": {"type": "number", **within},
            }
            return {**years, "additionalProperties": shares}


def _both(text: Text) -> str:
    return f"{text.en} / {text.ja}"


def _about(lever: Lever) -> str:
    choices = "".join(f"; {word}: {_both(meaning)}" for word, meaning in lever.choices.items())
    return f"{_both(lever.meaning)}{choices} [{lever.unit}]"


# -- template ----------------------------------------------------------------------------------------------------------

_HEAD = Text(
    """\
# A scenario of your own. It starts as {default}; what you set below replaces its values.
# Take the `# ` off a line to set that lever, and change the value. Lines with `##` explain.
# A value is a number for all years, or {{year: number}}: linear between the years, flat before and after.
# The name must be the name of this file without .yaml. Check the file with:  python run.py check FILE
""",
    """\
# 自作シナリオのひな形です。{default} を出発点とし、下で設定した項目だけが置き換わります。
# 項目を設定するには行頭の「# 」を外して値を変えてください。「##」の行は説明です。
# 値は全期間共通の数値、または {{年度: 数値}} です(年度の間は直線補間、前後は一定)。
# name はこのファイル名から .yaml を除いたものにしてください。確認:  python run.py check ファイル名
""",
)
_TITLE = Text("My scenario", "自作シナリオ")
_REASON = Text("why this value, and where it comes from", "この値とした理由と出典")
_LEVELS = Text("Performance levels", "省エネ性能水準")
_ALLOWED = Text("allowed", "許容")

_RANGES = Text(
    "Ranges of `run.py ensemble`, as shares of the values to each side (0: certain); 0.1 is an example",
    "run.py ensemble の不確実性の幅。値に対する割合(片側、0は確実)。0.1は例示",
)
_BY_QUALITY = Text("by the quality of the data; levers count as estimate", "データの品質区分別。レバーは estimate 扱い")
_BY_FACTOR = Text("by factor; a lever or table.quantity means all factors that move it, all means the rest",
                  "要因別。レバー名や 表.項目 はそれを動かす全要因、all は残り全部")  # fmt: skip


def scenario_template(language: Language, name: str = "my_scenario") -> str:
    """Return a scenario file for a user to fill in: every lever with its meaning, unit, range and present value.

    Args:
        language: language of the explanations.
        name: name of the scenario, and so of the file without its suffix.

    Returns:
        YAML that loads as it is and then equals the default scenario.

    Raises:
        BadInput: the name cannot be one of a scenario.
    """
    faults = FaultList()
    add_if_no_name(name, name, faults)
    faults.raise_if_any()
    scenario = load_scenario(DEFAULT_SCENARIO)
    lines = [
        _HEAD(language).format(default=f"{DEFAULT_SCENARIO} ({scenario.title(language)})"),
        f"name: {name}",
        f"title: {_TITLE(language)}",
        f"based_on: {DEFAULT_SCENARIO}",
        "",
        "set:",
        f"  {_EXAMPLE}: {_flow(lever_value(scenario.levers, _EXAMPLE))}",
        *_lever_lines(scenario, language),
        "",
        "because:",
        f"  {_EXAMPLE}: {_REASON(language)}",
        "",
        *_uncertainty_lines(language),
        "",
    ]
    return "\n".join(lines)


def _lever_lines(scenario: Scenario, language: Language) -> Iterator[str]:
    """Yield each section, its levers' meaning and, commented out, their values in the default scenario."""
    names_of = {dimension: _names(table, language) for dimension, table in TABLES.items()}
    shown: set[str] = set()
    for name, family in FAMILY_OF.items():
        section, lever = name.partition(".")[0], LEVER_FAMILIES[family]
        if section not in shown:
            yield from ("", f"  ## == {SECTIONS[section](language)}")
        if family not in shown:
            yield f"  ## {lever.meaning(language)} ({_ALLOWED(language)}: {lever.allowed()})"
            for word, meaning in lever.choices.items():
                yield f"  ##   {word}: {meaning(language)}"
        if lever.shares_of is not None and lever.shares_of not in shown:
            levels = ", ".join(f"{label} = {words}" for label, words in names_of[lever.shares_of].items())
            yield f"  ## {_LEVELS(language)}: {levels}"
        shown |= {section, family, str(lever.shares_of)}
        if name != _EXAMPLE:
            label = name.rpartition(".")[2]
            remark = f"  # {names_of[lever.per][label]}" if lever.per else ""
            yield f"  # {name}: {_flow(lever_value(scenario.levers, name))}{remark}"


def _uncertainty_lines(language: Language) -> Iterator[str]:
    """Yield the block of ranges, its values commented out: only an ensemble looks at it."""
    yield f"## == {_RANGES(language)}"
    yield "uncertainty:"
    yield f"  ## {_BY_QUALITY(language)}"
    yield "  # by_quality: {" + ", ".join(f"{quality}: 0.1" for quality in QUALITIES) + "}"
    for quality, meaning in QUALITIES.items():
        yield f"  ##   {quality}: {meaning(language)}"
    yield f"  ## {_BY_FACTOR(language)}"
    yield "  by_factor:"
    for name, factor in factors().items():
        yield f"    # {name}: 0.1  # {factor.text(language)}"


def _names(table: str, language: Language) -> dict[str, str]:
    return {label: row[f"name_{language}"] for label, row in classification(table).items()}


def _flow(value: Any) -> str:
    """Return a plain value as one line of YAML."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if value is None:
        return "null"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def schema_text() -> str:
    """Return the JSON Schema as the file `scenario.schema.json` holds it."""
    return json.dumps(scenario_json_schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    with written_at_once(scenarios_folder() / SCHEMA_FILE) as temporary:
        temporary.write_text(schema_text(), encoding="utf-8")
