"""YAML reading: values as YAML 1.2 has them, lines where people see them, and bounds that hostile files meet."""

from pathlib import Path
from typing import Any

import pytest

from model.faults import FaultList
from model.yaml_reader import MOST_BYTES, Node, parse_yaml, read_yaml


def parsed(text: str) -> Node:
    faults = FaultList()
    root = parse_yaml(text, "a.yaml", faults)
    assert root is not None, [fault("en") for fault in faults.faults]
    return root


def told(text: str) -> str:
    faults = FaultList()
    assert parse_yaml(text, "a.yaml", faults) is None
    return "\n".join(fault("en") for fault in faults.faults)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-3", -3),
        ("010", 10),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1.5E-2", 0.015),
        ("yes", True),
        ("Off", False),
        ("~", None),
        ("", None),
        ("2030-04-01", "2030-04-01"),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("'12'", "12"),
        ('"yes"', "yes"),
        ("12kW", "12kW"),
        ("9" * 5000, float("inf")),
    ],
)
def test_scalars(text: str, value: Any) -> None:
    node = parsed(f"a: {text}").value["a"]
    assert node.value == value
    assert type(node.value) is type(value)


def test_lines_are_those_of_the_keys() -> None:
    root = parsed("# remark\na:\n  b: 1\n\n  c:\n    - 2\n    - 3\n")
    assert root.value["a"].line == 2
    assert root.value["a"].value["b"].line == 3
    assert [item.line for item in root.value["a"].value["c"].value] == [6, 7]


def test_references_repeat_a_value_where_they_stand() -> None:
    root = parsed("a: &shares {x: 1}\nb: *shares\n")
    assert root.plain() == {"a": {"x": 1}, "b": {"x": 1}}
    assert root.value["b"].line == 2


@pytest.mark.parametrize(
    ("text", "place", "remedy"),
    [
        ("a: 1\nb: c: 2\n", "a.yaml:2:5", "a colon"),
        ("a:\n\t- 1\n", "a.yaml:2:1", "a tab"),
        ("a: 1\nb: [1, 2\nc: 3\n", "a.yaml:2:4", "not closed"),
        ("a: 'one\nb: 2\n", "a.yaml:1:4", "quotation mark"),
        ("a: *nobody\n", "a.yaml:1:4", "no &anchor"),
        ("a: 1\n---\nb: 2\n", "a.yaml:2:1", "only one document"),
        ("a: >\n  one\n two\n", "a.yaml:3:2", "indentation"),
        ("a: 1\nb: \x07\n", "a.yaml:2", "control character"),
        ("a: 1\nb: 2\na: 3\n", "a.yaml:3 › a", "first in line 1"),
        ("b: !!python/object/apply:os.system [ls]\n", "a.yaml:1", "tags"),
        ("? [1, 2]\n: 3\n", "a.yaml:1", "one word"),
    ],
)
def test_broken_yaml_tells_place_and_remedy(text: str, place: str, remedy: str) -> None:
    assert told(text).startswith(f"{place}:")
    assert remedy in told(text)


def test_references_that_multiply_are_refused() -> None:
    levels = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert "multiply" in told("\n".join(levels))


@pytest.mark.parametrize(
    "text", ["a: &a [*a]\n", "a: &a {b: *a}\n", "a: " + "[" * 5000, "- " * 5000, "a: " + "{a: " * 40]
)
def test_endless_nesting_is_refused(text: str) -> None:
    assert "nested too deeply" in told(text)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("name: 東京\n".encode("cp932"), "not UTF-8"),
        ("name: x\n".encode("utf-16"), "not UTF-8"),
        (b"- 1\n- 2\n", "top level"),
        (b"just words\n", "top level"),
        (b"", "top level"),
        (b"a: 1\n" * (MOST_BYTES // 5 + 1), "too large"),
    ],
)
def test_files_that_are_no_scenario_at_all(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(content)
    faults = FaultList()
    assert read_yaml(path, faults) is None
    assert problem in faults.faults[0]("en")
    assert str(path) in faults.faults[0].place


def test_byte_order_mark_and_windows_lines_are_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes("﻿title: 東京\r\nx:\r\n  y: 1\r\n".encode())
    root = read_yaml(path, FaultList())
    assert root is not None
    assert root.plain() == {"title": "東京", "x": {"y": 1}}
    assert root.value["x"].value["y"].line == 3


def test_a_folder_is_not_read(tmp_path: Path) -> None:
    faults = FaultList()
    assert read_yaml(tmp_path, faults) is None
    assert "not a file" in faults.faults[0]("en")
