"""Figures: every one in both languages, no missing glyph, text as paths, the same bytes each time, labels apart."""

from __future__ import annotations

import hashlib
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from model.report.figures import FIGURES, draw_figures
from model.report.style import drawing, save, spread

LANGUAGES = ("en", "ja")


@pytest.fixture(scope="module")
def drawn(thin: xr.Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Draw every figure once, with every warning an error: matplotlib warns of a missing glyph."""
    folder = tmp_path_factory.mktemp("figures")
    steps: list[int] = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        written = draw_figures(thin, folder, advance=lambda: steps.append(1))
    assert len(steps) == len(FIGURES) * len(LANGUAGES)
    assert sorted(written) == sorted(folder.iterdir())
    return folder


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_exists_for_print_and_for_the_page(drawn: Path, name: str, language: str) -> None:
    png = (drawn / f"{name}_{language}.png").read_bytes()
    assert png.startswith(b"\x89PNG")
    assert int.from_bytes(png[16:20], "big") >= 1200
    assert len(png) < 500_000
    svg = (drawn / f"{name}_{language}.svg").read_text(encoding="utf-8")
    assert "<text" not in svg
    assert "font-family" not in svg
    assert "<path" in svg
    assert not re.search(r"<dc:date>|20\d\d-\d\d-\d\dT", svg)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_glyph_that_no_font_has_is_noticed(language: str, tmp_path: Path) -> None:
    with warnings.catch_warnings(), drawing(language):  # type: ignore[arg-type]
        warnings.simplefilter("error")
        figure = Figure()
        figure.text(0.1, 0.1, "\U0001f300")
        with pytest.raises(UserWarning, match="Glyph"):
            save(figure, tmp_path / "figure")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_result_gives_the_same_bytes(drawn: Path, thin: xr.Dataset, language: str, tmp_path: Path) -> None:
    with drawing(language):  # type: ignore[arg-type]
        again = save(FIGURES["solar"](thin, language), tmp_path / f"solar_{language}")  # type: ignore[arg-type]
    for path in again:
        assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256((drawn / path.name).read_bytes()).digest()


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_text_of_a_figure_is_inside_the_page_and_no_labels_touch(thin: xr.Dataset, language: str) -> None:
    for name, draw in FIGURES.items():
        with drawing(language):  # type: ignore[arg-type]
            figure = draw(thin, language)  # type: ignore[arg-type]
            figure.canvas.draw()
            width, height = figure.bbox.width, figure.bbox.height
            texts = [*figure.texts, *(text for axes in figure.axes for text in (*axes.texts, axes.title))]
            boxes = [(text.get_text(), text.get_window_extent()) for text in texts if text.get_text()]
        for words, box in boxes:
            assert box.x0 >= 0 and box.x1 <= width and box.y0 >= 0 and box.y1 <= height, (name, words)
        for position, (words, box) in enumerate(boxes):
            for others, other in boxes[:position]:
                across = min(box.x1, other.x1) - max(box.x0, other.x0)
                along = min(box.y1, other.y1) - max(box.y0, other.y0)
                assert across < 2 or along < 0.35 * min(box.height, other.height), (name, words, others)


def test_a_result_of_a_few_years_without_targets_or_observations_is_drawn(thin: xr.Dataset, tmp_path: Path) -> None:
    short = thin.sel(year=slice(2023, 2027)).isel(observation=slice(0, 0))
    assert len(draw_figures(short, tmp_path, ("en",))) == 2 * len(FIGURES)


@given(
    wanted=st.lists(st.floats(0, 100), min_size=1, max_size=12),
    gap=st.floats(0.1, 8),
)
def test_labels_are_moved_apart_in_their_order(wanted: list[float], gap: float) -> None:
    heights = np.array(wanted)
    placed = spread(heights, gap, 0.0, 100.0)
    order = np.argsort(heights, kind="stable")
    assert (np.diff(placed[order]) >= gap * (1 - 1e-9)).all()
    assert placed.min() >= -1e-9


def test_labels_with_room_stay_and_a_tight_pair_moves_by_half_each() -> None:
    assert spread(np.array([10.0, 50.0]), 5.0, 0.0, 100.0) == pytest.approx([10.0, 50.0])
    assert spread(np.array([50.0, 50.0]), 5.0, 0.0, 100.0) == pytest.approx([47.5, 52.5])
    assert spread(np.array([52.0, 50.0]), 4.0, 0.0, 100.0) == pytest.approx([53.0, 49.0])
    assert spread(np.array([0.0, 0.0]), 5.0, 2.0, 100.0) == pytest.approx([2.0, 7.0])
