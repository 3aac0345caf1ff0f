"""YAML that people wrote, read safely and with its line numbers, so that every fault can name its place.

Differences from plain YAML 1.1 that protect a user: numbers and truth values follow YAML 1.2 (`1e3` is a number, `010`
is ten, dates stay text), keys are always text, a key may stand only once, tags are refused, and size, depth and the
number of values after following `*references` are bounded before anything is built.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from model.faults import FaultList
from model.language import Text

#: Bounds that no honest file meets: bytes of a file, levels of nesting, values after following references.
MOST_BYTES: Final = 1_000_000
MOST_LEVELS: Final = 30
MOST_VALUES: Final = 50_000

_LOADER: Final[Any] = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader

_WHOLE = re.compile(r"[-+]?[0-9]{1,18}")
_DECIMAL = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_WORDS: Final[dict[str, bool | float | None]] = {
    "": None, "~": None, "null": None, "true": True, "yes": True, "on": True, "false": False, "no": False, "off": False,
    ".nan": float("nan"), ".inf": float("inf"), "+.inf": float("inf"), "-.inf": float("-inf"),
}  # fmt: skip

NO_SUCH_FILE: Final = Text("there is no such file; check the path", "ファイルがありません。パスを確認してください")

_NOT_A_FILE = Text("this is not a file; give a file", "ファイルではありません。ファイルを指定してください")
_TOO_LARGE = Text(
    "the file is too large to be a file of this kind; is it the right one?",
    "ファイルが大きすぎます。正しいファイルか確認してください",
)
_NOT_UTF8 = Text(
    "the file is not UTF-8; save it with the encoding UTF-8",
    "文字コードがUTF-8ではありません。UTF-8で保存してください",
)
_NOT_YAML = Text("this is not valid YAML", "YAMLの書式ではありません")

#: What usually went wrong, by the parser's own words, and what to do about it.
_REMEDIES: Final = (
    ("mapping values are not allowed", Text(
        "a colon stands where none belongs, or the indentation differs from the lines above; "
        "align the keys, and quote a text that holds a colon",
        "コロンの位置か字下げが不正です。上の行と字下げを揃え、コロンを含む文は引用符で囲んでください")),
    ("cannot start any token", Text(
        "a tab or a special character (@ ` %) stands here; indent with spaces, and quote texts that begin with one",
        "タブまたは特殊文字(@ ` %)があります。字下げは空白で行い、特殊文字で始まる文は引用符で囲んでください")),
    ("expected ',' or", Text(
        "a bracket or brace before this line is not closed, or a comma is missing",
        "この行より前の括弧が閉じていないか、コンマが抜けています")),
    ("end of stream", Text("a quotation mark is not closed", "引用符が閉じていません")),
    ("undefined alias", Text(
        "this *reference has no &anchor before it; quote a text that begins with *",
        "この*参照に対応する&アンカーが前にありません。*で始まる文は引用符で囲んでください")),
    ("another document", Text(
        "only one document (---) may stand in a file",
        "1ファイルに書ける文書(---)は1つだけです")),
    ("expected key", Text(
        "the indentation differs from the lines above, or a colon is missing after a key",
        "字下げが上の行と揃っていないか、項目名の後のコロンが抜けています")),
)  # fmt: skip
_ANY_REMEDY = Text(
    "look at this line and the one before it: indentation, colons, quotes, brackets",
    "この行と前の行の字下げ・コロン・引用符・括弧を確認してください",
)


@dataclass(frozen=True)
class Node:
    """One value of a YAML file and where it stands.

    Args:
        value: a scalar, a mapping of nodes by key text, or a list of nodes.
        text: a scalar as it was written; None for mappings and lists.
        source: the file as the user named it, or the command line option.
        line: line of the key or of the value, from 1; None outside files.
    """

    value: Any
    text: str | None
    source: str
    line: int | None

    def plain(self) -> Any:
        """Return the value as plain dicts, lists and scalars."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def place(self, *keys: str) -> str:
        """Return where this value stands, with the keys that lead to it: `file.yaml:12 › set › years`."""
        start = self.source if self.line is None else f"{self.source}:{self.line}"
        return " › ".join((start, *keys))

    def given(self) -> str:
        """Return the value as the user wrote it, shortened; a number in quotes keeps them, nothing is `null`."""
        text = (self.text or "null") if self.text is not None else str(self.plain())
        if isinstance(self.value, str) and _DECIMAL.fullmatch(text):
            text = f'"{text}"'
        return text if len(text) <= 80 else f"{text[:77]}…"

    def along(self, keys: tuple[str, ...]) -> list[tuple[str, Node]]:
        """Return the keys that exist on the way along `keys`, each with its node: where a part of this value stands."""
        found: list[tuple[str, Node]] = []
        node = self
        for key in keys:
            if not (isinstance(node.value, dict) and key in node.value):
                break
            node = node.value[key]
            found.append((key, node))
        return found


def read_yaml(path: Path, faults: FaultList) -> Node | None:
    """Read a YAML file whose root is a mapping.

    Args:
        path: the file; at most 1 MB, UTF-8.
        faults: where everything wrong is recorded.

    Returns:
        the root, or None if the file cannot be used at all.
    """
    text = _text_of(path, faults)
    if text is None:
        return None
    root = parse_yaml(text, str(path), faults)
    if root is None:
        return None
    if not isinstance(root.value, dict):
        faults.add(
            str(path),
            Text("the file must hold `key: value` lines at its top level", "最上位は「項目: 値」の形で書いてください"),
            given=root.given() if text.strip() else None,
        )
        return None
    return root


def parse_yaml(text: str, source: str, faults: FaultList, numbered: bool = True) -> Node | None:
    """Parse YAML text into nodes.

    Args:
        text: the YAML.
        source: name of its origin for places of faults.
        faults: where everything wrong is recorded.
        numbered: whether the nodes carry line numbers; a value from the command line has none.

    Returns:
        the root node, or None if the text is not YAML that can be used.
    """
    known = len(faults.faults)
    try:
        _check_events(text, source, faults)
        if len(faults.faults) > known:
            return None
        composed = _composed(text)
    except yaml.reader.ReaderError as problem:
        line = text.count("\n", 0, problem.position) + 1
        faults.add(
            f"{source}:{line}",
            Text("a control character stands here; delete it", "制御文字が含まれています。削除してください"),
            given=repr(chr(problem.character)) if isinstance(problem.character, int) else repr(problem.character),
        )
        return None
    except yaml.MarkedYAMLError as problem:
        _add_broken(problem, text, source, faults)
        return None
    if composed is None:
        return Node(None, "", source, 1 if numbered else None)
    try:
        root = _Builder(source, faults, numbered).node(composed, composed.start_mark.line + 1, level=0)
    except _TooMuch as problem:
        _add_too_much(f"{source}:{problem.line}", faults)
        return None
    return root if len(faults.faults) == known else None


def _text_of(path: Path, faults: FaultList) -> str | None:
    """Return the text of a regular UTF-8 file of modest size, else record why not."""
    if not path.exists():
        faults.add(str(path), NO_SUCH_FILE)
        return None
    if not path.is_file():
        faults.add(str(path), _NOT_A_FILE)
        return None
    size = path.stat().st_size
    with path.open("rb") as stream:
        content = b"" if size > MOST_BYTES else stream.read(MOST_BYTES + 1)
    if max(size, len(content)) > MOST_BYTES:
        faults.add(str(path), _TOO_LARGE, given=f"{size / 1e6:,.1f} MB", allowed=f"≤ {MOST_BYTES / 1e6:.0f} MB")
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        faults.add(f"{path}:{line}", _NOT_UTF8, allowed="UTF-8")
        return None


def _composed(text: str) -> yaml.Node | None:
    """Return the tree of YAML nodes of the one document in `text`."""
    loader = _LOADER(text)
    try:
        node: yaml.Node | None = loader.get_single_node()
        return node
    finally:
        loader.dispose()


def _check_events(text: str, source: str, faults: FaultList) -> None:
    """Record nesting that is too deep and explicit tags, before any tree is built."""
    level = 0
    for event in yaml.parse(text, Loader=_LOADER):
        line = event.start_mark.line + 1  # type: ignore[union-attr]
        if isinstance(event, yaml.CollectionStartEvent):
            level += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            level -= 1
        if level > MOST_LEVELS:
            _add_too_much(f"{source}:{line}", faults)
            return
        tag = getattr(event, "tag", None)
        if tag is not None:
            faults.add(
                f"{source}:{line}",
                Text("tags (!…) are not used here; delete the tag", "タグ(!…)は使えません。削除してください"),
                given=tag,
            )


def _add_too_much(place: str, faults: FaultList) -> None:
    faults.add(
        place,
        Text(
            "the file is nested too deeply, or its *references multiply to too many values; write it more simply",
            "入れ子が深すぎるか、*参照の展開が多すぎます。簡潔に書き直してください",
        ),
        allowed=f"≤ {MOST_LEVELS} levels, ≤ {MOST_VALUES:,} values",
    )


def _add_broken(problem: yaml.MarkedYAMLError, text: str, source: str, faults: FaultList) -> None:
    """Record a syntax fault with line, column and the usual remedy."""
    words = str(problem.problem or problem.context or "")
    remedy = next((advice for part, advice in _REMEDIES if part in words), _ANY_REMEDY)
    mark = problem.problem_mark or problem.context_mark
    # An unclosed bracket or quote is found at the end of the file but stands where it was opened.
    if problem.context_mark is not None and ("expected ',' or" in words or "end of stream" in words):
        mark = problem.context_mark
    lines = text.splitlines()
    faults.add(
        source if mark is None else f"{source}:{mark.line + 1}:{mark.column + 1}",
        Text(f"{_NOT_YAML.en} ({words}): {remedy.en}", f"{_NOT_YAML.ja}({words})。{remedy.ja}"),
        given=lines[mark.line].strip()[:80] if mark is not None and mark.line < len(lines) else None,
    )


def _scalar(node: yaml.ScalarNode) -> Any:
    """Return the value of a scalar: quoted is text, plain follows YAML 1.2 (with yes/no kept as truth values)."""
    text: str = node.value
    if node.style in ("'", '"', "|", ">"):
        return text
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _WHOLE.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    return text


class _TooMuch(Exception):
    """References multiply beyond the bounds."""

    def __init__(self, line: int) -> None:
        self.line = line


@dataclass
class _Builder:
    """Turns the parser's tree into `Node`s, counting as it goes."""

    source: str
    faults: FaultList
    numbered: bool
    built: int = field(default=0)

    def node(self, node: yaml.Node, line: int, level: int) -> Node:
        """Return the `Node` of one YAML node; `line` is where its key stands."""
        self.built += 1
        if self.built > MOST_VALUES or level > MOST_LEVELS:
            raise _TooMuch(line)
        shown = line if self.numbered else None
        if isinstance(node, yaml.ScalarNode):
            return Node(_scalar(node), node.value, self.source, shown)
        if isinstance(node, yaml.MappingNode):
            return Node(dict(self.items(node, level)), None, self.source, shown)
        items = [self.node(item, item.start_mark.line + 1, level + 1) for item in node.value]
        return Node(items, None, self.source, shown)

    def items(self, mapping: yaml.MappingNode, level: int) -> Iterator[tuple[str, Node]]:
        """Yield key and node of a mapping; a key that is not text or stands twice is a fault."""
        lines: dict[str, int] = {}
        for key, value in mapping.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self.faults.add(
                    f"{self.source}:{line}",
                    Text("a key must be one word or number", "項目名は1つの語か数にしてください"),
                )
            elif key.value in lines:
                self.faults.add(
                    f"{self.source}:{line} › {key.value}",
                    Text(
                        f"this key stands twice, first in line {lines[key.value]}; delete one",
                        f"同じ項目が{lines[key.value]}行目にもあります。どちらかを削除してください",
                    ),
                )
            else:
                lines[key.value] = line
                yield key.value, self.node(value, line, level + 1)
