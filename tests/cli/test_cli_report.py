"""`shortimize report`: periods, parts, forms, refusals, and the exit code."""

import json
from dataclasses import replace

import openpyxl
import pytest
from command_line import exit_code, run_here, shortimize
from organisations import AS_OF, KEY
from reports import files_in, first_page_of

from shortimize_analytics.cli import main
from shortimize_analytics.simulator import demo_organisation


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["weekly"], "16–22 November 2026"),
        (["weekly", "--end", "2026-11-15"], "9–15 November 2026"),
        (["monthly", "--end", "2026-10-31"], "1–31 October 2026"),
        (["quarterly", "--allow-partial"], "1 July – 30 September 2026"),
        (["weekly", "--compare", "2026-10-05", "2026-10-11"], "5–11 October 2026"),
        (
            ["weekly", "--title", "Kettle & Co", "--paper", "us-letter", "--locale", "de_DE", "--thumbnails", "."],
            "KETTLE & CO",
        ),
        (["weekly", "--platform", "tiktok"], "Only TikTok"),
        (["weekly", "--account", "hook.lab"], "only @hook.lab"),
        (["weekly", "--label", "Hooks v2"], "Hooks v2"),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else "",
)
def test_a_report_is_of_the_period_and_part_asked_for(demo_folder, tmp_path, capsys, arguments, said):
    path = tmp_path / "out" / "report.pdf"
    assert main(["report", *arguments, "--demo", "--data-dir", demo_folder, "-o", str(path)]) == 0
    assert said in " ".join(first_page_of(path).split())
    assert files_in(path.parent) == ["report.pdf"]
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 1
    assert "data as of 23 " in printed[0] or "23. November" in printed[0]
    assert printed[0].endswith(f"wrote {path}")


def test_a_part_is_scored_against_everyone(demo_folder, tmp_path):
    whole, part = tmp_path / "all.json", tmp_path / "part.json"
    base = ["report", "weekly", "--demo", "--quiet", "--data-dir", demo_folder, "--also", "json"]
    assert main([*base, "-o", str(whole.with_suffix(".pdf"))]) == 0
    assert main([*base, "--platform", "tiktok", "-o", str(part.with_suffix(".pdf"))]) == 0
    documents = [json.loads(path.read_text("utf-8")) for path in (whole, part)]
    scores = [
        {row["ad_id"]: (row["mult"], row["n_peers"]) for row in document["tables"]["outliers"]["rows"]}
        for document in documents
    ]
    assert 0 < len(scores[1]) < len(scores[0])
    assert scores[1].items() <= scores[0].items()


def test_other_forms_lie_beside_the_pdf_on_request(demo_folder, tmp_path, capsys):
    path = tmp_path / "week.pdf"
    assert (
        main(["report", "weekly", "--demo", "--data-dir", demo_folder, "--also", "xlsx,html,json", "-o", str(path)])
        == 0
    )
    assert files_in(tmp_path / ".") == ["week.html", "week.json", "week.pdf", "week.xlsx"]
    assert capsys.readouterr().out.endswith(f"wrote {path} and xlsx, html, json\n")
    assert "totals" in openpyxl.load_workbook(tmp_path / "week.xlsx").sheetnames


def test_the_command_line_tells_which_of_many_failed(simulator, tmp_path, capsys, monkeypatch):
    demo = demo_organisation()
    some = demo.videos[demo.videos["username"].isin(["hook.lab", "late.lumen", "one.take.only"])].reset_index(drop=True)
    monkeypatch.setenv("SHORTIMIZE_API_KEY", KEY)
    monkeypatch.setenv("SHORTIMIZE_NOW", AS_OF.isoformat())
    (tmp_path / "each" / "hook.lab.pdf" / "in the way").mkdir(parents=True)
    with simulator(organisation=replace(demo, videos=some)) as server:
        arguments = ["--each", "account", "--allow-partial", "--base-url", server.base_url, "--tier", "unlimited"]
        assert main(["report", "weekly", *arguments, "-o", str(tmp_path / "each")]) == 2
    said = capsys.readouterr()
    assert "hook.lab failed: " in said.err
    assert "is a folder" in said.err
    assert "1 of 3 reports failed" in said.err
    assert said.out == f"wrote 2 of 3 reports, one per account, to {tmp_path / 'each'}\n"
    assert len([path for path in (tmp_path / "each").glob("*.pdf") if path.is_file()]) == 2


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "said"),
    [
        (["weekly"], {}, 2, "no API key"),
        (["weekly", "--base-url", "http://127.0.0.1:9"], {"SHORTIMIZE_API_KEY": KEY}, 4, "no connection to the server"),
        (["weekly", "--demo", "--offline"], {}, 4, "never loaded"),
        (["weekly", "--demo", "--end", "2027-01-03"], {}, 2, "lies after today"),
        (["weekly", "--demo", "--end", "soon"], {}, 2, "'soon' is no day"),
        (["weekly", "--demo", "--label", "Campaign"], {}, 2, "is the name of 2 labels"),
        (["weekly", "--demo", "--compare", "2026-11-20", "2026-11-30"], {}, 2, "overlaps the period"),
        (["weekly", "--demo", "-o", "report.docx"], {}, 2, "must end in one of .pdf"),
        (["weekly", "--demo", "--also", "docx"], {}, 2, "choose one of xlsx, html, json"),
        (["weekly", "--demo", "--each", "account", "-o", "x.pdf"], {}, 2, "-o names the folder"),
        (["weekly", "--demo", "--each", "account", "--account", "hook.lab"], {}, 2, "exclude each other"),
        (["weekly", "--demo", "--account", "nobody"], {}, 2, "account='nobody' has no video here"),
        (["weekly", "--config", "nothing.toml"], {"SHORTIMIZE_API_KEY": KEY}, 2, "nothing.toml"),
        (["weekly", "--thumbnails", "nothing"], {"SHORTIMIZE_API_KEY": KEY}, 2, "thumbnails='nothing' is no folder"),
        (["weekly", "--demo", "--log", "/proc/nowhere/log"], {}, 6, "the log /proc/nowhere/log cannot be written"),
        (["weekly", "--demo", "-o", "/proc/nowhere/report.pdf"], {}, 6, "cannot write in /proc/nowhere"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_leaves_nothing(
    tmp_path, capsys, monkeypatch, demo_folder, arguments, environment, code, said
):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    if code == 2 and "--demo" in arguments:
        monkeypatch.setenv("SHORTIMIZE_DATA_DIR", demo_folder)
    assert exit_code(["report", *arguments]) == code
    complaint = [line for line in capsys.readouterr().err.splitlines() if line.startswith("shortimize: ")]
    assert len(complaint) == 1
    assert said in complaint[0]
    assert not list(tmp_path.glob("*.pdf*"))


def test_a_wrong_key_is_refused_and_the_last_good_report_stays(simulator, tmp_path):
    (tmp_path / "report.pdf").write_bytes(b"last week's")
    with simulator(api_keys={"right"}) as server:
        done = shortimize("report", "weekly", "--base-url", server.base_url, "--log", "run.log", SHORTIMIZE_API_KEY=KEY)
    assert done.returncode == 3
    assert (tmp_path / "report.pdf").read_bytes() == b"last week's"
    log = (tmp_path / "run.log").read_text("utf-8")
    assert "wrong or revoked" in log
    assert log.endswith("exit code 3\n")
    assert KEY not in log + done.stdout + done.stderr


def test_masked_data_are_refused_unless_told_and_then_page_1_says_so(simulator, tmp_path):
    demo = demo_organisation()
    newest = demo.videos.sort_values("uploaded_at")["ad_id"].iloc[-20:]
    masked = replace(demo, masked=frozenset(newest))
    environment = {"SHORTIMIZE_API_KEY": KEY, "SHORTIMIZE_NOW": AS_OF.isoformat()}
    with simulator(organisation=masked) as server:
        base = ["weekly", "--base-url", server.base_url, "--tier", "unlimited", "--quiet"]
        refused = run_here("report", *base, **environment)
        assert refused.returncode == 5, refused.stderr
        assert "of 628 videos did not come from the API, though they were counted before or are new" in refused.stderr
        assert "shortimize untrack ID" in refused.stderr
        assert not list(tmp_path.glob("*.pdf"))
        assert run_here("report", *base, "--allow-partial", **environment).returncode == 0
    assert "Incomplete data:" in first_page_of(tmp_path / "report.pdf")


def test_a_plan_that_shows_one_masked_video_is_refused_with_code_5(simulator, tmp_path):
    with simulator(tier="limited") as server:
        base = ["weekly", "--base-url", server.base_url, "--tier", "limited"]
        done = run_here("report", *base, SHORTIMIZE_API_KEY=KEY, SHORTIMIZE_NOW=AS_OF.isoformat())
    assert done.returncode == 5, done.stderr
    assert not list(tmp_path.glob("*.pdf"))


def test_a_period_that_the_history_does_not_cover_is_refused_with_code_5(demo_folder, tmp_path, capsys):
    base = ["report", "weekly", "--demo", "--data-dir", demo_folder, "--end", "2026-05-31"]
    assert main(base) == 5
    assert "--allow-partial" in capsys.readouterr().err
    assert main([*base, "--allow-partial"]) == 0
    assert "Incomplete data" in first_page_of(tmp_path / "report.pdf")


def test_an_organisation_without_videos_gives_a_page_that_says_so(simulator, tmp_path):
    demo = demo_organisation()
    empty = replace(demo, videos=demo.videos.head(0), history=demo.history.head(0), collections=[])
    with simulator(organisation=empty) as server:
        base = ["weekly", "--base-url", server.base_url, "--tier", "unlimited"]
        done = run_here("report", *base, SHORTIMIZE_API_KEY=KEY, SHORTIMIZE_NOW=AS_OF.isoformat())
    assert done.returncode == 0, done.stderr
    assert "No videos" in first_page_of(tmp_path / "report.pdf")
    assert "No videos" in done.stdout


def test_a_report_offline_of_histories_that_were_never_loaded_is_refused(tmp_path, capsys):
    """Most of the organisation would be missing from every sum, without a request failing."""
    base = ["--demo", "--quiet", "--data-dir", str(tmp_path / "data")]
    assert main(["videos", *base, "-o", str(tmp_path / "videos.parquet")]) == 0
    assert main(["history", "--account", "hook.lab", *base, "-o", str(tmp_path / "history.parquet")]) == 0
    report = ["report", "weekly", *base, "--offline", "-o", str(tmp_path / "report.pdf")]
    assert main(report) == 5
    assert "of 628 videos was never loaded" in capsys.readouterr().err
    assert main([*report, "--allow-partial"]) == 0
    assert "of 628 videos was never loaded" in " ".join(first_page_of(tmp_path / "report.pdf").split())
