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
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from model.report.key_figures import residential_levels
from model.report.run.figures import FIGURES, draw_figures
from model.report.style import COLOURS, TARGET, drawing, save, sequence, spread

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


def _texts(figure: Figure) -> list[str]:
    artists = [*figure.texts, *(text for axes in figure.axes for text in (*axes.texts, axes.title))]
    return [text.get_text() for text in artists]


@pytest.mark.parametrize("language", LANGUAGES)
def test_neither_keys_nor_words_cross_the_line_where_the_projection_begins(thin: xr.Dataset, language: str) -> None:
    found = 0
    for name in ("emissions", "floor_area", "energy", "solar"):
        with drawing(language):  # type: ignore[arg-type]
            figure = FIGURES[name](thin, language)  # type: ignore[arg-type]
            figure.canvas.draw()
            for axes in figure.axes:
                (line,) = (line for line in axes.lines if line.get_linestyle() == "--")
                across = axes.transData.transform((line.get_xdata()[0], 0))[0]
                legend = axes.get_legend()
                boxes = [text.get_window_extent() for text in axes.texts if text.get_text()]
                boxes += [legend.get_window_extent()] if legend is not None else []
                for box in boxes:
                    found += 1
                    assert not (box.x0 < across < box.x1 and box.y0 < axes.bbox.y1 and box.y1 > axes.bbox.y0), name
    assert found > 40


@pytest.mark.parametrize(
    ("language", "homes", "others"),
    [
        ("en", ("Zero Emission House level 1", "ZEH+"), ("ZEB Oriented", "ZEB Ready")),
        ("ja", ("東京ゼロエミ住宅水準1", "ZEH+"), ("ZEB Oriented", "ZEB Ready")),
    ],
)
def test_a_level_with_two_names_is_called_as_the_buildings_of_its_panel_are(
    thin: xr.Dataset, language: str, homes: tuple[str, ...], others: tuple[str, ...]
) -> None:
    with drawing(language):  # type: ignore[arg-type]
        figure = FIGURES["floor_area"](thin, language)  # type: ignore[arg-type]
    panels = [{text.get_text() for text in axes.texts} for axes in figure.axes]
    assert [set(homes) <= panel for panel in panels] == [False, False, True, False]
    assert [set(others) <= panel for panel in panels] == [False, False, False, True]


def test_the_hindcast_says_the_largest_residual_of_each_row_and_cuts_nothing(thin: xr.Dataset) -> None:
    with drawing("ja"):
        japanese = _texts(FIGURES["hindcast"](thin, "ja"))
    with drawing("en"):
        english = _texts(FIGURES["hindcast"](thin, "en"))
    assert not any("…" in words for words in (*english, *japanese))
    assert not any("Mt" in words for words in japanese)
    assert english.count("+16% (2050)") == 1  # 0.58 / 0.50
    assert "−7% (2010)" in english  # 190 / 205, larger than 187 / 186 and 192 / 204
    assert "published" not in english[0]


def test_the_hindcast_is_ordered_by_what_the_fit_knew(thin: xr.Dataset) -> None:
    quantity = thin["quantity"].to_numpy()
    remark = np.where(quantity == "electricity", "given; read by the model",
                      np.where(quantity == "solar_capacity", "independent of the fit", "fitted"))  # fmt: skip
    told = thin.assign_coords(remark_en=("observation", remark.astype(object)))
    with drawing("en"):
        words = _texts(FIGURES["hindcast"](told, "en"))
    order = ["independent of the fit: these test the model", "solar capacity", "seen by the fit", "GHG total",
             "read by the model", "electricity bought"]  # fmt: skip
    assert [words.index(one) for one in order] == sorted(words.index(one) for one in order)
    assert "not stated" not in words


def test_a_quantity_that_the_data_were_worked_out_from_in_some_years_has_a_row_for_each_role(thin: xr.Dataset) -> None:
    closed = thin["observation_year"].to_numpy() == 2000
    remark = np.where(closed, "closed; worked out from it", "independent of the fit").astype(object)
    with drawing("en"):
        words = _texts(FIGURES["hindcast"](thin.assign_coords(remark_en=("observation", remark)), "en"))
    assert words.count("GHG total") == 2
    assert words.count("solar capacity") == 1


def test_the_values_marked_on_an_axis_are_the_same_in_both_languages(thin: xr.Dataset) -> None:
    for name, draw in FIGURES.items():
        ticks = []
        for language in LANGUAGES:
            with drawing(language):  # type: ignore[arg-type]
                figure = draw(thin, language)  # type: ignore[arg-type]
                ticks.append([axes.get_yticks() / axes.get_ylim()[1] for axes in figure.axes])
        for english, japanese in zip(*ticks, strict=True):
            assert english == pytest.approx(japanese), name


def test_an_estimate_of_this_project_is_no_published_source(thin: xr.Dataset) -> None:
    named = thin.assign_coords(source_id=("observation", np.full(thin.sizes["observation"], "own;W05", dtype=object)))
    for language, words in (("en", "estimates of this project"), ("ja", "本プロジェクトの推計")):
        with drawing(language):  # type: ignore[arg-type]
            (source,) = (text for text in _texts(FIGURES["energy"](named, language)) if "W05" in text)  # type: ignore[arg-type]
        assert "own" not in source
        assert words in source


def test_published_changes_of_the_energy_of_dwellings_are_drawn_from_the_estimated_level(thin: xr.Dataset) -> None:
    assert residential_levels(thin) == {}
    quantity, published = thin["quantity"].to_numpy().copy(), thin["published"].to_numpy().copy()
    (position,) = np.flatnonzero(quantity == "electricity")
    quantity[position], published[position] = "residential_energy_index", 1.1
    indexed = thin.assign_coords(quantity=("observation", quantity)).assign(published=("observation", published))
    assert residential_levels(indexed) == {2020: pytest.approx(204.6)}  # 186 PJ in 2000, times 1.1
    with drawing("en"):
        figure = FIGURES["energy"](indexed, "en")
    marked = [line for axes in figure.axes for line in axes.lines if line.get_marker() == "v"]
    assert [list(line.get_ydata()) for line in marked] == [[pytest.approx(204.6)]] * 2


def test_no_two_things_share_a_colour_and_none_has_that_of_targets() -> None:
    colours = [to_rgb(colour) for colour in COLOURS.values()]
    assert len({*colours, to_rgb(TARGET)}) == len(COLOURS) + 1


def _lab(colours: list[str]) -> np.ndarray:
    """Return CIE L*a*b* of sRGB colours under D65, IEC 61966-2-1 and CIE 15."""
    encoded = np.array([to_rgb(colour) for colour in colours])
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    matrix = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    ratio = linear @ matrix.T / [0.9505, 1.0, 1.089]
    root = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    x, y, z = root.T
    return np.column_stack([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize(("count", "apart"), [(9, 15.0), (12, 10.0)])
def test_neighbours_in_a_sequence_differ_in_colour_and_in_grey_print(count: int, apart: float) -> None:
    steps = np.diff(_lab(sequence(count)), axis=0)
    assert (steps[:, 0] < -6).all()  # each darker than the one before
    assert np.linalg.norm(steps, axis=1).min() > apart


def test_the_paths_written_with_the_pixels_are_those_that_matplotlib_writes_itself(
    thin: xr.Dataset, tmp_path: Path
) -> None:
    with drawing("ja"):
        ours, _ = sorted(save(FIGURES["solar"](thin, "ja"), tmp_path / "ours"), reverse=True)
        figure = FIGURES["solar"](thin, "ja")
        figure.savefig(tmp_path / "theirs.svg")
    texts = [path.read_text(encoding="utf-8") for path in (ours, tmp_path / "theirs.svg")]
    page, placed = [], []
    for text in texts:
        width, height = (float(number) for number in re.findall(r'(?:width|height)="([\d.]+)pt"', text)[:2])
        unit = width / float(re.findall(r'viewBox="0 0 ([\d.]+)', text)[0])
        page.append((width, height))
        found = re.findall(r"translate\(([\d.]+) ([\d.]+)\).*? scale\(([\d.]+)", text)
        placed.append(unit * np.array(found, dtype=float))
    assert page[0] == pytest.approx(page[1])
    assert placed[0].shape == placed[1].shape and len(placed[0]) > 20
    assert np.abs(placed[0] - placed[1]).max() < 0.05


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
