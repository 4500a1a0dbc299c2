"""The compose file and the Dockerfile against the published schema, the settings, the commands and each other."""

import json
import re
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
import yaml

from care.temporal.devserver import _LIMITS
from tests.deploy.known import OURS, commands, known_settings, server_version, version
from tests.deploy.rendering import FOLDER, KUBERNETES, read

SCHEMA = json.loads((files("check_jsonschema") / "builtin_schemas/vendor/compose-spec.json").read_text())
DOCKERFILE = (FOLDER / "Dockerfile").read_text(encoding="utf-8")


@pytest.fixture
def compose() -> dict[str, Any]:
    [found] = read(FOLDER / "compose.yaml")
    assert isinstance(found, dict)
    return found


def test_the_compose_file_fits_the_published_schema(compose: dict[str, Any]) -> None:
    validator = jsonschema.validators.validator_for(SCHEMA)(SCHEMA)
    validator.validate(compose)
    compose["services"]["worker"]["stop_grace"] = "60s"
    assert not validator.is_valid(compose)


def test_every_setting_command_and_version_is_one(compose: dict[str, Any]) -> None:
    services = compose["services"]
    ours = [each for each in services.values() if each["image"].startswith("aftercare:")]
    assert len(ours) == 3
    for each in ours:
        assert each["image"] == f"aftercare:{version()}"
        assert set(each["environment"]) <= known_settings()
        assert each["command"][0] in commands()
    images = {name: each["image"] for name, each in services.items()}
    assert images["temporal"] == f"temporalio/server:{server_version()}"
    assert images["temporal-schema"] == images["temporal-namespace"] == f"temporalio/admin-tools:{server_version()}"


def test_every_service_of_ours_can_do_no_more_than_it_needs(compose: dict[str, Any]) -> None:
    for each in compose["services"].values():
        if each["image"].startswith("aftercare:"):
            assert each["read_only"]
            assert (each["cap_drop"], each["security_opt"]) == (["ALL"], ["no-new-privileges:true"])
        # Nothing listens beyond the machine: TLS stands in front.
        assert all(port.startswith("127.0.0.1:") for port in each.get("ports", []))


def test_what_it_waits_for_is_there(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for each in services.values():
        for name, how in each.get("depends_on", {}).items():
            assert name in services
            assert how["condition"] != "service_healthy" or "healthcheck" in services[name]


def test_everything_it_asks_of_the_environment_is_in_the_example(compose: dict[str, Any]) -> None:
    asked = set(re.findall(r"\$\{(\w+)", (FOLDER / "compose.yaml").read_text(encoding="utf-8")))
    example = (FOLDER / "compose.env.example").read_text(encoding="utf-8")
    named = set(re.findall(r"^(\w+)=", example, re.MULTILINE))
    assert asked == named
    assert {name for name in named if name.startswith(OURS)} <= known_settings()


def test_the_image_holds_what_is_locked_and_runs_as_nobody_special() -> None:
    assert "pip wheel --no-cache-dir --no-deps --require-hashes" in DOCKERFILE
    assert DOCKERFILE.count("pip install") == DOCKERFILE.count("--no-index --find-links /wheels") == 2
    assert re.findall(r"^USER (.*)$", DOCKERFILE, re.MULTILINE) == ["10001:10001"]
    assert set(re.findall(r"(CARE_\w+)=", DOCKERFILE)) <= known_settings()
    assert f"aftercare:{version()}" in DOCKERFILE
    for copied in re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE):
        for name in copied.split():
            assert (FOLDER.parent / name).exists()


def test_the_build_sees_what_the_package_is_made_of() -> None:
    let_in = re.findall(r"^!(.*)$", (FOLDER / "Dockerfile.dockerignore").read_text(encoding="utf-8"), re.MULTILINE)
    assert {"care", "workflows", "activities", "worker.py", "pyproject.toml", "requirements.lock", "README.md"} <= {
        *let_in
    }
    assert all((FOLDER.parent / name).exists() for name in let_in)


def test_postgresql_has_one_major_version(compose: dict[str, Any]) -> None:
    [client] = re.findall(r"postgresql-client-(\d+)", DOCKERFILE)
    manifests = read(KUBERNETES / "components" / "postgres" / "postgres.yaml")
    [container] = manifests[0]["spec"]["template"]["spec"]["containers"]
    assert {compose["services"]["postgres"]["image"], container["image"]} == {f"postgres:{client}"}


def test_the_server_gets_what_our_own_gets(compose: dict[str, Any]) -> None:
    [given] = read(FOLDER / "temporal" / "dynamicconfig.yaml")
    [there, *_] = read(KUBERNETES / "components" / "temporal" / "server.yaml")
    assert yaml.safe_load(there["data"]["dynamicconfig.yaml"]) == given
    assert {name: str(values[0]["value"]) for name, values in given.items()}.items() <= _LIMITS.items()
    assert compose["services"]["temporal"]["environment"]["NUM_HISTORY_SHARDS"] == "512"
