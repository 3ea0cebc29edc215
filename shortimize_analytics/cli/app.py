"""The notebooks for people who installed a wheel, and the explorer as a web page of this machine."""

import argparse
import errno
import json
import os
import secrets
import shutil
import socket
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from shortimize_analytics.errors import ConfigError, LocalFileError, collect_warnings

HOSTS = {"127.0.0.1", "localhost"}
"""Names under which the page is asked for, at any port: a tunnel may have another one at its end."""
_TEMPLATES = Path(__file__).with_name("page")
# only what this page itself serves; Jupyter's front end evaluates its own templates
_POLICY = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob: ws://127.0.0.1:*; frame-ancestors 'none'"
_PAGE = """
import os, warnings
os.chdir({folder!r})
warnings.simplefilter("ignore")  # those of libraries: our own stand on the page
import shortimize_analytics as sa
from shortimize_analytics.errors import collect_warnings
try:
    with collect_warnings() as heard:
        client = sa.connect(**{connection!r})
        videos = sa.load_videos(client, **{filters!r}, progress=False)
        history = sa.load_history(client, videos, progress=False)
except sa.ShortimizeError as error:
    print(error)
else:
    explorer = sa.explore(videos, history, client=client, only=sa.VideoFilter(**{only!r}), notes=heard)
    display(explorer)
"""


def notebooks(options: argparse.Namespace) -> None:
    """Copy the notebooks out of the package."""
    shipped = Path(__file__).with_name("_notebooks")
    source = shipped if shipped.is_dir() else Path(__file__).parents[2] / "notebooks"
    target = Path(options.folder).expanduser()
    wanted = {path: target / path.name for path in sorted(source.glob("*.ipynb"))}
    there = [str(path) for path in wanted.values() if path.exists()]
    if there and not options.force:
        raise LocalFileError(f"{', '.join(there)} would be replaced; choose another folder, or add --force")
    try:
        target.mkdir(parents=True, exist_ok=True)
        for path, copy in wanted.items():
            shutil.copyfile(path, copy)
    except OSError as error:
        raise LocalFileError(
            f"{target} cannot be written ({error.strerror or error}); choose another folder"
        ) from error
    print(*wanted.values(), sep="\n")
    if not options.quiet:
        first = "" if find_spec("jupyterlab") else 'pip install "shortimize-analytics[lab]", then '
        print(f"open them with: {first}jupyter lab {target}", file=sys.stderr)


def app(options: argparse.Namespace) -> None:
    """Load, then serve the explorer until interrupted; every visit starts a kernel that finds the data on disk."""
    from shortimize_analytics.analysis.filters.scope import select_scope

    from .commands import connect, filters_of, load_both, scope_of  # they need pandas; copying notebooks does not

    if lacking := [name for name in ("voila", "ipykernel") if find_spec(name) is None]:
        raise ConfigError(
            f'the page needs {" and ".join(lacking)}, not installed here; run: pip install "shortimize-analytics[app]"'
        )
    port = _free_port(options.port)
    with connect(options) as client:
        videos, history = load_both(client, options)
        only = select_scope(videos, **scope_of(options)).keys
        print(f"{client.source}: {len(videos):,} videos, {len(history):,} days", flush=True)
    del videos, history
    asked = ("base_url", "tier", "data_dir", "offline", "demo")
    connection = {name: getattr(options, name) for name in asked}
    page = _PAGE.format(folder=str(Path.cwd()), connection=connection, filters=filters_of(options), only=only)
    with tempfile.TemporaryDirectory(prefix="shortimize-app-") as scratch:
        _serve(page, port, scratch=Path(scratch), debug=options.debug)
    print("stopped", flush=True)


def explore(options: argparse.Namespace) -> None:
    """Write the explorer of the videos that were asked for as one self-contained page."""
    import shortimize_analytics as sa
    from shortimize_analytics.analysis.filters.scope import select_scope
    from shortimize_analytics.store.export import check_target

    from .commands import connect, load_both, scope_of

    path = check_target(options.html, (".html",))
    with connect(options) as client, collect_warnings() as heard:
        videos, history = load_both(client, options)
        keys: dict[str, Any] = {**select_scope(videos, **scope_of(options)).keys}
        only = sa.VideoFilter(**keys)
        explorer = sa.explore(videos, history, client=client, only=only, notes=heard)
        path = explorer.write_page(path)
    for line in heard:
        print(f"warning: {line}", file=sys.stderr)
    print(path)


def _free_port(port: int) -> int:
    """Return the port, or a free one for 0; refuse one that is taken before anything is loaded for it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, os.name == "posix")
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
            reason = "is taken" if taken else f"cannot be used ({error})"
            raise ConfigError(f"port {port} {reason}; choose another with --port, or 0 for a free one") from error
        return int(probe.getsockname()[1])


def _serve(code: str, port: int, *, scratch: Path, debug: bool) -> None:
    """Run Voila on a notebook of one cell."""
    from traitlets.config import Config

    notebook = scratch / "explorer.ipynb"
    cell: dict[str, Any] = {
        "cell_type": "code",
        "id": "page",
        "metadata": {},
        "execution_count": None,
        "outputs": [],
        "source": code,
    }
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    document = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": [cell]}
    notebook.write_text(json.dumps(document), encoding="utf-8")
    os.environ["JUPYTER_PATH"] = os.pathsep.join([str(_TEMPLATES), *filter(None, [os.environ.get("JUPYTER_PATH")])])
    config = Config()
    config.VoilaConfiguration.template = "shortimize"
    config.VoilaConfiguration.file_allowlist = []
    # Notebook 7's extension is made for JupyterLab's shell, which Voila has not: it would fail on the page
    config.VoilaConfiguration.extension_denylist = ["@jupyter-notebook/lab-extension"]
    # where the kernel can: any user of the machine may connect to a loopback port
    config.KernelManager.transport_encryption = "auto"
    settings: dict[str, Any] = {
        "ip": "127.0.0.1",
        "port": port,
        "port_retries": 0,
        "token": secrets.token_urlsafe(24),
        "open_browser": True,
        "log_level": "DEBUG" if debug else "ERROR",
        # nobody else's configuration, and nothing of a kernel left in the common temporary folder
        "config_file_paths": [],
        "connection_dir_root": str(scratch),
        "tornado_settings": {"headers": {"Content-Security-Policy": _POLICY}, "ws_ping_timeout": 30_000},
    }
    page = _voila()(config=config, **settings)
    _answer_this_machine_only(page)
    _let_left_pages_end_their_kernels(page)
    # called once it listens
    page.launch_browser = lambda: print(f"http://127.0.0.1:{port}/?token={page.token}\nCtrl-C ends it", flush=True)
    page.initialize([str(notebook)])
    page.start()


def _voila() -> Any:
    """Import Voila without the grammar that a library far below builds to check addresses in other scripts.

    Nothing here checks one, and it takes twice the time of all else. What is None in `sys.modules` counts as missing,
    for this import and no later one.
    """
    modules: dict[str, Any] = sys.modules
    kept_out = modules.setdefault("rfc3987_syntax", None) is None
    try:
        from voila.app import Voila
    finally:
        if kept_out:
            del modules["rfc3987_syntax"]
    return Voila


def _answer_this_machine_only(page: Any) -> None:
    """Let a Voila answer only requests for this machine, whatever is asked for.

    Loopback alone does not see to that: a page elsewhere may let its own host name point here (DNS rebinding).
    """
    from tornado.web import ErrorHandler

    listen = page.listen

    def listen_to_this_machine() -> None:
        find = page.app.find_handler

        def only_local(request: Any, **more: Any) -> Any:
            if request.host_name in HOSTS:
                return find(request, **more)
            return page.app.get_handler_delegate(request, ErrorHandler, {"status_code": 403})

        page.app.find_handler = only_local
        listen()

    page.listen = listen_to_this_machine


def _let_left_pages_end_their_kernels(page: Any) -> None:
    """Set the cookie with whose token a Voila's page says farewell: without one it is refused, and its kernel stays."""
    from voila.tornado.handler import TornadoVoilaHandler

    class Visit(TornadoVoilaHandler):  # type: ignore[misc]
        async def get(self, *path: Any) -> None:
            _ = self.xsrf_token  # asking for it sets the cookie
            await super().get(*path)

    handlers = page.init_handlers
    page.init_handlers = lambda: [
        (at, Visit if kind is TornadoVoilaHandler else kind, *more) for at, kind, *more in handlers()
    ]
