"""The audit file of an auction: everything needed to repeat the award from the inputs and to check it by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from model.faults import FaultList
from model.language import Text
from model.optimise.joint_purchase.answer import Answer
from model.optimise.joint_purchase.rules import AuctionRules
from model.optimise.joint_purchase.tariffs import FISCAL_MONTHS, summer_months
from model.optimise.solver import SolverOptions
from model.paths import written_at_once

FORMAT = "carbon-half auction audit 1"
_MISSING = Text("this is missing from the audit file", "監査ファイルにこの項目がありません")
_ALTERED = Text("no audit file holds such a value here: it was altered",
                "監査ファイルの値として不正です。書き換えられています")  # fmt: skip
#: Longest value shown in a fault [letters].
_LONGEST = 60


def audit(found: Answer, options: SolverOptions, left_out: Mapping[str, str]) -> dict[str, Any]:
    """Return the audit of an award.

    Args:
        found: award and bills.
        options: options of the solver, to clear again.
        left_out: rows and bids that were refused before the clearing, with the reason.
    """
    built, auction = found.built, found.cleared.auction
    purchase = built.purchase
    summer = summer_months()
    steps = {name: float(found.steps[found.supplier == number].sum()) for number, name in enumerate(auction.suppliers)}
    return {
        "format": FORMAT,
        "files": purchase.sha256,
        "rules": purchase.rules.model_dump(mode="json"),
        "summer_months": [month for month, yes in zip(FISCAL_MONTHS, summer.tolist(), strict=True) if yes],
        "tie_rule": found.tie_rule.en,
        "ties": found.cleared.ties,
        "proof": found.cleared.proof.facts(),
        "seconds_allowed": options.seconds,
        "relative_gap_allowed": options.relative_gap,
        "seed": options.seed,
        "award": [
            {
                "facility": name,
                "ward": purchase.ward[number],
                "supplier": auction.suppliers[int(found.supplier[number])],
                "bid": found.bid[number],
                "bill_jpy": float(found.monthly[number].sum()),
            }
            for number, name in enumerate(auction.facilities)
        ],
        "price_steps": {name: amount for name, amount in steps.items() if amount},
        "total_jpy": found.total,
        "not_admitted": built.refused,
        "left_out": dict(left_out),
    }


def write_audit(path: Path, content: Mapping[str, Any]) -> None:
    """Write an audit file."""
    with written_at_once(path) as target:
        target.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


class _Stated(BaseModel):
    """A part of an audit file; what else stands there is kept."""

    model_config = ConfigDict(extra="allow", strict=True)


class _Line(_Stated):
    """Who serves a facility, by which bid, for how much [JPY/year]."""

    facility: str
    ward: str
    supplier: str
    bid: str
    bill_jpy: FiniteFloat


class _Proof(_Stated):
    """Objective and bound in the unit of the objective, and their gap [1]."""

    objective: FiniteFloat
    bound: FiniteFloat
    gap: FiniteFloat


class _Audit(_Stated):
    """An audit file."""

    format: Literal["carbon-half auction audit 1"]
    files: dict[str, str]
    summer_months: list[int]
    proof: _Proof
    seconds_allowed: FiniteFloat = Field(gt=0)
    relative_gap_allowed: FiniteFloat = Field(ge=0)
    seed: int = Field(ge=0)
    award: list[_Line]
    price_steps: dict[str, FiniteFloat]
    total_jpy: FiniteFloat
    left_out_facilities: list[str]


def read_audit(path: Path) -> dict[str, Any]:
    """Read an audit file.

    Raises:
        BadInput: the file is missing, no audit of ours, or holds something that an audit does not: everything at once.
    """
    faults = FaultList()
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        ours = content["format"] == FORMAT
    except (OSError, ValueError, KeyError, TypeError):
        ours = False
    if not ours:
        faults.add(str(path), Text("this is no audit file of an auction", "オークションの監査ファイルではありません"))
        faults.raise_if_any()
    for model, part, place in ((_Audit, content, str(path)), (AuctionRules, content.get("rules"), f"{path} › rules")):
        try:
            model.model_validate(part)
        except ValidationError as problem:
            for detail in problem.errors(include_url=False):
                where = " › ".join((place, *(str(one) for one in detail["loc"])))
                given = None if detail["type"] == "missing" else str(detail["input"])[:_LONGEST]
                faults.add(where, _MISSING if given is None else _ALTERED, given)
    faults.raise_if_any()
    return dict(content)
