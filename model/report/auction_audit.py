"""The audit file of an auction: everything needed to repeat the award from the inputs and to check it by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from model.faults import FaultList
from model.language import Text
from model.optimise.joint_purchase_answer import Answer
from model.optimise.joint_purchase_tariffs import FISCAL_MONTHS, summer_months
from model.optimise.solver import SolverOptions
from model.paths import written_at_once

FORMAT = "carbon-half auction audit 1"


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


def read_audit(path: Path) -> dict[str, Any]:
    """Read an audit file.

    Raises:
        BadInput: the file is missing or no audit of ours.
    """
    faults = FaultList()
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] == FORMAT and isinstance(content["award"], list):
            return dict(content)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    faults.add(str(path), Text("this is no audit file of an auction", "オークションの監査ファイルではありません"))
    faults.raise_if_any()
    raise AssertionError
