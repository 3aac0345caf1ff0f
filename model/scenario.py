"""A scenario file becomes a frozen `Scenario`: `based_on` followed, `set` merged, everything checked, hashed.

    name: my_city                  the file's name without its suffix
    title: {en: …, ja: …}
    based_on: no_new_policy        a scenario beside this file or shipped, or a path inside the folder
    set: {…}                       levers of `model.levers`, nested or dotted; `all` stands for labels not named
    because: {lever: text}         why a lever has its value, and the source
    uncertainty: {…}               ranges of an ensemble, see `model.uncertain_factors`; a run does not look at them

A scenario without `based_on` sets every lever. Mappings merge down to a lever; a lever's value is replaced whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Final

from model.faults import FaultList
from model.labels import classification
from model.language import Text
from model.lever_kinds import labels
from model.levers import LEVER_FAMILIES, Levers, plain
from model.paths import scenarios_folder
from model.scenario_layer import Layer, layer_of_file, layer_of_override
from model.setting_checks import nested
from model.uncertain_factors import Uncertainty
from model.yaml_reader import NO_SUCH_FILE, Node, read_yaml

SUFFIXES: Final = (".yaml", ".yml")

#: The scenario that runs when none is named, and that the template for users builds on.
DEFAULT_SCENARIO: Final = "carbon_half"

#: The shipped scenario that sets every lever and builds on none.
ROOT_SCENARIO: Final = "no_new_policy"


@dataclass(frozen=True)
class Scenario:
    """A scenario with every lever set and checked.

    Args:
        name: the file's stem; names the folder of results.
        title: what it is called.
        description: what it is about; None where the file does not say.
        chain: names of the scenarios it is made of, from the root to itself.
        files: the files read, in the order of `chain`.
        overrides: the `key=value` options applied after the files.
        levers: value of every lever.
        because: reason and source of levers, by dotted name.
        content_hash: sha256 of the levers; equal for equal levers, however they were written.
        uncertainty: ranges and seed of an ensemble, those of a file put on top of its base's.
    """

    name: str
    title: Text
    description: Text | None
    chain: tuple[str, ...]
    files: tuple[Path, ...]
    overrides: tuple[str, ...]
    levers: Levers
    because: Mapping[str, Text]
    content_hash: str
    uncertainty: Uncertainty


def load_scenario(path_or_name: str | Path, overrides: Sequence[str] = ()) -> Scenario:
    """Return the scenario of a file, or a shipped one by its name.

    Args:
        path_or_name: path of a YAML file, or the name of a shipped scenario.
        overrides: `lever=value` texts, applied in order after the files; values are YAML.

    Returns:
        the scenario, with every lever set.

    Raises:
        BadInput: with every fault found in the files and the overrides.
    """
    faults = FaultList()
    path = _scenario_file(path_or_name, faults)
    files, layers = _chain(path, faults) if path is not None else ([], [])
    options = [layer_of_override(override, faults) for override in overrides]
    faults.raise_if_any()
    settings: dict[str, Node] = {}
    because: dict[str, Text] = {}
    for layer in (*layers, *options):
        settings |= layer.settings
        # A reason belongs to the value it was given for, not to one that replaces it.
        kept = {name: text for name, text in because.items() if name not in layer.settings}
        because = kept | dict(layer.because)
    levers = Levers.model_validate(nested({name: node.plain() for name, node in settings.items()}))
    _add_unserved_end_uses(levers, settings, faults)
    faults.raise_if_any()
    return Scenario(
        name=layers[-1].name,
        title=layers[-1].title,
        description=layers[-1].description,
        chain=tuple(layer.name for layer in layers),
        files=tuple(files),
        overrides=tuple(overrides),
        levers=levers,
        because=because,
        content_hash=levers_hash(levers),
        uncertainty=reduce(Uncertainty.below, (layer.uncertainty for layer in layers), Uncertainty()),
    )


def shipped_scenarios() -> list[str]:
    """Return the names of the scenarios that ship with the model, in alphabetical order."""
    return sorted(path.stem for path in scenarios_folder().glob("*.yaml"))


def levers_hash(levers: Levers) -> str:
    """Return the sha256 of levers in canonical JSON: the same content gives the same hash, however it was written."""
    canonical = json.dumps(plain(levers), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


# -- which files -------------------------------------------------------------------------------------------------------


def _scenario_file(path_or_name: str | Path, faults: FaultList) -> Path | None:
    """Return the file meant, or None with a fault: text without suffix or folder is the name of a shipped scenario."""
    path = Path(path_or_name)
    if isinstance(path_or_name, str) and path.name == path_or_name and path.suffix not in SUFFIXES:
        shipped = scenarios_folder() / f"{path_or_name}.yaml"
        if path_or_name in shipped_scenarios():
            return shipped
        faults.add(
            str(path_or_name),
            Text(
                "no scenario that ships has this name; for a file of your own give its path, with .yaml",
                "この名前の同梱シナリオはありません。自作のファイルは .yaml を付けたパスで指定してください",
            ),
            given=path_or_name,
            allowed=shipped_scenarios(),
        )
        return None
    if path.suffix not in SUFFIXES:
        problem = Text("a scenario is a YAML file", "シナリオはYAMLファイルで指定してください")
        faults.add(str(path), problem, given=path.suffix or path.name, allowed=", ".join(SUFFIXES))
        return None
    if not path.exists():
        beside = sorted(file.name for file in path.parent.glob("*.y*ml")) if path.parent.is_dir() else []
        faults.add(str(path), NO_SUCH_FILE, given=path.name, allowed=beside or None)
        return None
    return path


def _chain(path: Path, faults: FaultList) -> tuple[list[Path], list[Layer]]:
    """Return the files and layers from the root to `path`; whatever is wrong on the way is recorded."""
    folders = (path.parent.resolve(), scenarios_folder().resolve())
    files: list[Path] = []
    layers: list[Layer] = []
    asked: Node | None = None
    following: Path | None = path
    while following is not None:
        real = following.resolve()
        if asked is not None and real in [file.resolve() for file in files]:
            _add_cycle(asked, [*(file.stem for file in files), real.stem], faults)
            break
        files.append(following)
        root = read_yaml(following, faults)
        if root is None:
            break
        layers.append(layer_of_file(root, following, faults))
        asked = root.value.get("based_on")
        if asked is None or asked.value is None:
            _add_missing_levers(layers[-1], root, faults)
            break
        following = _base(asked, following.parent, folders, faults)
    return files[::-1], layers[::-1]


def _base(asked: Node, folder: Path, folders: tuple[Path, Path], faults: FaultList) -> Path | None:
    """Return the file that `based_on` names, or None with a fault."""
    name = asked.text or ""
    choices = sorted({file.stem for file in folder.glob("*.yaml")} | set(shipped_scenarios()))
    candidates: list[Path] = []
    if Path(name).suffix in SUFFIXES and "\0" not in name:
        candidates = [folder / name]
    elif re.fullmatch(r"\w+", name):
        candidates = [folder / f"{name}.yaml", scenarios_folder() / f"{name}.yaml"]
    for candidate in candidates:
        # Not Path.resolve, which fails on links that point at themselves.
        real = Path(os.path.realpath(candidate))
        if not any(real.is_relative_to(allowed) for allowed in folders):
            faults.add(
                asked.place("based_on"),
                Text(
                    "a scenario may only build on files in its own folder or shipped ones; copy the file here",
                    "同じフォルダ内または同梱のシナリオだけを元にできます。ファイルをこのフォルダに複写してください",
                ),
                given=asked.given(),
                allowed=choices,
            )
            return None
        if candidate.is_file():
            return _short(real)
    faults.add(
        asked.place("based_on"),
        Text("no scenario has this name, here or shipped", "この名前のシナリオが、同じフォルダにも同梱にもありません"),
        given=asked.given(),
        allowed=choices,
    )
    return None


def _short(path: Path) -> Path:
    """Return a path relative to the working folder if it lies inside, as a user would write it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


# -- what only the whole chain shows -----------------------------------------------------------------------------------


def _add_cycle(asked: Node, names: list[str], faults: FaultList) -> None:
    faults.add(
        asked.place("based_on"),
        Text(
            f"scenarios build on each other in a circle ({' → '.join(names)}); one of them must not",
            f"シナリオが循環して参照しています({' → '.join(names)})。どれか1つの based_on を見直してください",
        ),
        given=asked.given(),
    )


def _add_missing_levers(layer: Layer, root: Node, faults: FaultList) -> None:
    """Record what a scenario without `based_on` leaves unset: most often it lacks its `based_on`."""
    unset: list[str] = []
    for family, lever in LEVER_FAMILIES.items():
        names = [f"{family}.{label}" for label in labels(lever.per)] if lever.per else [family]
        missing = [name for name in names if name not in layer.settings]
        unset += [family] if len(missing) == len(names) else missing
    if unset:
        faults.add(
            root.value["set"].place("set") if "set" in root.value else root.source,
            Text(
                f"a scenario without `based_on` sets every lever; add `based_on: {ROOT_SCENARIO}`, "
                f"or set: {', '.join(unset)}",
                f"based_on のないシナリオではすべての項目が必要です。based_on: {ROOT_SCENARIO} を加えるか、"
                f"次の項目を設定してください: {', '.join(unset)}",
            ),
        )


def _add_unserved_end_uses(levers: Levers, settings: Mapping[str, Node], faults: FaultList) -> None:
    """Record end uses that no technology may serve any more before the run ends."""
    technologies = classification("technologies")
    for field in ("last_year", "last_year_new"):
        ends = getattr(levers.equipment, field)
        for end_use in dict.fromkeys(row["end_use"] for row in technologies.values()):
            serving = [name for name, row in technologies.items() if row["end_use"] == end_use]
            given = {name: ends[name] for name in serving if ends[name] is not None}
            if len(given) < len(serving) or max(given.values()) >= levers.years.last:
                continue
            latest = max(given, key=lambda name: given[name])
            name = f"equipment.{field}.{latest}"
            faults.add(
                settings[name].place(name),
                Text(
                    f"after this year nothing may be installed for {end_use}; leave one technology without end (null)",
                    f"この年度の後、{end_use} に設置できる設備がありません。いずれかを期限なし(null)にしてください",
                ),
                given=given[latest],
                allowed=", ".join(serving),
            )
