"""One published figure beside the model's: what every anchor is made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from model.inputs import Data
from model.language import Text
from model.pathway import Pathway


@dataclass(frozen=True)
class Observation:
    """One published figure and the model's figure for it.

    Args:
        quantity: what it is, a schema variable and label where there is one.
        year: fiscal year.
        unit: of both figures.
        published: the published figure.
        modelled: the model's.
        quality: of the published figure.
        source_id: of the published figure.
        name: what it is, in words.
        remark: whether the fit saw it, and the likely cause of a miss.
    """

    quantity: str
    year: int
    unit: str
    published: float
    modelled: float
    quality: str
    source_id: str
    name: Text
    remark: Text

    @property
    def residual(self) -> float:
        """Modelled less published, as a share of published."""
        return self.modelled / self.published - 1.0


def rows_of(
    pathway: Pathway, data: Data, table: str, quantity: str, **labels: str
) -> Iterator[tuple[int, float, str, str]]:
    """Yield year, value, quality and source of each row of a quantity, within the years of the run."""
    for row in data.rows(table, quantity, **labels).sort_values("year").itertuples():
        if row.year <= pathway.axes.years[-1]:
            yield int(row.year), float(row.value), str(row.quality), str(row.source_id)  # type: ignore[arg-type]
