"""The command's first moments: what is imported before a command runs, an interrupt meanwhile, and what is missing."""

import argparse
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from shortimize_analytics.cli import main
from shortimize_analytics.cli.interrupts import interrupts_end_the_process
from shortimize_analytics.cli.parser import build_parser
from shortimize_analytics.cli.run import command_function

# runs each command line of argv[1] in one process, and prints what that imported from outside the standard library
HELP = """
import contextlib, io, json, sys
before = set(sys.modules)
from shortimize_analytics.cli import main
for line in json.loads(sys.argv[1]):
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        main(line)
    assert said.getvalue(), line
tops = {name.partition(".")[0] for name in set(sys.modules) - before}
print(json.dumps(sorted(tops - sys.stdlib_module_names)))
"""
# sends this process the signal of Ctrl-C when it begins to import argv[1], at a moment when no exception can be raised
INTERRUPTED = """
import signal, sys
place = sys.argv.pop(1)
class Unheard:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)
class Interrupt:
    def find_spec(name, path=None, target=None):
        if name == place:
            sys.meta_path.remove(Interrupt)
            Unheard()
sys.meta_path.insert(0, Interrupt)
from shortimize_analytics.cli import main
sys.exit(main())
"""


def commands(parser=None, line=()):
    """Give every command's words with its parser: those with subcommands, too."""
    for action in (parser or build_parser())._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, sub in action.choices.items():
                yield [*line, name], sub
                yield from commands(sub, [*line, name])


def python(code, *arguments):
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, check=False, text=True)


def test_no_help_and_no_version_imports_anything_but_the_lazy_loader():
    lines = [["--help"], ["--version"], *([*words, "--help"] for words, _ in commands())]
    assert len(lines) > 25
    done = python(HELP, json.dumps(lines))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ["lazy_loader", "shortimize_analytics"]


def test_every_command_names_a_function_that_is_there():
    places = {sub.get_default("run") for _, sub in commands()} - {None}  # None: it has commands of its own
    assert {"manage:check", "manage:archive_verify", "reports:report", "app:app"} <= places
    assert all(callable(command_function(place)) for place in places)


@pytest.mark.parametrize(
    "place",
    ["argparse", "shortimize_analytics.client.contract", "shortimize_analytics.cli.commands", "pandas", "requests"],
)
def test_an_interrupt_during_the_imports_is_one_line_and_exit_code_130(place):
    done = python(INTERRUPTED, place, "videos", "--demo")
    assert done.returncode == 130, done.stderr
    assert (done.stdout, done.stderr) == ("", "shortimize: interrupted\n")


def test_an_interrupt_of_the_parser_is_the_same(monkeypatch, capsys):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr("shortimize_analytics.cli.run.build_parser", interrupted)
    assert main(["videos", "--demo"]) == 130
    assert capsys.readouterr() == ("", "shortimize: interrupted\n")


def test_main_called_by_a_program_leaves_its_interrupts_alone(capsys):
    usual = signal.getsignal(signal.SIGINT)
    assert main(["cache", "info", "--data-dir", str(Path.cwd() / "data")]) == 0
    assert signal.getsignal(signal.SIGINT) is usual
    with interrupts_end_the_process(own=False):
        assert signal.getsignal(signal.SIGINT) is usual


COLLECTING = """
import gc
from shortimize_analytics.cli import main
usual = gc.get_threshold()
main({argv})
print(gc.get_threshold() == usual, gc.get_freeze_count() == 0)
"""


@pytest.mark.parametrize(("argv", "as_before"), [("None", "False False"), ("['cache', 'info']", "True True")])
def test_only_the_process_of_a_command_collects_less_garbage(argv, as_before):
    done = python(COLLECTING.format(argv=argv), "cache", "info", "--data-dir", str(Path.cwd() / "data"))
    assert done.stdout.splitlines()[-1] == as_before, done.stderr


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        (["voila"], "needs voila, not installed"),
        (["ipykernel"], "needs ipykernel, not installed"),
        (["voila", "ipykernel"], "needs voila and ipykernel, not installed"),
    ],
)
def test_the_page_names_what_it_lacks_and_the_extra_that_brings_it(capsys, monkeypatch, missing, said):
    for name in missing:
        monkeypatch.setitem(sys.modules, name, None)  # Python's own way to say that a module cannot be found
    assert main(["app", "--demo", "--port", "99999"]) == 2  # no such port: it would not serve
    complaint = capsys.readouterr().err
    assert said in complaint
    assert 'pip install "shortimize-analytics[app]"' in complaint


def test_where_no_jupyterlab_is_the_copied_notebooks_come_with_the_extra_that_opens_them(capsys, monkeypatch, tmp_path):
    assert main(["notebooks", str(tmp_path / "one")]) == 0
    assert capsys.readouterr().err == f"open them with: jupyter lab {tmp_path / 'one'}\n"
    monkeypatch.setitem(sys.modules, "jupyterlab", None)
    assert main(["notebooks", str(tmp_path / "two")]) == 0
    assert 'with: pip install "shortimize-analytics[lab]", then jupyter lab' in capsys.readouterr().err
    assert len(list((tmp_path / "two").glob("*.ipynb"))) == 6


def test_a_package_that_is_not_installed_is_named_and_no_bug():
    code = "import sys; sys.modules['pyarrow'] = None; from shortimize_analytics.cli import main; sys.exit(main())"
    done = python(code, "cache", "info", "--data-dir", str(Path.cwd() / "data"))
    assert done.returncode == 2, done.stderr
    assert done.stderr == "shortimize: pyarrow is not installed, and is needed; run: pip install shortimize-analytics\n"
