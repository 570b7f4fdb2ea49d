"""Table of a search for the worst case: success of the combinations that remain, beside the nominal one."""

from __future__ import annotations

from mygym_lite.studies.markdown_table import format_markdown, format_success
from mygym_lite.studies.result_files import Result

_HEAD = ("axes at once", "success, %", "in the search")


def format_worst_case(result: Result) -> str:
    """Format the success on other seeds than those of the search, and beside it that in the search."""
    rows = [["none", format_success(result["nominal"]), "-"]]
    for combination in result["combinations"]:
        axes = ", ".join(f"`{axis}`" for axis in combination["axes"])
        search = combination["search"]
        searched = f"{search['successes']} of {search['episodes']}" if search["episodes"] else "-"
        rows.append([axes, format_success(combination["measured"]), searched])
    return format_markdown(_HEAD, rows)
