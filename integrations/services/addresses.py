"""Where webhooks may go: https on the internet, not hosts that only this server can reach.

Otherwise anyone who may enter a URL could use this server to reach its own network. The host name
is resolved once, its IP addresses are checked, and the connection goes to exactly the checked IP
address. A name that resolves differently the second time gains nothing.
"""

import http.client
import socket
import ssl
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from sera_batching.exceptions import Refused

LOCAL_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})
CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 10.0
_TRANSLATED: Final = IPv6Network("64:ff9b::/96")
"""IPv6 networks that a gateway translates to IPv4, possibly to private addresses."""


class AddressRefused(OSError):
    """The host name resolves to an IP address in this server's own network."""


def check_url(url: str) -> SplitResult:
    """Return the parts of a URL that a webhook may have; Refused otherwise."""
    try:
        parts = urlsplit(url)
        port_is_right = parts.port is None or parts.port > 0
    except ValueError:
        port_is_right = False
    if not port_is_right or not parts.hostname or not url.isascii() or not url.isprintable():
        raise Refused("This isn't an address; write it like https://example.com/hooks.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise Refused("The address can't contain a password or a part after #.")
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL_NAMES):
        return parts
    raise Refused("The address must begin with https:// (http:// only to localhost).")


def connection_to(parts: SplitResult) -> http.client.HTTPConnection:
    """Return a connection that opens only to a checked IP address; else it raises
    AddressRefused."""
    assert parts.hostname is not None  # noqa: S101  checked by check_url
    if parts.scheme == "https":
        return _CheckedHTTPSConnection(parts.hostname, parts.port, timeout=ANSWER_SECONDS)
    return _CheckedHTTPConnection(parts.hostname, parts.port, timeout=ANSWER_SECONDS)


class _CheckedHTTPConnection(http.client.HTTPConnection):
    def connect(self) -> None:
        self.sock = _connect(self.host, self.port)


class _CheckedHTTPSConnection(http.client.HTTPSConnection):
    def connect(self) -> None:
        context = ssl.create_default_context()
        self.sock = context.wrap_socket(_connect(self.host, self.port), server_hostname=self.host)


def _connect(host: str, port: int) -> socket.socket:
    """Open a connection to the first allowed IP address of a host name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    allowed = [each for each in found if is_public(str(each[4][0]))]
    if settings.WEBHOOKS_MAY_BE_PRIVATE:
        allowed = found
    if not allowed:
        raise AddressRefused(
            f"{host} is in this server's own network; see WEBHOOKS_MAY_BE_PRIVATE."
        )
    family, kind, protocol, _, address = allowed[0]
    connection = socket.socket(family, kind, protocol)
    try:
        connection.settimeout(CONNECT_SECONDS)
        connection.connect(address)
        connection.settimeout(ANSWER_SECONDS)
    except BaseException:
        connection.close()
        raise
    return connection


def is_public(text: str) -> bool:
    """Return whether an IP address is public: not loopback, private, link-local or reserved."""
    address: IPv4Address | IPv6Address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(str(address.ipv4_mapped))
        if address.sixtofour is not None or address.teredo is not None or address in _TRANSLATED:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved
