"""One drawing, two files: a figure goes to pixels and to paths in one pass, so that it is laid out only once."""

# mypy: disable-error-code="no-untyped-call"
# (the renderers of matplotlib carry no types)

from __future__ import annotations

import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.figure import Figure
from PIL import Image

PIXELS_PER_INCH: Final = 180
_POINTS: Final = 72.0

#: What a renderer is told to draw, text apart.
_DRAWN: Final = ("draw_path", "draw_markers", "draw_path_collection", "draw_image", "draw_quad_mesh",
                 "draw_gouraud_triangles", "open_group", "close_group")  # fmt: skip


class _Both(RendererAgg):
    """Draws pixels and hands everything on to the renderer of paths, in the same coordinates."""

    def __init__(self, width: float, height: float, paths: RendererSVG) -> None:
        super().__init__(width, height, PIXELS_PER_INCH)
        self._paths = paths
        for name in _DRAWN:
            setattr(self, name, _twice(getattr(self, name), getattr(paths, name)))

    def draw_text(
        self, gc: Any, x: float, y: float, s: str, prop: Any, angle: float, ismath: Any = False, mtext: Any = None
    ) -> None:
        """Draw text twice: for paths a point is a pixel, so the letters are scaled."""
        super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)
        scaled = prop.copy()
        scaled.set_size(prop.get_size_in_points() * PIXELS_PER_INCH / _POINTS)
        self._paths.draw_text(gc, x, y, s, scaled, angle, ismath, mtext)


def _twice(first: Callable[..., None], second: Callable[..., None]) -> Callable[..., None]:
    def both(*given: Any, **named: Any) -> None:
        first(*given, **named)
        second(*given, **named)

    return both


def save(figure: Figure, stem: Path) -> list[Path]:
    """Write a figure as PNG and SVG without any time of writing, and return the two paths."""
    figure.set_dpi(PIXELS_PER_INCH)
    width, height = figure.bbox.size
    text = StringIO()
    paths = RendererSVG(width, height, text, image_dpi=PIXELS_PER_INCH, metadata={"Date": None, "Creator": None})
    both = _Both(width, height, paths)
    figure.draw(both)
    paths.finalize()
    png, svg = stem.with_suffix(".png"), stem.with_suffix(".svg")
    # The page is opaque: without its fourth channel a file is quicker to write.
    pixels = np.ascontiguousarray(np.asarray(both.buffer_rgba())[..., :3])
    Image.fromarray(pixels).save(png, compress_level=1, dpi=(PIXELS_PER_INCH, PIXELS_PER_INCH))
    svg.write_text(_in_points(text.getvalue()), encoding="utf-8")
    return [png, svg]


def _in_points(page: str) -> str:
    """Return an SVG whose size on paper, written as if a pixel were a point, is the true one."""
    return re.sub(r'(width|height)="([\d.]+)pt"', _true_size, page, count=2)


def _true_size(found: re.Match[str]) -> str:
    return f'{found[1]}="{float(found[2]) * _POINTS / PIXELS_PER_INCH:g}pt"'
