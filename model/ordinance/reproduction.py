"""Every figure that the documents print beside ours: the examples of all programmes, each by its own equations."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from model.language import Text
from model.ordinance.programme import PROGRAMMES
from model.ordinance.rule_sources import Source, rule_sources
from model.ordinance.rulebook import rulebook
from model.ordinance.worked_examples import Check, Computation, Example, worked_examples


@dataclass(frozen=True)
class Comparison:
    """One printed figure beside ours.

    Args:
        example: the example it belongs to.
        check: what is printed.
        computed: whether a programme computes it.
        ours: our value.
    """

    example: Example
    check: Check
    computed: bool
    ours: Any

    @property
    def agrees(self) -> bool:
        """Whether our value is the printed one: exactly, as rounded in print, or within the stated tolerance."""
        return self.computed and self.check.agrees(self.ours)

    @property
    def difference(self) -> float | None:
        """Ours less printed, before any rounding; the largest of a list; None where nothing can be subtracted."""
        if not self.computed:
            return None
        printed, ours = self.check.expected, self.ours
        pairs = list(zip(printed, ours, strict=False)) if isinstance(printed, list) else [(printed, ours)]
        if any(isinstance(one, bool) for pair in pairs for one in pair):
            return None
        return float(max((mine - theirs for theirs, mine in pairs), key=abs))

    @property
    def source(self) -> Source:
        """The document that prints it."""
        return rule_sources()[self.example.source_id]

    @property
    def programme(self) -> Text:
        """The programme that it belongs to."""
        return rulebook(self.example.programme).title


def reproductions() -> dict[tuple[str, str], Computation]:
    """Return how each figure is computed, from the examples of every programme.

    Raises:
        AssertionError: two programmes compute the same figure.
    """
    together: dict[tuple[str, str], Computation] = {}
    for name in PROGRAMMES:
        module = f"model.ordinance.{name}.examples"
        if find_spec(module) is None:
            continue
        for key, computation in importlib.import_module(module).REPRODUCED.items():
            assert key not in together, f"{key} is computed twice"
            together[key] = computation
    return together


def comparisons() -> list[Comparison]:
    """Return every printed figure beside ours, in the order of the example file."""
    computed = reproductions()
    return [
        Comparison(example, check, True, _plain(computed[example.id, check.name](example.inputs)))
        if (example.id, check.name) in computed
        else Comparison(example, check, False, None)
        for example in worked_examples()
        for check in example.checks
    ]


def _plain(value: Any) -> Any:
    """Return a value without numpy's types, so that it compares and prints as people expect."""
    return value.tolist() if hasattr(value, "tolist") else value
