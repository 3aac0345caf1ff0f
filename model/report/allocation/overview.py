"""Many suppliers on one sheet: what each plan comes to, how well it is proven, and in which folder it lies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from model.language import Language, Text
from model.optimise.solar_allocation.answer import Answer
from model.optimise.solar_allocation.names import OBJECTIVE_NAMES, OBJECTIVE_UNITS
from model.ordinance.derivation import unit_name
from model.report.allocation.summary import NO_GAP
from model.report.allocation.texts import SCHEME_NAMES, status
from model.spreadsheet import Cell, Table


def folder_of(number: int) -> str:
    """Return the folder of a supplier's answer among several, by its place from 0."""
    return f"{number + 1:03d}"


def overview_table(answers: Sequence[Answer], language: Language) -> Table:
    """Return one row a supplier; every plan has the same objective."""
    objective = answers[0].wishes.objective
    unit = unit_name(OBJECTIVE_UNITS[objective], language)
    headings = [
        Text("folder", "フォルダー")(language),
        Text("supplier", "供給事業者")(language),
        Text("houses", "棟数")(language),
        Text("status", "状態")(language),
        f"{OBJECTIVE_NAMES[objective](language)} [{unit}]",
        Text("proven gap", "証明された差（相対）")(language),
        Text("rate scheme", "算定基準率の選択")(language),
        Text("left out of the count", "算定除外棟数")(language),
        Text("required [kW]", "再エネ設置基準 [kW]")(language),
        Text("counted [kW]", "算入容量 [kW]")(language),
        Text("seconds", "計算時間 [秒]")(language),
        Text("second look", "検証")(language),
    ]
    rows: list[list[Cell]] = [list(headings)]
    for number, one in enumerate(answers):
        proof = one.plan.proof
        row: list[Cell] = [folder_of(number), one.portfolio.supplier, one.houses.size, status(one)(language)]
        if one.plan.scheme is None:
            row += [None] * 6
        else:
            left_out = int(np.sum(one.left_out))
            gap = proof.gap if proof.gap > NO_GAP else 0.0
            row += [proof.objective, gap, SCHEME_NAMES[one.plan.scheme](language), left_out,
                    round(one.required_kw, 3), round(one.counted_kw, 3)]  # fmt: skip
        rows.append([*row, round(proof.seconds, 2), _looked_at(one)(language)])
    return rows


def _looked_at(one: Answer) -> Text:
    """Return what the second look found."""
    if one.verification is None:
        return Text("", "")
    return Text("holds", "適") if one.verification.holds else Text("FAILS", "否")
