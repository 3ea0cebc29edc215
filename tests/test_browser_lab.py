"""The notebooks' world: widgets work in a JupyterLab of this machine, with nothing from elsewhere."""

from browser_lab import open_notebook, run_cell


def test_a_widget_of_a_fresh_kernel_answers_in_the_browser(lab, page):
    name = lab.write(
        "try.ipynb",
        "import ipywidgets as w\nbox = w.Text(description='name')\nsaid = w.HTML()\n"
        "box.observe(lambda change: setattr(said, 'value', 'hello ' + change['new']), 'value')\nw.VBox([box, said])",
    )
    open_notebook(page, lab, name)
    output = run_cell(page, 0)
    output.get_by_label("name").fill("world")
    output.get_by_text("hello world").wait_for()
