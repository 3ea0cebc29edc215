"""`shortimize track` and `untrack`, as processes of their own."""

from pathlib import Path

import pandas as pd
import pytest
from canned_server import canned, links
from command_line import shortimize
from organisations import KEY, small_organisation

pytestmark = pytest.mark.usefixtures("now")

LINK = "https://www.tiktok.com/@new/video/71000"


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("SHORTIMIZE_API_KEY", KEY)


def test_track_and_untrack_from_the_command_line(simulator, tmp_path):
    listed = tmp_path / "links.txt"
    listed.write_text("# comment\n\n" + "\n".join(links(3)) + "\n", encoding="utf-8-sig")
    with simulator(organisation=small_organisation(3)) as server:
        base = ["--base-url", server.base_url]
        dry = shortimize("track", LINK, "--file", str(listed), "--dry-run", *base)
        assert (dry.returncode, dry.stdout.split()) == (0, [LINK, *links(3)])
        assert "would track 4 videos; nothing was sent" in dry.stderr
        unasked = shortimize("track", LINK, *base)
        assert unasked.returncode == 2
        assert "add --yes" in unasked.stderr
        assert not server.log
        done = shortimize("track", LINK, "--file", str(listed), "--label", "Plain", "--yes", "-o", "result.json", *base)
        assert done.returncode == 0, done.stderr
        result = pd.read_json("result.json")
        assert result["link"].tolist() == [LINK, *links(3)]
        assert set(result["status"]) == {"tracked"}
        stopped = shortimize("untrack", LINK, "id-000", "--yes", *base)
        assert stopped.returncode == 0, stopped.stderr
        assert stopped.stdout.count("stopped") == 2
        assert len(server.service.store.listed.nonzero()[0]) == 3 + 4 - 2


@pytest.mark.parametrize(
    ("answers", "code", "shown"),
    [
        ([(200, {"success": False})], 5, "unclear"),
        ([(200, {"success": True}), (502, b"<html></html>")], 5, "not sent"),
        ([(401, {"error": "bad key"})], 5, "failed"),
    ],
)
def test_the_command_line_shows_each_link_also_when_it_fails(answers, code, shown):
    (Path("links.txt")).write_text("\n".join(links(201)), encoding="utf-8")
    with canned(*answers) as server:
        done = shortimize("track", "--file", "links.txt", "--yes", "-o", "r.csv", "--base-url", server.base_url)
    assert done.returncode == code, done.stderr
    table = pd.read_csv("r.csv")
    assert table["link"].tolist() == links(201)
    assert shown in set(table["status"])
    assert "Traceback" not in done.stderr
    assert KEY not in done.stdout + done.stderr


@pytest.mark.parametrize("line", ["www.tiktok.com/@a/video/1", "id-000", "https://", "javascript:alert(1)"])
def test_a_dry_run_refuses_what_the_run_refuses(simulator, line):
    """It once listed lines that the run then refused, all of them."""
    Path("links.txt").write_text("\n".join([*links(2), line]), encoding="utf-8")
    with simulator(organisation=small_organisation(3)) as server:
        base = ["track", "--file", "links.txt", "--base-url", server.base_url]
        dry, wet = shortimize(*base, "--dry-run"), shortimize(*base, "--yes")
        assert not server.log
    assert (dry.returncode, wet.returncode) == (2, 2)
    assert dry.stdout == ""
    assert dry.stderr == wet.stderr
    assert repr(line) in dry.stderr
