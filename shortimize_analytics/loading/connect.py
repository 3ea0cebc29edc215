"""Where every load begins: the connection to an organisation, or to the demo.

It stands here and not beside `Client`, which knows nothing of the demo: that is a client with another transport, clock
and folder.
"""

from pathlib import Path

import requests

from shortimize_analytics.client.connection import Client
from shortimize_analytics.client.settings import resolve
from shortimize_analytics.errors import ConfigError
from shortimize_analytics.schema.choices import Tier


def connect(
    api_key: str | None = None,
    *,
    base_url: str | None = None,
    tier: Tier = "auto",
    data_dir: str | Path | None = None,
    offline: bool = False,
    refresh: bool = False,
    demo: bool = False,
    session: requests.Session | None = None,
) -> Client:
    """Connect to an organisation, or to the built-in demo.

    Parameters
    ----------
    api_key
        Your Shortimize key; otherwise ``SHORTIMIZE_API_KEY``, from the environment or ``.env`` in the working folder.
    base_url
        Address of the API; ``SHORTIMIZE_BASE_URL`` otherwise.
    tier
        "auto" starts at the premium pace and follows the server down; "premium", "basic" and "limited" fix the pace
        (requests per minute); ``SHORTIMIZE_TIER`` otherwise.
    data_dir
        Folder for cache and archive; ``SHORTIMIZE_DATA_DIR``, else the user's data folder.
    offline
        Send nothing: answer from cache and archive, and say how old that is.
    refresh
        Ask again for everything, however fresh the cache is.
    demo
        Use the built-in organisation: no key, no network, its clock stands still.
    session
        Your own `requests.Session`, for proxies, certificates or adapters.

    Returns
    -------
    Client
        Nothing has been sent yet.

    Raises
    ------
    ConfigError
        When there is neither a key nor the demo, or a setting cannot be used.

    Examples
    --------
    >>> import shortimize_analytics as sa
    >>> with sa.connect(demo=True) as client:
    ...     print(client.source, client.today())
    Demo organisation 2026-11-23
    """
    if demo:
        from shortimize_analytics.simulator.demo import demo_client

        return demo_client(data_dir=data_dir, offline=offline, refresh=refresh)
    if session is not None and session.verify is False:
        raise ConfigError("session.verify is False: the key could go to anyone; name the certificate instead")
    settings = resolve(api_key, base_url=base_url, tier=tier, data_dir=data_dir, offline=offline, refresh=refresh)
    return Client(settings, session=session)
