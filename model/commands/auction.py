"""`run.py auction plan|clear|share|simulate|verify|example`: the wards' joint purchase of renewable electricity."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console

from model.faults import ExitCode, FaultList
from model.language import Language, Text, default_language
from model.progress import progress

if TYPE_CHECKING:
    from model.optimise.joint_purchase.inputs import Purchase
    from model.optimise.solver import SolverOptions

_CLEARING, _SHARING = Text("clearing the auction", "落札者を決定中"), Text("dividing the saving", "削減額を配分中")
_PLANNING, _TRYING = Text("planning", "計画中"), Text("simulating auctions", "オークションを模擬中")
_WRITTEN = Text("Written to", "出力先")
_LEFT_OUT = Text("left out; the rest was computed", "次を除いて計算しました")
_NO_AWARD = Text("No award meets every rule.", "全ての規則を満たす落札案がありません。")

Files = Annotated[
    list[Path],
    typer.Argument(
        help="tables of the purchase in any order, or their folder / 入力表(順不同)又はそのフォルダー", metavar="FILE…"
    ),
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
        help="Plan and clear the wards' joint purchase of renewable electricity / 特別区による再エネ電力の共同購入"
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
    most_lots: Annotated[
        int | None, typer.Option(help="lots at most; default the most on record / ロット数の上限", min=1)
    ] = None,
    seconds: Seconds = 30.0,
    gap: Gap = 1e-3,
    seed: Seed = 0,
    keep_good: KeepGood = False,
    force: Force = False,
    lang: Lang = None,
) -> int:
    """Plan lots, menus, calendar and reserve prices before bids come in / 入札前の計画を作成する."""
    language, folder, console = _begin(lang, out, "auction_plan", force)
    purchase, faults = _read(files, keep_good, bids_needed=False)
    from model.optimise.joint_purchase.forms import write_tables
    from model.optimise.joint_purchase.plan import make_plan, plan_dataset, reserve_rows
    from model.optimise.joint_purchase.pool import pooled_load
    from model.report.auction.plan import plan_lines, plan_sheets, write_plan_page
    from model.result_folder import result_folder
    from model.spreadsheet import write_workbook

    begun = perf_counter()
    with progress(console, _PLANNING(language)) as told:
        made = make_plan(purchase, renewable / 100.0, _options(seconds, gap, seed), most_lots)
        told(1, 1)
    facts = {"inputs": purchase.sha256, "seconds": round(perf_counter() - begun, 2), **made.lots.proof.facts()}
    with result_folder(folder, facts, force) as staging:
        sheets = plan_sheets(made, language)
        write_workbook(staging / "plan.xlsx", sheets)
        write_tables({"auction_reserves": reserve_rows(made)}, staging, language)
        plan_dataset(made, {"seed": seed}).to_netcdf(staging / "plan.nc", engine="h5netcdf")
        write_plan_page(staging, made, sheets, pooled_load(purchase, purchase.rules.fiscal_year), language)
    return _told(plan_lines(made, language), folder, faults, console, language)


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
    language, folder, console = _begin(lang, out, "auction", force)
    purchase, faults = _read(files, keep_good)
    options = _options(seconds, gap, seed)
    begun = perf_counter()
    from model.optimise.joint_purchase.answer import answer

    with progress(console, _CLEARING(language)) as told:
        found = answer(purchase, options, details, told)
    if found is None:
        console.print(_NO_AWARD(language), markup=False)
        return ExitCode.INFEASIBLE
    from model.optimise.joint_purchase.inputs import tables_in
    from model.report.auction.award import award_lines, write_award

    write_award(found, tables_in(files), faults, options, (folder, force), begun, language)
    return _told(award_lines(found, language), folder, faults, console, language)


def share(
    files: Files,
    out: Out = None,
    seconds: Annotated[float, typer.Option(help="time for award and division / 計算時間の上限(秒)", min=1)] = 120.0,
    pairs: Annotated[
        int, typer.Option(help="pairs of groups drawn for more than 12 wards / 13区以上での標本(組の対)の数", min=4)
    ] = 200,
    seed: Seed = 0,
    keep_good: KeepGood = False,
    force: Force = False,
    lang: Lang = None,
) -> int:
    """Divide the saving so that no ward pays more than its stage-1 offer / 削減額を各区に配分する."""
    language, folder, console = _begin(lang, out, "auction_share", force)
    purchase, faults = _read(files, keep_good)
    from model.optimise.joint_purchase.answer import answer
    from model.optimise.joint_purchase.build import build
    from model.optimise.joint_purchase.inputs import sharing_faults
    from model.optimise.joint_purchase.share import share as divide
    from model.result_folder import result_folder

    sharing_faults(purchase).raise_if_any()
    begun = perf_counter()
    with progress(console, _SHARING(language)) as told:
        found = answer(purchase, _options(min(seconds / 4, 30.0), 1e-4, seed), details=False)
        told(1, 2)
        if found is None:
            console.print(_NO_AWARD(language), markup=False)
            return ExitCode.INFEASIBLE
        # The award in hand is what there is to divide, unless its rules kept wards from staying with their offers.
        saving = sum(purchase.budgets.values()) - found.total if purchase.rules.stage_one else None
        opened = build(purchase, stage_one=True)
        left = max(1.0, seconds - (perf_counter() - begun))
        divided = divide(opened, _options(left, 1e-6, seed), pairs, seed, saving)
    from model.optimise.joint_purchase.share import sharing_dataset
    from model.report.auction.share import share_lines, share_sheets, write_share_page
    from model.spreadsheet import write_workbook

    facts = {"inputs": purchase.sha256, "seed": seed, "pairs": divided.shapley.pairs}
    with result_folder(folder, {**facts, "seconds": round(perf_counter() - begun, 2)}, force) as staging:
        sheets = share_sheets(divided, found, language)
        write_workbook(staging / "sharing.xlsx", sheets)
        write_share_page(staging, divided, sheets, language)
        bills = {code: float(found.yearly[found.of_ward(code)].sum()) for code in divided.wards}
        sharing_dataset(divided, bills, {"seed": seed}).to_netcdf(staging / "sharing.nc", engine="h5netcdf")
    return _told(share_lines(divided, language), folder, faults, console, language)


def simulate(
    files: Files,
    out: Out = None,
    bidders: Annotated[
        int | None, typer.Option(help="bidders; default as on record / 応札者数", min=1, max=200)
    ] = None,
    runs: Annotated[
        int, typer.Option(help="auctions for each setting / 設定ごとの試行回数", min=2, max=100_000)
    ] = 2_000,
    seed: Seed = 0,
    keep_good: KeepGood = False,
    force: Force = False,
    lang: Lang = None,
) -> int:
    """Try start prices, decrements and windows on simulated bidders / 開始価格・入札幅・期間を模擬実験で比較する."""
    language, folder, console = _begin(lang, out, "auction_simulation", force)
    purchase, faults = _read(files, keep_good, bids_needed=False)
    from model.optimise.auction_simulation import settings_to_try, try_out, uniform_costs
    from model.optimise.joint_purchase.calendar import calendar
    from model.optimise.joint_purchase.lots import cost_bounds
    from model.optimise.procurement_data import procurement
    from model.report.auction.trial import reserve_curve, trial_lines, trial_sheets, write_trial
    from model.result_folder import result_folder
    from model.spreadsheet import write_workbook

    lowest, highest, last = cost_bounds(purchase)
    number = bidders or int(procurement().parameter("bidders_typical"))
    opening = calendar(purchase.rules.supply_start)[3].first
    tried = settings_to_try(opening, highest)
    found = []
    with progress(console, _TRYING(language)) as told:
        for position, setting in enumerate(tried):
            found.append(try_out(setting, uniform_costs(number, lowest, highest), last, runs, seed))
            told(position + 1, len(tried))
    curve = reserve_curve(tried[0], (lowest, highest), number, max(runs, 1000), seed)
    lines = trial_lines(found, highest, number, language)
    facts = {"inputs": purchase.sha256, "seed": seed, "runs": runs, "bidders": number}
    with result_folder(folder, facts, force) as staging:
        sheets = trial_sheets(found, highest, curve, language)
        write_workbook(staging / "simulation.xlsx", sheets)
        write_trial(staging, sheets, lines, curve, found, language)
    return _told(lines, folder, faults, console, language)


def verify(
    audit: Annotated[Path, typer.Argument(help="audit.json of a cleared auction / 監査ファイル", metavar="AUDIT")],
    files: Files,
    repeat: Annotated[
        bool, typer.Option("--repeat/--no-repeat", help="clear again: is the bound true? / 再計算し下界も検証")
    ] = True,
    seconds: Annotated[
        float | None, typer.Option(help="time to clear again; default as the award had / 再計算の時間(秒)", min=1)
    ] = None,
    lang: Lang = None,
) -> int:
    """Check an award against the raw files, and repeat it / 落札結果を元データから検証・再現する."""
    from model.optimise.joint_purchase.inputs import tables_in
    from model.optimise.joint_purchase.repeat import proven
    from model.optimise.joint_purchase.repeat import repeat as again
    from model.optimise.joint_purchase.verify import verify as check
    from model.report.auction.audit import read_audit

    language = lang or default_language()
    content, files = read_audit(audit), tables_in(files)
    checks = check(content, files)
    if repeat:
        checks += again(content, files, seconds)
    console = _console()
    for one in checks:
        console.print(f"{'✓' if one.holds else '✗'} {one.name(language)}", markup=False)
        for failure in one.failures[:20]:
            console.print(f"    {failure}", markup=False)
    console.print(proven(repeat)(language), markup=False)
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
    from model.optimise.joint_purchase.forms import write_tables
    from model.optimise.joint_purchase.synthetic import synthetic
    from model.result_folder import result_folder

    language, out, console = _begin(lang, out, "auction_example", force)
    facts = {"synthetic": True, "wards": wards, "facilities": facilities, "suppliers": suppliers, "packages": packages,
             "seed": seed}  # fmt: skip
    with result_folder(out, facts, force) as staging:
        write_tables(synthetic(wards, facilities, suppliers, packages, seed).tables, staging, language)
    return _told([], out, FaultList(), console, language)


def _console() -> Console:
    """Return where answers are printed."""
    return Console(soft_wrap=True, highlight=False)


def _begin(lang: Language | None, out: Path | None, name: str, force: bool) -> tuple[Language, Path, Console]:
    """Return language, folder and console; a folder that holds something else is refused before long work."""
    from model.result_folder import check_result_folder

    folder = out or Path("results") / name
    check_result_folder(folder, force)
    return lang or default_language(), folder, _console()


def _read(files: Sequence[Path], keep_good: bool, bids_needed: bool = True) -> tuple[Purchase, FaultList]:
    """Return the tables of a purchase."""
    from model.optimise.joint_purchase.inputs import read_purchase, tables_in

    return read_purchase(tables_in(files), keep_good, bids_needed)


def _options(seconds: float, gap: float, seed: int) -> SolverOptions:
    """Return the solver's options."""
    from model.optimise.solver import SolverOptions

    return SolverOptions(seconds=seconds, relative_gap=gap, seed=seed)


def _told(lines: Sequence[str], folder: Path, faults: FaultList, console: Console, language: Language) -> int:
    """Print the answer and what was left out; the rest is done but the exit code tells."""
    for line in [*lines, f"{_WRITTEN(language)} {folder}"]:
        console.print(line, markup=False)
    if not faults.faults:
        return ExitCode.DONE
    errors = Console(stderr=True, soft_wrap=True, highlight=False)
    errors.print(f"{_LEFT_OUT(language)}:", style="red", markup=False)
    for fault in faults.faults:
        errors.print(f"✗ {fault(language)}", style="red", markup=False)
    return ExitCode.BAD_INPUT
