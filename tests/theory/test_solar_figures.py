"""Figures of a panel plan: in both languages nothing lies on anything else or outside the page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pytest
from house_cases import CHIYODA, SHINJUKU, portfolio
from matplotlib.patches import Rectangle
from matplotlib.transforms import Bbox

from model.language import Language
from model.optimise.solar_allocation.answer import Answer, Front, FrontPoint, Setting, answer
from model.optimise.solar_allocation.model import Wishes
from model.report.allocation.figures import FIGURES, cost_curve_figure, trade_off_figure
from model.report.allocation.texts import headline
from model.report.style import drawing

SETTING = Setting.read("adopted_2025")
LANGUAGES: tuple[Language, ...] = get_args(Language)


def plan(**wishes: Any) -> Answer:
    """Return a plan with panels on new and existing houses and heat that is there anyway and added."""
    dear = {"max_kw": 4.0, "cost_jpy_per_kw": 400_000, "solar_heat_gj": 8.0}
    cheap = {"max_kw": 0.4, "solar_heat_option_gj": 12.0, "solar_heat_option_jpy": 0.0}
    old = {"role": "existing_house", "max_kw": 3.0, "cost_jpy_per_kw": 100_000}
    places = [{"municipality": place} for place in (CHIYODA, SHINJUKU)]
    return answer(portfolio(dear, dear, dear, cheap, old, *({**dear, **place} for place in places)), Wishes(**wishes),
                  SETTING, moves=False)  # fmt: skip


def with_front(found: Answer) -> Answer:
    points = tuple(FrontPoint(1e6 * cost, avoided, 0.0, 1.0) for cost, avoided in ((1, 2), (3, 4), (9, 5)))
    return replace(found, front=Front("co2", points))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("wishes", [{}, {"objective": "benefit", "budget_jpy": 5e6}, {"without": {"renewables"}}])
def test_words_and_keys_lie_on_nothing_else_and_inside_the_page(language: Language, wishes: dict[str, Any]) -> None:
    found = with_front(plan(**wishes))
    for name, draw in {**FIGURES, "trade_off": trade_off_figure}.items():
        with drawing(language):
            figure = draw(found, language)
            figure.canvas.draw()
            texts = [*figure.texts, *(text for axes in figure.axes for text in axes.texts)]
            boxes = [text.get_window_extent() for text in texts if text.get_text()]
            keys = [axes.get_legend() for axes in figure.axes]
            keys_at = [key.get_window_extent() for key in keys if key is not None]
            bars = [
                bar.get_window_extent() for axes in figure.axes for bar in axes.patches if isinstance(bar, Rectangle)
            ]
        for box in (*boxes, *keys_at):
            assert box.x0 >= 0 and box.x1 <= figure.bbox.width and box.y0 >= 0 and box.y1 <= figure.bbox.height, name
        for place, box in enumerate(boxes):
            assert not [other for other in (*boxes[:place], *keys_at) if _touch(box, other)], (name, language)
        assert not [bar for bar in bars for key in keys_at if _touch(bar, key)], (name, language)


def _touch(one: Bbox, other: Bbox) -> bool:
    """Say whether two boxes lie on each other by more than the room around letters."""
    across = min(one.x1, other.x1) - max(one.x0, other.x0)
    along = min(one.y1, other.y1) - max(one.y0, other.y0)
    return bool(across >= 2 and along >= 0.35 * min(one.height, other.height))


def test_added_heat_is_as_wide_on_the_cost_curve_as_what_it_counts() -> None:
    found = plan()
    assert found.heat.any()
    with drawing("en"):
        (line, *_) = cost_curve_figure(found, "en").axes[0].lines
    # 12 GJ are 1.2 kW.
    assert np.max(line.get_xdata()) == pytest.approx(found.kw.sum() + 1.2 * np.sum(found.heat > 0))


def test_what_counts_only_if_all_owners_accept_is_said_to_do_so() -> None:
    sure, unsure = ({"max_kw": 4.0, "consent": consent} for consent in (1.0, 0.9))
    told = [headline(answer(portfolio(one), Wishes(), SETTING, moves=False)) for one in (sure, unsure)]
    assert [("if all accept" in one.en, "全員同意" in one.ja) for one in told] == [(False,) * 2, (True,) * 2]
