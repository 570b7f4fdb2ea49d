"""Configuration of the documentation site: `make docs` builds it with Sphinx, MyST and Furo."""

import re
import sys
import warnings
from importlib.metadata import PackageNotFoundError, version as installed_version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # documents this checkout
warnings.filterwarnings("ignore", category=DeprecationWarning)

project = "mygym_lite"
author = "The mygym_lite authors"
copyright = author  # noqa: A001
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
