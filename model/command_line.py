"""The command line: one application, one file a command in `model/commands/`, one place where faults become words.

Exit codes: 0 done, 1 a comparison failed, 2 bad input, 3 infeasible, 4 interrupted.
"""

from __future__ import annotations

import gc
import importlib
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from io import TextIOWrapper
from typing import Any

import typer
from rich.columns import Columns
from rich.console import Console, RenderableType
from rich.text import Text as Styled
from typer import rich_utils
from typer.main import get_command
from typer.rich_utils import rich_format_error

from model.faults import BadInput, ExitCode
from model.language import Language, Text, default_language

#: Modules of `model.commands`; each has a `register(app)`. Imported on use, so that `--help` stays quick.
COMMANDS: tuple[str, ...] = (
    "run",
    "check",
    "names",
    "template",
    "obligation",
    "compare",
    "contributions",
    "abatement",
    "optimise",
    "ensemble",
    "reproduce",
    "auction",
    "allocate",
    "schedule",
)

#: Options whose value may be left out, and the value they then have.
_VALUE_LEFT_OUT = {"--scheduler": "local"}

#: How many more objects than freed ones the garbage collector waits for.
_OBJECTS_BEFORE_COLLECTING = 200_000

#: What typer returns when a command was interrupted.
_TYPER_INTERRUPTED = 130

_JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")

_INTERRUPTED = Text(
    "Interrupted; what was finished is kept.",
    "中断しました。完了した分は残っています。",
)
_UNREADABLE = Text("The file cannot be read or written", "ファイルを読み書きできません")


def build_app() -> typer.Typer:
    """Return the application with every command registered."""
    app = typer.Typer(
        help="Carbon Half: how Tokyo's buildings reach zero / 東京の建物がゼロエミッションに至る道筋",
        no_args_is_help=False,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for name in COMMANDS:
        register: Callable[[typer.Typer], None] = importlib.import_module(f"model.commands.{name}").register
        register(app)
    return app


def help_in_two_lines(text: str) -> str:
    """Return a help text written as `English / 日本語` with each language on a line of its own."""
    parts = text.split(" / ")
    for place in range(len(parts) - 1, 0, -1):
        english, japanese = " / ".join(parts[:place]), " / ".join(parts[place:])
        if _JAPANESE.search(japanese) and not _JAPANESE.search(english):
            return f"{english}\n\n{japanese.rstrip('.')}"
    return text


class _HelpColumns(Columns):
    """The help of one option, in which a line without blanks, as in Japanese, is broken and not cut at its end."""

    def __init__(self, parts: Iterable[RenderableType], *arguments: Any, **options: Any) -> None:
        given = list(parts)
        for part in given:
            if isinstance(part, Styled):
                part.overflow = "fold"
        super().__init__(given, *arguments, **options)


def build_command() -> Any:
    """Return the parser of the whole command line, its help with a line for each language."""
    # Typer offers no setting for how its help breaks lines.
    rich_utils.Columns = _HelpColumns  # type: ignore[attr-defined, assignment]  # a class it imports
    command = get_command(build_app())
    for each in _with_those_below(command):
        if each.help:
            each.help = help_in_two_lines(each.help)
            # The list of commands shows the first paragraph only, so both languages must stand in it.
            each.short_help = each.help.replace("\n\n", "\n")
        for parameter in each.params:
            if getattr(parameter, "help", None):
                parameter.help = help_in_two_lines(parameter.help)
    return command


def _with_those_below(command: Any) -> Iterator[Any]:
    """Yield a command and every command below it."""
    yield command
    for one in getattr(command, "commands", {}).values():
        yield from _with_those_below(one)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with the exit code of what happened."""
    # A short-lived process that makes many small objects and few cycles: looking for cycles less often saves a tenth.
    gc.set_threshold(_OBJECTS_BEFORE_COLLECTING)
    # A console that lacks a sign, such as ₂ or ✓ in an older Japanese code page, shows a question mark for it.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    given = sys.argv[1:] if arguments is None else arguments
    sys.exit(_run(given))


def _run(given: list[str]) -> int:
    """Run one command line and return its exit code; the only place that catches errors."""
    errors = Console(stderr=True, soft_wrap=True, highlight=False)
    language = language_among(given)
    try:
        outcome = build_command()(args=list(with_values(given)), standalone_mode=False)
    except BadInput as bad:
        for fault in bad.faults:
            errors.print(f"✗ {fault(language)}", style="red", markup=False)
        return ExitCode.BAD_INPUT
    except typer.TyperException as usage:
        rich_format_error(usage)  # type: ignore[arg-type]  # its annotation names a class the package does not export
        return ExitCode.BAD_INPUT
    except (KeyboardInterrupt, typer.Abort):
        outcome = _TYPER_INTERRUPTED
    except OSError as problem:
        errors.print(f"✗ {_UNREADABLE(language)}: {problem}", style="red", markup=False)
        return ExitCode.BAD_INPUT
    if outcome == _TYPER_INTERRUPTED:
        errors.print(_INTERRUPTED(language), markup=False)
        return ExitCode.INTERRUPTED
    return outcome if isinstance(outcome, int) else ExitCode.DONE


def with_values(given: list[str]) -> Iterator[str]:
    """Yield raw arguments with the value of each option that stands without the one it may be written without."""
    for position, argument in enumerate(given):
        yield argument
        after = given[position + 1] if position + 1 < len(given) else "--"
        if argument in _VALUE_LEFT_OUT and after.startswith("-"):
            yield _VALUE_LEFT_OUT[argument]


def language_among(given: list[str]) -> Language:
    """Return the language asked for by `--lang` among raw arguments, or the locale's; used before parsing."""
    for position, argument in enumerate(given):
        value = argument.partition("=")[2] if argument.startswith("--lang=") else None
        if argument == "--lang" and position + 1 < len(given):
            value = given[position + 1]
        if value in ("ja", "en"):
            return value  # type: ignore[return-value]
    return default_language()
