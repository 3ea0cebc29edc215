"""`shortimize app`: the explorer as a page of this machine, from its address to Ctrl-C."""

import contextlib
import signal
import time
import urllib.error
import urllib.request

import psutil
import pytest
from browser_app import app
from browser_lab import TABS, ExplorerPage
from organisations import KEY
from page_checks import misplaced, serious
from playwright.sync_api import expect

from shortimize_analytics.cli import main

WIDTH = "e => e.naturalWidth"


@pytest.fixture(scope="module")
def served(tmp_path_factory, demo_folder):
    with app(tmp_path_factory.mktemp("app") / "home", "--demo", SHORTIMIZE_DATA_DIR=demo_folder) as (running, lines):
        assert lines[-1].startswith("http://127.0.0.1:"), lines
        yield running, lines[-1]


@pytest.fixture
def address(served):
    return served[1]


@pytest.fixture
def explorer(address, page):
    page.goto(address)
    shown = ExplorerPage(page, page.locator("body"))
    shown.says("of 628 videos")
    shown.reset()  # it comes back as it was left
    return shown


def test_a_page_that_is_loaded_again_is_as_it_was_left(explorer):
    explorer.pick("platform", "YouTube")
    explorer.says("124 of 628 videos")
    explorer.page.reload()
    explorer.says("124 of 628 videos")
    expect(explorer.box.locator(".sa-fresh")).to_contain_text("as they were left here")


def test_a_page_that_is_left_ends_its_kernel(served, page):
    running, address = served
    others = kernels_of(running)
    page.goto(address)
    ExplorerPage(page, page.locator("body")).says("of 628 videos")
    own = kernels_of(running) - others
    assert own
    page.reload()
    end = time.monotonic() + 30
    while own & kernels_of(running) and time.monotonic() < end:
        page.wait_for_timeout(100)
    assert own & kernels_of(running) == set()


def kernels_of(process):
    """Numbers of the processes that run a page's Python."""
    found = set()
    for one in psutil.Process(process.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # a zombie, too
            found |= {one.pid} if "ipykernel_launcher" in one.cmdline() else set()
    return found


def test_the_page_filters_and_shows_every_tab_without_anything_from_elsewhere(explorer):
    explorer.pick("platform", "Snapchat")
    explorer.says("79 of 628 videos")
    for title in ("Growth", "Outliers", "Labels", "Data quality"):
        tab = explorer.open(title)
        expect(explorer.picture(tab)).to_be_visible()
    tab = explorer.open("Videos")
    tab.locator("tbody tr").first.locator("td").nth(2).click()
    tab.locator(".sa-video-detail img.sa-picture").wait_for()
    explorer.box.get_by_role("button", name="Copy this view as code").click()
    code = explorer.box.get_by_label("Python for this view").input_value()
    assert "platform=('snapchat',)" in code


def resize(explorer, tab, *, width):
    """Give the page another width and wait for the picture of it: pale until then, it has no contrast to look at."""
    picture = explorer.picture(tab).element_handle()
    before = picture.evaluate(WIDTH)
    explorer.page.set_viewport_size({"width": width, "height": 1000})
    explorer.page.wait_for_function(f"([e, before]) => ![0, before].includes(({WIDTH})(e))", arg=[picture, before])
    explorer.settled()


def test_nothing_stands_in_another_or_beyond_the_edge_of_a_window(explorer):
    page, widths = explorer.page, (400, 900, 1440)
    for title in TABS:
        tab = explorer.open(title)
        if title == "Videos":
            tab.locator("tbody tr").nth(1).locator(".sa-col-views").click()
            tab.locator(".sa-video-detail img.sa-picture").wait_for()
        for width in widths:
            resize(explorer, tab, width=width)
            assert misplaced(page, ".sa-explorer") == [], (title, width)
            assert width == 900 or serious(page) == [], (title, width)
    for width in widths:
        resize(explorer, tab, width=width)
        explorer.more()
        assert misplaced(page, ".sa-explorer") == [], width
        assert serious(page) == [], width


def test_the_page_is_as_light_or_dark_as_the_system_unless_the_address_asks_for_a_theme(address, page):
    ground = "getComputedStyle(document.body).backgroundColor"
    page.emulate_media(color_scheme="dark")
    page.goto(address)
    ExplorerPage(page, page.locator("body")).says("of 628 videos")
    assert page.evaluate(ground) == "rgb(17, 17, 17)"
    assert page.locator("body[data-jp-theme-light=false]").count() == 1
    page.emulate_media(color_scheme="light")
    page.locator("body[data-jp-theme-light=true]").wait_for()
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    page.goto(f"{address}&theme=dark")
    page.locator("body[data-jp-theme-light=false]").wait_for()
    assert page.evaluate(ground) == "rgb(17, 17, 17)"


def test_a_narrow_table_keeps_every_fact_and_a_video_looked_at_becomes_as_wide_as_the_page(explorer):
    page = explorer.page
    tab = explorer.open("Videos")
    first = tab.locator("tbody tr").first
    uploaded = first.locator(".sa-col-uploaded").inner_text()
    rank, engaged = (first.locator(f".sa-col-{name}").inner_text() for name in ("rank", "engaged"))
    first.locator(".sa-col-views").click()
    picture = tab.locator(".sa-video-detail img.sa-picture")
    picture.wait_for()
    wide = picture.evaluate(WIDTH)
    page.set_viewport_size({"width": 400, "height": 900})
    expect(first.locator(".sa-col-uploaded")).to_be_hidden()
    for said in (uploaded, f"rank {rank}", f"{engaged} engaged"):
        expect(first.locator(".sa-video").get_by_text(said)).to_be_visible()
    tab.get_by_role("button", name="Uploaded").click()
    expect(tab.get_by_role("button", name="Uploaded, descending")).to_be_visible()
    page.wait_for_function(
        f"wide => ({WIDTH})(document.querySelector('.sa-video-detail img.sa-picture')) < wide", arg=wide
    )
    page.set_viewport_size({"width": 1440, "height": 1000})
    page.wait_for_function(
        f"wide => ({WIDTH})(document.querySelector('.sa-video-detail img.sa-picture')) >= wide", arg=wide
    )


def test_files_land_in_the_folder_where_the_command_was_given(explorer):
    explorer.box.get_by_role("button", name="Export CSV").click()
    message = explorer.box.locator(".sa-message")
    expect(message).to_contain_text("Written: ")
    assert message.inner_text().endswith("/home/shortimize-export/videos.csv")


def test_without_the_token_there_is_a_login_page_and_no_data(address, page):
    page.goto(address.partition("?")[0])
    assert "/login" in page.url
    assert page.locator(".sa-explorer").count() == 0
    page.goto(address.partition("?")[0] + "?token=guess")
    assert "/login" in page.url


def test_another_machine_finds_nothing_at_the_port(address):
    port = address.partition("?")[0].rstrip("/").rpartition(":")[2]
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"http://127.0.0.2:{port}/", timeout=5)


def test_ctrl_c_ends_it_and_its_kernels_and_leaves_nothing(tmp_path, demo_folder, page):
    with app(tmp_path / "home", "--demo", TMPDIR=str(tmp_path), SHORTIMIZE_DATA_DIR=demo_folder) as (running, lines):
        page.goto(lines[-1])
        ExplorerPage(page, page.locator("body")).says("of 628 videos")
        running.send_signal(signal.SIGINT)
        assert running.wait(60) == 0
        rest = running.stdout.read()
    assert rest.strip().endswith("stopped")
    assert "Traceback" not in rest
    assert list(tmp_path.glob("shortimize-app-*")) == []


def test_a_wrong_key_ends_it_with_the_reason_before_any_page(tmp_path, simulator):
    with simulator(api_keys={"right"}) as server:
        env = {"SHORTIMIZE_BASE_URL": server.base_url, "SHORTIMIZE_API_KEY": KEY}
        with app(tmp_path / "home", **env) as (running, lines):
            assert running.wait(60) == 3
    assert "The key is wrong or revoked" in lines[-1]
    assert KEY not in "".join(lines)


def test_a_key_revoked_after_the_start_is_said_on_the_page(tmp_path, page, simulator):
    with simulator(api_keys={KEY}) as server:
        home = tmp_path / "home"
        home.mkdir()
        (home / ".env").write_text(f"SHORTIMIZE_API_KEY={KEY}\nSHORTIMIZE_BASE_URL={server.base_url}\n")
        with app(home, "--tier", "unlimited", "--account", "hook.lab") as (_, lines):
            server.service.api_keys = {"another"}
            for cache in (home / "shortimize").rglob("http_cache.sqlite*"):
                cache.unlink()
            page.goto(lines[-1])
            expect(page.locator("#rendered_cells")).to_contain_text("The key is wrong or revoked")
            assert KEY not in page.content()
            page.goto("about:blank")  # the page still loads its widgets: leave it before its server goes


def test_a_taken_port_is_named(capsys, simulator):
    with simulator() as server:
        port = server.base_url.rpartition(":")[2]
        assert main(["app", "--demo", "--port", port]) == 2
    assert f"port {port} is taken; choose another with --port" in capsys.readouterr().err
