"""Downscaling: what buildings of a kind emit in all of Tokyo, shared out to the municipalities where they stand."""

from __future__ import annotations

import numpy as np

from model.axes import Axes
from model.inputs import Data
from model.survival_families import Array

#: Figures that a municipality may have of its own.
MUNICIPAL_FIGURES = ("population", "households", "detached_share", "office_floor_area")


def municipal_basis(data: Data, axes: Axes) -> tuple[str, ...]:
    """Return for each municipality what is known of it alone, as `figure=quality` words; `none` where nothing is.

    Args:
        data: input tables.
        axes: axes of the run.
    """
    rows = data.frames["buildings/municipalities"]
    known = {
        (str(region), str(quantity)): str(quality)
        for region, quantity, quality in zip(rows["region"], rows["quantity"], rows["quality"], strict=True)
    }
    return tuple(
        " ".join(f"{figure}={known.get((region, figure), 'none')}" for figure in MUNICIPAL_FIGURES)
        for region in axes.regions
    )


# A building of a segment uses as much wherever it stands, so floor area shares energy out; panels save where they are.
def regional_co2(final: Array, place: Array, on_site: Array, carriers: Array, electricity: int) -> Array:
    """Return CO2 of the energy bought, by cell [kilotonne/year] [year, segment, region, factor_view].

    CO2[s, r] = Σ_c final[s, c] · place[s, r] · factor[c] − on_site[s, r] · factor[electricity]

    Args:
        final: final energy, rooftop electricity included [TJ/year] [year, segment, carrier].
        place: share of a segment's floor area in a municipality [1] [year, segment, region].
        on_site: rooftop electricity used on site [TJ/year] [year, segment, region].
        carriers: [kg/MJ = kilotonne/TJ] [year, carrier, factor_view].
        electricity: position of electricity among the carriers.
    """
    of_segment = np.einsum("ysc,ycv->ysv", final, carriers)
    saved = on_site[..., None] * carriers[:, None, None, electricity]
    return np.asarray(of_segment[:, :, None] * place[..., None] - saved)


def co2_by_region(axes: Axes, final: Array, floor_area: Array, on_site: Array, carriers: Array) -> Array:
    """Return CO2 of buildings by municipality [kilotonne/year] [year, region, building_class, factor_view].

    Args:
        axes: axes of the run.
        final: final energy, rooftop electricity included [TJ/year] [year, segment, carrier].
        floor_area: [m²] [year, segment, region].
        on_site: rooftop electricity used on site [TJ/year] [year, segment, region].
        carriers: [kg/MJ] [year, carrier, factor_view].
    """
    place = floor_area / floor_area.sum(axis=2, keepdims=True)
    cells = regional_co2(final, place, on_site, carriers, axes.carriers.index("electricity"))
    classes = [axes.segments_where(building_class=name) for name in axes.building_classes]
    return np.stack([cells[:, inside].sum(axis=1) for inside in classes], axis=2)
