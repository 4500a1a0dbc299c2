"""A shop's installation for the tests: its folder, and the command `care` run in it as a person would."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import Any

import httpx

from care import clock
from care.temporal.devserver import free_port

REPOSITORY = Path(__file__).parents[3]
CARE = Path(sys.executable).with_name("care")
# Seconds; what goes well takes none of them, and a busy machine takes what it needs.
PATIENCE = 180.0


@dataclass(frozen=True)
class Answer:
    """What a command said."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Shop:
    """A folder with rules and templates, and settings that keep it apart from every other."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    def care(self, *words: str, given: str = "", **settings: str) -> Answer:
        """Run a command to its end."""
        done = subprocess.run(
            [CARE, *words],
            input=given,
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=self.environment | settings,
            timeout=PATIENCE,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Answer(done.returncode, done.stdout, done.stderr)

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("CARE_", "TEMPORAL"))}
        return kept | {"NO_COLOR": "1", "COLUMNS": "200", "USER": "lan"} | self.settings

    @contextmanager
    def open(self, *command: str) -> Iterator[None]:
        """Keep `care up` running until the block ends."""
        log = self.folder / "up.log"
        with log.open("wb") as out:
            server = subprocess.Popen(
                [CARE, *(command or ("up",))], cwd=self.folder, env=self.environment, stdout=out, stderr=out
            )
        try:
            eventually(lambda: self.is_ready(server, log))
            yield
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=120)

    def is_ready(self, server: subprocess.Popen[bytes], log: Path) -> bool:
        """Whether the API is ready, and the servers that catch messages have opened their files and answer."""
        assert server.poll() is None, log.read_text()
        try:
            httpx.get(self.settings["CARE_SMS_URL"], timeout=5)
            return httpx.get(f"{self.url}/health/ready", timeout=5).is_success
        except httpx.TransportError:
            return False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings['CARE_HTTP_PORT']}"


def a_shop(folder: Path) -> Shop:
    """The shipped rules and templates, and ports of its own."""
    ports = free_ports(5)
    return Shop(
        folder,
        {
            "CARE_RULES_DIR": str(REPOSITORY / "rules"),
            "CARE_TEMPLATES_DIR": str(REPOSITORY / "templates"),
            "CARE_TEMPORAL_ADDRESS": f"127.0.0.1:{ports[0]}",
            "CARE_HTTP_PORT": str(ports[1]),
            "CARE_PUBLIC_URL": f"http://127.0.0.1:{ports[1]}",
            "CARE_SMTP_PORT": str(ports[2]),
            "CARE_MAIL_CATCHER_PORT": str(ports[2]),
            "CARE_SMS_GATEWAY_PORT": str(ports[3]),
            "CARE_SMS_URL": f"http://127.0.0.1:{ports[3]}",
            "CARE_WEBHOOK_PEER_PORT": str(ports[4]),
            "CARE_DURABLE": "false",
        },
    )


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on."""
    ports: set[int] = set()
    while len(ports) < count:
        ports.add(free_port())
    return list(ports)


def eventually(holds: Any, within: float = PATIENCE) -> Any:
    """Ask until the answer is true, and return it."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        answer = holds()
        if answer:
            return answer
        time.sleep(0.1)
    raise AssertionError(f"not within {within:.0f} seconds; the last answer was {answer!r}")


def noon_zone() -> str:
    """A zone where it is about noon, so that no quiet hours hold anything back, whenever the tests run."""
    return f"Etc/GMT{clock.now().astimezone(UTC).hour - 12:+d}"


def purchase(number: int, zone: str = "Asia/Ho_Chi_Minh", **more: Any) -> dict[str, Any]:
    """A washing machine that was delivered."""
    event = {
        "id": f"delivery-{number}",
        "source": "shop",
        "type": "order.delivered",
        "time": "2026-03-02T10:00:00+07:00",
        "customer": {
            "id": f"KH-{number}",
            "name": "Nguyễn Thị Lan",
            "email": f"lan{number}@example.vn",
            "phone": f"09123{number:05}",
            "locale": "vi",
            "timezone": zone,
        },
        "order": {"id": f"DH-{number}", "category": "washing_machine", "total": 12_500_000},
    }
    return event | more
