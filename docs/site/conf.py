"""The site: how Sphinx makes it. `build.py` lays out what it reads and starts it."""

import shortimize_analytics as sa

project = "shortimize-analytics"
author = "shortimize-analytics"
version = release = sa.__version__
html_title = f"shortimize-analytics {version}"

extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon", "myst_nb"]
nitpicky = False

# a name in `backticks` is a link where it is a public name, and code everywhere
default_role = "py:obj"
add_module_names = False
toc_object_entries = False  # each has a heading
autodoc_typehints = "none"
autodoc_member_order = "bysource"
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True

myst_heading_anchors = 4
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_execution_mode = "force"
nb_merge_streams = True
# a picture and not the scripts of widgets, which would come from the network
nb_mime_priority_overrides = [("html", "application/vnd.jupyter.widget-view+json", None)]
nb_ipywidgets_js = {}

html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"


def make_accessible(app, pagename, templatename, context, doctree):
    """Let keys scroll what is wider than the page, and tell the level of the menu's captions."""
    if "body" in context:
        body = context["body"].replace("<pre>", '<pre tabindex="0">')
        for box in ('class="table-wrapper', 'class="output text_html"'):
            body = body.replace(f"<div {box}", f'<div tabindex="0" {box}')
        context["body"] = body
    tree = context.get("furo_navigation_tree", "")
    context["furo_navigation_tree"] = tree.replace('role="heading"', 'role="heading" aria-level="2"')


def setup(app):
    app.connect("html-page-context", make_accessible, priority=900)  # after the theme's own
