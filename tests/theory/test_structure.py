"""The structure that the design asks for: imports run one way, without circles, each layer on those below."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import model

ROOT = Path(model.__file__).parent

#: What each part of the program must not know of, however indirectly it might ask.
FORBIDDEN = {
    "model.ordinance": ("model.optimise", "model.policy", "model.pathway", "model.report", "model.commands"),
    "model.optimise": ("model.report", "model.commands"),
    "model.policy": ("model.standing", "model.emitting", "model.pathway", "model.report", "model.commands"),
    "model.survival": ("model.ordinance", "model.optimise", "model.policy", "model.stock", "model.report"),
    "model.stock": ("model.ordinance", "model.optimise", "model.policy", "model.report"),
    "model.standing": ("model.emitting", "model.pathway", "model.report", "model.commands"),
    "model.pathway": ("model.report", "model.commands"),
    "model.report": ("model.commands",),
}


def _name(path: Path) -> str:
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(path: Path, modules: frozenset[str]) -> set[str]:
    """Return the modules of the project that a file imports, inside functions and for type checking too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return {name for name in found if name in modules} - {_name(path)}


@pytest.fixture(scope="module")
def graph() -> dict[str, set[str]]:
    paths = [path for path in ROOT.rglob("*.py") if "_scenarios" not in path.parts]
    modules = frozenset(_name(path) for path in paths)
    found = {_name(path): _imports(path, modules) for path in paths}
    # A package is named on the way to its parts; that says nothing about who needs whom.
    packages = {_name(path) for path in paths if path.name == "__init__.py"}
    return {name: needs - packages for name, needs in found.items() if name not in packages}


def test_no_circles(graph: dict[str, set[str]]) -> None:
    assert len(graph) > 100, "the files were not found"
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))
    assert set(order) == set(graph)


@pytest.mark.parametrize("part", FORBIDDEN)
def test_layers(graph: dict[str, set[str]], part: str) -> None:
    inside = [name for name in graph if name == part or name.startswith(f"{part}.")]
    assert inside, f"{part} is gone: say here what took its place"
    for name in inside:
        above = {need for need in graph[name] if need.startswith(FORBIDDEN[part])}
        assert not above, f"{name} imports {sorted(above)}"
