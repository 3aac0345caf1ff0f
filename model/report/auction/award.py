"""An award for people and auditors: Dataset, workbook, page, figures, audit file, and a few lines of text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from model.faults import FaultList
from model.language import Language, Text
from model.optimise.joint_purchase.answer import Answer, dataset
from model.optimise.joint_purchase.pool import pooled_load, pooled_peak
from model.optimise.joint_purchase.verify import facility_ids, verify
from model.optimise.solver import SolverOptions
from model.report.auction.audit import audit, write_audit
from model.report.auction.figures import award_figures
from model.report.auction.page import write_page
from model.report.auction.workbook import STATUSES, award_sheets
from model.result_folder import result_folder
from model.spreadsheet import write_workbook

_TITLE = Text("Award of the joint purchase", "共同購入オークションの落札結果")
#: Sheets that the page shows; those of single wards stay in the workbook.
_SHOWN = 8


def write_award(
    found: Answer,
    files: Sequence[Path],
    faults: FaultList,
    options: SolverOptions,
    target: tuple[Path, bool],
    begun: float,
    language: Language,
) -> None:
    """Write Dataset, workbook, page, figures and audit file of an award.

    Args:
        found: award, bills and what is behind them.
        files: the tables it came from.
        faults: rows and bids that were left out.
        options: options of the solver.
        target: folder, and whether files of others there may be replaced.
        begun: when the work began, by `perf_counter` [s].
        language: of headings and names.
    """
    purchase = found.built.purchase
    content = json.loads(json.dumps(audit(found, options, {fault.place: fault.problem.en for fault in faults.faults})))
    named = {row["facility"] for row in content["award"]}
    content["left_out_facilities"] = sorted(facility_ids(files) - named)
    checks = verify(content, files)
    facts: dict[str, Any] = {"inputs": purchase.sha256, "options": options.named()}
    folder, force = target
    with result_folder(folder, facts, force) as staging:
        facts["seconds"] = round(perf_counter() - begun, 2)
        write_audit(staging / "audit.json", content)
        sheets = award_sheets(found, checks, language)
        write_workbook(staging / "award.xlsx", sheets)
        plain = {name: value for name, value in facts.items() if isinstance(value, (int, float, str))}
        dataset(found, plain).to_netcdf(staging / "award.nc", engine="h5netcdf")
        year = purchase.rules.fiscal_year
        peaks = (pooled_peak(purchase, year), float(purchase.peak.max(axis=1).sum()))
        figures = award_figures(found, pooled_load(purchase, year), peaks, staging / "figures", language)
        shown = dict(list(sheets.items())[:_SHOWN])
        write_page(staging / "report.html", _TITLE(language), award_lines(found, language), shown, figures, language)


def award_lines(found: Answer, language: Language) -> list[str]:
    """Return the award in a few lines of text."""
    proof, purchase = found.cleared.proof, found.built.purchase
    status = STATUSES[proof.status]
    lines = [Text(f"All bills: {found.total:,.0f} JPY a year.", f"料金総額：年 {found.total:,.0f} 円")]
    offers = sum(purchase.budgets.values())
    if len(purchase.budgets) == len(purchase.wards):
        saved = offers - found.total
        lines.append(
            Text(
                f"Saving against the offers of stage 1: {saved:,.0f} JPY a year ({saved / offers:.1%}).",
                f"第1段階提示額からの削減：年 {saved:,.0f} 円（{saved / offers:.1%}）",
            )
        )
    # Under the overall evaluation the objective counts the points that an award lacks, each weighed by yen.
    overall = purchase.rules.evaluation == "overall"
    unit = Text(" points × JPY lacking", "（不足する評価点×円）") if overall else Text(" JPY a year", " 円/年")
    lines.append(
        Text(
            f"No award can be below {proof.bound:,.0f}{unit.en}: gap {proof.gap:.4%} "
            f"({status.en}, {proof.seconds:.1f} s).",
            f"下界 {proof.bound:,.0f}{unit.ja}（これより{'良' if overall else '安'}い落札案はない）、"
            f"ギャップ {proof.gap:.4%}（{status.ja}、{proof.seconds:.1f}秒）",
        )
    )
    if found.fallback.any():
        number, cost = int(found.fallback.sum()), float(found.yearly[found.fallback].sum())
        lines.append(
            Text(
                f"Facilities without a winning bid (stage-1 offer or last resort): {number}, {cost:,.0f} JPY a year.",
                f"落札者のない施設（第1段階又は最終保障）：{number}施設、年 {cost:,.0f} 円",
            )
        )
    return [line(language) for line in lines]
