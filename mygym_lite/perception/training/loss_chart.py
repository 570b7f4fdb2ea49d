"""The learning curve as SVG: loss over epochs, on what is learned from and on scenes that are not."""

from __future__ import annotations

from collections.abc import Sequence

from mygym_lite.perception.training.trainer import Epoch

_WIDE, _HIGH, _LEFT, _TOP = 640, 300, 60, 34  # px
_STYLE = "text{font:11px system-ui,sans-serif;fill:#24292f}.g{stroke:#d8dee4}path{fill:none;stroke-width:1.8}"
_TRAIN, _VAL = "#8a929b", "#1f6fb2"


def draw_loss_chart(curve: Sequence[Epoch]) -> str:
    """Draw the curve; where the loss on the training scenes is far above the other's range, it is cut."""
    low = min(min(epoch.val_loss, epoch.train_loss) for epoch in curve)
    high = max(max(epoch.val_loss for epoch in curve), low + 1e-6)
    best = min(curve, key=lambda epoch: epoch.val_loss)
    x, y = _x(best.number, len(curve)), _y(best.val_loss, low, high)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDE + 40} {_TOP + _HIGH + 40}">'
        f'<style>{_STYLE}</style><rect width="100%" height="100%" fill="white"/>'
        f'<text x="{_LEFT}" y="18">loss over epochs: validation scenes (blue), training scenes (grey)</text>'
        f"{_grid(low, high, len(curve))}"
        f"{_line(_TRAIN, [(e.number, e.train_loss) for e in curve], low, high, len(curve))}"
        f"{_line(_VAL, [(e.number, e.val_loss) for e in curve], low, high, len(curve))}"
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{_VAL}"/>'
        f'<text x="{x - 6:.1f}" y="{y - 8:.1f}" text-anchor="end">kept: epoch {best.number}, {best.val_loss:.2f}</text>'
        "</svg>\n"
    )


def _grid(low: float, high: float, epochs: int) -> str:
    levels = [low + (high - low) * k / 4 for k in range(5)]
    rows = "".join(
        f'<line class="g" x1="{_LEFT}" x2="{_LEFT + _WIDE}" y1="{_y(level, low, high):.1f}"'
        f' y2="{_y(level, low, high):.1f}"/>'
        f'<text x="{_LEFT - 8}" y="{_y(level, low, high) + 4:.1f}" text-anchor="end">{level:.2f}</text>'
        for level in levels
    )
    ends = "".join(
        f'<text x="{_x(number, epochs):.1f}" y="{_TOP + _HIGH + 18}" text-anchor="middle">{number}</text>'
        for number in dict.fromkeys([1, epochs])
    )
    return rows + ends


def _line(color: str, points: Sequence[tuple[int, float]], low: float, high: float, epochs: int) -> str:
    path = "L".join(f"{_x(number, epochs):.1f},{_y(min(value, high), low, high):.1f}" for number, value in points)
    return f'<path stroke="{color}" d="M{path}"/>'


def _x(number: int, epochs: int) -> float:
    return _LEFT + _WIDE * (number - 1) / max(1, epochs - 1)


def _y(value: float, low: float, high: float) -> float:
    return _TOP + _HIGH * (high - value) / (high - low)
