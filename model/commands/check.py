"""`run.py check FILE…`: says whether files can be used, and everything that is wrong with those that cannot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from model.faults import BadInput, Fault
from model.language import Language, Text, default_language


@dataclass(frozen=True)
class Kind:
    """A kind of file that can be checked.

    Args:
        name: what it is called.
        suffixes: endings of its files, in small letters.
        recognises: whether a file with such an ending is of this kind.
        check: reads the file and returns what it holds in one line; raises `BadInput` with every fault.
    """

    name: Text
    suffixes: tuple[str, ...]
    recognises: Callable[[Path], bool]
    check: Callable[[Path], Text]


def _check_scenario(path: Path) -> Text:
    from model.policy.stages import check_forms
    from model.scenario import load_scenario

    scenario = load_scenario(path)
    check_forms(scenario.levers)
    chain = " → ".join(scenario.chain)
    short = scenario.content_hash[:12]
    return Text(
        f"scenario “{scenario.title.en}” ({chain}), hash {short}",
        f"シナリオ「{scenario.title.ja}」({chain})、ハッシュ {short}",
    )


def _check_form(path: Path) -> Text:
    from model.forms import check_form

    return check_form(path)


def _holds_rows(path: Path) -> bool:
    """Say whether a YAML file is a filled-in form, with a list under `rows:`, and no scenario."""
    try:
        return any(line.startswith("rows:") for line in path.read_text(encoding="utf-8").splitlines())
    except (OSError, UnicodeDecodeError):
        return False


_FORM = Text("form", "様式")
#: Every kind, in the order in which files are matched; a kind that takes any file with its ending stands last.
KINDS: Final = (
    Kind(_FORM, (".csv", ".xlsx"), lambda path: True, _check_form),
    Kind(_FORM, (".yaml", ".yml"), _holds_rows, _check_form),
    Kind(Text("scenario", "シナリオ"), (".yaml", ".yml"), lambda path: True, _check_scenario),
)

_USABLE = Text("OK", "問題なし")
_UNUSABLE = Text("cannot be used; faults: ", "使用できません。問題の数: ")


def register(app: typer.Typer) -> None:
    """Add the command to the application."""

    @app.command("check")
    def check(
        files: Annotated[list[Path], typer.Argument(help="files to check / 確認するファイル", metavar="FILE…")],
        lang: Annotated[Literal["ja", "en"] | None, typer.Option(help="language / 言語")] = None,
    ) -> None:
        """Check scenarios and filled-in forms, naming everything wrong / ファイルを検査し問題をすべて示す."""
        check_files(files, lang or default_language())


def check_files(files: list[Path], language: Language) -> None:
    """Print one line a file on whether it can be used.

    Args:
        files: the files, each checked even if one before it is faulty.
        language: language of what is printed.

    Raises:
        BadInput: with the faults of all files, each once.
    """
    faults: dict[Fault, None] = {}
    for path in files:
        try:
            found = kind_of(path).check(path)
        except BadInput as bad:
            faults |= dict.fromkeys(bad.faults)
            typer.echo(f"✗ {path}: {_UNUSABLE(language)}{len(bad.faults)}")
        else:
            typer.echo(f"✓ {path}: {_USABLE(language)}, {found(language)}")
    if faults:
        raise BadInput(faults)


def kind_of(path: Path) -> Kind:
    """Return the kind of a file.

    Raises:
        BadInput: no kind fits.
    """
    fitting = [kind for kind in KINDS if path.suffix.lower() in kind.suffixes]
    for kind in fitting:
        if kind.recognises(path):
            return kind
    endings = sorted({suffix for kind in KINDS for suffix in kind.suffixes})
    problem = Text("no kind of input file looks like this", "この形式の入力ファイルはありません")
    raise BadInput([Fault(str(path), problem, given=path.suffix or path.name, allowed=", ".join(endings))])
