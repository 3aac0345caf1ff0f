"""Facilities under the cap for tests: what they owe, by the first year of the period."""

from __future__ import annotations

from typing import Any

import numpy as np

from model.ordinance.cap_and_trade.equations import (
    Periods,
)
from model.ordinance.cap_and_trade.facts import FacilityYear
from model.ordinance.cap_and_trade.programme import assess
from model.ordinance.derivation import Finding, Obligation
from model.ordinance.rulebook import Rules, rules

ADOPTED = rules("cap_and_trade", "adopted_2025")
ADOPTED_OR_OLDER = rules("cap_and_trade", "adopted_2025", fallback=True)
PROPOSED = rules("cap_and_trade", "seed_2022")
PERIODS = Periods.read(ADOPTED)
FIVE = np.zeros(5, dtype=np.int64)


def owed(years: dict[int, dict[str, Any]], under: Rules = ADOPTED, **facts: Any) -> dict[int, Obligation]:
    """Return the obligations of one facility by the first year of the period."""
    rows = [
        FacilityYear.model_validate({"facility": "F", "fiscal_year": y, **facts, **own}) for y, own in years.items()
    ]
    return {int(one.subject.en.split("FY")[1][:4]): one for one in assess(rows, under)}


def over(first: int, emissions: list[float], **facts: Any) -> dict[int, dict[str, Any]]:
    return {first + place: {"emissions_t": emitted, **facts} for place, emitted in enumerate(emissions)}


def step(finding: Finding, words: str) -> Any:
    """Return the value of the one step whose English text holds the words."""
    (found,) = [one for one in finding.steps if words in one.text.en]
    return found.value
