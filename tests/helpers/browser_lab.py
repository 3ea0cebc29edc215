"""A real JupyterLab in a real Chromium, on this machine only, with folders of its own."""

import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import matplotlib as mpl
import nbformat
import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = (
    "no Chromium, or nothing to drive it; run: sudo apt-get install chromium libatomic1"
    " (or set SHORTIMIZE_CHROMIUM to its path)"
)
# Chromium looks for updates and Google's hosts by itself; the last rule lets no name resolve at all
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)
PATIENCE = 60_000
"""Milliseconds to wait for anything to appear: two busy cores."""
OVERLAY = "@jupyterlab/apputils-extension/notification.jupyterlab-settings"


def find_chromium():
    """Path of a Chromium, or None."""
    names = (os.environ.get("SHORTIMIZE_CHROMIUM") or "", *NAMES)
    return next((path for name in names if name and (path := shutil.which(name))), None)


def driver_starts():
    """Whether Playwright's Node starts; it needs a libatomic that a bare Debian lacks."""
    command = [sys.executable, "-m", "playwright", "--version"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def require_chromium():
    """Fail in CI, skip elsewhere, where there is no browser to test in."""
    if find_chromium() is not None and driver_starts():
        return
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(MISSING)
    pytest.skip(MISSING)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def process(command, *, log, env, cwd, stop=signal.SIGTERM):
    """Run a program that writes to a log, and end it."""
    with log.open("wb") as out:
        started = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=env, cwd=cwd)
        try:
            yield started
        finally:
            started.send_signal(stop)
            try:
                started.wait(30)
            except subprocess.TimeoutExpired:
                started.kill()
                started.wait()


def wait_for(url, *, server, log, seconds=90):
    """Wait until a server answers; say what it wrote if it does not."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return answer.status
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise AssertionError(f"{url} did not answer:\n{log.read_text(errors='replace')[-3000:]}")


class Lab:
    """A JupyterLab that serves one folder."""

    def __init__(self, folder, port, token):
        self.folder, self.port, self.token = folder, port, token

    def url(self, name, *, at="lab/workspaces/{stem}/tree/{name}?reset&"):
        """Open a notebook in a workspace of its own: a page that is loaded again shows what its workspace last held."""
        return f"http://127.0.0.1:{self.port}/{at.format(stem=Path(name).stem, name=name)}token={self.token}"

    def ask(self, path, method="GET"):
        """Ask the server, as its own page does."""
        headers = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/api/{path}", headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def restart(self, name):
        """Restart the kernel of a notebook behind the back of the page that shows it."""
        kernel = next(one["kernel"]["id"] for one in self.ask("sessions") if one["path"] == name)
        self.ask(f"kernels/{kernel}/restart", "POST")

    def write(self, name, *cells):
        """Write a notebook of code cells."""
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        )
        nbformat.write(notebook, self.folder / name)
        return name


def environment(home, **more):
    """Return the variables of a user who has just begun: no key, no settings, own folders."""
    theirs = ("SHORTIMIZE_", "JUPYTER", "MPLBACKEND")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(theirs)}
    folders = {
        "HOME": home,
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
        "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
        "IPYTHONDIR": home / "ipython",
        "SHORTIMIZE_DATA_DIR": home / "shortimize",
        "MPLCONFIGDIR": mpl.get_cachedir(),  # else every start looks through the fonts of the machine
    }
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return kept | {name: str(value) for name, value in folders.items()} | {"PATH": path} | more


@contextmanager
def jupyter_lab(home, *, folder=None, **more):
    """Start JupyterLab on a free port with a token, and stop it and its kernels."""
    folder = folder or home / "notebooks"
    folder.mkdir(parents=True, exist_ok=True)
    overlay = home / "settings" / OVERLAY
    overlay.parent.mkdir(parents=True)
    overlay.write_text('{"fetchNews": "false", "checkForUpdates": false}')
    # its debugger complains on the console when a page is left early
    switches = home / "config" / "labconfig" / "page_config.json"
    switches.parent.mkdir(parents=True)
    switches.write_text('{"disabledExtensions": {"@jupyterlab/debugger-extension": true}}')
    lab = Lab(folder, free_port(), secrets.token_hex(16))
    # the extension manager and the announcements are the two parts that would leave this machine
    command = [Path(sys.executable).with_name("jupyter"), "lab", str(folder), "--no-browser", "--allow-root"]
    command += ["--ip=127.0.0.1", f"--port={lab.port}", "--ServerApp.port_retries=0"]
    command += ["--LabApp.extension_manager=readonly", "--LabApp.news_url="]
    command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    env = environment(home, JUPYTER_TOKEN=lab.token, **more)
    log = home / "lab.log"
    with process(command, log=log, env=env, cwd=home) as server:
        wait_for(f"http://127.0.0.1:{lab.port}/api?token={lab.token}", server=server, log=log)
        yield lab


@contextmanager
def chromium(env=None):
    """Start a Chromium with an empty profile."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE)

    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=find_chromium(), args=[*FLAGS, *as_root], env=env)
        yield browser
        browser.close()


@contextmanager
def page_of(browser, *, width=1280, height=900):
    """Open a page that may reach this machine only, and note what it complains about."""
    context = browser.new_context(viewport={"width": width, "height": height}, accept_downloads=True)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.foreign, page.complaints = [], []

    def guard(route):
        if is_local(route.request.url):
            route.continue_()
        else:
            page.foreign.append(route.request.url)
            route.abort()

    context.route("**/*", guard)
    page.on("websocket", lambda socket: is_local(socket.url) or page.foreign.append(socket.url))
    page.on("console", lambda message: message.type == "error" and page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    try:
        yield page
    finally:
        context.unroute_all(behavior="ignoreErrors")
        context.close()


def is_local(url):
    parts = urlsplit(url)
    return parts.scheme in {"data", "blob", "about", "file"} or parts.hostname == "127.0.0.1"


def open_notebook(page, lab, name):
    """Open a notebook and wait until its kernel can be asked."""
    page.goto(lab.url(name))
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()


def run_cell(page, index):
    """Run one code cell with the keyboard and return its output area.

    While the kernel connects, a key press is lost, takes the number of an earlier run away, or is answered by the
    question which kernel to use: press until another number appears.
    """
    cell = page.locator(".jp-Notebook .jp-CodeCell").nth(index)
    prompt = cell.locator(".jp-InputArea-prompt")
    before, end = number(prompt), time.monotonic() + PATIENCE / 1000
    while time.monotonic() < end:
        question = page.locator(".jp-Dialog .jp-mod-accept")
        if question.count():
            question.first.click()
        elif "*" not in prompt.inner_text():
            cell.locator(".cm-content").click()
            page.keyboard.press("Control+Enter")
        page.wait_for_timeout(400)
        if (now := number(prompt)) != before and now:
            return cell.locator(".jp-Cell-outputArea")
        before = before and now
    raise AssertionError(f"cell {index} did not run: {prompt.inner_text()}")


def choose(page, menu, *names):
    """Choose from a menu of JupyterLab."""
    page.locator(".lm-MenuBar-item", has_text=menu).click()
    for name in names:
        page.locator(".lm-Menu-item", has=page.get_by_text(name, exact=True)).first.click()


def restart_kernel(page):
    """Restart the kernel of the notebook in sight, as a user does."""
    with page.expect_response(lambda answer: answer.url.split("?")[0].endswith("/restart") and answer.ok):
        choose(page, "Kernel", "Restart Kernel…")
        page.locator(".jp-Dialog .jp-mod-accept").click()
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()


def choose_theme(page, theme):
    """Choose a theme of JupyterLab in its menu: "JupyterLab Light" or "JupyterLab Dark"."""
    choose(page, "Settings", "Theme", theme)
    page.locator(f"body[data-jp-theme-name='{theme}']").wait_for(state="attached")


def number(prompt):
    """Return the number in a cell's prompt, empty while it has not run."""
    return "".join(re.findall(r"\d+", prompt.inner_text()))


HOVER = """(tab, [x, y]) => new Promise(resolve => {
    const chart = tab.querySelector('.sa-chart'), box = chart.getBoundingClientRect(), start = performance.now();
    chart.dispatchEvent(new PointerEvent('pointermove', { bubbles: true, clientX: box.left + x * box.width,
                                                          clientY: box.top + y * box.height }));
    requestAnimationFrame(() => setTimeout(() => {
        resolve(chart.querySelector('.sa-card').hidden ? Infinity : performance.now() - start); }));
})"""
"""Milliseconds from the pointer to the card that is painted."""
TABS = ("Overview", "Growth", "Outliers", "Labels", "Compare two", "Videos", "Data quality")


class ExplorerPage:
    """The explorer as a user meets it, in whatever page shows it.

    Parameters
    ----------
    page
        The browser's page.
    within
        Locator of the area to look in, an output of a notebook say.
    """

    def __init__(self, page, within):
        self.page, self.box = page, within.locator(".sa-explorer")
        self.status = self.box.locator(".sa-status")

    def control(self, name):
        return self.box.locator(f".sa-filter-{name}")

    def pick(self, name, text):
        """Pick the first name that begins so."""
        picker = self.control(name)
        values = picker.locator("datalist option").evaluate_all("all => all.map(e => e.value)")
        picker.locator("input").fill(next(one for one in values if one.startswith(text)))

    def more(self):
        """Unfold the filters that are not in the first row."""
        if not self.control("label-all").is_visible():
            self.box.get_by_role("button", name="More filters").click()
            self.control("label-all").wait_for()

    def reset(self):
        self.control("reset").click()
        self.says("videos: all videos")

    def says(self, text):
        """Wait until the status line says so, and nothing waits to be drawn."""
        self.status.filter(has_text=text).wait_for()
        self.settled()

    def settled(self):
        self.box.and_(self.page.locator(":not(.sa-stale)")).wait_for()

    def open(self, title):
        """Open a tab and return it, once it shows what it has to show."""
        self.box.get_by_role("tab", name=title, exact=True).click()
        name = {"Data quality": "quality", "Compare two": "compare"}.get(title, title.lower())
        tab = self.box.locator(f".sa-tab-{name}")
        tab.wait_for()
        self.settled()
        if title == "Videos":
            tab.locator("tbody tr").nth(1).wait_for()
        else:
            self.picture(tab).or_(tab.locator(".sa-trouble")).first.wait_for()
        return tab

    def picture(self, tab):
        return tab.locator("img.sa-picture").filter(visible=True)

    def changed(self, tab, act):
        """Do something and wait until the tab's picture is another one."""
        before = self.picture(tab).get_attribute("src")
        act()
        self.page.wait_for_function(
            "([box, before]) => { const one = box.querySelector('img.sa-picture');"
            " return one && one.getAttribute('src') !== before && one.offsetParent !== null; }",
            arg=[tab.element_handle(), before],
        )
        self.settled()
