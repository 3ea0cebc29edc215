"""`shortimize report` as cron meets it: real processes, sockets, files, kills, and the exit code."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
import unicodedata
from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas as pd
import pypdf
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import shortimize_analytics as sa
from shortimize_analytics.cli import main
from shortimize_analytics.cli.unattended import MAX_BYTES
from shortimize_analytics.errors import IncompleteDataError
from shortimize_analytics.report.batch import MAX_NAME, file_names
from shortimize_analytics.simulator import demo_organisation

KEY = "sk_live_9f8e7d6c5b4a39281706"
DEMO_NOW = "2026-11-23T06:10:00+00:00"
posix = pytest.mark.skipif(os.name != "posix", reason="signals and limits of POSIX")


def command(*arguments):
    return [Path(sys.executable).with_name("shortimize"), "report", *arguments]


def run(*arguments, limit=None, **environment):
    """Run the installed command in a process of its own; `limit` is the largest file it may write (bytes)."""
    return subprocess.run(
        command(*arguments),
        capture_output=True, check=False, text=True, encoding="utf-8",
        env=os.environ | environment,
        preexec_fn=limit and (lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))),
    )  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """One data folder with the whole demo in it."""
    folder = str(tmp_path_factory.mktemp("data"))
    assert main(["history", "--demo", "--quiet", "--data-dir", folder, "-o", f"{folder}/history.parquet"]) == 0
    return folder


@pytest.fixture(scope="module")
def frames(data):
    with sa.connect(demo=True, data_dir=data) as client:
        with pytest.warns(sa.DataQualityWarning):
            videos = sa.load_videos(client)
        return videos, sa.load_history(client, videos)


def first_page(path):
    return pypdf.PdfReader(path).pages[0].extract_text()


def files_in(folder):
    return sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*") if path.is_file())


# periods, scopes and forms


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["weekly"], "16–22 November 2026"),
        (["weekly", "--ending", "2026-11-15"], "9–15 November 2026"),
        (["monthly", "--ending", "2026-10-31"], "1–31 October 2026"),
        (["quarterly", "--allow-partial"], "1 July – 30 September 2026"),
        (["weekly", "--compare", "2026-10-05", "2026-10-11"], "5–11 October 2026"),
        (["weekly", "--title", "Kettle & Co", "--paper", "us-letter", "--locale", "de_DE"], "KETTLE & CO"),
        (["weekly", "--platform", "tiktok"], "Only TikTok"),
        (["weekly", "--account", "hook.lab"], "only @hook.lab"),
        (["weekly", "--label", "Hooks v2"], "Hooks v2"),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else "",
)
def test_a_report_is_of_the_period_and_part_asked_for(data, tmp_path, capsys, arguments, said):
    path = tmp_path / "out" / "report.pdf"
    assert main(["report", *arguments, "--demo", "--data-dir", data, "-o", str(path)]) == 0
    assert said in " ".join(first_page(path).split())
    assert files_in(path.parent) == ["report.pdf"]
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 1
    assert "data as of 23 " in printed[0] or "23. November" in printed[0]
    assert printed[0].endswith(f"wrote {path}")


def test_a_part_is_scored_against_everyone(data, tmp_path):
    whole, part = tmp_path / "all.json", tmp_path / "part.json"
    base = ["report", "weekly", "--demo", "--quiet", "--data-dir", data, "--also", "json"]
    assert main([*base, "-o", str(whole.with_suffix(".pdf"))]) == 0
    assert main([*base, "--platform", "tiktok", "-o", str(part.with_suffix(".pdf"))]) == 0
    documents = [json.loads(path.read_text("utf-8")) for path in (whole, part)]
    scores = [
        {row["ad_id"]: (row["mult"], row["n_peers"]) for row in document["tables"]["outliers"]["rows"]}
        for document in documents
    ]
    assert 0 < len(scores[1]) < len(scores[0])
    assert scores[1].items() <= scores[0].items()


def test_other_forms_lie_beside_the_pdf_on_request(data, tmp_path, capsys):
    path = tmp_path / "week.pdf"
    assert main(["report", "weekly", "--demo", "--data-dir", data, "--also", "xlsx,html,json", "-o", str(path)]) == 0
    assert files_in(tmp_path / ".") == ["week.html", "week.json", "week.pdf", "week.xlsx"]
    assert capsys.readouterr().out.endswith(f"wrote {path} and xlsx, html, json\n")
    assert "totals" in openpyxl.load_workbook(tmp_path / "week.xlsx").sheetnames


# one report each


def test_each_account_gets_its_report_in_one_run(frames, tmp_path):
    videos, history = frames
    videos = videos[videos["username"].isin(["hook.lab", "slow.kettle", "one.take.only"])].reset_index(drop=True)
    videos.attrs = frames[0].attrs
    done = sa.report_each(videos, history, folder=tmp_path / "each", also=["json"], allow_partial=True)
    assert done["name"].tolist() == ["hook.lab", "one.take.only", "slow.kettle"]
    assert done["exit_code"].tolist() == [0, 0, 0], done["reason"].tolist()
    assert files_in(tmp_path / "each") == sorted(f"{name}.{kind}" for name in done["name"] for kind in ("pdf", "json"))
    assert "only @hook.lab" in first_page(tmp_path / "each" / "hook.lab.pdf")
    alone = sa.compose_report(videos, history, account="hook.lab", allow_partial=True)
    sa.write_report(alone, tmp_path / "alone.pdf", also=["json"])
    assert json.loads((tmp_path / "alone.json").read_text("utf-8"))["tables"] == json.loads(
        (tmp_path / "each" / "hook.lab.json").read_text("utf-8")
    )["tables"]  # fmt: skip


def test_each_label_gets_its_report_and_one_that_fails_stops_no_other(frames, tmp_path):
    videos, history = frames
    few = {"Campaign", "Flagship", "Hooks v2"}
    named = videos["label_names"].map(lambda names: len(names) > 0 and set(names) <= few)
    videos = videos[named].reset_index(drop=True)
    (tmp_path / "Flagship.pdf" / "in the way").mkdir(parents=True)
    done = sa.report_each(videos, history, folder=tmp_path, by="label", allow_partial=True).set_index("name")
    assert done.loc["Flagship", "exit_code"] == 6
    assert "cannot write" in done.loc["Flagship", "reason"]
    others = done.drop(index="Flagship")
    assert (others["exit_code"] == 0).all(), others["reason"].tolist()
    assert len(others) == 3
    assert all(Path(path).is_file() for path in others["path"])
    assert "Only label Hooks v2" in first_page(others.loc["Hooks v2", "path"]).replace("\N{LEFT-TO-RIGHT MARK}", "")
    twice = done.loc["Campaign"]  # two labels of one name
    assert twice["path"].is_unique


def test_the_command_line_tells_which_of_many_failed(simulator, tmp_path, capsys, monkeypatch):
    demo = demo_organisation()
    some = demo.videos[demo.videos["username"].isin(["hook.lab", "late.lumen", "one.take.only"])].reset_index(drop=True)
    monkeypatch.setenv("SHORTIMIZE_API_KEY", KEY)
    monkeypatch.setenv("SHORTIMIZE_NOW", DEMO_NOW)
    (tmp_path / "each" / "hook.lab.pdf" / "in the way").mkdir(parents=True)
    with simulator(organisation=replace(demo, videos=some)) as server:
        arguments = ["--each", "account", "--allow-partial", "--base-url", server.base_url, "--tier", "unlimited"]
        assert main(["report", "weekly", *arguments, "-o", str(tmp_path / "each")]) == 6
    said = capsys.readouterr()
    assert "hook.lab failed: cannot write" in said.err
    assert "1 of 3 reports failed" in said.err
    assert said.out == f"wrote 2 of 3 reports, one per account, to {tmp_path / 'each'}\n"
    assert len([path for path in (tmp_path / "each").glob("*.pdf") if path.is_file()]) == 2


@given(st.lists(st.tuples(st.text(max_size=8), st.text(max_size=60)), max_size=8, unique=True))
@example([("1", "CON"), ("2", "con.clips"), ("3", "at-CON"), ("4", "AUX"), ("5", "lpt9.x"), ("6", "COM¹")])
@example([("1", "é"), ("2", "e\u0301"), ("3", "É"), ("4", "ß"), ("5", "SS")])
@example([("ab", "🔥"), ("abc", "🔥"), ("", ""), ("x", "..")])
@example([("1", "x" * 500), ("2", "x" * 501), ("3", "字" * 200)])
@example([("b", "a"), ("c", "a"), ("d", "a-b")])
def test_file_names_are_safe_and_distinct_on_every_system(parts):
    names = file_names(parts)
    folded = {unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()) for name in names}
    assert len(folded) == len(names) == len(parts)
    for name in names:
        assert name
        assert not set(name) & set('<>:"/\\|?* \t\n')
        assert all(unicodedata.category(char)[0] not in "CSZ" or char == "-" for char in name)
        assert not name.startswith((".", "-"))
        assert not name.endswith(".")
        assert len(name.encode()) <= MAX_NAME + 40
        stem = name.partition(".")[0].upper()
        ports = {f"{port}{number}" for port in ("COM", "LPT") for number in "0123456789¹²³"}
        assert stem not in {"CON", "PRN", "AUX", "NUL"} | ports


def test_names_of_files_do_not_depend_on_the_order_of_accounts():
    parts = [("a1b2c3d4e5", "Ann"), ("ffee", "ann"), ("c", "bob")]
    assert sorted(file_names(parts)) == sorted(file_names(parts[::-1])) == ["Ann-a1b2c3d4", "ann-ffee", "bob"]


# refusals


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "said"),
    [
        (["weekly"], {}, 2, "no API key"),
        (["weekly", "--base-url", "http://127.0.0.1:9"], {"SHORTIMIZE_API_KEY": KEY}, 4, "no connection to the server"),
        (["weekly", "--demo", "--offline"], {}, 4, "never loaded"),
        (["weekly", "--demo", "--ending", "2027-01-03"], {}, 2, "lies after today"),
        (["weekly", "--demo", "--ending", "soon"], {}, 2, "--ending='soon' is no day"),
        (["weekly", "--demo", "--label", "Campaign"], {}, 2, "is the name of 2 labels"),
        (["weekly", "--demo", "--compare", "2026-11-20", "2026-11-30"], {}, 2, "overlaps the period"),
        (["weekly", "--demo", "-o", "report.docx"], {}, 2, "must end in one of .pdf"),
        (["weekly", "--demo", "--also", "docx"], {}, 2, "choose any of xlsx, html, json"),
        (["weekly", "--demo", "--each", "account", "-o", "x.pdf"], {}, 2, "-o names the folder"),
        (["weekly", "--demo", "--each", "account", "--account", "hook.lab"], {}, 2, "exclude each other"),
        (["weekly", "--demo", "--account", "nobody"], {}, 2, "No video belongs to account nobody"),
        (["weekly", "--config", "nothing.toml"], {"SHORTIMIZE_API_KEY": KEY}, 2, "nothing.toml"),
        (["weekly", "--demo", "--log", "/proc/nowhere/log"], {}, 6, "the log /proc/nowhere/log cannot be written"),
        (["weekly", "--demo", "-o", "/proc/nowhere/report.pdf"], {}, 6, "cannot write in /proc/nowhere"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_leaves_nothing(
    tmp_path, capsys, monkeypatch, data, arguments, environment, code, said
):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    if code == 2 and "--demo" in arguments:
        monkeypatch.setenv("SHORTIMIZE_DATA_DIR", data)
    assert main(["report", *arguments]) == code
    complaint = [line for line in capsys.readouterr().err.splitlines() if line.startswith("shortimize: ")]
    assert len(complaint) == 1
    assert said in complaint[0]
    assert not list(tmp_path.glob("*.pdf*"))


def test_a_wrong_key_is_refused_and_the_last_good_report_stays(simulator, tmp_path):
    (tmp_path / "report.pdf").write_bytes(b"last week's")
    with simulator(api_keys={"right"}) as server:
        done = run("weekly", "--base-url", server.base_url, "--log", "run.log", SHORTIMIZE_API_KEY=KEY)
    assert done.returncode == 3
    assert (tmp_path / "report.pdf").read_bytes() == b"last week's"
    log = (tmp_path / "run.log").read_text("utf-8")
    assert "wrong or revoked" in log
    assert log.endswith("exit code 3\n")
    assert KEY not in log + done.stdout + done.stderr


def test_masked_data_are_refused_unless_told_and_then_page_1_says_so(simulator, tmp_path):
    demo = demo_organisation()
    masked = replace(demo, masked=frozenset(demo.videos["ad_id"].iloc[:20]))
    environment = {"SHORTIMIZE_API_KEY": KEY, "SHORTIMIZE_NOW": DEMO_NOW}
    with simulator(organisation=masked) as server:
        base = ["weekly", "--base-url", server.base_url, "--tier", "unlimited", "--quiet"]
        refused = run(*base, **environment)
        assert refused.returncode == 5, refused.stderr
        assert "The counts of 20 of 628 videos did not come from the API (3%; the limit is 1%)." in refused.stderr
        assert not list(tmp_path.glob("*.pdf"))
        assert run(*base, "--allow-partial", **environment).returncode == 0
    assert "Incomplete data:" in first_page(tmp_path / "report.pdf")


def test_a_plan_that_shows_one_masked_video_is_refused_with_code_5(simulator, tmp_path):
    with simulator(tier="limited") as server:
        base = ["weekly", "--base-url", server.base_url, "--tier", "limited"]
        done = run(*base, SHORTIMIZE_API_KEY=KEY, SHORTIMIZE_NOW=DEMO_NOW)
    assert done.returncode == 5, done.stderr
    assert not list(tmp_path.glob("*.pdf"))


def test_a_period_that_the_history_does_not_cover_is_refused_with_code_5(data, tmp_path, capsys):
    base = ["report", "weekly", "--demo", "--data-dir", data, "--ending", "2026-05-31"]
    assert main(base) == 5
    assert "--allow-partial" in capsys.readouterr().err
    assert main([*base, "--allow-partial"]) == 0
    assert "Incomplete data" in first_page(tmp_path / "report.pdf")


# unattended


@posix
def test_a_second_run_changes_nothing_and_a_killed_one_leaves_no_lock(simulator, tmp_path):
    (tmp_path / "report.pdf").write_bytes(b"last week's")
    environment = {"SHORTIMIZE_API_KEY": KEY, "SHORTIMIZE_NOW": DEMO_NOW}
    with simulator(latency=30) as slow:
        arguments = ["weekly", "--base-url", slow.base_url, "--tier", "unlimited"]
        first = subprocess.Popen(command(*arguments), env=os.environ | environment, stderr=subprocess.DEVNULL)
        while not (tmp_path / ".report.pdf.lock").exists():
            time.sleep(0.02)
        second = run(*arguments, **environment)
        assert second.returncode == 7
        assert second.stderr == "shortimize: another run is writing report.pdf; this one changed nothing\n"
        first.send_signal(signal.SIGKILL)
        first.wait()
    assert (tmp_path / "report.pdf").read_bytes() == b"last week's"
    assert run("weekly", "--demo").returncode == 0
    assert "16–22 November 2026" in first_page(tmp_path / "report.pdf")
    assert not (tmp_path / ".report.pdf.lock").exists()


@posix
def test_killed_at_any_moment_the_last_good_files_stay_whole(data, tmp_path):
    arguments = command("weekly", "--demo", "--data-dir", data, "--also", "json", "--quiet")
    old = {"report.pdf": b"last week's", "report.json": b"{}"}
    for name, content in old.items():
        (tmp_path / name).write_bytes(content)
    for moment in (1.2, 2.4, 3.2, 4.2):
        with subprocess.Popen(arguments, stderr=subprocess.DEVNULL) as process:
            try:
                process.wait(moment)
            except subprocess.TimeoutExpired:
                process.kill()
        pdf, document = ((tmp_path / name).read_bytes() for name in old)
        assert pdf == old["report.pdf"] or pypdf.PdfReader(tmp_path / "report.pdf").pages
        assert json.loads(document) == {} or json.loads(document)["schema_version"] == 1
    assert run("weekly", "--demo", "--data-dir", data).returncode == 0


@posix
def test_killed_between_writing_and_replacing_the_old_files_stay(tmp_path):
    code = """
import os, signal, sys
from pathlib import Path
from shortimize_analytics.files import replacing_all
with replacing_all([Path("a.pdf"), Path("a.json")]) as scraps:
    for scrap in scraps:
        scrap.write_text("new")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    for name in ("a.pdf", "a.json"):
        (tmp_path / name).write_text("old", encoding="utf-8")
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -signal.SIGKILL
    assert [(tmp_path / name).read_text("utf-8") for name in ("a.pdf", "a.json")] == ["old", "old"]
    left = {name for name in files_in(tmp_path) if not name.startswith("a.")}
    assert all(name.startswith(".half-written-") for name in left)


@posix
def test_a_polite_kill_leaves_nothing_half_written(simulator, tmp_path):
    environment = {"SHORTIMIZE_API_KEY": KEY, "SHORTIMIZE_NOW": DEMO_NOW}
    with simulator(latency=30) as slow:
        arguments = command("weekly", "--base-url", slow.base_url, "--tier", "unlimited", "--log", "run.log")
        with subprocess.Popen(arguments, env=os.environ | environment, stderr=subprocess.PIPE, text=True) as process:
            while not (tmp_path / ".report.pdf.lock").exists():
                time.sleep(0.02)
            process.terminate()
            assert "interrupted" in process.communicate()[1]
    assert process.returncode == 130
    assert {Path(name).parts[0] for name in files_in(tmp_path)} <= {"data", "run.log"}
    assert (tmp_path / "run.log").read_text("utf-8").endswith("exit code 130\n")


@posix
@pytest.mark.parametrize("limit", [300_000, 8_000_000], ids=["no font fits", "no big font fits"])
def test_a_full_disk_is_an_error_and_the_last_good_files_stay(data, tmp_path, limit):
    (tmp_path / "report.pdf").write_bytes(b"last week's")
    done = run("weekly", "--demo", "--data-dir", data, "--also", "json", limit=limit)
    assert done.returncode == 6, done.stderr
    assert "File too large" in done.stderr
    assert files_in(tmp_path) == ["report.pdf"]
    assert (tmp_path / "report.pdf").read_bytes() == b"last week's"


@posix
def test_the_log_is_appended_in_utc_stays_small_and_its_trouble_stops_nothing(data, tmp_path, capsys):
    log = tmp_path / "logs" / "run.log"
    base = ["report", "weekly", "--demo", "--quiet", "--data-dir", data]
    assert main([*base, "--log", str(log)]) == 0
    assert main([*base, "--account", "nobody", "--log", str(log)]) == 2
    lines = log.read_text("utf-8").splitlines()
    assert [line.split()[1] for line in lines].count("ERROR") == 2
    assert all(pd.Timestamp(line.split()[0]).tzname() == "UTC" for line in lines)
    assert sum("exit code 0" in line for line in lines) == 1
    assert any("wrote report.pdf" in line for line in lines)
    log.write_text("x" * (MAX_BYTES - 10), encoding="utf-8")
    assert main([*base, "--account", "nobody", "--log", str(log)]) == 2
    assert log.stat().st_size < 10_000
    assert (log.parent / "run.log.1").stat().st_size == MAX_BYTES - 10
    capsys.readouterr()
    assert main([*base, "--log", "/dev/full"]) == 0
    assert "Traceback" not in capsys.readouterr().err


def test_an_organisation_without_videos_gives_a_page_that_says_so(simulator, tmp_path):
    demo = demo_organisation()
    empty = replace(demo, videos=demo.videos.head(0), history=demo.history.head(0), collections=[])
    with simulator(organisation=empty) as server:
        base = ["weekly", "--base-url", server.base_url, "--tier", "unlimited"]
        done = run(*base, SHORTIMIZE_API_KEY=KEY, SHORTIMIZE_NOW=DEMO_NOW)
    assert done.returncode == 0, done.stderr
    assert "No videos" in first_page(tmp_path / "report.pdf")
    assert "No videos" in done.stdout


def test_masked_videos_are_counted_of_the_part_that_is_reported(frames):
    counts = {
        name: sa.period_summary(*frames, account=name).quality["n_masked"] for name in ("hook.lab", "pixelpastry")
    }
    assert counts == {"hook.lab": 0, "pixelpastry": 1}


def test_a_small_part_with_a_masked_video_is_written_and_one_of_masked_videos_alone_is_refused(frames, tmp_path):
    videos, history = frames
    found = sa.compose_report(videos, history, account="pixelpastry")
    assert "1 video is without counts from the API." in found.content["notes"][0]
    assert found.problems == ()
    blank = videos["username"] == "one.take.only"
    videos = videos.assign(latest_views=videos["latest_views"].mask(blank))
    videos.attrs = frames[0].attrs
    assert blank.sum() == 1
    with pytest.raises(IncompleteDataError, match="The counts of 1 video did not come from the API"):
        sa.compose_report(videos, history, account="one.take.only")


def test_a_part_is_written_for_the_labels_that_it_uses_alone(frames, tmp_path):
    videos, history = frames
    own = videos[videos["username"] == "hook.lab"]
    used = own["label_names"].explode().dropna().unique()
    done = sa.report_each(videos, history, folder=tmp_path, by="label", account="hook.lab", allow_partial=True)
    assert sorted(done["name"]) == sorted(used)
    assert done["exit_code"].eq(0).all()
    assert 0 < len(used) < videos["label_names"].explode().nunique()


def test_labels_of_one_name_are_told_apart_on_page_1(frames):
    videos, history = frames
    names = videos["label_names"].explode()
    for key in videos["label_ids"].explode()[names == "Campaign"].unique():
        found = sa.compose_report(videos, history, label=key, allow_partial=True)
        assert f"Only label Campaign [{key[:4]}]" in found.content["scope"].replace("\N{LEFT-TO-RIGHT MARK}", "")
        assert found.summary.scope == f"label Campaign [{key[:4]}]"


def test_a_part_counts_its_own_masked_videos_in_every_place(frames):
    for part in ({"account": "one.take.only"}, {"platform": "tiktok"}):
        content = sa.compose_report(*frames, **part).content
        assert " 0 of " in content["footer"]
        assert "masked" not in [row[0][0]["text"] for row in content["checks"]["rows"]]
    pastry = sa.compose_report(*frames, account="pixelpastry").content
    said = {row[0][0]["text"]: row[1][0]["text"] for row in pastry["checks"]["rows"]}
    assert said["masked"] == "1 of 43 videos"
    none = sa.compose_report(frames[0].head(0), frames[1].head(0), end="2026-11-15").content
    assert not none["checks"]["rows"]
