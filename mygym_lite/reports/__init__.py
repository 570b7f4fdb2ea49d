"""Building blocks of the HTML reports: number formatting, colors, SVG charts and the common page.

Reading order:

- ``formatting.py``: numbers, intervals, names and counts as text.
- ``text_table.py``: plain-text tables for the terminal.
- ``svg.py``: plot area, axes and text of small SVG charts.
- ``severity_curves.py``: line charts of a value over severity.
- ``standalone_svg.py``: charts as an image file of their own.
- ``heatmap_colors.py``: color scale of the heatmap.
- ``page.py``: render a report into one self-contained HTML file (``base.html.j2``, ``style.css``, ``script.js``).
"""
