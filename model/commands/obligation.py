"""`run.py obligation PROGRAMME FILE`: what a building, supplier or facility owes under a programme, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text as Styled

from model.faults import ExitCode, FaultList
from model.language import Language, Text, default_language

if TYPE_CHECKING:
    from model.ordinance.derivation import Obligation
    from model.ordinance.rulebook import Parameter, Rules, RuleSet

#: Subjects shown on the terminal; the file holds them all.
_MOST_SHOWN = 20

_QUESTION = Text("question", "確認事項")
_VERDICT = Text("verdict", "判定")
_VALUE = Text("value", "値")
_QUALITY = Text("quality of rules", "規定値の質")
_LEFT_OUT = Text("bad rows left out", "不正な行を除いて計算しました")
_WRITTEN = Text("written", "作成しました")
_FELL_BACK = Text("Taken from another rule set", "他のルールセットから引用した規定値")
_MORE = Text(
    "more subjects are not shown; see them all with --out FILE", "件は表示を省略。--out FILE で全件を出力できます"
)
_SAME_FILE = Text(
    "this is the input file; choose another --out", "入力ファイルと同じです。別の --out を指定してください"
)
_EXISTS = Text(
    "the file exists; choose another --out, or add --force",
    "ファイルが既にあります。--out を変えるか --force を付けてください",
)
_EITHER = Text("give --rules or --day, not both", "--rules と --day は同時に指定できません")
_NO_DAY = Text("there is no such day; write 2025-06-30", "この日付はありません。2025-06-30 の形で書いてください")


def register(app: typer.Typer) -> None:
    """Add the command to the application."""

    @app.command("obligation")
    def obligation(
        programme: Annotated[
            str,
            typer.Argument(
                help="a name that `list programme` shows / 制度名（list programme で表示）", metavar="PROGRAMME"
            ),
        ],
        file: Annotated[Path, typer.Argument(help="CSV, Excel or YAML / 入力ファイル", metavar="FILE")],
        rules: Annotated[
            Literal["seed_2022", "adopted_2025"] | None,
            typer.Option(help="rule set; adopted_2025 unless --day is given / ルールセット"),
        ] = None,
        day: Annotated[
            str | None, typer.Option(help="rules as they stand on this day / この日に適用される規定", metavar="DATE")
        ] = None,
        fallback: Annotated[
            bool,
            typer.Option(
                "--fallback",
                help="use the other rule set where a value is unknown / 不明な値は他のルールセットから引用",
            ),
        ] = False,
        keep_good: Annotated[
            bool,
            typer.Option("--keep-good", help="compute the good rows even if others are bad / 不正な行を除いて計算"),
        ] = False,
        out: Annotated[
            Path | None, typer.Option(help="also write .xlsx or .csv / 結果ファイル", metavar="FILE")
        ] = None,
        force: Annotated[bool, typer.Option("--force", help="overwrite / 上書きする")] = False,
        lang: Annotated[Literal["ja", "en"] | None, typer.Option(help="language / 言語")] = None,
    ) -> int:
        """Compute what is owed under a programme, with the working / 制度上の義務を算定過程とともに示す."""
        language = lang or default_language()
        asked = _rules_asked(programme, rules, day, fallback)
        _check_out(out, file, force)
        obligations, faults = assess_file(programme, file, asked, keep_good)
        console = Console(soft_wrap=False, highlight=False)
        show(obligations, language, console)
        if out is not None:
            write(obligations, out, language)
            console.print(f"{out} – {_WRITTEN(language)}", markup=False, soft_wrap=True)
        return _report_bad_rows(faults, language)


def assess_file(name: str, file: Path, rules: Rules, keep_good: bool = False) -> tuple[list[Obligation], FaultList]:
    """Return what the subjects of a file owe, and what was wrong with rows that were left out.

    Args:
        name: name of the programme.
        file: the user's table.
        rules: the rules of the programme.
        keep_good: go on with the good rows when others are bad.

    Raises:
        BadInput: bad rows without `keep_good`, no good row at all, or a rule that is not known.
    """
    from model.ordinance.programme import programme
    from model.ordinance.row_reader import RowReader

    found = programme(name)
    reader: RowReader[Any] = RowReader(found.row)
    reader.read(file)
    if not (keep_good and reader.rows):
        reader.faults.raise_if_any()
    return found.assess(reader.rows, rules), reader.faults


def show(obligations: Sequence[Obligation], language: Language, console: Console) -> None:
    """Print each subject's answers with their working."""
    for obligation in obligations[:_MOST_SHOWN]:
        console.print(_answers(obligation, language))
        _show_fallbacks(obligation, language, console)
    if len(obligations) > _MOST_SHOWN:
        console.print(f"{len(obligations) - _MOST_SHOWN} {_MORE(language)}", markup=False, soft_wrap=True)


def _answers(obligation: Obligation, language: Language) -> Table:
    """Return the answers of one subject as a table, the working below each question."""
    from model.ordinance.presentation import quality_text, step_line, with_unit

    title = Styled(f"{obligation.subject(language)}  ({obligation.rule_set})", style="bold")
    table = Table(title=title, title_justify="left", show_lines=True, expand=False)
    for heading in (_QUESTION, _VERDICT, _VALUE, _QUALITY):
        table.add_column(heading(language), overflow="fold")
    for finding in obligation.findings:
        working = "\n".join(f"  {step_line(step, language)}" for step in finding.steps)
        question = Styled(finding.question(language), style="bold").append(f"\n{working}", style="not bold dim")
        table.add_row(
            question,
            Styled(finding.verdict.value(language)),
            Styled(with_unit(finding.value, finding.unit, language)),
            Styled(quality_text(finding, language)),
        )
    return table


def _show_fallbacks(obligation: Obligation, language: Language, console: Console) -> None:
    """Print which values were taken from a rule set other than the one asked for."""
    names = dict.fromkeys(
        _name_of(used.parameter)(language) for finding in obligation.findings for used in finding.fallbacks
    )
    if names:
        console.print(
            f"{_FELL_BACK(language)}: {Text(', ', '、')(language).join(names)}",
            style="yellow",
            markup=False,
            soft_wrap=True,
        )


def _name_of(parameter: Parameter) -> Text:
    """Return what a parameter is called, with its rule set."""
    known_as = f"{parameter.id}, {parameter.rule_set}"
    return Text(f"{parameter.id} ({parameter.rule_set})", f"{parameter.term_ja}（{known_as}）")


def write(obligations: Sequence[Obligation], out: Path, language: Language) -> None:
    """Write obligations as CSV (answers with working) or Excel (also steps, parameters and the form to file)."""
    from model.ordinance.presentation import findings_table, parameters_table, report_table, steps_table
    from model.spreadsheet import write_csv, write_workbook

    if out.suffix.lower() == ".csv":
        write_csv(out, findings_table(obligations, language))
        return
    sheets = {
        Text("answers", "判定"): findings_table(obligations, language),
        Text("working", "算定過程"): steps_table(obligations, language),
        Text("parameters", "規定値"): parameters_table(obligations, language),
        Text("report", "報告書"): report_table(obligations, language),
    }
    write_workbook(out, {name(language): table for name, table in sheets.items() if table})


def _rules_asked(name: str, rule_set: RuleSet | None, day: str | None, fallback: bool) -> Rules:
    """Return the rules that the options ask for."""
    from model.ordinance.programme import programme
    from model.ordinance.rulebook import rules, rules_at

    book = programme(name).rulebook
    faults = FaultList()
    if day is None:
        return rules(book, rule_set or "adopted_2025", fallback=fallback)
    if rule_set is not None:
        faults.add("--day", _EITHER, day)
    try:
        on = date.fromisoformat(day)
    except ValueError:
        faults.add("--day", _NO_DAY, day)
    faults.raise_if_any()
    return rules_at(book, on, fallback=fallback)


def _check_out(out: Path | None, file: Path, force: bool) -> None:
    """Refuse an output that cannot be written or would destroy something."""
    faults = FaultList()
    if out is None:
        return
    if out.suffix.lower() not in (".xlsx", ".csv"):
        faults.add("--out", Text("this ending cannot be written", "この形式では出力できません"), out, (".xlsx", ".csv"))
    elif out.exists() and file.exists() and out.samefile(file):
        faults.add("--out", _SAME_FILE, out)
    elif out.exists() and not force:
        faults.add(str(out), _EXISTS)
    faults.raise_if_any()


def _report_bad_rows(faults: FaultList, language: Language) -> int:
    """Print the rows that were left out; like `make -k`, the rest is done but the exit code tells."""
    if not faults.faults:
        return ExitCode.DONE
    errors = Console(stderr=True, soft_wrap=True, highlight=False)
    errors.print(f"{_LEFT_OUT(language)}:", style="red", markup=False)
    for fault in faults.faults:
        errors.print(f"✗ {fault(language)}", style="red", markup=False)
    return ExitCode.BAD_INPUT
