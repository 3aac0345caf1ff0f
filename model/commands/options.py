"""Options that several commands share, each worded once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Changes = Annotated[
    list[str] | None,
    typer.Option("--set", help="change one lever, key=value / レバーを1つ変更", metavar="KEY=VALUE"),
]
Out = Annotated[Path | None, typer.Option(help="folder for results / 出力フォルダ")]
Force = Annotated[bool, typer.Option("--force", help="write into a folder that is not ours / 他のフォルダにも出力")]
Figures = Annotated[bool, typer.Option("--figures/--no-figures", help="draw figures / 図を描く")]
DataFolder = Annotated[
    Path | None,
    typer.Option(
        "--data",
        help="folder with tables of your own: inventory, buildings, energy, solar, economics; labels and rules stay the"
        " shipped ones / 独自の表のフォルダ: inventory, buildings, energy, solar, economics (分類と制度は同梱のもの)",
    ),
]
Lang = Annotated[Literal["ja", "en"] | None, typer.Option(help="language / 言語")]
