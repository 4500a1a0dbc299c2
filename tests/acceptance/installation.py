"""A running installation for the tests: `care up` in a folder, with everything in it that can be killed."""

import signal

import httpx
import psutil

from tests.acceptance.cli.shop import CARE, Shop, eventually, purchase


class Installation:
    """`care up` in a folder, with what can be killed in it."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.data = shop.folder / "data"
        self.process = self._start()

    def _start(self) -> psutil.Popen:
        with (self.shop.folder / "up.log").open("ab") as log:
            started = psutil.Popen(
                [CARE, "up"],
                cwd=self.shop.folder,
                env=self.shop.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        eventually(self._ready, within=60)
        return started

    def _ready(self) -> bool:
        try:
            return httpx.get(f"{self.shop.url}/health/ready", timeout=5).is_success
        except httpx.TransportError:
            return False

    def kill(self, word: str) -> None:
        """Kill -9 the child whose command line holds the word."""
        victims = [each for each in self.process.children() if word in " ".join(each.cmdline())]
        assert len(victims) == 1, [each.cmdline() for each in self.process.children()]
        victims[0].send_signal(signal.SIGKILL)

    def kill_everything(self) -> None:
        """Kill -9 the parent and every child at once."""
        children = self.process.children(recursive=True)
        for each in (self.process, *children):
            each.send_signal(signal.SIGKILL)
        self.process.wait()
        psutil.wait_procs(children, timeout=10)

    def start_again(self) -> None:
        self.process = self._start()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=30)

    @property
    def authorised(self) -> dict[str, str]:
        """The header that lets events in."""
        return {"Authorization": f"Bearer {(self.data / 'api.key').read_text().strip()}"}

    def buy(self, numbers: range, zone: str = "Asia/Ho_Chi_Minh") -> None:
        """Post purchases in one batch; nothing may answer but 202."""
        answer = httpx.post(
            f"{self.shop.url}/v1/events",
            json=[purchase(number, zone) for number in numbers],
            headers=self.authorised,
            timeout=30,
        )
        assert answer.status_code == 202, answer.text
