"""`run.py schedule FACILITIES`: a plan by year that meets every compliance period at least cost, with proof."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text as Styled

from model.commands.schedule_options import check_charge, check_cost_limit, check_source, futures
from model.faults import ExitCode, FaultList
from model.language import Language, Text, default_language
from model.progress import progress
from model.spreadsheet import cell_text, write_csv, write_workbook

if TYPE_CHECKING:
    from model.inputs import Data
    from model.optimise.facility_schedule.inputs import Settings, Tables
    from model.optimise.facility_schedule.problem import Problem
    from model.report.schedule.tables import Answer

_PLANNING = Text("planning", "計画作成中")
_MORE = Text("… and {} more in the workbook", "ほか{}件はExcelファイルに記載")
_WRITTEN = Text("Written to", "出力先")
_BAD_PLAN = Text(
    "the plan before needs the columns facility, measure and fiscal_year (works.csv of a result)",
    "前回計画には facility・measure・fiscal_year の列が必要です（結果の works.csv）",
)
_PLAN_COLUMNS = ("facility", "measure", "fiscal_year")
_BAD_WORK = Text("a facility, a measure and a fiscal year are needed", "事業所・対策・年度（西暦）を記入してください")


def register(app: typer.Typer) -> None:
    """Add the command to the application."""

    @app.command("schedule")
    def schedule(
        facilities: Annotated[
            Path | None, typer.Argument(help="facilities: .xlsx, .csv, .yaml / 事業所一覧", metavar="FACILITIES")
        ] = None,
        measures: Annotated[Path | None, typer.Option(help="measures of your own / 独自の対策一覧")] = None,
        paths: Annotated[Path | None, typer.Option(help="assumptions by year / 年度別の前提")] = None,
        rules: Annotated[
            Literal["seed_2022", "adopted_2025"], typer.Option(help="rule set / ルールセット")
        ] = "adopted_2025",
        fallback: Annotated[
            bool,
            typer.Option(
                "--fallback/--strict",
                help="use the other rule set where a value is unknown; on by default, unlike in obligation: no plan "
                "can do without bank and sale cap, unknown in adopted_2025 / 不明な値は引用（計画に必須のため既定）",
            ),
        ] = True,
        first: Annotated[int, typer.Option("--from", help="first fiscal year / 開始年度")] = 2025,
        last: Annotated[int, typer.Option("--to", help="last fiscal year / 終了年度")] = 2050,
        objective: Annotated[
            Literal["cost", "emissions"], typer.Option(help="least cost or least emissions / 目的")
        ] = "cost",
        cost_limit: Annotated[
            float | None,
            typer.Option(help="with --objective emissions: most the plan may cost [JPY, present value] / 費用の上限"),
        ] = None,
        renewable_source: Annotated[
            Literal["solar", "wind", "geothermal", "small_hydro", "other"],
            typer.Option(help="source of renewable credits; some count more / 再エネクレジットの電源（換算率）"),
        ] = "other",
        carbon_half: Annotated[
            bool,
            typer.Option("--carbon-half", help="the plan may choose recognition as carbon half / 認定の選択"),
        ] = False,
        seller_cap: Annotated[
            float | None,
            typer.Option(
                help="share of the base beyond which a reduction can be neither sold nor given to own facilities, as "
                "you assume it; else as the rules say / 売却・自社移転できる削減量の上限（基準排出量比）の仮定",
                min=0,
                max=1,
            ),
        ] = None,
        budget: Annotated[
            float | None, typer.Option(help="money for works each year [JPY] / 毎年度の予算", min=0)
        ] = None,
        works: Annotated[float | None, typer.Option(help="works each year / 毎年度の施工可能件数", min=0)] = None,
        owner_limits: Annotated[
            Path | None, typer.Option(help="budgets and works of owner groups / 所有者グループ別の予算・施工件数")
        ] = None,
        purchase: Annotated[
            Path | None,
            typer.Option(help="result of auction plan or clear; its factors feed the duty / 共同購入の結果"),
        ] = None,
        previous: Annotated[
            Path | None,
            typer.Option(
                help="works.csv of the plan before: change little; its works before --from are taken as done, "
                "the others need no lead time any more / 前回計画（開始年度より前の対策は実施済みとして扱う）"
            ),
        ] = None,
        change_charge: Annotated[
            float | None,
            typer.Option(
                help="charge of a change against it, at least cost [JPY]; else as assumed by year / 変更1件の負担",
                min=0,
            ),
        ] = None,
        compare: Annotated[
            bool, typer.Option("--compare", help="both rule sets side by side / ルールセット比較")
        ] = False,
        regret: Annotated[
            str | None, typer.Option(help="prices of credits [JPY/t]: 1000,4300,10000 / クレジット価格のリグレット")
        ] = None,
        rate_points: Annotated[
            str | None,
            typer.Option(help="added to rates no rule fixes, for --regret: 0,0.1 (0.1: ten points) / 義務率の上乗せ"),
        ] = None,
        market: Annotated[bool, typer.Option("--market", help="all facilities trade / 全事業所間の取引")] = False,
        synthetic: Annotated[
            int | None, typer.Option(help="a made-up portfolio of so many facilities / 架空の事業所数", min=1, max=5000)
        ] = None,
        seed: Annotated[int, typer.Option(help="seed / 乱数の種", min=0)] = 0,
        gap: Annotated[float, typer.Option(help="proven gap to stop at / 証明する差", min=0, max=0.5)] = 0.005,
        seconds: Annotated[
            float,
            typer.Option(
                help="time limit of a plan [s]; the same again for what mends an impossible one / 制限時間", min=1
            ),
        ] = 300.0,
        out: Annotated[Path | None, typer.Option(help="folder for results / 出力フォルダ")] = None,
        figures: Annotated[bool, typer.Option("--figures/--no-figures", help="draw figures / 図を描く")] = True,
        force: Annotated[
            bool, typer.Option("--force", help="write into a folder that is not ours / 上書きする")
        ] = False,
        lang: Annotated[Literal["ja", "en"] | None, typer.Option(help="language / 言語")] = None,
    ) -> int:
        """Plan reductions of facilities under cap-and-trade to 2050 / 総量削減義務に対する削減計画を最適に作成する."""
        from model.inputs import read_data
        from model.optimise.facility_schedule.before import after_plan, with_plan_before
        from model.optimise.facility_schedule.inputs import Settings, problem
        from model.optimise.facility_schedule.purchase import purchase_file
        from model.result_folder import check_result_folder

        language = lang or default_language()
        settings = Settings(
            first, last, rules, fallback, objective == "emissions",
            float("inf") if cost_limit is None else cost_limit, budget, works,
            renewable_source=renewable_source, carbon_half=carbon_half, seller_cap=seller_cap,
        )  # fmt: skip
        faults = FaultList()
        check_source(facilities, synthetic, faults)
        check_cost_limit(cost_limit, objective == "emissions", faults)
        check_charge(change_charge, previous, objective == "emissions", faults)
        prices, points = futures(regret, rate_points, faults)
        faults.raise_if_any()
        folder = out or Path("results") / f"schedule-{facilities.stem if facilities else f'synthetic-{synthetic}'}"
        check_result_folder(folder, force)
        data = read_data()
        tables = _tables(data, facilities, measures, paths, owner_limits, synthetic, seed, settings)
        if purchase is not None:
            tables = _supplied(tables, purchase)
        before = {} if previous is None else _plan_before(previous)
        tables = after_plan(tables, before, first) if before else tables
        given = problem(tables, settings)
        if previous is not None:
            usual = float(tables.paths.at("change_charge", first))
            given = with_plan_before(given, before, usual if change_charge is None else change_charge)
        console = Console(highlight=False, soft_wrap=True)
        answer = _solve(given, tables, settings, gap, seconds, seed, console, language)
        answer = _with_studies(answer, data, compare, prices, points, market, gap, seconds)
        _show(answer, language, console)
        files = [one for one in (facilities, measures, paths, owner_limits, previous) if one is not None]
        files += [] if purchase is None else [purchase_file(purchase)]
        _write(answer, data, files, synthetic is not None, folder, figures, force, language)
        console.print(f"{_WRITTEN(language)}: {folder}", markup=False)
        if not answer.certificate.holds:
            return ExitCode.COMPARISON_FAILED
        return ExitCode.INFEASIBLE if answer.schedule.proof.status == "infeasible" else ExitCode.DONE


def _tables(
    data: Data,
    facilities: Path | None,
    measures: Path | None,
    paths: Path | None,
    limits: Path | None,
    synthetic: int | None,
    seed: int,
    settings: Settings,
) -> Tables:
    """Return the tables of the plan: read from files, or with made-up facilities."""
    from model.optimise.facility_schedule.inputs import checked, read_tables
    from model.optimise.facility_schedule.population import population
    from model.optimise.facility_schedule.rows import LimitRow, PathRow
    from model.optimise.facility_schedule.tables import read_measures, read_rows

    if facilities is not None:
        return read_tables(data, facilities, measures, paths, settings, limits)
    faults = FaultList()
    own, unsound = ([], []) if measures is None else read_measures(measures, faults)
    years = [] if paths is None else read_rows(PathRow, paths, faults)
    owners = [] if limits is None else read_rows(LimitRow, limits, faults)
    rows = population(data, seed, synthetic, settings.first_year)
    return checked(data, rows, own, years, settings, faults, owners, unsound=unsound)


def _supplied(tables: Tables, purchase: Path) -> Tables:
    """Return the tables with the electricity that a joint purchase supplies."""
    from dataclasses import replace

    from model.optimise.facility_schedule.purchase import check_purchase, read_purchase

    faults, supplies = FaultList(), read_purchase(purchase)
    check_purchase(supplies, tables.facilities, purchase, faults)
    faults.raise_if_any()
    return replace(tables, supplies=supplies)


def _plan_before(previous: Path) -> dict[tuple[str, str], int]:
    """Return the plan before: facility and measure → fiscal year; from CSV as Excel saves it, too, or a workbook."""
    from model.record_files import read_records
    from model.spreadsheet import without_guard

    faults = FaultList()
    planned: dict[tuple[str, str], int] = {}
    records = read_records(previous, faults)
    faults.raise_if_any()
    if records is None or not set(_PLAN_COLUMNS) <= set(records.headings):
        faults.add(str(previous), _BAD_PLAN)
        faults.raise_if_any()
        return planned
    for row in records.rows:
        facility, measure, year = (str(row.cells.get(name, "")).strip() for name in _PLAN_COLUMNS)
        if facility and measure and year.isdecimal():
            planned[without_guard(facility), measure] = int(year)
        else:
            faults.add(row.place, _BAD_WORK, ", ".join((facility, measure, year)))
    faults.raise_if_any()
    return planned


def _solve(
    given: Problem,
    tables: Tables,
    settings: Settings,
    gap: float,
    seconds: float,
    seed: int,
    console: Console,
    language: Language,
) -> Answer:
    """Return the schedule with its second look, and what mends it where a duty cannot be met."""
    from model.optimise.facility_schedule.answer import solve_schedule
    from model.optimise.facility_schedule.remedy import mended, way_out
    from model.optimise.facility_schedule.tonne import with_worth
    from model.optimise.facility_schedule.verify import certify
    from model.report.schedule.tables import Answer

    with progress(console, _PLANNING(language)) as advance:
        found = solve_schedule(given, gap, seconds, seed, report=advance)
    mend = way_out(found, gap, seconds, seed) if found.proof.status == "infeasible" else None
    if mend is not None:
        found = mended(found, mend, gap, seconds, seed)
        mend = mend if found.proof.status == "infeasible" else None
    found = with_worth(found)
    return Answer(found, tables, settings, certify(found, tables, settings), remedy=mend)


def _with_studies(
    answer: Answer,
    data: Data,
    compare: bool,
    prices: list[float],
    points: list[float],
    market: bool,
    gap: float,
    seconds: float,
) -> Answer:
    """Return the answer with the studies asked for."""
    from dataclasses import replace

    from model.optimise.facility_schedule import studies as study
    from model.ordinance.cap_and_trade.equations import Periods
    from model.ordinance.rulebook import rules

    given = answer.schedule.problem
    if compare:
        answer = replace(answer, compared=study.rule_sets(answer.tables, answer.settings, gap, seconds))
    if prices:
        book = rules("cap_and_trade", answer.settings.rule_set, fallback=answer.settings.fallback)
        known = Periods.read(book).last_years[-1]
        answer = replace(answer, regret=study.regret(given, prices, points or [0.0], known, gap, seconds))
    if market:
        answer = replace(answer, market=study.market(given, gap, seconds), past=study.second_period(data))
    return answer


def _show(answer: Answer, language: Language, console: Console) -> None:
    """Print the summary and the warnings."""
    from model.report.schedule.mending import mending
    from model.report.schedule.purchase import purchase_effect
    from model.report.schedule.reaction import reaction, steps
    from model.report.schedule.studies import studies
    from model.report.schedule.tables import summary, warnings
    from model.report.schedule.words import worded

    for rows, most in (
        (summary(answer, language), 40),
        (warnings(answer, language), 10),
        (mending(answer, language), 20),
        (purchase_effect(answer, language), 10),
        (reaction(answer, language), 20),
        (steps(answer, language), 20),
        (studies(answer, language), 40),
    ):
        if len(rows) == 1:
            continue
        rows = worded(rows, language)
        table = Table(box=None, pad_edge=False)
        for heading in rows[0]:
            table.add_column(Styled(str(heading)), overflow="fold")
        for row in rows[1 : most + 1]:
            table.add_row(*(Styled(cell_text(cell)) for cell in row))
        console.print(table)
        if (left := len(rows) - 1 - most) > 0:
            console.print(_MORE(language).format(left), style="dim")


def _write(
    answer: Answer,
    data: Data,
    files: list[Path],
    made_up: bool,
    folder: Path,
    figures: bool,
    force: bool,
    language: Language,
) -> None:
    """Write Dataset, workbook, works, pages and figures, and a made-up portfolio in the form that is read again."""
    from model.optimise.facility_schedule.rows import FacilityRow
    from model.ordinance.row_template import filled_form
    from model.report.schedule.dataset import dataset
    from model.report.schedule.figures import draw_schedule
    from model.report.schedule.page import write_schedule_page
    from model.report.schedule.sheets import sheets
    from model.report.schedule.tables import works
    from model.result_folder import result_folder

    digests = {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    shipped = {f"data/{name}": value for name, value in data.sha256.items() if name.startswith("procurement/")}
    facts = {"schedule": answer.schedule.proof.facts(), "inputs": {**digests, **shipped}}
    with result_folder(folder, facts, force) as staging:
        dataset(answer).to_netcdf(staging / "schedule.nc", engine="h5netcdf")
        write_workbook(staging / "schedule.xlsx", sheets(answer, language))
        write_csv(staging / "works.csv", works(answer, language))
        if made_up:
            write_csv(staging / "facilities.csv", filled_form(FacilityRow, answer.tables.facilities, language))
        drawn = draw_schedule(answer, staging / "figures") if figures else []
        tongues: tuple[Language, Language] = ("ja", "en")
        for tongue in tongues:
            shown = [one for one in drawn if one.suffix == ".png" and one.stem.endswith(f"_{tongue}")]
            write_schedule_page(answer, staging / f"page.{tongue}.html", shown, tongue)
