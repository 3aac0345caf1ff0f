"""The uncertain factors of an ensemble by name, and the block `uncertainty:` of a scenario that sets their ranges.

    uncertainty:
      seed: 7                                    of the design; --seed overrides it
      by_quality: {estimate: 0.1}                half-range of what stands on this quality, as a share of the value
      by_factor: {other_gases: 0.3, all: 0.1}    of one factor; also by what it moves: a lever, or table.quantity

Each factor moves one or several inputs together, so that its share of the spread of an answer can be named. Which
inputs, and how, stands in `classification/uncertain_factors.csv`; by how much, in `uncertainty/ranges.csv`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, Literal, cast

from model.faults import FaultList
from model.labels import classification
from model.language import Text
from model.schema import QUALITIES
from model.yaml_reader import Node

#: How a factor moves values: `scale` by its half-range of each row's own quality, `together` all rows by that of the
#: weakest; `effect` the distance from 1; `odds` the odds of the labels named against the others, whose sum stays.
Form = Literal["scale", "together", "effect", "odds"]

#: The widest half-range allowed: a value must not change its sign.
WIDEST: Final = 0.9
#: The label that stands for every factor that is not named beside it.
ALL: Final = "all"
#: Keys of the block.
KEYS: Final = ("seed", "by_quality", "by_factor")
#: Largest seed.
LARGEST_SEED: Final = 2**32 - 1

_CONDITION = re.compile(r"(\w+)(!=|=|>)(\S+)")


@dataclass(frozen=True)
class Condition:
    """Which rows of a table a factor moves: those whose column is, is not or is above what is named."""

    column: str
    sign: str
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Factor:
    """A group of inputs that are uncertain together.

    Args:
        name: its identifier.
        text: its name for people.
        kind: whether it moves data or levers.
        targets: quantities as `table.quantity`, or names of levers.
        where: conditions on the rows of data, all of which must hold.
        form: how it moves them.
    """

    name: str
    text: Text
    kind: Literal["data", "lever"]
    targets: tuple[str, ...]
    where: tuple[Condition, ...]
    form: Form


@cache
def factors() -> dict[str, Factor]:
    """Return every uncertain factor by name, in the order of its table."""
    return {
        name: Factor(
            name,
            Text(row["name_en"], row["name_ja"]),
            cast(Literal["data", "lever"], row["kind"]),
            tuple(row["targets"].split(";")),
            tuple(
                Condition(column, sign, tuple(labels.split("|")))
                for column, sign, labels in _CONDITION.findall(row["where"])
            ),
            cast(Form, row["form"]),
        )
        for name, row in classification("uncertain_factors").items()
    }


def factors_named(name: str) -> list[str]:
    """Return the factors that a name in `by_factor` means: one, all that move a lever or quantity, or none."""
    if name in factors():
        return [name]
    return [factor.name for factor in factors().values() if name in factor.targets]


@dataclass(frozen=True)
class Uncertainty:
    """What a scenario says on uncertainty.

    Args:
        seed: of the design; None where it does not say.
        by_quality: half-range by quality of an input, as a share of its value.
        by_factor: half-range of factors named, as a share of the value.
    """

    seed: int | None = None
    by_quality: Mapping[str, float] = field(default_factory=dict)
    by_factor: Mapping[str, float] = field(default_factory=dict)

    def below(self, later: Uncertainty) -> Uncertainty:
        """Return this with what a later file sets put on top."""
        return Uncertainty(
            self.seed if later.seed is None else later.seed,
            {**self.by_quality, **later.by_quality},
            {**self.by_factor, **later.by_factor},
        )


# -- reading -----------------------------------------------------------------------------------------------------------

_NOT_A_MAPPING = Text("a mapping is needed here: one `key: value` a line", "「項目: 値」の形で書いてください")
_UNKNOWN_KEY = Text("unknown key of `uncertainty`", "uncertainty の不明な項目です")
_UNKNOWN_QUALITY = Text("unknown word for quality", "未知の品質区分です")
_UNKNOWN_FACTOR = Text(
    "no uncertain factor has this name, and none moves a lever or quantity of this name",
    "この名前の不確実要因はなく、この名前のレバー・項目を動かす要因もありません",
)
_NOT_A_RANGE = Text(
    "a half-range is a share of the value; 0 switches the uncertainty off",
    "幅は値に対する割合(片側)で書いてください。0で不確実性なしになります",
)
_NOT_A_SEED = Text("a seed is a whole number, at least 0", "シードは0以上の整数にしてください")


def read_uncertainty(node: Node | None, faults: FaultList) -> Uncertainty:
    """Return what the block `uncertainty:` of a file says; everything wrong with it is recorded."""
    found: dict[str, Any] = {"seed": None, "by_quality": {}, "by_factor": {}}
    if node is None or node.value is None:
        return Uncertainty()
    for key, child in _items(node, ("uncertainty",), faults):
        if key == "seed":
            found[key] = _seed(child, faults)
        elif key == "by_quality":
            for quality, value in _items(child, ("uncertainty", key), faults):
                if quality not in QUALITIES:
                    faults.add(
                        value.place("uncertainty", key), _UNKNOWN_QUALITY, given=quality, allowed=list(QUALITIES)
                    )
                elif (half := _half_range(value, key, quality, faults)) is not None:
                    found[key][quality] = half
        elif key == "by_factor":
            found[key] = _by_factor(child, faults)
        else:
            faults.add(child.place("uncertainty"), _UNKNOWN_KEY, given=key, allowed=KEYS)
    return Uncertainty(**found)


def _items(node: Node, keys: tuple[str, ...], faults: FaultList) -> list[tuple[str, Node]]:
    """Return the items of a mapping; none, with a fault, if it is something else."""
    if isinstance(node.value, dict):
        return list(node.value.items())
    if node.value is not None:
        faults.add(node.place(*keys), _NOT_A_MAPPING, given=node.given())
    return []


def _by_factor(node: Node, faults: FaultList) -> dict[str, float]:
    """Return the half-range of each factor named; a name of its own goes before what it moves, that before `all`."""
    values: dict[str, tuple[int, float]] = {}
    for name, value in _items(node, ("uncertainty", "by_factor"), faults):
        meant = list(factors()) if name == ALL else factors_named(name)
        rank = 0 if name == ALL else 2 if name in factors() else 1
        if not meant:
            known = [*factors(), *(target for factor in factors().values() for target in factor.targets), ALL]
            faults.add(value.place("uncertainty", "by_factor"), _UNKNOWN_FACTOR, given=name, allowed=known)
        elif (half := _half_range(value, "by_factor", name, faults)) is not None:
            values |= {one: (rank, half) for one in meant if rank >= values.get(one, (-1, 0.0))[0]}
    return {name: half for name, (_, half) in values.items()}


def _half_range(node: Node, key: str, name: str, faults: FaultList) -> float | None:
    value = node.value
    if isinstance(value, int | float) and not isinstance(value, bool) and 0.0 <= value <= WIDEST:
        return float(value)
    faults.add(node.place("uncertainty", key, name), _NOT_A_RANGE, given=node.given(), allowed=f"0-{WIDEST:g}")
    return None


def _seed(node: Node, faults: FaultList) -> int | None:
    value = node.value
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_SEED:
        return value
    faults.add(node.place("uncertainty", "seed"), _NOT_A_SEED, given=node.given(), allowed=f"0-{LARGEST_SEED}")
    return None


def uncertainty_json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the block, for editors."""
    half = {"type": "number", "minimum": 0, "maximum": WIDEST}
    targets = dict.fromkeys(target for factor in factors().values() for target in factor.targets)
    named = {name: half | {"description": f"{one.text.en} / {one.text.ja}"} for name, one in factors().items()}
    return {
        "type": ["object", "null"],
        "description": "Ranges of an ensemble, as shares of the values / アンサンブルの不確実性の幅(値に対する割合)",
        "additionalProperties": False,
        "properties": {
            "seed": {"type": "integer", "minimum": 0, "maximum": LARGEST_SEED},
            "by_quality": {
                "type": ["object", "null"],
                "additionalProperties": False,
                "properties": dict.fromkeys(QUALITIES, half),
            },
            "by_factor": {
                "type": ["object", "null"],
                "additionalProperties": False,
                "properties": {**named, **dict.fromkeys(targets, half), ALL: half},
            },
        },
    }
