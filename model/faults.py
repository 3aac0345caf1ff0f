"""Faults in what a user gave: all of them at once, each with place, value given, what is allowed and the nearest name.

Reading code collects `Fault`s and raises one `BadInput`; the command line prints them as a table and ends with
exit code 2. Nothing else in the project turns an error into words for the user.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum

from model.language import Language, Text

#: Names that are listed in full in a fault; of a longer list the nearest name is told.
_MOST_NAMES = 20


class ExitCode(IntEnum):
    """What the process tells the shell."""

    DONE = 0
    COMPARISON_FAILED = 1
    BAD_INPUT = 2
    INFEASIBLE = 3
    INTERRUPTED = 4


@dataclass(frozen=True)
class Fault:
    """One thing wrong with an input.

    Args:
        place: file with line, row or key, as a user finds it ("carbon_half.yaml, line 12, set → electricity…").
        problem: what is wrong and how to mend it, one sentence in both languages.
        given: the value found, as text; None where there is none.
        allowed: what would have been accepted, as text.
        nearest: the known name that is closest to the one given.
    """

    place: str
    problem: Text
    given: str | None = None
    allowed: str | None = None
    nearest: str | None = None

    def __call__(self, language: Language) -> str:
        """Return the fault as one line of plain text."""
        words = {
            "given": Text("given", "入力"),
            "allowed": Text("allowed", "許容"),
            "nearest": Text("did you mean", "もしかして"),
        }
        parts = [f"{self.place}: {self.problem(language)}"]
        for name, word in words.items():
            value = getattr(self, name)
            if value is not None:
                parts.append(f"{word(language)}: {value}")
        return "; ".join(parts)


class BadInput(ValueError):
    """The user's input cannot be used; carries every fault found, not only the first."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(fault("en") for fault in self.faults))

    def __reduce__(self) -> tuple[type[BadInput], tuple[tuple[Fault, ...]]]:
        """Return how to build it again: faults travel between processes."""
        return type(self), (self.faults,)


@dataclass
class FaultList:
    """Collects faults while reading, so that the user sees all of them in one go."""

    faults: list[Fault] = field(default_factory=list)

    def add(
        self,
        place: str,
        problem: Text,
        given: object = None,
        allowed: Iterable[str] | str | None = None,
    ) -> None:
        """Record one fault; `allowed` names also give the nearest valid name to a given text."""
        names = None if allowed is None or isinstance(allowed, str) else [str(name) for name in allowed]
        self.faults.append(
            Fault(
                place=place,
                problem=problem,
                given=None if given is None else str(given),
                allowed=", ".join(names) if names is not None else (allowed if isinstance(allowed, str) else None),
                nearest=nearest_name(str(given), names) if names is not None and given is not None else None,
            )
        )

    def add_name(self, place: str, problem: Text, given: object, known: Iterable[str]) -> None:
        """Record a name that is not known: a short list of names is shown, of a long one the nearest alone."""
        names = list(known)
        if len(names) <= _MOST_NAMES:
            self.add(place, problem, given, names)
        else:
            self.faults.append(Fault(place, problem, str(given), None, nearest_name(str(given), names)))

    def raise_if_any(self) -> None:
        """Raise `BadInput` with everything collected, or return quietly."""
        if self.faults:
            raise BadInput(self.faults)


def nearest_name(given: str, known: Iterable[str]) -> str | None:
    """Return the known name closest to the one given, or None if nothing is close."""
    by_lower = {name.lower(): name for name in known}
    close = difflib.get_close_matches(given.lower(), list(by_lower), n=1, cutoff=0.6)
    return by_lower[close[0]] if close else None
