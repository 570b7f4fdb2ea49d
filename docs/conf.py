"""Configuration of the documentation site: `make docs` builds it with Sphinx, MyST and Furo."""

import sys
import warnings
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from pathlib import Path

from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # documents this checkout
warnings.filterwarnings("ignore", category=DeprecationWarning)

CONTENTS = {
    "Start": "install first_hour",
    "Guides": (
        "evaluation leaderboard gate randomization identification datasets perception learning difficulty baselines "
        "rendering engines fidelity reproducibility"
    ),
    "Extend": "tasks language experts panda_gym robots policies",
    "Reference": "reference/commands reference/fields reference/terms reference/axes reference/api glossary comparison",
}

project = "mygym_lite"
author = "The mygym_lite authors"
copyright = author
try:
    release = version = installed_version("mygym_lite")
except PackageNotFoundError:
    release = version = ""

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
nitpicky = False
myst_heading_anchors = 4  # links to headings work as they do on GitHub
myst_enable_extensions = ["colon_fence"]

autodoc_typehints = "signature"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
toc_object_entries_show_parents = "hide"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True}
napoleon_google_docstring = True
napoleon_numpy_docstring = False

html_theme = "furo"
html_title = "mygym_lite"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False


def add_contents(_app: Sphinx, page: str, source: list[str]) -> None:
    """Add the table of contents to the first page, whose source stays readable on its own."""
    if page == "index":
        for caption, pages in CONTENTS.items():
            lines = ["```{toctree}", ":hidden:", f":caption: {caption}", "", *pages.split(), "```"]
            source[0] += "\n" + "\n".join(lines) + "\n"


def setup(app: Sphinx) -> None:
    """Connect the table of contents."""
    app.connect("source-read", add_contents)
