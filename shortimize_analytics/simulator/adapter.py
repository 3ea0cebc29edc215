"""Answer a `requests` call from a service in this process: the demo's network."""

import io
from http.client import responses
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPResponse

from .service import Service


class ServiceAdapter(BaseAdapter):
    """A transport adapter without a socket."""

    def __init__(self, service: Service) -> None:
        super().__init__()
        self._service = service
        self._wrap = HTTPAdapter().build_response

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Hand the request to the service and wrap its reply as a network answer."""
        parts = urlsplit(str(request.url))
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        if not isinstance(body, bytes):
            raise TypeError(f"the simulator takes a whole body, not {type(body).__name__}")
        headers = {
            name: value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()
        }
        reply = self._service.handle(str(request.method), parts.path, query=parts.query, headers=headers, body=body)
        if reply.wire == "reset":
            raise requests.ConnectionError("connection reset")
        if reply.wire == "reset_body":
            raise requests.exceptions.ChunkedEncodingError("connection reset in the middle of an answer")
        raw = HTTPResponse(
            body=io.BytesIO(reply.body),
            headers=reply.headers,
            status=reply.status,
            reason=responses.get(reply.status, ""),
            preload_content=False,
        )
        return self._wrap(request, raw)

    def close(self) -> None:
        """Nothing is open."""
