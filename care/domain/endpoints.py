"""Endpoints: which web addresses a webhook may go to, and which machines are the outside world's.

A shop's own network is full of doors that trust whoever stands in it, so a name that leads there is refused unless an
operator let it in by the setting ``CARE_WEBHOOK_ALLOW``.
"""

import re
from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]+\]|[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9])?)(?::(?P<port>\d{1,5}))?"
    r"(?:[/?][a-z0-9\-._~%!$&'()*+,;=:@/?\[\]]*)?",
    re.IGNORECASE,
)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
_PORTS = {"http": 80, "https": 443}
_LONGEST = 2_000
_EXAMPLE = "write for example https://crm.example/hooks"
# Endings under which no public name exists (RFC 6761, 6762, 8375, ICANN's .internal, and what home routers use).
_INSIDE = ("localhost", "local", "internal", "intern", "lan", "home.arpa", "test")
# What IANA's registries of special addresses (iana.org/assignments/iana-ipv4-special-registry and -ipv6-) do not call
# the outside world's, with what leads elsewhere through a tunnel, and Azure's services for its own machines.
_CLOSED_V4 = [
    ip_network("0.0.0.0/8"),
    ip_network("10.0.0.0/8"),
    ip_network("100.64.0.0/10"),
    ip_network("127.0.0.0/8"),
    ip_network("168.63.129.16/32"),
    ip_network("169.254.0.0/16"),
    ip_network("172.16.0.0/12"),
    ip_network("192.0.0.0/24"),
    ip_network("192.0.2.0/24"),
    ip_network("192.88.99.0/24"),
    ip_network("192.168.0.0/16"),
    ip_network("198.18.0.0/15"),
    ip_network("198.51.100.0/24"),
    ip_network("203.0.113.0/24"),
    ip_network("224.0.0.0/4"),
    ip_network("240.0.0.0/4"),
]
# Below 2000::/3 only: so no private, link-local or multicast address, none that hides an IPv4 one, and no NAT64.
_OPEN_V6 = ip_network("2000::/3")
_CLOSED_V6 = [
    ip_network("2001::/23"),
    ip_network("2001:db8::/32"),
    ip_network("2002::/16"),
    ip_network("3fff::/20"),
]


def endpoint_url_trouble(url: str, allowed: Collection[str] | None = None) -> str:
    """Why a webhook may not go to this address; empty when it may.

    Args:
        url: As written in the catalogue.
        allowed: Hosts of the shop's own network that may be reached, also without TLS: each as ``host`` or
            ``host:port``. ``None`` where the settings are not known: then addresses that only a setting can allow
            pass, because the worker asks again.

    Returns:
        A sentence that says what is wrong and, behind a semicolon, what to write instead.
    """
    match = _URL.fullmatch(url) if len(url) <= _LONGEST else None
    if match is None:
        return _unreadable(url)
    host, port = host_and_port(url)
    trouble = _wrong_host(host) if 0 < port < 65_536 else f"{port} is no port; {_EXAMPLE}"
    if trouble or (allowed is not None and is_let_in(url, allowed)):
        return trouble
    if _is_inside(host):
        return "" if allowed is None else f"{host} is of an own network; let it in with the setting CARE_WEBHOOK_ALLOW"
    if match["scheme"].lower() == "http":
        return f"{url!r} would send what is known of customers unencrypted; write https://{url.partition('://')[2]}"
    return ""


def host_and_port(url: str) -> tuple[str, int]:
    """Host (in small letters, an IPv6 address without brackets) and port of an address that was found readable."""
    match = _URL.fullmatch(url)
    if match is None:
        raise ValueError(f"{url!r} is not a web address")
    port = int(match["port"]) if match["port"] else _PORTS[match["scheme"].lower()]
    return match["host"].lower().strip("[]"), port


def is_let_in(url: str, allowed: Collection[str]) -> bool:
    """Whether an operator let this host in: by its name or number as the address writes it, with its port or any."""
    host, port = host_and_port(url)
    shown = f"[{host}]" if ":" in host else host
    return not {shown, host, f"{shown}:{port}"}.isdisjoint(each.lower() for each in allowed)


def is_public(address: str) -> bool:
    """Whether an IP address is one of the outside world's."""
    number = _address(address)
    if isinstance(number, IPv4Address):
        return not any(number in network for network in _CLOSED_V4)
    return number is not None and number in _OPEN_V6 and not any(number in network for network in _CLOSED_V6)


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_inside(host: str) -> bool:
    """Whether a host can only be one of an own network."""
    if _address(host) is not None:
        return not is_public(host)
    return "." not in host or any(host == ending or host.endswith(f".{ending}") for ending in _INSIDE)


def _wrong_host(host: str) -> str:
    if _address(host) is not None:
        return ""
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        return f"{host!r} is not the name of a host; {_EXAMPLE}"
    if _NUMBER.fullmatch(labels[-1]):
        return f"{host!r} is not an IP address; write four numbers with dots between, or a name"
    return ""


def _unreadable(url: str) -> str:
    scheme, colon, rest = url[:_LONGEST].partition("://")
    if "@" in re.split(r"[/?#]", rest, maxsplit=1)[0]:
        return "a password does not belong into an address; posts are signed with a secret of the settings"
    if colon and scheme.lower() not in _PORTS:
        return f"{scheme!r} is not a way to post to an endpoint; {_EXAMPLE}"
    if not url.isascii():
        return f"{url!r} has letters outside ASCII; write the xn--… form of its name, and %… in its path"
    if "#" in rest:
        return f"{url!r} has a part behind '#', which is never sent; leave it out"
    return f"{url[:100]!r} is not a web address; {_EXAMPLE}"
