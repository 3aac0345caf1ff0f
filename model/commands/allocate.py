"""`run.py allocate PORTFOLIO`: which houses of a supplier get how many panels, proven best, every house explained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console

from model.faults import BadInput, ExitCode, Fault, FaultList
from model.language import Language, Text, default_language
from model.progress import progress

if TYPE_CHECKING:
    from model.optimise.solar_allocation.answer import Answer
    from model.optimise.solar_allocation.batch import Job
    from model.optimise.solar_allocation.before import PlanBefore
    from model.optimise.solar_allocation.houses import Portfolio
    from model.optimise.solar_allocation.model import Wishes
    from model.optimise.solar_allocation.weather import Weather
    from model.ordinance.rulebook import RuleSet

_PLANNING = Text("planning", "計画を作成中")
_STOPPED = Text("Interrupted: {} of {} suppliers are finished.", "中断しました。{1}社中{0}社が完了しています。")
_WRITING = Text("writing", "ファイルを作成中")
_WRITTEN = Text("written", "作成しました")
_NOT_WRITTEN = Text(
    "No file is written; --out FOLDER writes workbook, page, sheets of the houses and figures.",
    "ファイルは作成していません。--out フォルダー を付けると、Excel・報告ページ・住宅別説明書・図を作成します。",
)
_NO_WORKBOOK = Text(
    "more houses than a workbook of ours holds (100,000): house by house the plan is in plan.csv and plan.nc, the "
    "workbook has all else; what single claims, the last kW and other rates are worth is not worked out",
    "住宅数がExcelに収録する上限（10万棟）を超えるため、住宅別の計画はplan.csvとplan.nc、ほかはplan.xlsxに収録しました。"
    "除外申出・最後の1kW・他の算定基準率の価値は算定していません",
)
_FAILED_CHECK = Text(
    "the second look found a fault in the plan; please report it", "計画の検証で不一致が見つかりました"
)
_FOUR = Text(
    "four numbers are needed, one a quarter: 300,300,300,300", "四半期ごとの4つの数値が必要です（例：300,300,300,300）"
)
_PLACE = Text("latitude and longitude are needed: 35.69,139.75", "緯度と経度が必要です（例：35.69,139.75）")
_TWICE = Text("this file is given more than once", "同じファイルが複数回指定されています")
_SUPPLIER_TWICE = Text(
    "another file has a supplier of this name: put the houses of its year into one list, or name the suppliers apart",
    "同じ名称の供給事業者が他のファイルにもあります。1年度分を一つの一覧にまとめるか、名称を区別してください",
)
_NO_WEATHER = Text("a place is for the weather of --weather", "--weather と併せて指定してください")
_SAME = Text("this is the objective already; name another one", "目的と同じです。別の目的を指定してください")
_NO_FRONT = Text("points are for the trade-off of --pareto", "--pareto と併せて指定してください")
#: Points of a trade-off if no number is given: enough to see its bend.
_POINTS = 8
_SURE = Text("a probability between 0.5 and 1 is needed", "0.5より大きく1未満の確率を指定してください")


def register(app: typer.Typer) -> None:
    """Add the command to the application."""

    @app.command("allocate")
    def allocate(
        portfolio: Annotated[
            list[Path],
            typer.Argument(help="lists of houses: .xlsx, .csv, .parquet, .yaml / 住宅一覧", metavar="PORTFOLIO..."),
        ],
        rules: Annotated[
            Literal["seed_2022", "adopted_2025"], typer.Option(help="rule set / ルールセット")
        ] = "adopted_2025",
        fallback: Annotated[
            bool, typer.Option("--fallback", help="use the other rule set where a value is unknown / 不明な値は引用")
        ] = False,
        objective: Annotated[
            Literal["cost", "benefit", "co2", "guidance", "changes"],
            typer.Option(help="least cost, greatest benefit or CO2 cut, … / 目的"),
        ] = "cost",
        without: Annotated[
            list[str], typer.Option(help="leave out a rule: renewables, substitute_limit, energy / 除く規定")
        ] = [],  # noqa: B006  # typer copies it
        budget: Annotated[
            float | None, typer.Option(help="most paid at the start [JPY] / 初期支出の上限", min=0)
        ] = None,
        installers: Annotated[
            str | None,
            typer.Option(
                help="kW that installers manage in each quarter, April to June first"
                " / 四半期別の施工能力（4～6月から順に）",
                metavar="Q1,Q2,Q3,Q4",
            ),
        ] = None,
        certainty: Annotated[
            float | None, typer.Option(help="probability of closing above the requirement / 基準に達する確率")
        ] = None,
        financing: Annotated[
            str, typer.Option(help="ways to pay: purchase,lease,power_purchase / 調達方法")
        ] = "purchase",
        previous: Annotated[
            Path | None,
            typer.Option(
                help="folder of the plan before: it fills in what the list does not say / 前回計画のフォルダー",
                metavar="DIR",
            ),
        ] = None,
        changes: Annotated[
            int | None, typer.Option(help="most houses whose planned kW may change / 変更棟数の上限", min=0)
        ] = None,
        pareto: Annotated[
            Literal["cost", "benefit", "co2", "guidance", "changes"] | None,
            typer.Option(help="trade the objective against this one / もう一つの目的との兼ね合い"),
        ] = None,
        points: Annotated[
            int | None, typer.Option(help="points of the trade-off, 8 if not given / 点数", min=2, max=50)
        ] = None,
        weather: Annotated[
            Path | None,
            typer.Option(help="yields from hourly weather by pvlib: EPW, TMY3, table / 気象データ", metavar="FILE"),
        ] = None,
        site: Annotated[
            str | None, typer.Option(help="place of the weather [degrees] / 気象地点", metavar="LATITUDE,LONGITUDE")
        ] = None,
        years: Annotated[int | None, typer.Option(help="horizon [years] / 評価期間", min=1, max=60)] = None,
        discount: Annotated[float | None, typer.Option(help="yearly discount / 割引率", min=0, max=0.5)] = None,
        gap: Annotated[float, typer.Option(help="proven gap to stop at / 証明する差", min=0, max=0.5)] = 1e-6,
        seconds: Annotated[
            float,
            typer.Option(help="time limit of a plan with its what-ifs / 制限時間（条件変化の試算を含む）", min=0.1),
        ] = 30.0,
        seed: Annotated[int, typer.Option(help="seed / 乱数の種", min=0)] = 0,
        workers: Annotated[int, typer.Option(help="suppliers planned at a time / 並列数", min=1, max=256)] = 1,
        scheduler: Annotated[
            str | None,
            typer.Option(
                help="plan on Dask: tcp://HOST:PORT, or without an address on a cluster started here"
                " / Daskで計算。tcp://ホスト:ポート。アドレスを省くと、この計算機にクラスターを起動",
                metavar="[ADDRESS]",
            ),
        ] = None,
        out: Annotated[Path | None, typer.Option(help="folder for the answer / 出力フォルダー", metavar="DIR")] = None,
        figures: Annotated[bool, typer.Option("--figures/--no-figures", help="draw figures / 図を描く")] = True,
        force: Annotated[bool, typer.Option("--force", help="write into a foreign folder / 上書きする")] = False,
        lang: Annotated[Literal["ja", "en"] | None, typer.Option(help="language / 言語")] = None,
    ) -> int:
        """Plan the panels of suppliers' houses at least cost, with proof / 太陽光パネルの配置を最適に計画する."""
        from model.optimise.solar_allocation.batch import Job

        language = lang or default_language()
        _check_front(objective, pareto, points)
        wishes = _wishes(objective, without, budget, installers, certainty, financing, changes)
        sun = _weather(weather, site, rules)
        job = Job(wishes, rules, fallback, years, discount, gap, seconds, seed, sun, pareto, points or _POINTS)
        return run(portfolio, job, out, language, workers, scheduler, figures, force, previous)


def _check_front(objective: str, pareto: str | None, points: int | None) -> None:
    """Refuse a trade-off of an objective against itself, and points of none."""
    faults = FaultList()
    if pareto == objective:
        faults.add("--pareto", _SAME, pareto)
    if points is not None and pareto is None:
        faults.add("--points", _NO_FRONT, points)
    faults.raise_if_any()


def _wishes(
    objective: Literal["cost", "benefit", "co2", "guidance", "changes"],
    without: Sequence[str],
    budget: float | None,
    installers: str | None,
    certainty: float | None,
    financing: str,
    changes: int | None,
) -> Wishes:
    """Return what the options ask for, or every fault in them."""
    from model.optimise.solar_allocation.inputs import WAYS_TO_PAY
    from model.optimise.solar_allocation.model import RULES_THAT_TIE, Wishes

    faults = FaultList()
    for name in without:
        if name not in RULES_THAT_TIE:
            faults.add("--without", Text("there is no such rule", "この規定はありません"), name, RULES_THAT_TIE)
    ways = tuple(dict.fromkeys(part.strip() for part in financing.split(",") if part.strip()))
    for way in ways:
        if way not in WAYS_TO_PAY:
            faults.add("--financing", Text("there is no such way to pay", "この調達方法はありません"), way, WAYS_TO_PAY)
    if not ways:
        faults.add("--financing", Text("name at least one", "一つ以上指定してください"), financing, WAYS_TO_PAY)
    capacity = None
    if installers is not None:
        try:
            given = tuple(float(part) for part in installers.split(","))
        except ValueError:
            given = ()
        if len(given) != 4 or not all(0 <= part < float("inf") for part in given):
            faults.add("--installers", _FOUR, installers)
        else:
            capacity = (given[0], given[1], given[2], given[3])
    if certainty is not None and not 0.5 < certainty < 1:
        faults.add("--certainty", _SURE, certainty)
    faults.raise_if_any()
    return Wishes(objective, frozenset(without), budget, capacity, certainty, ways, changes)


def _weather(path: Path | None, site: str | None, rule_set: RuleSet) -> Weather | None:
    """Return the weather that the options name, or every fault in them."""
    place = None
    if site is not None and path is None:
        faults = FaultList()
        faults.add("--site", _NO_WEATHER, site)
        faults.raise_if_any()
    if site is not None:
        try:
            given = tuple(float(part) for part in site.split(","))
        except ValueError:
            given = ()
        if len(given) != 2 or not (abs(given[0]) <= 90 and abs(given[1]) <= 180):
            faults = FaultList()
            faults.add("--site", _PLACE, site)
            faults.raise_if_any()
        place = given[0], given[1]
    if path is None:
        return None
    from model.optimise.solar_allocation.weather import read_weather
    from model.ordinance.rulebook import rules

    return read_weather(path, rules("solar_allocation", rule_set, fallback=True), place)


def run(
    files: Sequence[Path],
    job: object,
    out: Path | None,
    language: Language,
    workers: int,
    scheduler: str | None,
    figures: bool,
    force: bool,
    previous: Path | None = None,
) -> int:
    """Plan every supplier of the files, show the results and write them.

    Returns:
        exit code: infeasible if any supplier has no plan, a comparison that failed if a second look found a fault,
        interrupted if so with some suppliers finished, which are shown and written then.

    Raises:
        BadInput: every fault of every file.
    """
    from model.commands.allocated import show, write
    from model.optimise.solar_allocation.batch import Job
    from model.result_folder import check_result_folder

    if not isinstance(job, Job):
        raise TypeError(job)
    if out is not None:
        check_result_folder(out, force)
    portfolios, before = _read(files, previous)
    job, console = replace(job, before=before), Console(highlight=False, soft_wrap=True)
    answers = _planned(portfolios, job, workers, scheduler, language)
    show(answers, language, console, len(portfolios) > 1)
    if out is not None:
        from model.optimise.solar_allocation.before import plan_files
        from model.report.allocation.tables import MOST_IN_WORKBOOK

        used = [*files, *([Path(job.weather.source)] if job.weather is not None else [])]
        used += [] if previous is None else plan_files(previous)
        several = len(portfolios) > 1
        with progress(Console(stderr=True), _WRITING(language)) as advance:
            write(answers, used, job.rule_set, out, language, figures, force, several, advance)
        console.print(f"{out} – {_WRITTEN(language)}", markup=False)
        for one in answers:
            if one.plan.scheme is not None and one.houses.size > MOST_IN_WORKBOOK:
                console.print(f"{one.portfolio.supplier}: {_NO_WORKBOOK(language)}", markup=False)
    else:
        console.print(_NOT_WRITTEN(language), markup=False)
    if len(answers) < len(portfolios):
        console.print(_STOPPED(language).format(len(answers), len(portfolios)), markup=False)
        return ExitCode.INTERRUPTED
    if any(one.plan.scheme is None for one in answers):
        return ExitCode.INFEASIBLE
    wrong = [one for one in answers if one.verification is not None and not one.verification.holds]
    for one in wrong:
        console.print(f"✗ {one.portfolio.supplier}: {_FAILED_CHECK(language)}", style="red", markup=False)
    return ExitCode.COMPARISON_FAILED if wrong else ExitCode.DONE


def _read(files: Sequence[Path], previous: Path | None) -> tuple[list[Portfolio], dict[str, PlanBefore]]:
    """Return the lists of all files, and the plan before of each supplier if there is one; or every fault in them."""
    from model.optimise.solar_allocation.before import of_suppliers, planned_before, read_before
    from model.optimise.solar_allocation.houses import read_portfolios

    plans = {} if previous is None else read_before(previous)
    before: dict[str, PlanBefore] = {}

    def completed(lists: list[Portfolio]) -> list[Portfolio]:
        if previous is None:
            return lists
        before.update(of_suppliers(plans, lists, len(files) == 1))
        return [planned_before(one, before[one.supplier]) for one in lists]

    portfolios: list[Portfolio] = []
    faults: list[Fault] = []
    for file in files:
        if list(files).count(file) > 1:
            faults.append(Fault(str(file), _TWICE))
            continue
        try:
            own = read_portfolios(file, completed)
            names = {one.supplier for one in portfolios}
            faults += [Fault(str(file), _SUPPLIER_TWICE, one.supplier) for one in own if one.supplier in names]
            portfolios += own
        except BadInput as bad:
            faults += bad.faults
    if faults:
        raise BadInput(dict.fromkeys(faults))
    return portfolios, before


def _planned(
    portfolios: Sequence[Portfolio], job: Job, workers: int, scheduler: str | None, language: Language
) -> list[Answer]:
    """Return the answers, with progress shown beside them; after an interruption those that are finished."""
    from model.optimise.solar_allocation.batch import plan_all

    answers: list[Answer] = []
    try:
        with progress(Console(stderr=True), _PLANNING(language)) as advance:
            for one in plan_all(portfolios, job, workers, scheduler):
                answers.append(one)
                advance(len(answers), len(portfolios))
    except KeyboardInterrupt:
        if not answers:
            raise
    return answers
