"""Closings on a real disk: written whole or not at all, never twice otherwise, and proved from the folder alone."""

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from decimal import Decimal

import pytest
from money import day, history_of, terms_in, video, videos_of

import shortimize_analytics as sa
from shortimize_analytics.errors import BusyError, ClosingError, InvalidParameterError, UnsettledError
from shortimize_analytics.store.closings import read_closings, sha256, write_closing
from shortimize_analytics.store.files import SCRAP_PREFIX

ENDS = ("2026-10-31", "2026-11-30", "2026-12-31")
COUNTS = {day("2026-10-05", n): 1000 * n + n % 2 * 500 for n in range(1, 90)}


def payouts(tmp_path, end, *, rules="rate_per_1000 = 0.60\nbase_per_video = 10\n", counts=None, **options):
    counts = counts or {"v1": COUNTS, "v2": COUNTS}
    return sa.creator_payouts(
        videos_of(video(), video("v2")), history_of(counts), terms=terms_in(tmp_path, rules, **options), end=end,
        closings=tmp_path / "closings",
    )  # fmt: skip


@pytest.fixture
def closed(tmp_path):
    """Three closings, of which the second and third correct the first."""
    for place, end in enumerate(ENDS):
        counts = {"v1": COUNTS | {"2026-10-31": 26_000 - 1000 * place}, "v2": COUNTS}
        sa.close_payouts(payouts(tmp_path, end, counts=counts), tmp_path / "closings")
    return tmp_path / "closings"


def snapshot(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_verification_needs_nothing_but_the_folder(closed, tmp_path):
    elsewhere = tmp_path / "an empty home"
    shutil.copytree(closed, elsewhere / "closings")
    code = textwrap.dedent("""
        import socket, sys
        def refuse(*args): raise SystemExit("it reached for the network")
        socket.socket.connect = refuse
        import shortimize_analytics as sa
        found = sa.verify_closings("closings")
        print(found["period"].tolist(), [str(amount) for amount in found["payment"]])
    """)
    keep = {name: value for name, value in os.environ.items() if not name.startswith("SHORTIMIZE")}
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=elsewhere, env=keep | {"HOME": str(elsewhere)}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "['2026-10', '2026-11', '2026-12'] ['51.20', '36.00', '37.80']"
    assert sorted(path.name for path in elsewhere.iterdir()) == ["closings"]


def test_the_same_again_changes_not_a_byte(closed, tmp_path):
    before = snapshot(closed)
    counts = {"v1": COUNTS | {"2026-10-31": 24_000}, "v2": COUNTS}
    path = sa.close_payouts(payouts(tmp_path, ENDS[2], counts=counts), closed)
    assert path == closed / "2026-12"
    assert snapshot(closed) == before
    assert b"\r" not in b"".join(before.values())
    clock = [name for name, data in before.items() if b"2026-11-28" in data and name.endswith(".json")]
    assert clock == []


def test_a_closed_period_is_never_overwritten(closed, tmp_path):
    before = snapshot(closed)
    with pytest.raises(ClosingError, match=r"2026-12 is closed, and evidence\.csv, .*terms\.toml would differ now"):
        sa.close_payouts(payouts(tmp_path, ENDS[2], rules="rate_per_1000 = 0.70\n"), closed, retroactive=True)
    with pytest.raises(ClosingError, match="2026-10 is closed already, so that 2026-09"):
        sa.close_payouts(payouts(tmp_path, "2026-09-30"), closed)
    assert snapshot(closed) == before


def edit(path, old, new):
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new, 1))


def test_every_edit_is_found_and_names_the_file(closed, tmp_path):
    for place, name in enumerate(sorted(path.name for path in (closed / "2026-11").iterdir())):
        copy = tmp_path / f"edited-{place}"
        shutil.copytree(closed, copy)
        data = (copy / "2026-11" / name).read_bytes()
        (copy / "2026-11" / name).write_bytes(data[:-2] + b"!" + data[-1:])
        with pytest.raises(ClosingError) as caught:
            sa.verify_closings(copy)
        assert str(copy / "2026-11") in str(caught.value)
        if name != "closing.json":
            assert name in str(caught.value)
        (copy / "2026-11" / name).unlink()
        with pytest.raises(ClosingError, match="missing"):
            sa.verify_closings(copy)
        (copy / "2026-11" / name).write_bytes(data)
        assert len(sa.verify_closings(copy)) == 3
    (closed / "2026-11" / "notes.txt").write_text("mine")
    with pytest.raises(ClosingError, match=r"notes\.txt was added after the closing"):
        sa.verify_closings(closed)


def test_a_missing_closing_breaks_the_chain(closed, tmp_path):
    for name, message in (("2026-10", "follows 2026-10, which is missing"), ("2026-11", "follows 2026-11")):
        copy = tmp_path / f"without-{name}"
        shutil.copytree(closed, copy)
        shutil.rmtree(copy / name)
        with pytest.raises(ClosingError, match=message):
            read_closings(copy)
    shutil.rmtree(closed / "2026-12")  # the last one may be gone: nothing follows it
    assert len(sa.verify_closings(closed)) == 2
    with pytest.raises(ClosingError, match="holds no closing"):
        sa.verify_closings(tmp_path / "nowhere")


def forge(folder, name, old, new):
    """Edit a file of the last closing and make its hash right again."""
    edit(folder / name, old, new)
    manifest = json.loads((folder / "closing.json").read_bytes())
    manifest["files"][name] = sha256((folder / name).read_bytes())
    (folder / "closing.json").write_text(json.dumps(manifest, indent=1) + "\n")


@pytest.mark.parametrize(("name", "old", "new"), [
    ("lines.csv", b"18.90", b"18.91"),
    ("statement.csv", b"37.80", b"47.80"),
    ("evidence.csv", b"87500", b"97500"),
    ("terms.toml", b"0.60", b"0.70"),
])  # fmt: skip
def test_amounts_that_do_not_follow_from_the_evidence_are_found(closed, name, old, new):
    last = closed / "2026-12"
    forge(last, name, old, new)
    with pytest.raises(ClosingError, match="does not follow from the evidence and terms beside it"):
        sa.verify_closings(closed)


def test_terms_that_change_closed_periods_need_a_word(closed, tmp_path):
    counts = {"v1": COUNTS | {"2026-10-31": 24_000}, "v2": COUNTS}
    changed = payouts(tmp_path, "2027-01-31", rules="rate_per_1000 = 0.70\nbase_per_video = 10\n", counts=counts)
    with pytest.raises(ClosingError, match=r"put new terms into a new \[\[terms\]\] with a later `from`"):
        sa.close_payouts(changed, closed)
    sa.close_payouts(changed, closed, retroactive=True)
    sa.verify_closings(closed)


def test_other_terms_for_later_uploads_change_nothing_that_is_closed(closed, tmp_path):
    more = '\n[[terms]]\nname = "standard"\nfrom = 2027-01-01\nrate_per_1000 = 0.70\n'
    (tmp_path / "terms.toml").write_text((tmp_path / "terms.toml").read_text() + more)
    counts = {"v1": COUNTS | {"2026-10-31": 24_000}, "v2": COUNTS}
    paid = sa.creator_payouts(
        videos_of(video(), video("v2")), history_of(counts), terms=sa.read_terms(tmp_path / "terms.toml"),
        end="2027-01-31", closings=closed,
    )  # fmt: skip
    assert not paid.lines["kind"].str.startswith("correction").any()
    sa.close_payouts(paid, closed)


def test_currency_and_period_of_a_chain_stay(closed, tmp_path):
    for top, name in (('currency = "EUR"', "currency"), ('period = "week"', "period")):
        with pytest.raises(ClosingError, match=f"says {name} = "):
            payouts(tmp_path, "2027-01-31", top=top)


def test_what_may_still_change_cannot_be_closed(tmp_path):
    history = history_of({"v1": COUNTS}, fetched_at="2026-11-02T06:00:00Z")
    paid = sa.creator_payouts(
        videos_of(video()), history, terms=terms_in(tmp_path), end=ENDS[0], closings=tmp_path / "closings"
    )
    with pytest.raises(UnsettledError, match="2026-10 cannot be closed") as caught:
        sa.close_payouts(paid, tmp_path / "closings")
    assert caught.value.exit_code == 5
    assert not (tmp_path / "closings").exists()
    alone = sa.creator_payouts(videos_of(video()), history_of({"v1": COUNTS}), terms=terms_in(tmp_path), end=ENDS[0])
    with pytest.raises(InvalidParameterError, match="know no closings"):
        sa.close_payouts(alone, tmp_path / "closings")


def test_two_at_once_make_one_closing(tmp_path):
    terms_in(tmp_path)
    code = textwrap.dedent("""
        import sys
        sys.path.insert(0, sys.argv[1])
        from money import day, history_of, video, videos_of
        import shortimize_analytics as sa
        counts = {day("2026-10-05", n): 1000 * n for n in range(1, 90)}
        paid = sa.creator_payouts(videos_of(video()), history_of({"v1": counts}), terms=sa.read_terms("terms.toml"),
                                  end="2026-10-31", closings="closings")
        print("ready", flush=True)
        sys.stdin.readline()
        try:
            print(sa.close_payouts(paid, "closings").name)
        except sa.ShortimizeError as error:
            print(type(error).__name__)
    """)
    helpers = str(next(path for path in sys.path if path.endswith("helpers")))
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", code, helpers],
            cwd=tmp_path,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for run in runs:
        assert run.stdout.readline() == "ready\n"
    for run in runs:
        run.stdin.write("\n")
        run.stdin.flush()
    said = sorted(run.communicate()[0].strip() for run in runs)
    assert said[0] == "2026-10"
    assert set(said) <= {"2026-10", BusyError.__name__}
    assert len(sa.verify_closings(tmp_path / "closings")) == 1


KILLED = """
    import os, signal, sys
    import shortimize_analytics.store.closings as closings
    steps = {"n": 0}
    def count(frame, event, arg):
        if frame.f_code.co_filename == closings.__file__ and event == "line":
            steps["n"] += 1
            if steps["n"] == int(sys.argv[1]):
                os.kill(os.getpid(), signal.SIGKILL)
        return count
    sys.settrace(count)
    files = {name: name.encode() for name in closings.REQUIRED}
    closings.write_closing("closings", period="2026-10", days=("2026-10-01", "2026-10-31"), files=files, version="1",
                           follows=None)
    sys.settrace(None)
    print(steps["n"])
"""


def test_a_killed_close_leaves_nothing_that_counts(tmp_path):
    code = textwrap.dedent(KILLED)

    def run(step):
        return subprocess.run(
            [sys.executable, "-c", code, str(step)], cwd=tmp_path, capture_output=True, text=True, check=False
        )

    steps = int(run(-1).stdout)
    shutil.rmtree(tmp_path / "closings")
    assert steps > 30
    outcomes = set()
    for step in range(2, steps + 1, max(1, steps // 14)):
        assert run(step).returncode == -signal.SIGKILL
        found = read_closings(tmp_path / "closings")
        outcomes.add(len(found))
        assert [closing.period for closing in found] in ([], ["2026-10"])
        files = {
            name: name.encode()
            for name in ("terms.toml", "lines.csv", "statement.csv", "exceptions.csv", "evidence.csv")
        }
        write_closing(
            tmp_path / "closings", period="2026-10", days=("2026-10-01", "2026-10-31"), files=files, version="1",
            follows=None,
        )  # fmt: skip
        assert not list((tmp_path / "closings").glob(f"{SCRAP_PREFIX}*"))
        assert len(read_closings(tmp_path / "closings")) == 1
        shutil.rmtree(tmp_path / "closings")
    assert 0 in outcomes


def test_a_closing_in_between_is_not_overlooked(tmp_path):
    paid = payouts(tmp_path, ENDS[1])
    sa.close_payouts(payouts(tmp_path, ENDS[0]), tmp_path / "closings")
    with pytest.raises(ClosingError, match="closed or removed meanwhile; run it again"):
        sa.close_payouts(paid, tmp_path / "closings")


def test_the_first_closing_states_what_no_closing_holds(tmp_path):
    paid = payouts(tmp_path, ENDS[1])
    assert (str(paid.start), str(paid.end)) == ("2026-10-01", "2026-11-30")
    assert sorted({str(when.date()) for when in paid.lines["period"]}) == ["2026-10-31", "2026-11-30"]
    assert str(paid.statement["payment"][0]) == "87.20"


def test_costs_of_what_was_stated(closed):
    costs = sa.payout_costs(closed)
    by_scope = costs.groupby("scope", observed=True)["amount"].sum().to_dict()
    assert sum(by_scope.values()) == Decimal("125.00")
    assert by_scope["creator"] == Decimal("-0.60")  # the corrections
    assert costs.attrs["creators"] == {"c-1": ["v1", "v2"]}
