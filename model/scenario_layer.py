"""One scenario file, or one `--set`, as a layer: which levers it sets, where each stands, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from model.faults import Fault, FaultList, nearest_name
from model.language import Text
from model.lever_kinds import labels
from model.levers import FAMILY_OF, LEVER_FAMILIES, SECTIONS, Levers
from model.setting_checks import ALL, add_value_faults
from model.uncertain_factors import Uncertainty, read_uncertainty
from model.yaml_reader import Node, parse_yaml

#: Keys at the top of a scenario file.
FILE_KEYS: Final = ("name", "title", "description", "based_on", "set", "because", "uncertainty")

_NAME = re.compile(r"[a-z0-9_]+")

#: Names that hold levers but are none themselves: sections, and levers that have a value for each label.
_HOLDERS: Final = frozenset(name.rpartition(".")[0] for name in FAMILY_OF) | frozenset(SECTIONS) | {""}


@dataclass(frozen=True)
class Layer:
    """What one file or one option contributes to a scenario.

    Args:
        name: the scenario's name; the option's text for a `--set`.
        title: what it is called.
        description: what it is about; None if the file does not say.
        settings: value of each lever it sets, by dotted name.
        because: reason and source of levers it sets, by dotted name.
        uncertainty: ranges that it sets.
    """

    name: str
    title: Text
    description: Text | None
    settings: Mapping[str, Node]
    because: Mapping[str, Text]
    uncertainty: Uncertainty = field(default_factory=Uncertainty)


def layer_of_file(root: Node, path: Path, faults: FaultList) -> Layer:
    """Return the layer that a scenario file holds; everything wrong with it is recorded.

    Args:
        root: the file's mapping.
        path: the file; its stem is the scenario's name.
        faults: where everything wrong is recorded.
    """
    found = FaultList()
    for key, node in root.value.items():
        if key not in FILE_KEYS:
            _add_unknown_file_key(key, node, found)
    _check_name(root, path, found)
    settings = _settings_of(root.value.get("set"), found)
    add_value_faults(settings, found)
    layer = Layer(
        name=path.stem,
        title=_text_of(root, "title", found) or Text(path.stem, path.stem),
        description=_text_of(root, "description", found) if "description" in root.value else None,
        settings=settings,
        because=_because_of(root.value.get("because"), settings, found),
        uncertainty=read_uncertainty(root.value.get("uncertainty"), found),
    )
    faults.faults += sorted(found.faults, key=_line)
    return layer


def layer_of_override(override: str, faults: FaultList) -> Layer:
    """Return the layer of one `key=value` given with `--set`; the value is read as YAML."""
    key, equals, value = override.partition("=")
    key = key.strip()
    settings: dict[str, Node] = {}
    if not equals or not key:
        faults.add(
            "--set",
            Text("write a lever, an equals sign and its value", "「項目=値」の形で指定してください"),
            given=override,
            allowed="electricity.renewable_share=0.5",
        )
    elif (node := parse_yaml(value, "--set", faults, numbered=False)) is not None:
        settings = _settings_of(Node({key: node}, None, "--set", None), faults)
        add_value_faults(settings, faults)
    return Layer(override, Text(override, override), None, settings, {})


def _line(fault: Fault) -> int:
    """Return the line that a fault's place names, so that faults are read from the top of the file."""
    numbered = re.search(r":([0-9]+) ", fault.place)
    return int(numbered[1]) if numbered else 0


# -- the head of a file ------------------------------------------------------------------------------------------------


def _add_unknown_file_key(key: str, node: Node, faults: FaultList) -> None:
    if key.partition(".")[0] in Levers.model_fields:
        faults.add(
            node.place(key),
            Text("a lever stands under `set:`; move it there", "施策の値は set: の下に書いてください"),
            given=key,
            allowed=FILE_KEYS,
        )
    else:
        faults.add(node.place(key), Text("unknown key", "不明な項目です"), given=key, allowed=FILE_KEYS)


def add_if_no_name(name: str, place: str, faults: FaultList) -> bool:
    """Record a name that cannot be one of a scenario, and so of its file and its folder of results.

    Returns:
        whether the name was refused.
    """
    if _NAME.fullmatch(name):
        return False
    faults.add(
        place,
        Text(
            "the file's name becomes a folder name; use small letters, digits and _ only",
            "ファイル名は結果フォルダの名前になります。英小文字・数字・_ だけにしてください",
        ),
        given=name,
        allowed="a-z 0-9 _",
    )
    return True


def _check_name(root: Node, path: Path, faults: FaultList) -> None:
    """Record a name that is missing, not plain, or not the file's own."""
    node = root.value.get("name")
    if add_if_no_name(path.stem, root.source, faults):
        return
    if node is None or node.text != path.stem:
        faults.add(
            root.source if node is None else node.place("name"),
            Text(
                "`name` is missing; add the file's name without its suffix",
                "name がありません。ファイル名(拡張子なし)を書いてください",
            )
            if node is None
            else Text(
                "`name` is the file's name without its suffix", "name にはファイル名(拡張子なし)を書いてください"
            ),
            given=None if node is None else node.given(),
            allowed=path.stem,
        )


def _text_of(root: Node, key: str, faults: FaultList) -> Text | None:
    """Return a text given once, or in both languages; None with a fault if it is neither."""
    node = root.value.get(key)
    text = None if node is None else _as_text(node)
    if text is None:
        faults.add(
            root.source if node is None else node.place(key),
            Text(f"`{key}` is missing; add a line with it", f"{key} がありません。この行を加えてください")
            if node is None
            else Text(f"`{key}` is a text, or one in each language", f"{key} は文、または言語ごとの文で書いてください"),
            given=None if node is None else node.given(),
            allowed=f"{key}: text, {key}: {{en: text, ja: text}}",
        )
    return text


def _as_text(node: Node) -> Text | None:
    if isinstance(node.value, dict):
        words = {key: child.text for key, child in node.value.items()}
        if set(words) == {"en", "ja"} and words["en"] and words["ja"]:
            return Text(words["en"], words["ja"])
        return None
    return Text(node.text, node.text) if node.text and node.value is not None else None


# -- which levers are set ----------------------------------------------------------------------------------------------


def _settings_of(node: Node | None, faults: FaultList) -> dict[str, Node]:
    """Return the value of every lever set below `set:`, by dotted name; `all` fills labels that are not named."""
    if node is None or node.value is None:
        return {}
    named: dict[str, Node] = {}
    for_all: dict[str, Node] = {}
    for name, value in _walk(node, "", faults):
        family, _, label = name.rpartition(".")
        found = for_all if label == ALL else named
        key = family if label == ALL else name
        if key in found:
            faults.add(
                value.place(name),
                Text(
                    f"this lever is set twice, first at {found[key].place()}; delete one",
                    f"同じ項目が {found[key].place()} にもあります。どちらかを削除してください",
                ),
            )
        found[key] = value
    settings = {
        f"{family}.{label}": value
        for family, value in for_all.items()
        for label in labels(str(LEVER_FAMILIES[family].per))
    }
    return settings | named


def _walk(node: Node, prefix: str, faults: FaultList) -> Iterator[tuple[str, Node]]:
    """Yield dotted name and value of every lever below a holder of levers."""
    if not isinstance(node.value, dict):
        _add_not_a_mapping(node, prefix, faults)
        return
    for key, child in node.value.items():
        name = f"{prefix}.{key}" if prefix else key
        family, _, label = name.rpartition(".")
        if name in FAMILY_OF or (label == ALL and family in LEVER_FAMILIES and LEVER_FAMILIES[family].per):
            yield name, child
        elif name in _HOLDERS:
            yield from _walk(child, name, faults)
        else:
            _add_unknown_lever(name, child, faults)


def _names_below(holder: str) -> list[str]:
    """Return the names that may stand directly below a holder of levers."""
    start = f"{holder}." if holder else ""
    below = {name[len(start) :].partition(".")[0]: None for name in FAMILY_OF if name.startswith(start)}
    return [*below, ALL] if holder in LEVER_FAMILIES else list(below)


def _add_not_a_mapping(node: Node, holder: str, faults: FaultList) -> None:
    if holder in LEVER_FAMILIES:
        problem = Text(
            "this lever has a value of its own for each label; name the labels, or write `all:`",
            "この項目は区分ごとに値を持ちます。区分名、または all: を書いてください",
        )
    else:
        problem = Text("levers stand below this key, one a line", "この項目の下に施策を1行ずつ書いてください")
    faults.add(node.place(holder or "set"), problem, given=node.given(), allowed=_names_below(holder))


def _add_unknown_lever(name: str, node: Node, faults: FaultList) -> None:
    """Record a name that no lever has, with the nearest that exists at its level or anywhere."""
    holder, _, last = name.rpartition(".")
    while holder not in _HOLDERS:
        holder, _, section = holder.rpartition(".")
        last = f"{section}.{last}"
    below = _names_below(holder)
    nearest = nearest_name(last, below) or _nearest_anywhere(name)
    if holder in LEVER_FAMILIES:
        problem = Text(f"no {LEVER_FAMILIES[holder].per} has this name", "この名前の区分はありません")
    else:
        problem = Text("no lever has this name", "この名前の施策はありません")
    place = node.place(name)
    faults.faults.append(Fault(place, problem, given=last, allowed=", ".join(below), nearest=nearest))


def _nearest_anywhere(name: str) -> str | None:
    """Return the full name of the lever whose last part is closest to the last part of `name`."""
    by_last = {family.rpartition(".")[2]: family for family in LEVER_FAMILIES}
    nearest = nearest_name(name.rpartition(".")[2], by_last)
    return None if nearest is None else by_last[nearest]


def _because_of(node: Node | None, settings: Mapping[str, Node], faults: FaultList) -> dict[str, Text]:
    """Return the reason of each lever; a reason given for a section holds for all levers set below it."""
    if node is None or node.value is None:
        return {}
    if not isinstance(node.value, dict):
        faults.add(
            node.place("because"), Text("write `lever: reason`", "「項目: 理由」の形で書いてください"), node.given()
        )
        return {}
    reasons: dict[str, Text] = {}
    for key in sorted(node.value, key=lambda key: key.count(".")):
        child = node.value[key]
        text = _as_text(child)
        holder = key.removesuffix(f".{ALL}")
        covered = [name for name in settings if name == key or name.startswith(f"{holder}.")]
        if key not in FAMILY_OF and holder not in _HOLDERS:
            _add_unknown_lever(key, child, faults)
        elif not covered:
            faults.add(
                child.place("because", key),
                Text(
                    "this file gives a reason for a lever that it does not set; set it or delete the reason",
                    "このファイルで設定していない項目の理由です。値を設定するか、理由を削除してください",
                ),
            )
        elif text is None:
            faults.add(
                child.place("because", key),
                Text("a reason is a text, or one in each language", "理由は文、または言語ごとの文で書いてください"),
                given=child.given(),
                allowed="text, {en: text, ja: text}",
            )
        else:
            reasons.update(dict.fromkeys(covered, text))
    return reasons
