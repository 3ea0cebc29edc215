"""The demo: a client whose transport is the simulator in this process, and whose clock stands still."""

from datetime import datetime
from functools import cached_property
from pathlib import Path

from requests.adapters import BaseAdapter

from shortimize_analytics.client.connection import Client
from shortimize_analytics.client.contract import UNPACED
from shortimize_analytics.client.settings import Settings, find_data_dir

from .adapter import ServiceAdapter
from .organisation import demo_fingerprint, demo_organisation
from .service import Service

DEMO_URL = "https://demo.shortimize.invalid"
"""Never resolved: the demo answers in process. `.invalid` is reserved for such names (RFC 2606)."""


class _Demo:
    """The demo's service, made when it is first asked: a load that is cached needs only its clock."""

    @cached_property
    def service(self) -> Service:
        return Service(demo_organisation(), limit_requests=False)

    def now(self) -> datetime:
        return self.service.organisation.as_of

    def network(self) -> BaseAdapter:
        return ServiceAdapter(self.service)


def demo_client(*, data_dir: str | Path | None = None, offline: bool = False, refresh: bool = False) -> Client:
    """Connect to the built-in organisation; its cache and archive lie in a folder of its own for each version of it."""
    home = find_data_dir(data_dir)
    settings = Settings(
        "demo", DEMO_URL, UNPACED, home, offline=offline, refresh=refresh, organisation="Demo organisation",
        folder=home / "demo" / demo_fingerprint(),
    )  # fmt: skip
    demo = _Demo()
    return Client(settings, clock=demo.now, network=demo.network)
