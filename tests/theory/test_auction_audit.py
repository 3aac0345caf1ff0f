"""An audit file that somebody has altered: refused where it is no audit any more, found out where it still is one."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from model.faults import BadInput
from model.optimise.joint_purchase.answer import answer
from model.optimise.joint_purchase.forms import write_tables
from model.optimise.joint_purchase.inputs import read_purchase
from model.optimise.joint_purchase.stated import FILES, LEFT_OUT, NAMES, RULES
from model.optimise.joint_purchase.synthetic import synthetic
from model.optimise.joint_purchase.verify import verify
from model.optimise.solver import SolverOptions
from model.report.auction.audit import audit, read_audit

OPTIONS = SolverOptions(seconds=20)
Audit = dict[str, Any]
Change = Callable[[Audit], Any]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("auction")
    write_tables(synthetic(2, 3, 3, 2, seed=4).tables, folder, "ja")
    return sorted(folder.glob("*.csv"))


@pytest.fixture(scope="module")
def stated(files: list[Path]) -> Audit:
    found = answer(read_purchase(files)[0], OPTIONS, details=False)
    assert found is not None
    content = json.loads(json.dumps(audit(found, OPTIONS, {})))
    return {**content, "left_out_facilities": []}


def altered(stated: Audit, change: Change) -> Audit:
    content = deepcopy(stated)
    change(content)
    return content


def test_what_was_written_is_read_and_holds(stated: Audit, files: list[Path], tmp_path: Path) -> None:
    path = tmp_path / "audit.json"
    path.write_text(json.dumps(stated), encoding="utf-8")
    assert all(one.holds for one in verify(read_audit(path), files))


def drop_a_facility(content: Audit) -> None:
    """Leave a facility out of the award as if it could not be used, with everything else made to fit."""
    gone = content["award"].pop()
    content["left_out_facilities"] = [gone["facility"]]
    content["total_jpy"] -= gone["bill_jpy"]
    for name in ("objective", "bound"):
        content["proof"][name] -= gone["bill_jpy"]


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda audit: audit.update(files={}), FILES),
        (lambda audit: audit["files"].update({"auction_bids.csv": "0" * 64}), FILES),
        (lambda audit: audit["files"].update({"auction_more.csv": "0" * 64}), FILES),
        (lambda audit: audit["rules"].update(supplier_share_cap=1.0), RULES),
        (lambda audit: audit["rules"].update(last_resort_multiple=9.0), RULES),
        (lambda audit: audit["award"][0].update(supplier="S99"), NAMES),
        (lambda audit: audit["award"][0].update(bid="S99-hall"), NAMES),
        (lambda audit: audit["award"][0].update(facility="nowhere"), NAMES),
        (lambda audit: audit["award"][-1].update(supplier="S99"), NAMES),
        (lambda audit: audit["award"][0].update(bid="(nobody)", supplier="(nobody)"), NAMES),
        (drop_a_facility, LEFT_OUT),
    ],
)
def test_an_altered_audit_is_found_out(stated: Audit, files: list[Path], change: Change, name: object) -> None:
    failed = [one.name for one in verify(altered(stated, change), files) if not one.holds]
    assert name in failed


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda audit: audit.pop("rules"), "rules"),
        (lambda audit: audit.update(rules="none"), "rules"),
        (lambda audit: audit["rules"].update(fee=1), "rules › fee"),
        (lambda audit: audit.pop("proof"), "proof"),
        (lambda audit: audit["award"][1].pop("bid"), "award › 1 › bid"),
        (lambda audit: audit["award"][1].update(bill_jpy="1e6"), "award › 1 › bill_jpy"),
        (lambda audit: audit["award"][1].update(bill_jpy=float("nan")), "award › 1 › bill_jpy"),
        (lambda audit: audit.update(total_jpy=None), "total_jpy"),
        (lambda audit: audit.update(files=[]), "files"),
        (lambda audit: audit.update(seconds_allowed=-1.0), "seconds_allowed"),
    ],
)
def test_what_is_no_audit_any_more_is_refused(stated: Audit, tmp_path: Path, change: Change, place: str) -> None:
    path = tmp_path / "audit.json"
    path.write_text(json.dumps(altered(stated, change)), encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        read_audit(path)
    assert [fault.place for fault in refused.value.faults] == [f"{path} › {place}"]


def test_every_alteration_is_told_at_once(stated: Audit, tmp_path: Path) -> None:
    path = tmp_path / "audit.json"
    broken = altered(
        stated, lambda audit: (audit.pop("proof"), audit.update(seed="x"), audit["rules"].update(levy="x"))
    )
    path.write_text(json.dumps(broken), encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        read_audit(path)
    assert len(refused.value.faults) == 3


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "other"}', "\udc80"])
def test_another_file_is_no_audit(tmp_path: Path, text: str) -> None:
    path = tmp_path / "audit.json"
    path.write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(BadInput):
        read_audit(path)
