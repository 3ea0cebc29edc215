"""The notebooks beyond the demo: on an organisation of three videos, and out of the package."""

import tomllib
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from organisations import KEY, small_organisation

from shortimize_analytics.cli import main

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def test_there_are_six_of_them_without_outputs():
    assert [path.stem for path in NOTEBOOKS] == [
        "01_start",
        "02_growth",
        "03_outliers",
        "04_labels",
        "05_weekly_report",
        "06_money",
    ]
    cells = [cell for path in NOTEBOOKS for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in cells)


def test_the_wheel_ships_these_and_nothing_that_lies_beside_them():
    with (FOLDER.parent / "pyproject.toml").open("rb") as file:
        shipped = tomllib.load(file)["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    expected = {f"notebooks/{path.name}": f"shortimize_analytics/cli/_notebooks/{path.name}" for path in NOTEBOOKS}
    assert {name: target for name, target in shipped.items() if name.startswith("notebooks")} == expected


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_says_which_data_it_shows_before_anything_else(path):
    first = next(cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code")
    assert 'print(f"Showing: {client.source}, as of {client.today()}")' in first.source


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_on_an_own_organisation_of_three_videos(path, simulator, tmp_path, monkeypatch):
    organisation = small_organisation(3)
    monkeypatch.setenv("SHORTIMIZE_API_KEY", KEY)
    monkeypatch.setenv("SHORTIMIZE_TIER", "unlimited")
    monkeypatch.setenv("SHORTIMIZE_NOW", organisation.as_of.isoformat())
    notebook = nbformat.read(path, 4)
    with simulator(organisation=organisation) as server:
        monkeypatch.setenv("SHORTIMIZE_BASE_URL", server.base_url)
        NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert "Showing: 127.0.0.1" in notebook.cells[1].outputs[0].text


def test_they_are_copied_out_and_own_work_is_never_replaced_unasked(tmp_path, capsys):
    assert main(["notebooks", str(tmp_path / "mine")]) == 0
    assert sorted(path.name for path in (tmp_path / "mine").iterdir()) == [path.name for path in NOTEBOOKS]
    (tmp_path / "mine" / "02_growth.ipynb").write_text("my work")
    assert main(["notebooks", str(tmp_path / "mine")]) == 6
    assert "02_growth.ipynb" in capsys.readouterr().err
    assert (tmp_path / "mine" / "02_growth.ipynb").read_text() == "my work"
    assert main(["notebooks", str(tmp_path / "mine"), "--force"]) == 0
    assert (tmp_path / "mine" / "02_growth.ipynb").read_bytes() == (FOLDER / "02_growth.ipynb").read_bytes()
