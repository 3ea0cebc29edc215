"""The explorer and the loaders in JupyterLab when something is wrong: titles that are code, a wrong key, no data."""

import pytest
from browser_lab import ExplorerPage, open_notebook, run_cell
from organisations import AS_OF, KEY, small_organisation
from playwright.sync_api import expect

from shortimize_analytics.simulator import Service, serve

EVIL = "<script>window.pwned = 1</script><img src=x onerror='window.pwned = 1'>"
SETUP = """import os
os.environ.update(SHORTIMIZE_BASE_URL={url!r}, SHORTIMIZE_API_KEY={key!r}, SHORTIMIZE_TIER="unlimited",
                  SHORTIMIZE_NOW={now!r})
import shortimize_analytics as sa
client = sa.connect()"""
LOAD = "videos = sa.load_videos(client, progress=False)\nhistory = sa.load_history(client, videos, progress=False)"


@pytest.fixture
def served():
    """An organisation whose captions and names try to become part of the page."""
    organisation = small_organisation(12, title=EVIL, username="<b>bold</b>")
    with serve(Service(organisation, limit_requests=False, api_keys={KEY})) as server:
        yield server


def setup(server, key=KEY):
    return SETUP.format(url=server.base_url, key=key, now=AS_OF.isoformat())


def test_a_title_that_is_a_script_stays_text(lab, page, served):
    name = lab.write("evil.ipynb", setup(served), LOAD, "sa.explore(videos, history, client=client)")
    open_notebook(page, lab, name)
    for index in range(2):
        run_cell(page, index)
    explorer = ExplorerPage(page, run_cell(page, 2))
    explorer.says("12 of 12")
    tab = explorer.open("Videos")
    expect(tab.locator("tbody tr").first).to_contain_text("<script>window.pwned")
    tab.locator("tbody tr").first.locator("td").nth(2).click()
    expect(tab.locator(".sa-video-title")).to_contain_text("<script>")
    for title in ("Overview", "Growth", "Outliers", "Labels", "Data quality"):
        explorer.open(title)
    assert page.evaluate("window.pwned") is None
    planted = explorer.box.locator("script, img[src='x'], b:text('bold')").evaluate_all(
        "all => all.map(e => e.outerHTML)"
    )
    assert planted == []


def test_a_wrong_key_is_said_in_one_sentence_with_the_next_step(lab, page, served):
    wrong = setup(served, key="wrong")
    name = lab.write("wrong.ipynb", wrong, "sa.load_videos(client)")
    open_notebook(page, lab, name)
    run_cell(page, 0)
    said = run_cell(page, 1)
    expect(said).to_contain_text("AuthenticationError")
    expect(said).to_contain_text("The key is wrong or revoked")


def test_a_key_that_was_revoked_since_leaves_the_figures_and_says_so(lab, page, served):
    name = lab.write("revoked.ipynb", setup(served), LOAD, "sa.explore(videos, history, client=client)")
    open_notebook(page, lab, name)
    for index in range(2):
        run_cell(page, index)
    explorer = ExplorerPage(page, run_cell(page, 2))
    explorer.says("12 of 12")
    served.service.api_keys = {"another"}
    explorer.box.get_by_role("button", name="Refresh data").click()
    message = explorer.box.locator(".sa-message")
    expect(message.get_by_role("alert")).to_contain_text("wrong or revoked")
    expect(message).to_contain_text("still those of the last load")
    explorer.says("12 of 12")


def test_an_organisation_without_videos_is_explained(lab, page):
    with serve(Service(small_organisation(1), limit_requests=False, api_keys={KEY})) as server:
        none = (
            setup(server),
            LOAD.replace("client, p", 'client, uploaded_start="2030-01-01", p'),
            "sa.explore(videos, history)",
        )
        name = lab.write("none.ipynb", *none)
        open_notebook(page, lab, name)
        for index in range(2):
            run_cell(page, index)
        output = run_cell(page, 2)
        expect(output.get_by_role("alert").filter(visible=True).first).to_contain_text("There are no videos yet")
        expect(output.get_by_role("button", name="Refresh data")).to_be_disabled()
