"""The shared page, opened from disk with the network off."""

import pytest
from browser_lab import page_of
from explorers import CASES, FEW
from page_checks import misplaced, serious
from playwright.sync_api import expect

import shortimize_analytics as sa

WIDTHS = "all => all.map(e => e.naturalWidth)"
"""Pictures of a phone are drawn for one: scaled down nobody could read them."""


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    return sa.explore(FEW).write_page(tmp_path_factory.mktemp("shared") / "page.html")


def test_the_page_filters_orders_and_turns_without_any_network(shared, page):
    page.context.set_offline(True)
    page.goto(shared.as_uri())
    said, links = page.locator("#sa-said"), page.locator("a.sa-title")
    total = len(FEW)
    expect(said).to_have_text(f"{total} of {total} videos")
    page.locator("th button[data-by=mult]").click()
    page.locator("th[aria-sort=descending]", has_text="Score").wait_for()
    expected = sa.video_table(FEW, sort_by="mult")
    shown = links.evaluate_all("all => all.map(e => e.getAttribute('href'))")
    assert shown == expected["ad_link"].dropna().tolist()[: len(shown)]
    page.get_by_role("button", name="Last").click()
    page.get_by_text(f"{total - total % 25 + 1}–{total} of {total}").wait_for()
    page.get_by_label("Search titles and accounts").fill("#fyp hook.lab")
    some = FEW["title"].str.contains("#fyp", case=False, na=False) & (FEW["username"] == "hook.lab")
    expect(said).to_have_text(f"{int(some.sum())} of {total} videos")
    page.get_by_label("Search titles and accounts").fill("nobody wrote this")
    expect(said).to_contain_text("nothing matches. Take a word out of the search")
    chart = page.locator(".sa-chart").filter(has=page.get_by_alt_text("scores", exact=False)).first
    box = chart.bounding_box()
    chart.hover(position={"x": box["width"] / 2, "y": box["height"] * 0.17})
    title = chart.locator(".sa-card strong").inner_text()
    expect(chart.locator(".sa-card")).to_contain_text("90% interval")
    chart.click(position={"x": box["width"] / 2, "y": box["height"] * 0.17})
    expect(page.locator("tr.sa-picked .sa-title")).to_have_text(title)
    expect(page.locator("tr.sa-picked")).to_be_in_viewport()
    page.get_by_label("Search titles and accounts").fill("nobody wrote this")
    page.get_by_role("button", name="Show all").click()
    expect(said).to_have_text(f"{total} of {total} videos")


@pytest.mark.parametrize(("scheme", "ground"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(17, 17, 17)")])
def test_the_page_follows_the_theme_and_fits_a_phone(chromium, shared, scheme, ground):
    with page_of(chromium, width=400, height=800) as page:
        page.emulate_media(color_scheme=scheme)
        page.goto(shared.as_uri())
        page.locator("tbody tr").nth(3).wait_for()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == ground
        assert page.locator("img.sa-picture").filter(visible=True).count() == 4
        assert all(one < 490 for one in page.locator("img.sa-picture").filter(visible=True).evaluate_all(WIDTHS))
        for width in (400, 900, 1440):
            page.set_viewport_size({"width": width, "height": 800})
            assert misplaced(page, "body") == [], width
            assert serious(page) == [], width
        filters = page.locator("img.sa-picture").first.evaluate("e => getComputedStyle(e).filter")
        assert ("invert" in filters) == (scheme == "dark")
        assert page.complaints == []


def test_a_title_that_is_a_script_stays_text_on_the_page(tmp_path, page):
    path = sa.explore(*CASES["odd"]()).write_page(tmp_path / "odd.html")
    page.goto(path.as_uri())
    expect(page.locator("tbody")).to_contain_text("<script>alert(")
    assert page.locator("tbody img, tbody script").count() == 0
    assert page.locator("a[href^=javascript]").count() == 0
