"""The sheet of every house: one each, with its own figures, in both languages; no text of a list becomes HTML."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import get_args

import pytest
from house_cases import CHIYODA, portfolio

from model.language import Language
from model.optimise.solar_allocation.answer import Setting, answer
from model.optimise.solar_allocation.model import Wishes
from model.report.allocation.house_sheets import write_house_sheets
from model.report.allocation.texts import why

SETTING = Setting.read("adopted_2025")


def sheets(page: str) -> list[dict[str, str]]:
    """Return what stands on each sheet, by its names; the house under "" and the reason under "why"."""
    found = []
    for sheet in re.findall("<section>(.*?)</section>", page, re.DOTALL):
        rows = {unescape(name): unescape(value) for name, value in re.findall("<th>(.*?)</th><td>(.*?)</td>", sheet)}
        (heading,), (reason, *_) = re.findall("<h2>(.*?)</h2>", sheet), re.findall("<p>(.*?)</p>", sheet)
        found.append({**rows, "": unescape(heading), "why": unescape(reason)})
    return found


@pytest.mark.parametrize("language", get_args(Language))
def test_every_house_has_a_sheet_with_its_own_figures(tmp_path: Path, language: Language) -> None:
    """4 kW are bought for 1,000,000 JPY less a grant of 400,000, and save 40 GJ of the 45 GJ that the house needs."""
    done = {"id": "1<b>", "state": "done", "kw": 4.0, "ua": 0.6, "bei": 0.9, "standard_gj": 50.0}
    out = {"id": "2", "face1_m2": 15.0, "municipality": CHIYODA, "exclusion": "claim", "ua": 0.6, "bei": 0.8}
    old = {"id": "3", "role": "existing_house", "floor_area_m2": 0.0, "max_kw": 2.0}
    found = answer(portfolio(done, out, old), Wishes(), SETTING, moves=False)
    write_house_sheets(found, tmp_path / "houses.html", language)
    page = (tmp_path / "houses.html").read_text(encoding="utf-8")
    assert "1<b>" not in page
    told = sheets(page)
    assert [one[""].split(" – ")[1] for one in told] == ["1<b>", "2", "3"]
    assert [one["why"] for one in told] == [why(found, house)(language) for house in range(3)]
    first, second, third = told
    names = {
        "ja": ("太陽光パネル [kW]", "補助後の初期支出 [円]", "補助額 [円]", "BEI値（太陽光・熱利用を含む）"),
        "en": ("panels [kW]", "paid at the start after the grant [JPY]", "grant [JPY]", "BEI with panels and heat"),
    }[language]
    assert [first[name] for name in names[:4]] == ["4", "600,000", "400,000", "0.1"]
    assert second[names[0]] == "0" and names[1] not in second
    standing = [one[{"ja": "再エネ設置基準", "en": "renewable standard"}[language]] for one in told]
    wanted = {"ja": ("算定対象", "算定除外", "新築の代替措置"), "en": ("counted", "left out", "stands in")}[language]
    assert all(said.startswith(word) for said, word in zip(standing, wanted, strict=True))
    assert names[3] not in third
