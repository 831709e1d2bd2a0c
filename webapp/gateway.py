"""The way out to a message gateway: one HTTP request per message.

The gateway (an SMS provider's adapter, an agency's own message bus) is trusted to know a message by its
``Idempotency-Key`` and to send it once, however often it is posted.
"""

from __future__ import annotations

import json
import ssl
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, ClassVar
from urllib.parse import SplitResult, urlsplit

from engine.delivery import NotSent
from engine.errors import InvalidValue
from engine.records import MessageRecord
from processes.messages import text_of

#: seconds to connect, and between two pieces of an answer
TIMEOUT = 10
#: answers by which the gateway refuses this very message: posting it again is of no use
_FINAL = frozenset({400, 410, 413, 422})
_LONGEST_ANSWER = 200


class HttpGateway:
    """Posts each message as JSON; redirects are not followed, certificates are verified.

    ::

        POST <url>
        Idempotency-Key: <message id>
        Authorization: Bearer <token>

        {"id", "to", "address", "template", "facts", "text", "case_no", "created_at"}
    """

    channel: ClassVar[str] = "http"

    def __init__(self, url: str, token: str = "", timeout: float = TIMEOUT) -> None:
        self._url = checked(url)
        self._token = token
        self._timeout = timeout
        self._tls = ssl.create_default_context()

    def send(self, message: MessageRecord) -> None:
        """Hand the message over; any 2xx answer takes it.  Raises NotSent."""
        try:
            status, answer = self._post(message)
        except (OSError, HTTPException) as error:
            raise NotSent(f"连不上消息网关（{type(error).__name__}）") from error
        if not 200 <= status < 300:
            raise NotSent(f"消息网关回答 {status}：{answer}".rstrip("："), final=status in _FINAL)

    def _post(self, message: MessageRecord) -> tuple[int, str]:
        connection = self._connect()
        try:
            path = (self._url.path or "/") + (f"?{self._url.query}" if self._url.query else "")
            body = json.dumps(body_of(message), ensure_ascii=False).encode()
            connection.request("POST", path, body, self._headers(message))
            response = connection.getresponse()
            return response.status, response.read(_LONGEST_ANSWER).decode(errors="replace").strip()
        finally:
            connection.close()

    def _connect(self) -> HTTPConnection:
        host = self._url.hostname or ""
        if self._url.scheme == "https":
            return HTTPSConnection(host, self._url.port, timeout=self._timeout, context=self._tls)
        return HTTPConnection(host, self._url.port, timeout=self._timeout)

    def _headers(self, message: MessageRecord) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Idempotency-Key": message.message_id, "User-Agent": "yichuang"}
        return headers | ({"Authorization": f"Bearer {self._token}"} if self._token else {})


def body_of(message: MessageRecord) -> dict[str, Any]:
    """A message as the gateway gets it; ``address`` is a phone number for the applicant, an account or group else."""
    return {
        "id": message.message_id,
        "to": message.to,
        "address": message.address,
        "template": message.template,
        "facts": dict(message.facts),
        "text": text_of(message),
        "case_no": message.case_no,
        "created_at": message.created_at.isoformat(),
    }


def checked(url: str, *, tls_only: bool = False) -> SplitResult:
    """The parts of a gateway's address; InvalidValue when it is none.

    With ``tls_only``, plain HTTP is refused save to this very machine.
    """
    try:
        parts = urlsplit(url)
        plain = parts.scheme == "http" and not (tls_only and parts.hostname not in ("localhost", "127.0.0.1", "::1"))
        usable = bool(parts.hostname) and (parts.scheme == "https" or plain) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.username is not None or parts.fragment:
        wanted = "https://" if tls_only else "http:// 或 https://"
        raise InvalidValue(f"消息网关地址应以 {wanted} 开头，不带账号。", place="YICHUANG_MESSAGE_URL")
    return parts
