"""What the values that a scenario file sets must be, and what is said where they are not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from model.faults import FaultList
from model.language import Text
from model.levers import FAMILY_OF, LEVER_FAMILIES, Levers
from model.yaml_reader import Node
from model.year_path import FIRST_YEAR, LAST_YEAR

#: The label that stands for every label that is not named beside it.
ALL: Final = "all"

_SPAN = f"{FIRST_YEAR}-{LAST_YEAR}"

#: What is wrong, by the type of the check that failed.
_PROBLEMS: Final[dict[str, Text]] = {
    "float_type": Text("a number is needed here, not a text or yes/no", "数値を書いてください(文字やyes/noは不可)"),
    "int_type": Text("a whole number is needed here", "整数を書いてください"),
    "finite_number": Text("the number must be finite", "有限の数値を書いてください"),
    "greater_than_equal": Text("the value is below what is allowed", "値が下限を下回っています"),
    "less_than_equal": Text("the value is above what is allowed", "値が上限を上回っています"),
    "literal_error": Text("choose one of the words allowed", "選択肢から1つ選んでください"),
    "dict_type": Text("a mapping is needed here: one `key: value` a line", "「項目: 値」の形で書いてください"),
    "too_short": Text("at least one value is needed here", "値を1つ以上書いてください"),
    "path_type": Text(
        "write a number for all years, or `year: number` for some years",
        "全期間共通の数値、または「年度: 数値」を書いてください",
    ),
    "share_path_type": Text("write `year: {label: share}`", "「年度: {区分: 割合}」の形で書いてください"),
    "year_key": Text("a year with four digits is needed here", "4桁の年度を書いてください"),
    "year_range": Text("the year is outside the years of the model", "年度がモデルの対象期間外です"),
    "label_key": Text("no label has this name", "この名前の区分はありません"),
}


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a mapping by dotted names as mappings inside mappings."""
    tree: dict[str, Any] = {}
    for name, value in values.items():
        *sections, last = name.split(".")
        branch = tree
        for section in sections:
            branch = branch.setdefault(section, {})
        branch[last] = value
    return tree


def add_value_faults(settings: Mapping[str, Node], faults: FaultList) -> None:
    """Check the values that one layer sets, each against its lever, and record everything wrong."""
    try:
        Levers.model_validate(nested({name: node.plain() for name, node in settings.items()}))
    except ValidationError as invalid:
        recorded: set[tuple[object, ...]] = set()
        bad_keys: set[tuple[str, ...]] = set()
        for error in invalid.errors(include_url=False):
            parts = tuple(str(part) for part in error["loc"])
            # A layer need not set everything; what nothing sets is found when the layers are merged.
            # What stands below a key that is no key says nothing more.
            if error["type"] in ("missing", "label_missing") or any(parts[: len(key)] == key for key in bad_keys):
                continue
            if parts[-1] == "[key]":
                bad_keys.add(parts[:-1])
            depth = next(depth for depth in range(1, len(parts) + 1) if ".".join(parts[:depth]) in settings)
            name = ".".join(parts[:depth])
            # What `all` set is one value under many names: one fault.
            once = (id(settings[name]), parts[depth:], error["type"])
            if once not in recorded:
                recorded.add(once)
                shown = _name_as_written(name, settings)
                _add_value_fault(settings[name], shown, parts[depth:], error["type"], error.get("ctx", {}), faults)


def _name_as_written(name: str, settings: Mapping[str, Node]) -> str:
    """Return the name of a setting, with `all` where that is what set it."""
    by_all = sum(node is settings[name] for node in settings.values()) > 1
    return f"{FAMILY_OF[name]}.{ALL}" if by_all else name


def _add_value_fault(
    node: Node, name: str, parts: tuple[str, ...], kind: str, context: dict[str, Any], faults: FaultList
) -> None:
    """Record one failed check where the value stands."""
    lever = LEVER_FAMILIES[FAMILY_OF.get(name, name.removesuffix(f".{ALL}"))]
    found = node.along(parts)
    keys = tuple(key for key, _ in found)
    at = found[-1][1] if found else node
    allowed: str | tuple[str, ...] = lever.allowed()
    given = at.given()
    problem = _PROBLEMS.get(kind, Text(f"not a valid value ({kind})", f"値が正しくありません({kind})"))
    if kind in ("year_key", "year_range"):
        allowed, given = _SPAN, keys[-1]
    elif kind == "label_key":
        allowed, given = context["labels"], keys[-1]
    elif kind == "literal_error":
        allowed = tuple(lever.choices)
    elif kind == "share_sum":
        allowed, given = "1", context["total"]
        problem = Text(
            f"the shares sum to {given}; they are never normalised, so correct them to sum to 1",
            f"割合の合計が{given}です。自動補正はしません。合計が1になるように直してください",
        )
    elif kind in ("greater_than_equal", "less_than_equal", "float_type", "finite_number"):
        allowed = lever.span()
    faults.add(at.place(name, *keys), problem, given=given, allowed=allowed)
