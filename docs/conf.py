"""How Sphinx builds the site. Every page is Markdown that GitHub shows too."""

from __future__ import annotations

project = "wheelcheck"
author = "The wheelcheck authors"
html_title = "wheelcheck"
html_baseurl = "https://wheelcheck.github.io/wheelcheck/"
extensions = ["myst_parser", "sphinx.ext.githubpages"]
myst_heading_anchors = 4
myst_enable_extensions = ["attrs_inline"]
nitpicky = True

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["wheelcheck.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
# Nothing is loaded from another host when a page is read: system fonts, and a search index of our own.
html_theme_options = {"top_of_page_buttons": []}
pygments_style = "friendly"
pygments_dark_style = "monokai"
