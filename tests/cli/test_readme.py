"""README.md and README.ja.md: the same commands, every one of them real."""

import re
import shlex
from pathlib import Path

from typer.testing import CliRunner

from model.command_line import build_app

ROOT = Path(__file__).resolve().parents[2]
ENGLISH, JAPANESE = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.ja.md"))


def blocks(text: str) -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def calls(text: str) -> list[list[str]]:
    """Return the words of each indented or quoted call of run.py, without the explanation beside it."""
    found = re.findall(r"python run\.py(?: (.*?))?(?:\s{2,}.*)?(?:`|$)", text, flags=re.MULTILINE)
    return [shlex.split(call) for call in found]


def test_both_readmes_give_the_same_two_commands() -> None:
    assert len(blocks(ENGLISH)) == 2
    assert blocks(ENGLISH) == blocks(JAPANESE)


def test_both_readmes_name_the_same_calls() -> None:
    names = [[call[0] for call in calls(text) if call and call[0].isascii()] for text in (ENGLISH, JAPANESE)]
    assert names[0] == names[1]
    assert len(names[0]) >= 8


def test_every_call_is_a_command() -> None:
    known = CliRunner().invoke(build_app(), ["--help"]).output
    for call in calls(ENGLISH):
        if call:
            assert call[0] in known


def test_both_readmes_have_the_same_sections() -> None:
    counts = [len(re.findall(r"^## ", text, flags=re.MULTILINE)) for text in (ENGLISH, JAPANESE)]
    assert counts[0] == counts[1]
