"""What commands print: the newest videos first, a total under a list, and names where folders have hashes."""

import json

import pandas as pd
import pytest
from organisations import KEY, connect, load_both, small_organisation

import shortimize_analytics as sa
from shortimize_analytics.cli import main

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
def served(simulator, monkeypatch):
    """45 videos of three accounts, the second of which has most of them."""
    monkeypatch.setenv("SHORTIMIZE_API_KEY", KEY)
    names = ["other"] * 30 + ["mine"] * 10 + ["third"] * 4 + ["fourth"]
    with simulator(organisation=small_organisation(45, username=names, days=4)) as server:
        monkeypatch.setenv("SHORTIMIZE_BASE_URL", server.base_url)
        yield server


def test_videos_are_printed_newest_first_and_written_oldest_first(served, capsys):
    assert main(["videos"]) == 0
    shown = capsys.readouterr()
    views = [int(line.split()[3]) for line in shown.out.splitlines()[1:]]
    assert views == [100 * number + 40 for number in range(44, 24, -1)]
    assert "45 rows, the newest 20 shown; all" in shown.err
    assert main(["videos", "-o", "videos.csv"]) == 0
    assert pd.read_csv("videos.csv")["ad_id"].tolist() == [f"id-{number:03d}" for number in range(45)]


def test_the_archives_list_ends_in_a_total(served, capsys):
    with connect(served) as client:
        load_both(client)
    assert main(["archive", "info", "--quiet"]) == 0
    *files, total = capsys.readouterr().out.splitlines()
    assert total.startswith(f"in all: {len(files) - 1} files, 45 videos, 180 days from 2026-11-20 to 2026-11-23, ")
    assert main(["archive", "info", "--quiet", "-o", "files.json"]) == 0
    assert "in all" not in capsys.readouterr().out


def test_the_total_of_an_empty_archive_is_none(served, capsys):
    with connect(served) as client:
        sa.load_videos(client)
    assert main(["archive", "info", "--quiet"]) == 0
    assert "in all" not in capsys.readouterr().out


def test_the_cache_is_listed_by_whose_answers_it_holds(served, capsys):
    with connect(served) as client, connect(served, api_key="another-key") as other, sa.connect(demo=True) as demo:
        load_both(client)
        sa.load_labels(other)
        sa.load_labels(demo)
        name, folder = client.settings.profile, client.storage
    assert main(["cache", "info"]) == 0
    shown = capsys.readouterr().out
    host = served.base_url.removeprefix("http://")
    assert f"{host}: other, mine, third and 1 more (profiles/{name})" in shown
    assert f"{host}: no list of videos kept (profiles/" in shown
    assert "Demo organisation: no list of videos kept (demo/" in shown
    assert KEY not in (folder / "source.json").read_text("utf-8")
    info = sa.storage_info()
    assert info.loc[info["profile"] == f"profiles/{name}", "source"].unique().tolist() == [host]


@pytest.mark.parametrize("noted", ["", "[]", "{}", json.dumps({"source": 5}), None])
def test_a_profile_whose_source_was_not_noted_is_listed_all_the_same(served, capsys, noted):
    with connect(served) as client:
        load_both(client)
        path = client.storage / "source.json"
    for snapshot in path.parent.rglob("snapshots/**/*.parquet"):
        snapshot.write_bytes(b"damaged")
    path.unlink() if noted is None else path.write_text(noted, encoding="utf-8")
    assert main(["cache", "info"]) == 0
    assert "an address that was not noted: no list of videos kept" in capsys.readouterr().out
    with connect(served) as client:
        assert json.loads((client.storage / "source.json").read_text("utf-8"))["source"] in served.base_url


def test_an_empty_data_folder_says_so(capsys):
    assert main(["cache", "info"]) == 0
    assert "nothing kept yet" in capsys.readouterr().out
