"""Answer a `requests` call from a service in this process: the demo's network."""

import io
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from .service import Service


class ServiceAdapter(BaseAdapter):
    """A transport adapter without a socket."""

    def __init__(self, service: Service) -> None:
        super().__init__()
        self._service = service

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
        """Hand the request to the service and wrap its reply as a network answer."""
        parts = urlsplit(str(request.url))
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        reply = self._service.handle(
            str(request.method), parts.path, query=parts.query, headers=dict(request.headers), body=bytes(body)
        )
        if reply.wire in {"reset", "reset_body"}:
            raise requests.ConnectionError("connection reset")
        response = requests.Response()
        response.status_code = reply.status
        response.headers.update(reply.headers)
        response.url = str(request.url)
        response.request = request
        response.raw = HTTPResponse(
            body=io.BytesIO(reply.body), status=reply.status, headers=reply.headers, preload_content=False
        )
        return response

    def close(self) -> None:
        """Nothing is open."""
