"""The explorer's buttons: files, code, the report and the refresh."""

import asyncio
import threading
import warnings
from datetime import datetime, timedelta

import pandas as pd
import pytest
from explorers import CONTRADICTION, DEMO, contradict, few, image, open_tab
from organisations import AS_OF, connect, small_organisation
from played_faults import fault

import shortimize_analytics as sa
from shortimize_analytics.analysis.filters.video_filter import VideoFilter
from shortimize_analytics.errors import collect_warnings
from shortimize_analytics.explorer.freshness import freshness

pytestmark = pytest.mark.usefixtures("no_figure_stays_open")


def test_no_button_does_anything_while_the_controls_contradict_each_other(connected, tmp_path):
    connected.actions.folder.value = str(tmp_path)
    contradict(connected)
    for name, button in connected.actions.buttons.items():
        connected.actions.clear()
        button.click()
        assert CONTRADICTION in connected.actions.message.value, name
        assert 'role="alert"' in connected.actions.message.value
    assert list(tmp_path.iterdir()) == []
    assert connected.actions.code.code == ""


def test_files_of_nothing_do_not_replace_the_last_ones(connected, tmp_path):
    connected.actions.folder.value = str(tmp_path)
    connected.choose(VideoFilter(platform=["snapchat"]))
    connected.actions.buttons["csv"].click()
    before = (tmp_path / "videos.csv").read_bytes()
    connected.choose(VideoFilter(search="nobody wrote this"))
    for name in ("csv", "parquet", "pdf"):
        connected.actions.clear()
        connected.actions.buttons[name].click()
        assert "No video is chosen, so no file was written" in connected.actions.message.value
    connected.actions.buttons["png"].click()
    assert "no picture" in connected.actions.message.value
    assert [path.name for path in tmp_path.iterdir()] == ["videos.csv"]
    assert (tmp_path / "videos.csv").read_bytes() == before


def test_a_message_about_a_file_goes_when_the_filter_changes_and_not_before(plain, tmp_path):
    plain.actions.folder.value = str(tmp_path)
    plain.actions.buttons["csv"].click()
    open_tab(plain, "Labels")
    assert "Written" in plain.actions.message.value
    plain.controls.by_name["platform"].value = ("tiktok",)
    assert plain.actions.message.value == ""


def test_a_refresh_in_a_notebook_runs_beside_it_and_locks_the_filters(organisation):
    client, videos, history = organisation

    async def run():
        explorer = sa.explore(videos, history, client=client)
        explorer.flush()
        explorer.actions.buttons["refresh"].click()
        locked = explorer.controls.by_name["search"].disabled, explorer.actions.buttons["pdf"].disabled
        seen = set()
        while explorer.actions.buttons["refresh"].disabled:
            seen.add(explorer.actions.progress.layout.display)
            await asyncio.sleep(0.02)
        explorer.flush()
        return locked, seen, explorer

    locked, seen, explorer = asyncio.run(run())
    assert locked == (True, True)
    assert None in seen
    assert explorer.actions.progress.layout.display == "none"
    assert "Loaded 628 videos" in explorer.actions.message.value
    assert not explorer.controls.by_name["search"].disabled


@pytest.fixture(scope="module")
def organisation(tmp_path_factory):
    """The demo as its users load it."""
    with warnings.catch_warnings(), sa.connect(demo=True, data_dir=tmp_path_factory.mktemp("kept")) as client:
        warnings.simplefilter("ignore")  # the demo has masked videos
        videos = sa.load_videos(client)
        yield client, videos, sa.load_history(client, videos)


@pytest.fixture
def connected(organisation):
    client, videos, history = organisation
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield sa.explore(videos, history, client=client)


def test_copied_code_builds_the_very_same_frame(connected):
    connected.choose(VideoFilter(label=["Hooks v2"], views_min=1000, search="the"))
    made = {}
    exec(connected.actions.code.code, made)
    pd.testing.assert_frame_equal(made["frame"], connected.frame)
    pd.testing.assert_frame_equal(made["table"], connected.listed())
    assert 0 < len(connected.frame) < 628


def test_files_are_written_where_the_message_says(connected, tmp_path):
    connected.choose(VideoFilter(platform=["tiktok"]))
    connected.actions.folder.value = str(tmp_path / "out")
    for name, file in (("csv", "videos.csv"), ("parquet", "videos.parquet"), ("png", "overview.png")):
        connected.actions.buttons[name].click()
        assert str(tmp_path / "out" / file) in connected.actions.message.value
    assert len(pd.read_csv(tmp_path / "out" / "videos.csv")) == len(connected.frame)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "out" / "videos.parquet"), connected.listed())
    assert (tmp_path / "out" / "overview.png").read_bytes() == image(connected)
    open_tab(connected, "Videos")
    connected.actions.buttons["png"].click()
    assert "no picture" in connected.actions.message.value


def test_the_weekly_pdf_is_of_the_selection(connected, tmp_path):
    from pypdf import PdfReader

    connected.choose(VideoFilter(platform=["tiktok"]))
    connected.actions.folder.value = str(tmp_path)
    connected.actions.buttons["pdf"].click()
    assert "weekly-report.pdf" in connected.actions.message.value, connected.actions.message.value
    text = "".join(page.extract_text() for page in PdfReader(tmp_path / "weekly-report.pdf").pages)
    text = " ".join(text.split())
    assert "Only platform tiktok" in text
    assert "this part was selected after" in text
    without = sa.explore(DEMO.videos)
    without.actions.buttons["pdf"].click()
    assert "needs the daily history" in without.actions.message.value


def test_a_folder_that_cannot_be_written_is_said(connected, tmp_path):
    (tmp_path / "file").write_text("x")
    connected.actions.folder.value = str(tmp_path / "file")
    for name in ("csv", "png"):
        connected.actions.buttons[name].click()
        assert str(tmp_path / "file") in connected.actions.message.value
        assert "sa-trouble" in connected.actions.message.value


def test_refresh_keeps_the_filter_and_shows_the_new_data(connected):
    connected.choose(VideoFilter(platform=["tiktok"]))
    before = connected.frame
    connected.actions.buttons["refresh"].click()
    assert "Loaded 628 videos, as of 2026-11-23 06:10 UTC" in connected.actions.message.value
    assert connected.filter == VideoFilter(platform=["tiktok"])
    pd.testing.assert_frame_equal(connected.frame, before)
    assert not connected.actions.buttons["refresh"].disabled
    assert not connected.controls.by_name["platform"].disabled


def test_without_a_client_nothing_can_be_refreshed(plain):
    assert plain.actions.buttons["refresh"].disabled
    plain.actions.refresh()
    assert "no client" in plain.actions.message.value


@pytest.mark.filterwarnings("ignore::shortimize_analytics.errors.DataQualityWarning")
def test_a_wrong_key_is_a_message_and_the_data_stay(simulator, tmp_path):
    with simulator(api_keys=["right-key"]) as server:
        right = sa.connect("right-key", base_url=server.base_url, tier="unlimited", data_dir=tmp_path / "a")
        videos = sa.load_videos(right)
        wrong = sa.connect("other-key", base_url=server.base_url, tier="unlimited", data_dir=tmp_path / "b")
        explorer = sa.explore(videos, client=wrong)
        explorer.actions.refresh()
    message = explorer.actions.message.value
    assert "SHORTIMIZE_API_KEY" in message
    assert "sa-trouble" in message
    assert "other-key" not in message
    assert "Traceback" not in message
    assert len(explorer.frame) == len(videos)
    assert not explorer.actions.buttons["refresh"].disabled


def test_a_refresh_that_ends_while_something_is_drawn_silences_no_later_warning(simulator, tmp_path):
    """Both once changed the process's filters, and left them in another order than they had entered them."""
    before = warnings.showwarning, list(warnings.filters)

    async def run(server, client, videos):
        explorer = sa.explore(videos, client=client)
        explorer.flush()
        server.service.faults[:] = [fault("nan")]
        explorer.actions.buttons["refresh"].click()
        (thread,) = [one for one in threading.enumerate() if one.name == "shortimize-refresh"]
        with warnings.catch_warnings(record=True) as drawn:  # as a tab does while it draws
            thread.join()
        while explorer.actions.buttons["refresh"].disabled:
            await asyncio.sleep(0.02)
        return explorer, drawn

    with simulator(organisation=small_organisation(4)) as server, connect(server, data_dir=tmp_path) as client:
        explorer, drawn = asyncio.run(run(server, client, sa.load_videos(client)))
    assert (warnings.showwarning, list(warnings.filters)) == before
    assert drawn == []
    assert "unreadable and set to NA" in explorer.fresh.value
    with pytest.warns(UserWarning, match="still heard"):
        warnings.warn("still heard", UserWarning, stacklevel=1)


def test_the_age_of_the_data_stands_under_the_filters(simulator, tmp_path, monkeypatch):
    monkeypatch.setenv("SHORTIMIZE_NOW", AS_OF.isoformat())
    with simulator(organisation=small_organisation(4)) as server, connect(server, data_dir=tmp_path) as client:
        explorer = sa.explore(sa.load_videos(client), client=client)
        explorer.flush()
        text = "data as of 23 Nov 2026, 06:10 UTC (within the last hour), newest count of 23 Nov 2026, 06:10 UTC"
        assert text in explorer.fresh.value
        assert "sa-trouble" not in explorer.fresh.value
        assert f'<strong class="sa-whose">{client.source}</strong>' in explorer.fresh.value
        assert "of 4" not in explorer.fresh.value
    demo = sa.explore(DEMO.videos, DEMO.history)
    assert f"{DEMO.videos['latest_views'].notna().sum()} of {len(DEMO.videos)} videos have counts" in demo.fresh.value
    monkeypatch.setenv("SHORTIMIZE_NOW", (AS_OF + timedelta(days=2, hours=1)).isoformat())
    with connect(server, data_dir=tmp_path, offline=True) as client, collect_warnings() as heard:
        explorer = sa.explore(sa.load_videos(client), client=client)
        explorer.tell([*heard, "<b>odd</b>"])
        explorer.flush()
        assert "data as of 23 Nov 2026, 06:10 UTC (2 days ago)" in explorer.fresh.value
        assert "more than a day old. Refresh data asks for newer ones." in explorer.fresh.value
        assert 'class="sa-trouble"' in explorer.fresh.value
        assert "offline: using answers that are 49 hours old" in explorer.fresh.value
        assert "&lt;b&gt;odd&lt;/b&gt;" in explorer.fresh.value


@pytest.mark.parametrize(
    ("fetched", "as_of", "now", "text", "old"),
    [
        (None, None, None, "newest count of 20 Mar 2026, 00:00 UTC", False),
        (None, None, "2026-03-21T01:00+00:00", "newest count of 20 Mar 2026, 00:00 UTC", True),
        ("2026-03-20T09:00+02:00", "2026-03-21T06:59+00:00", None, "as of 20 Mar 2026, 07:00 UTC (23 h ago),", False),
        ("2026-03-20T07:00+00:00", "2026-03-21T07:00+00:00", None, "as of 20 Mar 2026, 07:00 UTC (24 h ago),", False),
        ("2026-03-20T07:00+00:00", "2026-03-21T07:01+00:00", None, "as of 20 Mar 2026, 07:00 UTC (24 h ago),", True),
        ("2026-03-20T07:00+00:00", "2026-03-20T07:00+00:00", "2026-03-25T07:00+00:00", "5 days ago", True),
    ],
)  # fmt: skip
def test_how_old_data_are_is_said_of_what_is_known(fetched, as_of, now, text, old):
    videos = few({"latest_views": 9, "fetched_at": fetched})
    videos.attrs = {"as_of": as_of}
    said, stale = freshness(videos, now=None if now is None else datetime.fromisoformat(now))
    assert text in said
    assert stale is old
