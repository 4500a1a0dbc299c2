"""One real run, seen from outside: its traces, its metrics, its logs, its probes, and what the doctor says of it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from care.telemetry import meters
from tests.acceptance.cli.shop import Answer, a_shop, eventually, free_ports, noon_zone, purchase
from tests.telemetry.collector import Collector, Span, a_collector
from tests.telemetry.promql import alerts, exposed, expressions, labels_in, metrics_in

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"
TRACE = "0af7651916cd43dd8448eb211c80319c"
SHOPS_SPAN = "b7ad6b7169203331"
PERSONAL = ("lan1@example.vn", "example.vn", "Nguyễn", "Lan", "0912300001", "912300001", "KH-1", "DH-1")
WAY = [
    "POST /v1/events",
    "SignalWithStartWorkflow:CustomerCare",
    "StartActivity:decide",
    "RunActivity:decide",
    "send_message",
    "deliver email",
]


@dataclass
class Run:
    """What a shop told of itself while it took one purchase and sent one message."""

    collector: Collector
    api: str = ""
    worker: str = ""
    probes: dict[str, httpx.Response] = field(default_factory=dict)
    doctor: Answer = field(default_factory=lambda: Answer(0, "", ""))
    logs: dict[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()

    @property
    def delivered(self) -> list[Span]:
        return [span for span in self.collector.spans if span.name == WAY[-1]]

    def way_to(self, span: Span) -> list[Span]:
        above = [each for each in self.collector.spans if each.id == span.parent]
        return [*(self.way_to(above[0]) if above else []), span]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    shop = a_shop(tmp_path_factory.mktemp("shop"))
    (port,) = free_ports(1)
    with a_collector() as collector:
        shop.settings |= {
            "CARE_METRICS_PORT": str(port),
            "CARE_LOG_FORMAT": "json",
            "CARE_LOG_LEVEL": "info",
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_BSP_SCHEDULE_DELAY": "200",
        }
        seen, worker = Run(collector), f"http://127.0.0.1:{port}"
        with shop.open():
            data = shop.folder / "data"
            key = (data / "api.key").read_text().strip()
            headers = {"Authorization": f"Bearer {key}", "traceparent": f"00-{TRACE}-{SHOPS_SPAN}-01"}
            taken = httpx.post(f"{shop.url}/v1/events", json=purchase(1, noon_zone()), headers=headers, timeout=30)
            assert taken.status_code == 202, taken.text
            eventually(lambda: seen.delivered)
            asked = "/v1/customers/KH-1"
            assert httpx.get(shop.url + asked, headers=headers, timeout=30).json()["email"] == "lan1@example.vn"
            ready = f"{shop.url}/health/ready?strict=true"
            eventually(lambda: httpx.get(ready, timeout=30).is_success)
            for name in ("live", "ready"):
                seen.probes[f"api {name}"] = httpx.get(f"{shop.url}/health/{name}", timeout=30)
                seen.probes[f"worker {name}"] = httpx.get(f"{worker}/health/{name}", timeout=30)
            seen.api = httpx.get(f"{shop.url}/metrics", timeout=30).text
            seen.worker = httpx.get(f"{worker}/metrics", timeout=30).text
            seen.doctor = shop.care("doctor", "--json")
            seen.secrets = (key, (data / "secret.key").read_text().strip())
        seen.logs = {file.stem: file.read_text(encoding="utf-8") for file in (data / "logs").iterdir()}
        yield seen


def test_one_trace_leads_from_the_purchase_over_two_processes_to_the_message(run: Run) -> None:
    (delivered,) = run.delivered
    way = run.way_to(delivered)
    assert [span.name for span in way] == WAY
    assert {span.trace for span in way} == {TRACE}
    assert way[0].parent == SHOPS_SPAN
    assert [way[0].service, way[-1].service] == ["aftercare-api", "aftercare-worker"]
    assert way[-1].attributes["care.outcome"] == "sent"
    ran = [span for span in run.collector.spans if span.name == "RunActivity:decide" and span.trace == TRACE]
    assert way[2].id in {span.parent for span in ran}


def test_nothing_personal_and_no_secret_is_told(run: Run) -> None:
    spans = b"".join(run.collector.raw).decode("utf-8", errors="replace")
    told = {"spans": spans, "api": run.api, "worker": run.worker, "doctor": run.doctor.out, **run.logs}
    found = [(where, word) for where, text in told.items() for word in (*PERSONAL, *run.secrets) if word in text]
    assert found == []
    assert "/v1/customers/{id:path}" in spans


def test_probes_tell_part_by_part(run: Run) -> None:
    assert {name: answer.status_code for name, answer in run.probes.items()} == dict.fromkeys(run.probes, 200)
    parts = {name: set(run.probes[f"{name} ready"].json()["parts"]) for name in ("api", "worker")}
    assert parts == {
        "api": {"store", "rules", "disk", "temporal", "workers", "sweep"},
        "worker": {"store", "rules", "disk", "temporal", "sweep"},
    }
    assert run.probes["api ready"].json()["status"] == "ok"


def test_a_healthy_shop_has_nothing_broken(run: Run) -> None:
    said = run.doctor.json
    assert (run.doctor.status, said["verdict"]) == (0, "warning"), run.doctor.out
    assert [each["what"] for each in said["findings"] if each["verdict"] != "ok"] == ["CARE_DURABLE"]


def test_a_log_line_is_json_with_ids_and_the_trace(run: Run) -> None:
    lines = [json.loads(line) for name in ("worker", "api") for line in run.logs[name].splitlines()]
    (sent,) = [line for line in lines if line["message"] == "send_message: sent"]
    assert sent["customer"].startswith("c_")
    assert (sent["level"], sent["logger"], sent["trace"]) == ("info", "care.activities", TRACE)
    assert (sent["journey"], sent["channel"], sent["activity"]) == ("washing_machine_care", "email", "send_message")
    assert sent["order"].endswith("send:thank_you/1:email")


def test_what_happened_is_counted(run: Run) -> None:
    for line in (
        'care_messages_total{channel="email",outcome="sent",purpose="care"} 1.0',
        'care_message_lateness_seconds_count{channel="email",purpose="care"} 1.0',
        'care_enrolments_total{journey="washing_machine_care",what="entered"} 1.0',
        "care_event_lateness_seconds_count 1.0",
        'care_decision_seconds_count{trigger="event"} 1.0',
    ):
        assert line in run.worker, line
    for line in (
        'care_events_total{result="accepted"} 1.0',
        "care_customers_active 1.0",
        'care_enrolments_running{journey="washing_machine_care"} 1.0',
        "care_published_revision 1.0",
        "care_store_up 1.0",
    ):
        assert line in run.api, line


def labels_of_ours() -> dict[str, set[str]]:
    """The labels of metrics that had nothing to count in this run."""
    found: dict[str, set[str]] = {}
    for each in vars(meters).values():
        for family in each.describe() if hasattr(each, "_labelnames") else ():
            total = "_total" if family.type == "counter" else ""
            found[family.name + total] = set(each._labelnames)
    return found


@pytest.mark.parametrize("place", expressions())
def test_the_dashboard_and_the_alerts_name_what_is_really_exposed(run: Run, place: str) -> None:
    expression = expressions()[place]
    known: dict[str, set[str]] = exposed(run.worker)
    for name, labels in (*exposed(run.api).items(), *labels_of_ours().items()):
        known[name] = known.get(name, set()) | labels
    named = metrics_in(expression)
    assert named
    assert named <= set(known)
    assert labels_in(expression) <= set().union(*(known[name] for name in named))


def documented() -> dict[str, tuple[set[str], str]]:
    """The metrics of the table in docs/operations.md, with their labels and meaning."""
    found = {}
    for line in OPERATIONS.read_text(encoding="utf-8").splitlines():
        if line.startswith("| `care_"):
            _, name, labels, _, meaning, _ = (cell.strip() for cell in line.split("|"))
            found[name.strip("`")] = ({label.strip(" `") for label in labels.split(",") if label}, meaning)
    return found


def test_the_table_of_metrics_is_what_is_exposed(run: Run) -> None:
    ours: dict[str, set[str]] = {}
    for told in (run.api, run.worker):
        for name, labels in exposed(told).items():
            if name.startswith("care_"):
                ours[name] = ours.get(name, set()) | (labels - {"le"})
    for name, labels in labels_of_ours().items():
        ours[name] |= labels
    meanings = dict(re.findall(r"^# HELP (care_\w+) (.*)$", run.api + "\n" + run.worker, re.MULTILINE))
    assert documented() == {name: (labels, meanings[name]) for name, labels in ours.items()}


def test_every_alert_says_what_to_do() -> None:
    page = OPERATIONS.read_text(encoding="utf-8")
    named = re.findall(r"^### (\w+)$", page, re.MULTILINE)
    assert named == [rule["alert"] for rule in alerts()]
    for rule in alerts():
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"]
