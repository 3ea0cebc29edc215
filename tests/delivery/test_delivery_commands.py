"""The commands: a report that is sent, once; watch, day by day; send; and who hears of a failure, as users run them."""

import datetime as dt
import json
import subprocess
import sys

import pandas as pd
import pytest
from command_line import SHORTIMIZE
from mail_servers import mail_server
from messages import GOOD
from organisations import AS_OF, KEY, small_organisation
from stand_ins import CUT, stand_in

from shortimize_analytics.cli import main
from shortimize_analytics.delivery import attempts
from shortimize_analytics.delivery.ledger import FILE
from shortimize_analytics.simulator import Organisation

pytestmark = [pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")]


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(attempts, "FIRST_PAUSE_SECONDS", 0.001)


def configure(folder, text):
    path = folder / "delivery.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path


def hook(name, server, kind="webhook"):
    return f'[channels.{name}]\ntype = "{kind}"\nurl = "{server.url}/secret-address"\n'


@pytest.fixture
def demo_report(demo_folder):
    """Run the weekly report of the demo with --send, in this process."""

    def run(*arguments):
        return main(["report", "weekly", "--demo", "--data-dir", demo_folder, *arguments])

    return run


@pytest.fixture(autouse=True)
def forgetful(request):
    """Forget what tests before this one sent: they share the demo's data folder, not its record."""
    yield
    if "demo_folder" in request.fixturenames:
        from pathlib import Path

        for path in Path(request.getfixturevalue("demo_folder")).rglob(FILE):
            path.unlink()


def test_a_report_is_sent_when_it_is_written_and_once(demo_report, tmp_path, capsys):
    with stand_in(GOOD["webhook"]) as server:
        configure(tmp_path, hook("team", server))
        assert demo_report("--send", "team", "--also", "json") == 0
        first = capsys.readouterr()
        assert demo_report("--send", "team") == 0
        second = capsys.readouterr()
    (asked,) = server.asked
    document = asked.json
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert document["subject"] == report["title"]
    # the message makes no claim that page 1 does not make
    bare = [line.translate({0x2068: None, 0x2069: None}) for line in document["lines"]]
    assert bare == report["findings"][:5]
    assert [(figure["name"], figure["value"]) for figure in document["figures"]] == [
        (figure["name"], figure["value"]) for figure in report["figures"]
    ]
    assert [file["name"] for file in document["files"]] == ["report.pdf", "report.json"]
    assert [file["content"] is None for file in document["files"]] == [False, True]
    assert "channel team: sent" in first.out
    assert "no record of earlier deliveries was found: whether this was sent before cannot be known" in first.err
    assert "channel team: was sent 20" in second.out
    assert "cannot be known" not in second.err


def test_what_does_not_arrive_is_code_8_and_the_report_stays(demo_report, tmp_path, capsys):
    with stand_in((404, b"no such hook /secret-address")) as broken, stand_in(GOOD["webhook"]) as server:
        configure(tmp_path, hook("team", broken) + hook("ops", server))
        assert demo_report("--send", "team,ops") == 8
        told = capsys.readouterr()
        configure(tmp_path, hook("team", server) + hook("ops", server))
        assert demo_report("--send", "team,ops") == 0
    assert (tmp_path / "report.pdf").stat().st_size > 100_000
    assert "channel team: 127.0.0.1 knows no such address (404): no such hook ***" in told.err
    assert "The next run sends what is missing" in told.err
    assert "secret-address" not in told.err + told.out
    assert len(server.asked) == 2  # ops in the first run, team in the second


def test_a_partial_report_begins_with_why_and_does_not_keep_the_whole_one(demo_report, tmp_path):
    with stand_in(GOOD["webhook"]) as server:
        configure(tmp_path, hook("team", server))
        assert demo_report("--send", "team", "--end", "2026-11-29", "--allow-partial") == 2  # after today
        assert demo_report("--send", "team", "--end", "2026-05-31", "--allow-partial") == 0
    assert server.bodies[0]["warnings"][0].startswith(
        "The daily history covers 26 May 2026 to 22 November 2026, not the"
    )


def test_parts_go_where_the_configuration_says(demo_report, tmp_path, capsys):
    with stand_in(GOOD["webhook"]) as server:
        configure(tmp_path, hook("team", server) + hook("ops", server) + '[parts]\n"hook.lab" = ["ops"]\n')
        assert demo_report("--each", "account", "--send", "ops", "--platform", "tiktok", "-o", "creators") == 0
    (body,) = server.bodies
    assert body["files"][0]["name"] == "hook.lab.pdf"
    told = capsys.readouterr().err
    assert "tiny.gearbox: [parts] gives it no channel of ops; it is not sent" in told
    assert "hook.lab: [parts]" not in told


@pytest.mark.parametrize(
    ("send", "text", "said"),
    [
        ("tema", '[channels.team]\ntype = "teams"\nurl = "https://x.example/y"\n', "did you mean 'team'"),
        (",", '[channels.team]\ntype = "teams"\nurl = "https://x.example/y"\n', "--send ',' names no channel"),
        ("team", '[channels.team]\ntype = "teams"\nurl = { env = "UNSET_HOOK" }\n', "UNSET_HOOK is not set"),
        ("team", None, "no configuration of deliveries"),
    ],
)
def test_a_bad_configuration_is_code_2_before_anything_is_loaded(send, text, said, tmp_path, capsys, monkeypatch):
    if text is not None:
        configure(tmp_path, text)
    assert main(["report", "weekly", "--base-url", "http://127.0.0.1:9", "--send", send]) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.glob("*.pdf")) == []


def test_a_report_that_sends_nothing_imports_nothing_of_it(demo_folder, tmp_path):
    code = (
        "import sys\nfrom shortimize_analytics.cli import main\n"
        f"assert main(['report', 'weekly', '--demo', '--quiet', '--data-dir', {demo_folder!r}]) == 0\n"
        "print(*[name for name in sys.modules if name.startswith('shortimize_analytics.delivery') or name in "
        "('smtplib', 'apprise', 'slack_sdk', 'shortimize_analytics.cli.deliveries')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


def test_a_ledger_that_cannot_be_used_sends_nothing_and_the_report_stays(simulator, tmp_path, monkeypatch, capsys):
    with simulator(organisation=small_organisation(25, days=20)) as server, stand_in(GOOD["webhook"]) as ops:
        story = Story(server, tmp_path, monkeypatch, ops)
        assert story.run("--allow-partial") == 0
        (record,) = (tmp_path / "data" / "profiles").glob(f"*/{FILE}")
        record.unlink()
        record.mkdir()
        (tmp_path / "week.pdf").unlink()
        assert story.run("--allow-partial") == 6
    assert "without a record of what was sent nothing is sent" in capsys.readouterr().err
    assert (tmp_path / "week.pdf").read_bytes().startswith(b"%PDF")
    # the failure itself is told: its record is that of the data folder
    assert [body["kind"] for body in ops.bodies] == ["weekly", "failure"]


# who hears of failures


class Story:
    """An organisation whose report can be written, or not, and a channel that hears of failures."""

    def __init__(self, server, folder, monkeypatch, ops):
        self.arguments = ["--base-url", server.base_url, "--tier", "unlimited", "-o", str(folder / "week.pdf")]
        self.monkeypatch = monkeypatch
        configure(folder, hook("ops", ops) + '[watch]\nfailures = ["ops"]\n')
        monkeypatch.setenv("SHORTIMIZE_API_KEY", KEY)

    def run(self, *arguments, at=AS_OF):
        self.monkeypatch.setenv("SHORTIMIZE_NOW", at.isoformat())
        return main(["report", "weekly", "--quiet", "--send", "ops", *self.arguments, *arguments])


def test_a_refused_report_is_told_once_and_its_mending_once(simulator, tmp_path, monkeypatch, capsys):
    with simulator(organisation=small_organisation(25, days=3)) as server, stand_in(GOOD["webhook"]) as ops:
        story = Story(server, tmp_path, monkeypatch, ops)
        assert [story.run(), story.run()] == [5, 5]
        (failure,) = ops.bodies
        assert failure["subject"] == "Weekly report failed (code 5)"
        assert "daily history covers" in failure["lines"][0]
        assert "--allow-partial" in failure["lines"][1]
        assert story.run("--allow-partial") == 0
        assert story.run("--allow-partial") == 0
    subjects = [body["subject"] for body in ops.bodies]
    assert len(subjects) == 3
    assert subjects[1].startswith("Weekly report:")
    assert subjects[2] == "Weekly report: done after all"


def test_another_code_or_another_week_is_told_again(simulator, tmp_path, monkeypatch):
    with simulator(organisation=small_organisation(25, days=3)) as server, stand_in(GOOD["webhook"]) as ops:
        story = Story(server, tmp_path, monkeypatch, ops)
        assert story.run() == 5
        monkeypatch.setenv("SHORTIMIZE_API_KEY", "")
        assert story.run() == 2
        monkeypatch.setenv("SHORTIMIZE_API_KEY", KEY)
        assert story.run(at=AS_OF + dt.timedelta(days=7)) == 5
    assert [body["subject"] for body in ops.bodies] == [
        "Weekly report failed (code 5)",
        "Weekly report failed (code 2)",
        "Weekly report failed (code 5)",
    ]
    assert "no API key" in ops.bodies[1]["lines"][0]


def test_a_network_out_of_reach_is_told_when_it_has_lasted_an_hour(tmp_path, monkeypatch):
    class Nowhere:
        base_url = "http://127.0.0.1:9"

    monkeypatch.setattr("shortimize_analytics.client.transport.BACKOFF_SECONDS", 0.001)
    with stand_in(GOOD["webhook"]) as ops:
        story = Story(Nowhere, tmp_path, monkeypatch, ops)
        quarter = dt.timedelta(minutes=15)
        codes = [story.run(at=AS_OF + tries * quarter) for tries in range(5)]  # as the timer of the docs does
        assert codes == [4] * 5
        assert [body["subject"] for body in ops.bodies] == ["Weekly report failed (code 4)"]


def test_a_clock_that_was_set_back_does_not_silence_a_failure(tmp_path, monkeypatch):
    class Nowhere:
        base_url = "http://127.0.0.1:9"

    monkeypatch.setattr("shortimize_analytics.client.transport.BACKOFF_SECONDS", 0.001)
    with stand_in(GOOD["webhook"]) as ops:
        story = Story(Nowhere, tmp_path, monkeypatch, ops)
        for at in (AS_OF, AS_OF - dt.timedelta(days=1)):
            assert story.run("--end", "2026-11-22", at=at) == 4
        assert [body["subject"] for body in ops.bodies] == ["Weekly report failed (code 4)"]


def test_a_failure_that_cannot_be_told_is_a_line_and_keeps_its_own_code(simulator, tmp_path, monkeypatch, capsys):
    with simulator(organisation=small_organisation(25, days=3)) as server, stand_in((404, b"gone")) as ops:
        story = Story(server, tmp_path, monkeypatch, ops)
        assert story.run() == 5
    told = capsys.readouterr().err
    assert "channel ops: 127.0.0.1 knows no such address (404): gone" in told


def test_another_run_that_holds_the_lock_tells_nobody(simulator, tmp_path, monkeypatch):
    from filelock import FileLock

    with simulator(organisation=small_organisation(25, days=3)) as server, stand_in(GOOD["webhook"]) as ops:
        story = Story(server, tmp_path, monkeypatch, ops)
        with FileLock(tmp_path / ".week.pdf.lock"):
            assert story.run() == 7
        assert ops.asked == []


# watch


@pytest.fixture
def watch(demo_folder):
    def run(*arguments):
        return main(["watch", "--demo", "--data-dir", demo_folder, *arguments])

    return run


def days(first, last):
    return [str(day.date()) for day in pd.date_range(first, last)]


def test_watching_day_by_day_tells_each_alert_once_in_one_message_a_day(watch, tmp_path, capsys):
    with stand_in(GOOD["webhook"]) as server:
        configure(tmp_path, hook("team", server) + '[watch]\nsend = ["team"]\n')
        assert watch("--as-of", "2026-11-10") == 0
        assert "watching from 2026-11-10; already so, and not told: 4 far above" in capsys.readouterr().out
        assert server.asked == []
        for day in days("2026-11-11", "2026-11-13"):
            assert watch("--as-of", day) == 0
            assert watch("--as-of", day) == 0  # a second run of the day
        assert "nothing new: 2026-11-13 was evaluated" in capsys.readouterr().out
        one_by_one = [body["lines"] for body in server.bodies]
        assert watch("--as-of", "2026-11-17") == 0  # three days were missed
    subjects = [body["subject"] for body in server.bodies]
    assert subjects == [
        "Demo organisation: 1 alert, 11 November 2026",
        "Demo organisation: 1 alert, 12 November 2026",
        "Demo organisation: 1 alert, 13 November 2026",
        "Demo organisation: 2 alerts, 15–17 November 2026",
    ]
    assert [len(lines) for lines in one_by_one] == [1, 1, 1]
    assert "7.9x what @brisk_orbit usually gets at this age (5.2–12x)" in one_by_one[1][0]
    assert "the whole interval lies above 10x now" in one_by_one[0][0]
    assert server.bodies[1]["links"][0]["url"].startswith("https://")


def test_many_alerts_of_a_day_are_five_lines_and_more(tmp_path):
    from shortimize_analytics.delivery.news_message import alerts_message

    notes = [json.dumps({"rule": "took_off", "day": "2026-11-20", "line": f"line {n}", "link": None}) for n in range(9)]
    message = alerts_message("alerts:x", notes, source="Org")
    assert message.lines == (*(f"line {n}" for n in range(5)), "and 4 more")


def test_a_dry_run_sends_and_remembers_nothing(watch, tmp_path, capsys):
    with stand_in(GOOD["webhook"]) as server:
        configure(tmp_path, hook("team", server) + '[watch]\nsend = ["team"]\n')
        assert watch("--as-of", "2026-11-10") == 0
        for _ in range(2):
            assert watch("--as-of", "2026-11-12", "--dry-run") == 0
            told = capsys.readouterr().out
            assert "7.9x what" in told
            assert "dry run: nothing was sent or remembered; it would go to team" in told
        assert server.asked == []
        assert watch("--as-of", "2026-11-12") == 0
        assert len(server.asked) == 1


def test_quiet_hours_hold_alerts_and_merge_them(watch, tmp_path, capsys):
    """The demo's clock stands at 06:10 UTC, 07:10 in Berlin."""
    night, day = '["22:00", "07:30"]', '["22:00", "07:00"]'
    with stand_in(GOOD["webhook"]) as server:
        text = 'timezone = "Europe/Berlin"\nquiet = QUIET\n' + hook("team", server) + '[watch]\nsend = ["team"]\n'
        configure(tmp_path, text.replace("QUIET", night))
        for as_of in days("2026-11-10", "2026-11-12"):
            assert watch("--as-of", as_of) == 0
        assert "alerts wait until 07:30 Europe/Berlin: these are quiet hours" in capsys.readouterr().out
        assert server.asked == []
        configure(tmp_path, text.replace("QUIET", day))
        assert watch("--as-of", "2026-11-12") == 0
        assert watch("--as-of", "2026-11-12") == 0
    (body,) = server.bodies
    assert body["subject"] == "Demo organisation: 2 alerts, 11–12 November 2026"


def test_what_was_cut_off_is_sent_again_with_the_same_alerts(watch, tmp_path):
    with stand_in(CUT) as broken, stand_in(GOOD["webhook"]) as server:
        configure(tmp_path, hook("team", broken) + '[watch]\nsend = ["team"]\n')
        assert watch("--as-of", "2026-11-10") == 0
        assert watch("--as-of", "2026-11-12") == 8
        configure(tmp_path, hook("team", server) + '[watch]\nsend = ["team"]\n')
        assert watch("--as-of", "2026-11-13") == 0
    again, new = server.bodies
    assert (again["sent_again"], new["sent_again"]) == (True, False)
    assert again["lines"] == broken.bodies[0]["lines"]
    assert len(again["lines"]) == 2
    assert "13 November 2026" in new["subject"]


def test_a_channel_that_is_added_later_hears_of_what_is_new(watch, tmp_path):
    with stand_in(GOOD["webhook"]) as server, stand_in(GOOD["webhook"]) as late:
        configure(tmp_path, hook("team", server) + hook("late", late))
        for as_of in ("2026-11-10", "2026-11-12"):
            assert watch("--as-of", as_of, "--send", "team") == 0
        assert watch("--as-of", "2026-11-13", "--send", "team,late") == 0
    assert (len(server.asked), len(late.asked)) == (2, 1)


def test_watching_without_a_configuration_prints_and_sends_nothing(watch, tmp_path, capsys):
    assert watch("--as-of", "2026-11-10") == 0
    assert watch("--as-of", "2026-11-12") == 0
    assert "7.9x what" in capsys.readouterr().out
    assert watch("--send", "team") == 2


def test_the_expected_false_alarms_are_printed_for_this_organisation(watch, capsys):
    assert watch("--explain", "--dry-run") == 0
    told = capsys.readouterr().out
    assert "24 uploads a week, 14 accounts; expected false alarms a week, with 90 % intervals:" in told
    assert "all rules" in told


def test_a_good_run_calls_the_outside_clock_and_a_bad_one_does_not(watch, tmp_path, capsys):
    with stand_in((200, b"OK")) as clock, stand_in((404, b"")) as broken:
        heartbeat = f'[watch]\nheartbeat = "{clock.url}/ping-secret"\n'
        configure(tmp_path, heartbeat)
        assert watch("--as-of", "2026-11-10") == 0
        assert [(asked.method, asked.path) for asked in clock.asked] == [("GET", "/ping-secret")]
        configure(tmp_path, hook("team", broken) + heartbeat + 'send = ["team"]\n')
        assert watch("--as-of", "2026-11-12") == 8
        assert len(clock.asked) == 1
        configure(tmp_path, heartbeat.replace(clock.url, broken.url))
        assert watch("--as-of", "2026-11-12") == 0
    told = capsys.readouterr().err
    assert "the heartbeat was not heard: 127.0.0.1 knows no such address (404)" in told
    assert "ping-secret" not in told


def test_an_organisation_without_anything_is_watched_all_the_same(simulator, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SHORTIMIZE_API_KEY", KEY)
    monkeypatch.setenv("SHORTIMIZE_NOW", AS_OF.isoformat())
    whole = small_organisation(3)
    nothing = Organisation(whole.videos.head(0), whole.history.head(0), [], AS_OF)
    with simulator(organisation=nothing) as server:
        arguments = ["watch", "--base-url", server.base_url, "--tier", "unlimited"]
        assert main(arguments) == 0
        assert "no video was counted yet: nothing to watch" in capsys.readouterr().out
    with simulator(organisation=whole) as server:
        arguments = ["watch", "--base-url", server.base_url, "--tier", "unlimited"]
        assert main(arguments) == 0
        told = capsys.readouterr()
        assert "watching from 2026-11-22" in told.out
        assert "not judged: took_off (" in told.err
        requests = len(server.log)
        assert main([*arguments, "--refresh"]) == 0
        # without a new day of counts: the list, and nothing else
        assert all(entry.path.endswith("/videos") for entry in server.log[requests:])
        assert "nothing new: 2026-11-22 was evaluated" in capsys.readouterr().out


def test_a_day_after_today_is_refused(watch, capsys):
    assert watch("--as-of", "2026-12-01") == 2
    assert "--as-of 2026-12-01 lies after today (2026-11-23)" in capsys.readouterr().err


# send


def test_a_test_message_is_marked_and_has_a_page(tmp_path, capsys):
    with mail_server() as (_, port, inbox):
        configure(
            tmp_path,
            f'[channels.team]\ntype = "mail"\nsmtp = {{ host = "127.0.0.1", port = {port}, security = "none" }}\n'
            'from = "reports@example.org"\nto = ["ann@example.org"]\n',
        )
        assert main(["send", "--test", "team"]) == 0
    (letter,) = inbox.mails
    assert letter["subject"] == "Test of a delivery"
    assert letter.get_body(("plain",)).get_content().startswith("This is a test: no report was made.")
    (file,) = letter.iter_attachments()
    assert file.get_content().startswith(b"%PDF-")
    assert "channel team: sent" in capsys.readouterr().out


def test_the_list_shows_names_types_and_the_last_delivery_and_no_address(demo_report, demo_folder, tmp_path, capsys):
    with stand_in(GOOD["webhook"]) as server:
        configure(tmp_path, hook("team", server) + hook("ops", server, "teams"))
        assert demo_report("--send", "team", "--quiet") == 0
        assert main(["send", "--list", "--data-dir", demo_folder]) == 0
        told = capsys.readouterr().out
        key = told.split()[-1 - told.splitlines()[1].split().__len__()]
        assert main(["send", "--again", key, "--data-dir", demo_folder]) == 0
        assert main(["send", "--again", "weekly:none", "--data-dir", demo_folder]) == 2
        (tmp_path / "report.pdf").write_bytes(b"%PDF changed")
        assert main(["send", "--again", key, "--data-dir", demo_folder]) == 6
    first, second = told.splitlines()
    assert first.startswith("team  webhook  sent 20")
    assert second == "ops  teams  nothing yet"
    assert "127.0.0.1" not in told
    assert [body["key"] for body in server.bodies] == [key, key]
    assert "was changed after it was written" in capsys.readouterr().err


def test_the_check_reads_everything_and_sends_nothing(tmp_path, capsys):
    with stand_in(GOOD["webhook"]) as server:
        configure(tmp_path, hook("team", server))
        assert main(["send", "--check"]) == 0
        assert "1 channels, every secret is set" in capsys.readouterr().out
        configure(tmp_path, hook("team", server) + '[channels.x]\ntype = "slack"\nurl = { env = "NOT_SET" }\n')
        assert main(["send", "--check"]) == 2
        assert "channels.x.url: NOT_SET is not set" in capsys.readouterr().err
        assert server.asked == []


def test_one_of_the_four_must_be_asked_for(capsys):
    for arguments in (["send"], ["send", "--check", "--list"]):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 2
    assert SHORTIMIZE.name == "shortimize"
