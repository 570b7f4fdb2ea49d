"""Loss curve as an SVG file: training and validation loss over epochs."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from mygym_lite.perception.training.trainer import Epoch
from mygym_lite.reports.svg import PlotArea, draw_svg, draw_text

_GRID_LINES = 5
_TITLE = "loss over epochs: validation scenes (blue), training scenes (grey)"
_STYLE = Markup(
    "<style>text{font:11px system-ui,sans-serif;fill:#24292f}path{fill:none;stroke-width:1.8}"
    ".grid{stroke:#d8dee4;stroke-width:1}.train{stroke:#8a929b}.validation{stroke:#1f6fb2}circle{fill:#1f6fb2}</style>"
    '<rect width="100%" height="100%" fill="white"/>'
)


def draw_loss_chart(curve: Sequence[Epoch]) -> str:
    """Draw the loss curve; a training loss far above the validation loss is clipped."""
    low = min(min(epoch.val_loss, epoch.train_loss) for epoch in curve)
    high = max(max(epoch.val_loss for epoch in curve), low + 1e-6)
    best = min(curve, key=lambda epoch: epoch.val_loss)
    area = PlotArea(
        width=700,
        height=374,
        left=60,
        right=20,
        top=34,
        bottom=40,
        x_range=(1, max(2, len(curve))),
        y_range=(low, high),
    )
    levels = [low + (high - low) * line / (_GRID_LINES - 1) for line in range(_GRID_LINES)]
    epochs = sorted({1, len(curve)})
    path = Markup('<path class="{}" d="{}"/>')
    x, y = area.x(best.number), area.y(best.val_loss)
    body = [
        _STYLE,
        draw_text(area.left, 18, _TITLE),
        area.draw_rows(levels, [f"{level:.2f}" for level in levels]),
        area.draw_columns(epochs, map(str, epochs)),
        path.format("train", area.format_path((epoch.number, min(epoch.train_loss, high)) for epoch in curve)),
        path.format("validation", area.format_path((epoch.number, epoch.val_loss) for epoch in curve)),
        Markup('<circle cx="{:.1f}" cy="{:.1f}" r="4"/>').format(x, y),
        draw_text(x - 6, y - 8, f"saved: epoch {best.number}, {best.val_loss:.2f}", "end"),
    ]
    svg = draw_svg(area.width, area.height, "Loss curve", _TITLE, Markup("").join(body))
    return f'<svg xmlns="http://www.w3.org/2000/svg" {svg.removeprefix("<svg ")}\n'
