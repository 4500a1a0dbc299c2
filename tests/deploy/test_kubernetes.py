"""The Kubernetes manifests against the published schemas, the settings, the commands and each other."""

from typing import Any

import kubernetes_validate
import pytest

from care.settings import load_settings, settings_table
from tests.deploy.known import OURS, commands, known_settings, server_version, version
from tests.deploy.rendering import KUBERNETES, Manifest, read, rendered

OVERLAYS = sorted(path.name for path in (KUBERNETES / "overlays").iterdir())
# The oldest and the newest Kubernetes this validator knows among those that are supported.
VERSIONS = ("1.34", "1.37")
EXAMPLE = read(KUBERNETES / "base" / "secret.example.yaml")[0]
IMAGES = {"temporalio/server": server_version(), "temporalio/admin-tools": server_version(), "postgres": "17"}


@pytest.fixture(params=OVERLAYS)
def manifests(request: pytest.FixtureRequest) -> list[Manifest]:
    return rendered(KUBERNETES / "overlays" / request.param)


def _of_kind(manifests: list[Manifest], *kinds: str) -> list[Manifest]:
    return [each for each in manifests if each["kind"] in kinds]


def _pods(manifests: list[Manifest]) -> list[Manifest]:
    """Every pod's template."""
    found = [each["spec"]["template"] for each in _of_kind(manifests, "Deployment", "StatefulSet", "Job")]
    return found + [each["spec"]["jobTemplate"]["spec"]["template"] for each in _of_kind(manifests, "CronJob")]


def _containers(manifests: list[Manifest], *, ours: bool = False) -> list[Manifest]:
    found = [each for pod in _pods(manifests) for each in pod["spec"]["containers"]]
    return [each for each in found if each["image"].startswith("aftercare:")] if ours else found


@pytest.mark.parametrize("kubernetes", VERSIONS)
def test_every_manifest_fits_the_published_schema(manifests: list[Manifest], kubernetes: str) -> None:
    for each in [*manifests, EXAMPLE]:
        # KEDA's own kinds are not in Kubernetes' schema.
        if not each["apiVersion"].startswith("keda.sh/"):
            assert kubernetes_validate.validate(each, kubernetes, strict=True) == kubernetes


def test_a_misspelt_field_would_be_found(manifests: list[Manifest]) -> None:
    [worker] = [each for each in _of_kind(manifests, "Deployment") if each["metadata"]["name"] == "aftercare-worker"]
    worker["spec"]["template"]["spec"]["terminationGracePeriod"] = 60
    with pytest.raises(kubernetes_validate.ValidationError, match="terminationGracePeriod"):
        kubernetes_validate.validate(worker, VERSIONS[-1], strict=True)


def test_no_two_manifests_have_one_name(manifests: list[Manifest]) -> None:
    names = [(each["kind"], each["metadata"]["name"]) for each in manifests]
    assert len(names) == len(set(names))


def test_every_setting_is_one_and_every_secret_has_its_place(manifests: list[Manifest]) -> None:
    [config] = [each for each in _of_kind(manifests, "ConfigMap") if each["metadata"]["name"] == "aftercare"]
    given = {**config["data"], **EXAMPLE["stringData"]}
    ours = {name: value for name, value in given.items() if name.startswith(OURS)}
    assert set(ours) <= known_settings()
    assert set(config["data"]) & set(EXAMPLE["stringData"]) == set()
    real = {name for name, _, _ in settings_table()}
    known = {name.removeprefix(OURS).lower(): value for name, value in config["data"].items() if name in real}
    filled = {name.removeprefix(OURS).lower(): "x" * 20 for name in EXAMPLE["stringData"] if name in real}
    settings = load_settings(**{**known, **filled, "database_url": EXAMPLE["stringData"]["CARE_DATABASE_URL"]})
    # What lets it listen beyond its machine, and what pods must share: none may be left to chance.
    assert settings.is_exposed
    assert all((settings.api_key, settings.secret, settings.console_password))
    assert not settings.migrate


def test_every_pod_of_ours_runs_a_command_under_these_settings(manifests: list[Manifest]) -> None:
    containers = _containers(manifests, ours=True)
    assert {each["args"][0] for each in containers} == {"api", "worker", "migrate", "backup"}
    for each in containers:
        assert each["args"][0] in commands()
        sources = [*each["envFrom"]]
        assert sources == [{"configMapRef": {"name": "aftercare"}}, {"secretRef": {"name": "aftercare"}}]
        writable = {mount["mountPath"] for mount in each["volumeMounts"]}
        assert {"/var/lib/aftercare", "/tmp"} <= writable


def test_every_pod_of_ours_can_do_no_more_than_it_needs(manifests: list[Manifest]) -> None:
    nothing = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    assert [each["securityContext"] for each in _containers(manifests, ours=True)] == [nothing] * 4
    for pod in _pods(manifests):
        assert not pod["spec"]["automountServiceAccountToken"]
        assert pod["spec"]["securityContext"]["runAsNonRoot"]
    closed = [each["spec"] for each in _of_kind(manifests, "NetworkPolicy") if not each["spec"]["podSelector"]]
    assert closed == [{"podSelector": {}, "policyTypes": ["Ingress"]}]


def test_every_image_is_the_version_we_know(manifests: list[Manifest]) -> None:
    for each in _containers(manifests):
        name, _, tag = each["image"].partition(":")
        assert tag == (version() if name == "aftercare" else IMAGES[name])


def test_whatever_selects_pods_selects_some(manifests: list[Manifest]) -> None:
    labels = [pod["metadata"]["labels"] for pod in _pods(manifests)]
    selectors = [each["spec"]["selector"] for each in _of_kind(manifests, "Service")]
    for kind, name in (("PodDisruptionBudget", "selector"), ("NetworkPolicy", "podSelector")):
        selectors += [each["spec"][name].get("matchLabels", {}) for each in _of_kind(manifests, kind)]
    for each in selectors:
        assert any(each.items() <= pod.items() for pod in labels), each
    for each in _of_kind(manifests, "Deployment", "StatefulSet"):
        assert each["spec"]["selector"]["matchLabels"] == each["spec"]["template"]["metadata"]["labels"]


def test_ports_are_named_where_they_are_used(manifests: list[Manifest]) -> None:
    for each in _containers(manifests):
        named = {port["name"] for port in each.get("ports", [])}
        probes = [each[name] for name in ("startupProbe", "livenessProbe", "readinessProbe") if name in each]
        for probe in probes:
            reached = probe.get("httpGet") or probe.get("tcpSocket")
            assert reached is None or reached["port"] in named
    for service in _of_kind(manifests, "Service"):
        selected = [
            pod for pod in _pods(manifests) if service["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
        ]
        named = {port["name"] for pod in selected for each in pod["spec"]["containers"] for port in each["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= named


def test_workers_grow_with_the_queue_they_work_on(manifests: list[Manifest]) -> None:
    [scaled] = _of_kind(manifests, "ScaledObject")
    [config] = [each for each in _of_kind(manifests, "ConfigMap") if each["metadata"]["name"] == "aftercare"]
    [worker] = [each for each in _of_kind(manifests, "Deployment") if each["metadata"]["name"] == "aftercare-worker"]
    [trigger] = scaled["spec"]["triggers"]
    told: dict[str, Any] = config["data"]
    assert scaled["spec"]["scaleTargetRef"]["name"] == worker["metadata"]["name"]
    assert "replicas" not in worker["spec"]
    assert trigger["metadata"]["endpoint"] == told["CARE_TEMPORAL_ADDRESS"]
    assert trigger["metadata"]["namespace"] == told["CARE_TEMPORAL_NAMESPACE"]
    assert trigger["metadata"]["taskQueue"] == told["CARE_TASK_QUEUE"]


def test_a_worker_may_finish_what_it_began(manifests: list[Manifest]) -> None:
    from activities.dispatch import _FAREWELL
    from care.temporal.tuning import GRACE

    [worker] = [each for each in _of_kind(manifests, "Deployment") if each["metadata"]["name"] == "aftercare-worker"]
    assert worker["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] > GRACE.total_seconds() + _FAREWELL
