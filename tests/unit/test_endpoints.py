"""Which addresses a webhook may go to: everything of an own network is closed, however it is written."""

import re
from ipaddress import ip_address

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from care.domain.endpoints import endpoint_url_trouble, host_and_port, is_let_in, is_public

CRM = "https://crm.example/hooks"


@pytest.mark.parametrize(
    "url",
    [
        CRM,
        "https://crm.example",
        "https://crm.example:8443/hooks?shop=hanoi&lang=vi",
        "HTTPS://CRM.Example/Hooks",
        "https://xn--ca-hng-vza1i.vn/m%C3%B3c",
        "https://203.162.4.190/hooks",
        "https://[2405:4800::10]:8443/hooks",
        "https://my_crm.example/",
    ],
)
def test_an_encrypted_public_address_is_fine_with_and_without_the_settings(url: str) -> None:
    assert endpoint_url_trouble(url) == endpoint_url_trouble(url, ()) == ""


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "'' is not a web address; write for example https://crm.example/hooks"),
        ("crm.example/hooks", "is not a web address"),
        ("https://", "is not a web address"),
        ("https:///hooks", "is not a web address"),
        ("https://crm.example/a b", "is not a web address"),
        ("https://crm.example\\@10.0.0.1/", "a password does not belong"),
        ("https://crm.example\n.evil.example/", "is not a web address"),
        ("https://crm..example/", "'crm..example' is not the name of a host"),
        ("https://-crm.example/", "is not a web address"),
        ("https://crm.example./", "is not a web address"),
        ("https://crm.example:0/", "0 is no port"),
        ("https://crm.example:70000/", "70000 is no port"),
        ("https://crm.example:port/", "is not a web address"),
        (f"https://crm.example/{'x' * 2_000}", "is not a web address"),
        ("https://shop:secret@crm.example/", "a password does not belong into an address"),
        ("https://crm.example@10.0.0.1/", "a password does not belong"),
        ("ftp://crm.example/", "'ftp' is not a way to post"),
        ("file:///etc/passwd", "'file' is not a way to post"),
        ("gopher://crm.example/", "'gopher' is not a way to post"),
        ("https://cửahàng.vn/", "has letters outside ASCII; write the xn--… form"),
        ("https://127。0。0。1/", "has letters outside ASCII"),
        ("https://crm.example/#part", "has a part behind '#'"),
        ("https://2130706433/", "'2130706433' is not an IP address"),
        ("https://0x7f000001/", "is not an IP address"),
        ("https://0x7f.1/", "is not an IP address"),
        ("https://127.1/", "is not an IP address"),
        ("https://017700000001/", "is not an IP address"),
        ("https://127.0.0.01/", "is not an IP address"),
        ("https://[::1%25eth0]/", "is not a web address"),
        (
            "http://crm.example/hooks",
            "would send what is known of customers unencrypted; write https://crm.example/hooks",
        ),
        ("http://203.162.4.190/", "unencrypted"),
    ],
)
def test_what_can_never_be_an_endpoint_is_told_with_what_to_write(url: str, words: str) -> None:
    assert words in endpoint_url_trouble(url)
    assert words in endpoint_url_trouble(url, ())


OWN = [
    "http://127.0.0.1:8081/hooks",
    "https://127.0.0.1/",
    "https://10.0.0.5/hooks",
    "https://169.254.169.254/latest/meta-data/",
    "https://168.63.129.16/",
    "https://[::1]/",
    "https://[::ffff:10.0.0.5]/",
    "https://[fd00:ec2::254]/",
]


@pytest.mark.parametrize("url", OWN)
def test_an_address_of_an_own_network_passes_only_where_a_setting_lets_it_in(url: str) -> None:
    host, port = host_and_port(url)
    assert endpoint_url_trouble(url) == ""
    assert endpoint_url_trouble(url, ()) != ""
    assert endpoint_url_trouble(url, ("other.example", f"{host}:1")) != ""
    shown = f"[{host}]" if ":" in host else host
    for allowed in (shown, host, f"{shown}:{port}"):
        assert endpoint_url_trouble(url, (allowed,)) == ""


@pytest.mark.parametrize("url", ["http://localhost:8081/", "http://crm:8080/hooks", "http://crm.internal/"])
def test_a_name_of_an_own_network_may_go_without_tls_once_it_is_let_in(url: str) -> None:
    assert endpoint_url_trouble(url) == ""
    host = host_and_port(url)[0]
    words = f"{host} is of an own network; let it in with the setting CARE_WEBHOOK_ALLOW"
    assert endpoint_url_trouble(url, ()) == endpoint_url_trouble(url.replace("http:", "https:"), ()) == words
    assert endpoint_url_trouble(url, (host.upper(),)) == ""


def test_a_host_is_let_in_as_it_is_written_and_never_by_a_part_of_its_name() -> None:
    assert is_let_in("https://CRM.internal:8443/", ("crm.internal",))
    assert not is_let_in("https://crm.internal.evil.example/", ("crm.internal",))
    assert not is_let_in("https://evil-crm.internal/", ("crm.internal",))
    assert not is_let_in("https://crm.internal:9/", ("crm.internal:8443",))
    assert is_let_in("https://crm.internal/", ("crm.internal:443",))


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "0.1.2.3",
        "10.1.2.3",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.9",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "168.63.129.16",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "localhost",
        "127.1",
    ],
)
def test_these_are_not_of_the_outside_world(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "203.162.4.190", "2405:4800::10", "2606:4700::1111"])
def test_these_are(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses().map(str))
def test_nothing_that_python_calls_private_or_local_is_taken_for_public(address: str) -> None:
    number = ip_address(address)
    closed = number.is_private or number.is_loopback or number.is_link_local or number.is_multicast
    if closed or number.is_unspecified or number.is_reserved:
        assert not is_public(address)


# Any text that looks like an address, with what an attacker would mix in.
_PIECES = st.sampled_from(
    ["crm.example", "10.0.0.1", "[::1]", "@", ":", "/", "\\", "#", "?", "%00", "\t", "。", ".", "1"]
)
urls = st.tuples(st.sampled_from(["http://", "https://", "HTTPS://"]), st.lists(_PIECES, max_size=6)).map(
    lambda parts: parts[0] + "".join(parts[1])
)


likely = st.from_regex(
    re.compile(r"https?://[a-z0-9_.-]{1,30}(:[0-9]{1,5})?([/?][A-Za-z0-9._~%!$&'()*+,;=:@/?\[\]-]{0,30})?"),
    fullmatch=True,
)


@given(urls | likely | st.from_regex(re.compile(r"https?://[ -~]{0,40}"), fullmatch=True))
def test_the_client_that_posts_reads_every_accepted_address_as_the_checker_did(url: str) -> None:
    if endpoint_url_trouble(url):
        return
    host, port = host_and_port(url)
    read = httpx.URL(url)
    assert read.host == host
    assert (read.port or {"http": 80, "https": 443}[read.scheme]) == port
    assert read.userinfo == b""
    assert httpx.URL(url).copy_with(host="192.0.2.1").host == "192.0.2.1"
