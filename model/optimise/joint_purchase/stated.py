"""What an audit states beside its award: files, rules, names and what was left out, held against the files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from model.faults import FaultList
from model.language import Text
from model.optimise.joint_purchase.build import LAST_RESORT, STAGE_ONE
from model.optimise.joint_purchase.inputs import read_purchase
from model.optimise.joint_purchase.rows import KINDS
from model.optimise.joint_purchase.rules import AuctionRules, Rule, rules_of
from model.ordinance.row_reader import RowReader, fits
from model.record_files import read_records

FILES = Text("the files are those of the award", "入力ファイルが落札時と同一")
RULES = Text("the rules are those of the files", "規則が入力ファイルと同一")
NAMES = Text(
    "facilities, bids and suppliers of the award stand in the files", "落札の施設・入札・事業者が入力ファイルにある"
)
LEFT_OUT = Text("nothing was left out that could be used", "除外された施設は使用できないものに限る")


def other_files(audit: Mapping[str, Any], files: Sequence[Path]) -> Iterable[str]:
    """Name files that are missing, changed, or no files of the award."""
    given = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files if path.is_file()}
    for name in sorted({*given, *audit["files"]}):
        if name not in given:
            yield f"{name}: missing / ファイルなし"
        elif name not in audit["files"]:
            yield f"{name}: not of the award / 落札時になし"
        elif given[name] != audit["files"][name]:
            yield f"{name}: changed / 変更あり"


def other_rules(audit: Mapping[str, Any], files: Sequence[Path]) -> Iterable[str]:
    """Name rules that the audit states otherwise than the files, or than the defaults where the files are silent."""
    reader = RowReader(Rule)
    for path in files:
        records = read_records(path, FaultList())
        if records and max(KINDS, key=lambda name: fits(KINDS[name][0], records.headings)) == "auction_rules":
            reader.add(records, str(path))
    held = rules_of(reader.rows, "", FaultList())
    stated = AuctionRules.model_validate(audit["rules"])
    for name in AuctionRules.model_fields:
        if getattr(stated, name) != getattr(held, name):
            yield f"{name}: {getattr(stated, name)} ≠ {getattr(held, name)}"


def wrongly_left_out(audit: Mapping[str, Any], files: Sequence[Path]) -> Iterable[str]:
    """Name facilities that the audit leaves out although their rows can be used."""
    left_out = audit.get("left_out_facilities", [])
    if left_out:
        usable = {row.id for row in read_purchase(files, keep_good=True)[0].facilities}
        yield from sorted(usable & set(left_out))


def unknown_names(
    award: Sequence[Mapping[str, Any]], facilities: Iterable[str], bids: Iterable[str], suppliers: Iterable[str]
) -> dict[int, str]:
    """Return the lines of an award, by their number, that name what the files do not hold; a fallback serves itself."""
    found = {}
    known = {"facility": set(facilities), "bid": set(bids), "supplier": set(suppliers)}
    for number, row in enumerate(award):
        fallback = row["bid"] in (STAGE_ONE, LAST_RESORT)
        right = {"bid": {row["bid"]}, "supplier": {row["bid"]}} if fallback else {}
        if unknown := [str(row[name]) for name in known if row[name] not in {**known, **right}[name]]:
            found[number] = f"{row['facility']}: {', '.join(unknown)}"
    return found
