"""`run.py auction plan|clear|share|simulate|verify|example`: the wards' joint purchase of renewable electricity."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console

from model.faults import ExitCode, FaultList
from model.language import Language, Text, default_language
from model.progress import progress

if TYPE_CHECKING:
    from model.optimise.joint_purchase_answer import Answer
    from model.optimise.joint_purchase_inputs import Purchase
    from model.optimise.solver import SolverOptions

_CLEARING, _SHARING = Text("clearing the auction", "落札者を決定中"), Text("dividing the saving", "削減額を配分中")
_PLANNING, _TRYING = Text("planning", "計画中"), Text("simulating auctions", "オークションを模擬中")
_WRITTEN = Text("Written to", "出力先")
_LEFT_OUT = Text("left out; the rest was computed", "次を除いて計算しました")
_NO_AWARD = Text("No award meets every rule.", "全ての規則を満たす落札案がありません。")
_TOTAL, _SAVED = Text("all bills", "料金総額"), Text("saving against stage 1", "第1段階提示額からの削減")
_BY = Text("bound and gap", "下界とギャップ")
_UNSERVED = Text(
    "facilities without a winning bid (stage-1 offer or last resort)", "落札者のない施設（第1段階又は最終保障）"
)

Files = Annotated[
    list[Path], typer.Argument(help="tables of the purchase, any order / 入力表(順不同)", metavar="FILE…")
]
Out = Annotated[Path | None, typer.Option(help="folder for results / 出力フォルダ")]
Force = Annotated[bool, typer.Option("--force", help="write into a folder that is not ours / 他のフォルダにも出力")]
Lang = Annotated[Literal["ja", "en"] | None, typer.Option(help="language / 言語")]
Seconds = Annotated[float, typer.Option(help="time for each clearing / 計算時間の上限(秒)", min=1)]
Gap = Annotated[float, typer.Option(help="gap at which an award counts as best / 許容ギャップ", min=0)]
Seed = Annotated[int, typer.Option(help="seed / 乱数の種", min=0)]
KeepGood = Annotated[bool, typer.Option("--keep-good", help="go on without bad rows and bids / 不正な行を除いて続行")]


def register(app: typer.Typer) -> None:
    """Add the command with its parts."""
    auction = typer.Typer(
        help="joint purchase of renewable electricity by the wards / 特別区による再エネ電力の共同購入"
    )
    auction.command("plan")(plan)
    auction.command("clear")(clear)
    auction.command("share")(share)
    auction.command("simulate")(simulate)
    auction.command("verify")(verify)
    auction.command("example")(example)
    app.add_typer(auction, name="auction")


def plan(
    files: Files,
    out: Out = None,
    renewable: Annotated[
        float, typer.Option(help="renewable share of all energy, % / 全体の再エネ比率(%)", min=0, max=100)
    ] = 100.0,
    seconds: Seconds = 30.0,
    gap: Gap = 1e-3,
    seed: Seed = 0,
    keep_good: KeepGood = False,
    force: Force = False,
    lang: Lang = None,
) -> int:
    """Plan lots, menus, calendar and reserve prices before bids come in / 入札前の計画を作成する."""
    language = lang or default_language()
    folder = _folder(out, "auction_plan", force)
    purchase, faults = _read(files, keep_good, bids_needed=False)
    from model.optimise.joint_purchase_forms import write_tables
    from model.optimise.joint_purchase_plan import make_plan, plan_dataset, reserve_rows
    from model.optimise.joint_purchase_pool import pooled_load
    from model.report.auction_plan import plan_lines, plan_sheets, write_plan_page
    from model.result_folder import result_folder
    from model.spreadsheet import write_workbook

    console = Console(soft_wrap=True, highlight=False)
    begun = perf_counter()
    with progress(console, _PLANNING(language)) as told:
        made = make_plan(purchase, renewable / 100.0, _options(seconds, gap, seed))
        told(1, 1)
    facts = {"inputs": purchase.sha256, "seconds": round(perf_counter() - begun, 2), **made.lots.proof.facts()}
    with result_folder(folder, facts, force) as staging:
        sheets = plan_sheets(made, language)
        write_workbook(staging / "plan.xlsx", sheets)
        write_tables({"auction_reserves": reserve_rows(made)}, staging, language)
        plan_dataset(made, {"seed": seed}).to_netcdf(staging / "plan.nc", engine="h5netcdf")
        write_plan_page(staging, made, sheets, pooled_load(purchase, purchase.rules.fiscal_year), language)
    for line in plan_lines(made, language):
        console.print(line, markup=False)
    console.print(f"{_WRITTEN(language)} {folder}", markup=False)
    return _left_out(faults, language)


def clear(
    files: Files,
    out: Out = None,
    seconds: Seconds = 30.0,
    gap: Gap = 1e-4,
    seed: Seed = 0,
    details: Annotated[
        bool, typer.Option("--details/--no-details", help="margins and rules too / 差額・規則の費用も")
    ] = True,
    keep_good: KeepGood = False,
    force: Force = False,
    lang: Lang = None,
) -> int:
    """Find the best award of the bids, with proof / 入札から最良の落札案を証明付きで求める."""
    language = lang or default_language()
    folder = _folder(out, "auction", force)
    purchase, faults = _read(files, keep_good)
    console = Console(soft_wrap=True, highlight=False)
    options = _options(seconds, gap, seed)
    begun = perf_counter()
    from model.optimise.joint_purchase_answer import answer

    with progress(console, _CLEARING(language)) as told:
        found = answer(purchase, options, details, told)
    if found is None:
        console.print(_NO_AWARD(language), markup=False)
        return ExitCode.INFEASIBLE
    _write_award(found, files, faults, options, folder, begun, force, language)
    _tell_award(found, folder, console, language)
    return _left_out(faults, language)


def share(
    files: Files,
    out: Out = None,
    seconds: Seconds = 120.0,
    orders: Annotated[int, typer.Option(help="orders drawn for more than 12 wards / 13区以上での標本数", min=4)] = 200,
    seed: Seed = 0,
    keep_good: KeepGood = False,
    force: Force = False,
    lang: Lang = None,
) -> int:
    """Divide the saving so that no ward pays more than its stage-1 offer / 削減額を各区に配分する."""
    language = lang or default_language()
    folder = _folder(out, "auction_share", force)
    purchase, faults = _read(files, keep_good)
    from model.optimise.joint_purchase_answer import answer
    from model.optimise.joint_purchase_build import build
    from model.optimise.joint_purchase_inputs import budget_faults
    from model.optimise.joint_purchase_share import share as divide
    from model.result_folder import result_folder

    budget_faults(purchase).raise_if_any()
    console = Console(soft_wrap=True, highlight=False)
    begun = perf_counter()
    with progress(console, _SHARING(language)) as told:
        found = answer(purchase, _options(min(seconds, 30.0), 1e-4, seed), details=False)
        told(1, 2)
        if found is None:
            console.print(_NO_AWARD(language), markup=False)
            return ExitCode.INFEASIBLE
        # The award in hand is what there is to divide, unless its rules kept wards from staying with their offers.
        saving = sum(purchase.budgets.values()) - found.total if purchase.rules.stage_one else None
        divided = divide(build(purchase, stage_one=True), _options(seconds, 1e-6, seed), orders, seed, saving)
    from model.optimise.joint_purchase_share import sharing_dataset
    from model.report.auction_share import share_lines, share_sheets, write_share_page
    from model.spreadsheet import write_workbook

    facts = {"inputs": purchase.sha256, "seed": seed, "orders": divided.orders}
    with result_folder(folder, {**facts, "seconds": round(perf_counter() - begun, 2)}, force) as staging:
        sheets = share_sheets(divided, found, language)
        write_workbook(staging / "sharing.xlsx", sheets)
        write_share_page(staging, divided, sheets, language)
        bills = {code: float(found.yearly[found.of_ward(code)].sum()) for code in divided.wards}
        sharing_dataset(divided, bills, {"seed": seed}).to_netcdf(staging / "sharing.nc", engine="h5netcdf")
    for line in share_lines(divided, language):
        console.print(line, markup=False)
    console.print(f"{_WRITTEN(language)} {folder}", markup=False)
    return _left_out(faults, language)


def simulate(
    files: Files,
    out: Out = None,
    bidders: Annotated[
        int | None, typer.Option(help="bidders; default as on record / 応札者数", min=1, max=200)
    ] = None,
    runs: Annotated[int, typer.Option(help="auctions for each setting / 設定ごとの試行回数", min=2, max=100_000)] = 200,
    seed: Seed = 0,
    keep_good: KeepGood = False,
    force: Force = False,
    lang: Lang = None,
) -> int:
    """Try start prices, decrements and windows on simulated bidders / 開始価格・入札幅・期間を模擬実験で比較する."""
    language = lang or default_language()
    folder = _folder(out, "auction_simulation", force)
    purchase, faults = _read(files, keep_good, bids_needed=False)
    from model.optimise.auction_simulation import settings_to_try, try_out, uniform_costs
    from model.optimise.joint_purchase_calendar import calendar
    from model.optimise.joint_purchase_lots import cost_bounds
    from model.optimise.procurement_data import procurement
    from model.report.auction_trial import reserve_curve, trial_lines, trial_sheets, write_trial
    from model.result_folder import result_folder
    from model.spreadsheet import write_workbook

    lowest, highest, last = cost_bounds(purchase)
    number = bidders or int(procurement().parameter("bidders_typical"))
    opening = calendar(purchase.rules.supply_start)[3].first
    tried = settings_to_try(opening, highest)
    console = Console(soft_wrap=True, highlight=False)
    found = []
    with progress(console, _TRYING(language)) as told:
        for position, setting in enumerate(tried):
            found.append(try_out(setting, uniform_costs(number, lowest, highest), last, runs, seed))
            told(position + 1, len(tried))
    curve = reserve_curve((lowest, highest), number, max(runs, 1000), seed)
    lines = trial_lines(found, highest, number, language)
    facts = {"inputs": purchase.sha256, "seed": seed, "runs": runs, "bidders": number}
    with result_folder(folder, facts, force) as staging:
        sheets = trial_sheets(found, highest, curve, language)
        write_workbook(staging / "simulation.xlsx", sheets)
        write_trial(staging, sheets, lines, curve, found, language)
    for line in lines:
        console.print(line, markup=False)
    console.print(f"{_WRITTEN(language)} {folder}", markup=False)
    return _left_out(faults, language)


def verify(
    audit: Annotated[Path, typer.Argument(help="audit.json of a cleared auction / 監査ファイル", metavar="AUDIT")],
    files: Files,
    repeat: Annotated[bool, typer.Option("--repeat/--no-repeat", help="clear again too / 落札案も再計算")] = True,
    lang: Lang = None,
) -> int:
    """Check an award against the raw files, and repeat it / 落札結果を元データから検証・再現する."""
    from model.optimise.joint_purchase_verify import Check
    from model.optimise.joint_purchase_verify import verify as check
    from model.report.auction_audit import read_audit

    language = lang or default_language()
    content = read_audit(audit)
    checks = check(content, files)
    if repeat:
        checks.append(
            Check(Text("clearing again gives the same award", "再計算の落札案が一致"), _repeated(content, files))
        )
    console = Console(soft_wrap=True, highlight=False)
    for one in checks:
        console.print(f"{'✓' if one.holds else '✗'} {one.name(language)}", markup=False)
        for failure in one.failures[:20]:
            console.print(f"    {failure}", markup=False)
    return ExitCode.DONE if all(one.holds for one in checks) else ExitCode.COMPARISON_FAILED


def example(
    out: Annotated[Path, typer.Option(help="folder for the tables / 出力フォルダ")] = Path("auction_example"),
    wards: Annotated[int, typer.Option(help="wards / 区数", min=1, max=23)] = 23,
    facilities: Annotated[int, typer.Option(help="facilities of each ward / 1区当たり施設数", min=1, max=1000)] = 100,
    suppliers: Annotated[int, typer.Option(help="suppliers / 事業者数", min=1, max=99)] = 30,
    packages: Annotated[int, typer.Option(help="package bids / 一括入札数", min=0, max=20_000)] = 200,
    seed: Seed = 0,
    force: Force = False,
    lang: Lang = None,
) -> int:
    """Write a made-up set of facilities and bids to try things out / 試行用の合成データを作成する."""
    from model.optimise.joint_purchase_forms import write_tables
    from model.optimise.joint_purchase_synthetic import synthetic
    from model.result_folder import result_folder

    language = lang or default_language()
    _folder(out, "auction_example", force)
    facts = {"synthetic": True, "wards": wards, "facilities": facilities, "suppliers": suppliers, "packages": packages,
             "seed": seed}  # fmt: skip
    with result_folder(out, facts, force) as staging:
        write_tables(synthetic(wards, facilities, suppliers, packages, seed).tables, staging, language)
    Console(soft_wrap=True, highlight=False).print(f"{_WRITTEN(language)} {out}", markup=False)
    return ExitCode.DONE


def _folder(out: Path | None, name: str, force: bool) -> Path:
    """Return the folder to write to, refused before long work if it holds something else."""
    from model.result_folder import check_result_folder

    folder = out or Path("results") / name
    check_result_folder(folder, force)
    return folder


def _read(files: Sequence[Path], keep_good: bool, bids_needed: bool = True) -> tuple[Purchase, FaultList]:
    """Return the tables of a purchase."""
    from model.optimise.joint_purchase_inputs import read_purchase

    return read_purchase(files, keep_good, bids_needed)


def _options(seconds: float, gap: float, seed: int) -> SolverOptions:
    """Return the solver's options."""
    from model.optimise.solver import SolverOptions

    return SolverOptions(seconds=seconds, relative_gap=gap, seed=seed)


def _repeated(content: dict[str, Any], files: Sequence[Path]) -> tuple[str, ...]:
    """Return where clearing again differs from the audit."""
    from model.optimise.joint_purchase_answer import answer

    purchase, _ = _read(files, keep_good=True)
    options = _options(content["seconds_allowed"], content["relative_gap_allowed"], content["seed"])
    found = answer(purchase, options, details=False)
    if found is None:
        return ("–",)
    if content["proof"]["gap"] > 0:
        # Within a gap the time that the machine had decides which of two good awards is found.
        room = 2 * max(content["relative_gap_allowed"], content["proof"]["gap"]) * content["total_jpy"]
        far = abs(found.total - content["total_jpy"]) > room
        return (f"{found.total:,.0f} ≠ {content['total_jpy']:,.0f}",) if far else ()
    stated = {str(row["facility"]): str(row["bid"]) for row in content["award"]}
    again = dict(zip(found.cleared.auction.facilities, found.bid, strict=True))
    names = sorted(set(stated) | set(again))
    return tuple(
        f"{name}: {stated.get(name)} ≠ {again.get(name)}" for name in names if stated.get(name) != again.get(name)
    )


def _write_award(
    found: Answer,
    files: Sequence[Path],
    faults: FaultList,
    options: SolverOptions,
    folder: Path,
    begun: float,
    force: bool,
    language: Language,
) -> None:
    """Write Dataset, workbook, page, figures and audit file of an award."""
    import json

    from model.optimise.joint_purchase_answer import dataset
    from model.optimise.joint_purchase_pool import pooled_load, pooled_peak
    from model.optimise.joint_purchase_verify import verify as check
    from model.report.auction_audit import audit, write_audit
    from model.report.auction_figures import award_figures
    from model.report.auction_page import write_page
    from model.report.auction_workbook import award_sheets
    from model.result_folder import result_folder
    from model.spreadsheet import write_workbook

    purchase = found.built.purchase
    content = json.loads(json.dumps(audit(found, options, {fault.place: fault.problem.en for fault in faults.faults})))
    named = {row["facility"] for row in content["award"]}
    content["left_out_facilities"] = sorted(_all_facilities(files) - named)
    checks = check(content, files)
    facts: dict[str, Any] = {"inputs": purchase.sha256, "options": options.named()}
    with result_folder(folder, facts, force) as staging:
        facts["seconds"] = round(perf_counter() - begun, 2)
        write_audit(staging / "audit.json", content)
        sheets = award_sheets(found, checks, language)
        write_workbook(staging / "award.xlsx", sheets)
        plain = {name: value for name, value in facts.items() if isinstance(value, (int, float, str))}
        dataset(found, plain).to_netcdf(staging / "award.nc", engine="h5netcdf")
        year = purchase.rules.fiscal_year
        load = pooled_load(purchase, year)
        peaks = (pooled_peak(purchase, year), float(purchase.peak.max(axis=1).sum()))
        figures = award_figures(found, load, peaks, staging / "figures", language)
        title = Text("Award of the joint purchase", "共同購入オークションの落札結果")(language)
        shown = dict(list(sheets.items())[:7])
        write_page(staging / "report.html", title, award_lines(found, language), shown, figures, language)


def _all_facilities(files: Sequence[Path]) -> set[str]:
    """Return the ids of all facilities in the files, whether they could be used or not."""
    from model.optimise.joint_purchase_verify import facility_ids

    return facility_ids(files)


def award_lines(found: Answer, language: Language) -> list[str]:
    """Return the award in a few lines of text."""
    proof = found.cleared.proof
    lines = [f"{_TOTAL(language)}: {found.total:,.0f} JPY"]
    offers = sum(found.built.purchase.budgets.values())
    if len(found.built.purchase.budgets) == len(found.built.purchase.wards):
        saved = offers - found.total
        lines.append(f"{_SAVED(language)}: {saved:,.0f} JPY ({saved / offers:.1%})")
    lines.append(f"{_BY(language)}: {proof.bound:,.0f}, {proof.gap:.2e} ({proof.status}, {proof.seconds:.1f} s)")
    if found.fallback.any():
        cost = float(found.yearly[found.fallback].sum())
        lines.append(f"{_UNSERVED(language)}: {int(found.fallback.sum())}, {cost:,.0f} JPY")
    return lines


def _tell_award(found: Answer, folder: Path, console: Console, language: Language) -> None:
    """Print the award."""
    for line in award_lines(found, language):
        console.print(line, markup=False)
    console.print(f"{_WRITTEN(language)} {folder}", markup=False)


def _left_out(faults: FaultList, language: Language) -> int:
    """Print what was left out; the rest is done but the exit code tells."""
    if not faults.faults:
        return ExitCode.DONE
    errors = Console(stderr=True, soft_wrap=True, highlight=False)
    errors.print(f"{_LEFT_OUT(language)}:", style="red", markup=False)
    for fault in faults.faults:
        errors.print(f"✗ {fault(language)}", style="red", markup=False)
    return ExitCode.BAD_INPUT
