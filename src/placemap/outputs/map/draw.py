"""A map → SVG and PNG, drawn to stand in a board paper. The same picture always gives the same bytes."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import numpy as np
import shapely

from placemap.outputs.map.labels import LabelRequest, place_labels
from placemap.outputs.map.picture import Picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: A4 landscape, inches.
_PAGE = (11.69, 8.27)
_DPI = 200
_INK, _QUIET = "#1a1a1a", "#4a4a4a"
_MARGIN = 0.03
#: Widths of lines in points, and the dashes inside the line of a local authority.
_BORDER, _TRACK, _DASHES = 1.7, 1.2, (0, (4, 3))
#: Letters as outlines, in the font that comes with matplotlib, so that a label is as wide everywhere as it was here.
_FONT: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "svg.fonttype": "path",
    "svg.hashsalt": "placemap",
    "hatch.linewidth": 0.7,
}


def svg(pictures: list[Picture]) -> str:
    """The map as SVG with its title and alternative text; two pictures stand side by side."""
    from matplotlib import rc_context

    buffer = BytesIO()
    with rc_context(_FONT):
        _draw(pictures).savefig(buffer, format="svg", metadata={"Date": None, "Creator": "placemap"})
    text = buffer.getvalue().decode("utf-8")
    start = text.index("<svg")
    end = text.index(">", start)
    names = f"<title id='map-title'>{escape(_title(pictures))}</title><desc id='map-alt'>{escape(alt(pictures))}</desc>"
    return f'{text[:end]} role="img" aria-labelledby="map-title map-alt">\n {names}{text[end + 1 :]}'


def png(pictures: list[Picture]) -> bytes:
    """The map as PNG, which carries its alternative text as its description."""
    from matplotlib import rc_context

    buffer = BytesIO()
    metadata = {"Software": "placemap", "Title": _title(pictures), "Description": alt(pictures)}
    with rc_context(_FONT):
        _draw(pictures).savefig(buffer, format="png", dpi=_DPI, metadata=metadata)
    return buffer.getvalue()


def alt(pictures: list[Picture]) -> str:
    """The alternative text."""
    return " ".join(picture.alt for picture in pictures)


def _title(pictures: list[Picture]) -> str:
    return f"{pictures[0].title}: {' and '.join(picture.subtitle for picture in pictures)}"


def _draw(pictures: list[Picture]) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=_PAGE, facecolor="white")
    figure.text(_MARGIN, 0.955, pictures[0].title, size=16, weight="bold", color=_INK, va="center")
    if len(pictures) == 1:
        figure.text(_MARGIN, 0.918, pictures[0].subtitle, size=12, color=_INK, va="center")
        _panel(figure, pictures[0], (0.02, 0.13, 0.66, 0.76), (0.70, 0.87))
    else:
        west, south, east, north = _joint([picture.bounds for picture in pictures])
        for number, picture in enumerate(pictures):
            left = 0.02 + number * 0.49
            figure.text(left + 0.01, 0.915, picture.subtitle, size=11, weight="bold", color=_INK, va="center")
            _panel(figure, picture, (left, 0.40, 0.47, 0.50), (left + 0.01, 0.335), (west, south, east, north))
    _foot(figure, pictures)
    return figure


def _joint(bounds: list[tuple[float, float, float, float]]) -> tuple[float, float, float, float]:
    """The extent that holds all of several, so that maps side by side have one scale."""
    sides = np.array(bounds)
    (west, south), (east, north) = sides[:, :2].min(axis=0).tolist(), sides[:, 2:].max(axis=0).tolist()
    return west, south, east, north


def _panel(
    figure: Figure,
    picture: Picture,
    box: tuple[float, float, float, float],
    legend: tuple[float, float],
    bounds: tuple[float, float, float, float] | None = None,
) -> None:
    """One map with its legend, scale bar and north arrow."""
    axes = figure.add_axes(box)
    axes.set_axis_off()
    extent = _fill(axes, bounds or picture.bounds, box)
    _shapes(axes, picture)
    _labels(figure, axes, picture, extent)
    _scale_bar(figure, box, extent)
    _legend(figure, picture, *legend, compact=bounds is not None)


def _fill(
    axes: Any, bounds: tuple[float, float, float, float], box: tuple[float, float, float, float]
) -> tuple[float, float, float, float]:
    """Set the extent of the axes: the bounds in the middle, with a margin, in the shape of the box."""
    west, south, east, north = bounds
    shape = (box[2] * _PAGE[0]) / (box[3] * _PAGE[1])
    height = max(north - south, (east - west) / shape) * 1.06
    width = height * shape
    x, y = (west + east) / 2, (south + north) / 2
    extent = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    axes.set_xlim(extent[0], extent[2])
    axes.set_ylim(extent[1], extent[3])
    return extent


def _shapes(axes: Any, picture: Picture) -> None:
    for place in picture.places:
        axes.add_patch(_patch(place.shape, facecolor=place.colour, edgecolor="none"))
    if not picture.outside.is_empty:
        axes.add_patch(_patch(picture.outside, facecolor="none", edgecolor=_QUIET, linewidth=0, hatch="..."))
    for shape in picture.highlighted:
        axes.add_patch(_patch(shape, facecolor="none", edgecolor="black", linewidth=0.6, hatch="//////"))
    _outline(axes, [place.shape for place in picture.places], color="white", linewidth=3.4)
    _outline(axes, [shape for _, shape in picture.ltlas], color=_INK, linewidth=_TRACK)
    _outline(axes, [place.shape for place in picture.places], color=_INK, linewidth=_BORDER)
    # White dashes on black show on a border of places, too, which is where the two sorts of lines often run together.
    _outline(axes, [shape for _, shape in picture.ltlas], color="white", linewidth=_TRACK / 2, linestyle=_DASHES)
    small = [shape for shape in picture.highlighted if shape.area < _small(picture)]
    if small:
        points = shapely.get_coordinates(shapely.point_on_surface(small))
        axes.plot(
            *points.T, linestyle="none", marker="o", markersize=9, markerfacecolor="none", markeredgecolor="black"
        )


def _outline(axes: Any, shapes: list[Any], *, color: str, linewidth: float, linestyle: Any = "-") -> None:
    """The borders of shapes, each line once although two shapes share it."""
    from matplotlib.collections import LineCollection

    lines = shapely.line_merge(shapely.unary_union([shape.boundary for shape in shapes]))
    segments = [shapely.get_coordinates(line) for line in shapely.get_parts(lines)]
    axes.add_collection(
        LineCollection(segments, colors=color, linewidths=linewidth, linestyles=linestyle, joinstyle="round", zorder=2)
    )


def _small(picture: Picture) -> float:
    """The area in square metres below which a shape is easily missed on a page."""
    west, south, east, north = picture.bounds
    return max(east - west, north - south) ** 2 / 2500


def _patch(shape: Any, **style: Any) -> Any:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    rings = [ring for part in shapely.get_parts(shape) for ring in (part.exterior, *part.interiors)]
    return PathPatch(
        Path.make_compound_path(*[Path(shapely.get_coordinates(ring), closed=True) for ring in rings]), **style
    )


def _labels(figure: Figure, axes: Any, picture: Picture, extent: tuple[float, float, float, float]) -> None:
    """Names of the places, and those of LTLAs where there is room."""
    texts = [(place.name, place.shape, {"size": 8.5, "weight": "bold"}, False) for place in picture.places]
    ltlas = [(name, shape) for name, shape in picture.ltlas if name not in {place.name for place in picture.places}]
    texts += [(name, shape, {"size": 6.5, "style": "italic"}, True) for name, shape in ltlas]
    wrapped = [(wrap(name), shape, style, optional) for name, shape, style, optional in texts]
    wanted = [
        LabelRequest(shape, *_size(figure, axes, text, style), optional) for text, shape, style, optional in wrapped
    ]
    for found, (text, _, style, optional) in zip(place_labels(wanted, extent), wrapped, strict=True):
        if found:
            _label(axes, found, text, {**style, "color": _QUIET if optional else "black"})


def _label(axes: Any, found: Any, text: str, style: dict[str, Any]) -> None:
    from matplotlib.patheffects import withStroke

    if found.anchor:
        axes.plot(*zip((found.x, found.y), found.anchor, strict=True), color="black", linewidth=0.8, zorder=5)
        axes.plot(*found.anchor, marker="o", markersize=3, color="black", zorder=5)
    effects = [withStroke(linewidth=2.4, foreground="white")]
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1.0} if found.anchor else None
    axes.text(
        found.x,
        found.y,
        text,
        ha="center",
        va="center",
        linespacing=1.05,
        zorder=6,
        path_effects=effects,
        bbox=box,
        **style,
    )


def wrap(name: str, width: int = 16) -> str:
    """A name in lines of about `width` letters."""
    import textwrap

    return "\n".join(textwrap.wrap(name, width, break_long_words=False, break_on_hyphens=False)) or name


def _size(figure: Figure, axes: Any, text: str, style: dict[str, Any]) -> tuple[float, float]:
    """Width and height of a text with a little air around it, in metres on the ground."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    drawn = axes.text(0, 0, text, linespacing=1.05, **style)
    canvas: Any = FigureCanvasAgg(figure)
    pixels = drawn.get_window_extent(canvas.get_renderer())
    drawn.remove()
    corner = axes.transData.inverted().transform([(0, 0), (pixels.width + 6, pixels.height + 4)])
    return float(corner[1][0] - corner[0][0]), float(corner[1][1] - corner[0][1])


def _scale_bar(
    figure: Figure, box: tuple[float, float, float, float], extent: tuple[float, float, float, float]
) -> None:
    """A scale bar with a north arrow to its right, below the map."""
    left, bottom, width, _ = box
    metres = scale_length((extent[2] - extent[0]) / 4)
    long = metres / (extent[2] - extent[0]) * width
    axes = figure.add_axes((left, bottom - 0.045, width, 0.04))
    axes.set_axis_off()
    axes.set_xlim(0, width)
    axes.set_ylim(0, 1)
    start = 0.01
    for half, colour in ((0, _INK), (1, "white")):
        ends = [start + half * long / 2, start + (half + 1) * long / 2]
        axes.fill_between(ends, 0.15, 0.35, facecolor=colour, edgecolor=_INK, linewidth=0.8)
    for part, value in ((0, 0), (0.5, metres / 2), (1, metres)):
        unit = " km" if part == 1 else ""
        axes.text(start + part * long, 0.5, f"{value / 1000:g}{unit}", ha="center", va="bottom", size=7, color=_INK)
    x = start + long + 0.035
    axes.annotate("", (x, 0.95), (x, 0.05), arrowprops={"arrowstyle": "-|>", "color": _INK, "linewidth": 1.2})
    axes.text(x + 0.008, 0.5, "N", ha="left", va="center", size=9, weight="bold", color=_INK)


def scale_length(metres: float) -> float:
    """The largest of 1, 2 and 5 times a power of ten that is not longer than `metres`."""
    power = 10.0 ** np.floor(np.log10(metres))
    return float(max(step * power for step in (1, 2, 5) if step * power <= metres))


def _legend(figure: Figure, picture: Picture, left: float, top: float, *, compact: bool) -> None:
    """Colours with names and figures, then the kinds of lines."""
    from matplotlib.patches import Rectangle

    step = min(0.027 if compact else 0.052, (top - 0.13) / len(picture.places))
    for number, place in enumerate(picture.places):
        y = top - number * step
        swatch: Any = {"facecolor": place.colour, "edgecolor": _INK, "linewidth": 0.8, "transform": figure.transFigure}
        figure.add_artist(Rectangle((left, y - 0.009), 0.022, 0.018, **swatch))
        figures = f"{place.residents:,.0f} residents · {place.lsoas:,} LSOAs"
        lift = 0 if compact else 0.011
        name = f"{place.name}: {figures}" if compact else place.name
        weight = "normal" if compact else "bold"
        figure.text(left + 0.03, y + lift, name, size=7.5 if compact else 8.5, weight=weight, color=_INK, va="center")
        if not compact:
            figure.text(left + 0.03, y - lift, figures, size=7.5, color=_QUIET, va="center")
    _line_legend(figure, picture, left, top - len(picture.places) * step + 0.02)


def _line_legend(figure: Figure, picture: Picture, left: float, top: float) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [
        Line2D([], [], color=_INK, linewidth=_BORDER),
        (
            Line2D([], [], color=_INK, linewidth=_TRACK),
            Line2D([], [], color="white", linewidth=_TRACK / 2, linestyle=_DASHES),
        ),
    ]
    labels = ["place boundary", "local authority boundary"]
    if not picture.outside.is_empty:
        handles.append(Patch(facecolor="white", edgecolor=_QUIET, hatch="...."))
        labels.append("part of a place outside the system's scope")
    if len(picture.highlighted):
        handles.append(Patch(facecolor="white", edgecolor="black", hatch="//////"))
        labels.append(wrap(picture.highlight_note, 44))
    corner: Any = {"loc": "upper left", "bbox_to_anchor": (left - 0.008, top)}
    figure.legend(handles, labels, **corner, frameon=False, fontsize=7.5, labelcolor=_INK, handlelength=2.2)


def _foot(figure: Figure, pictures: list[Picture]) -> None:
    import textwrap

    words = max((picture.vintage for picture in pictures), key=len)  # the shorter one says nothing that it leaves out
    credit = " · ".join(dict.fromkeys(line for picture in pictures for line in picture.attribution))
    text = "\n".join(textwrap.wrap(words, 190) + textwrap.wrap(credit, 190))
    figure.text(_MARGIN, 0.012, text, size=6.5, color=_QUIET, va="bottom", linespacing=1.35)
