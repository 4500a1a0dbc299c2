"""The manifests as ``kubectl apply --kustomize`` would send them: resources and components, with their patches."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[2] / "deploy"
KUBERNETES = FOLDER / "kubernetes"

Manifest = dict[str, Any]


def read(path: Path) -> list[Any]:
    return [each for each in yaml.safe_load_all(path.read_text(encoding="utf-8")) if each is not None]


def rendered(folder: Path) -> list[Manifest]:
    """What a folder with a kustomization holds."""
    return _rendered(folder, [])


def _rendered(folder: Path, given: list[Manifest]) -> list[Manifest]:
    [kustomization] = read(folder / "kustomization.yaml")
    assert set(kustomization) <= {"apiVersion", "kind", "namespace", "resources", "components", "patches"}
    found = given
    for name in kustomization.get("resources", []):
        path = folder / name
        found = [*found, *(_rendered(path, []) if path.is_dir() else read(path))]
    for name in kustomization.get("components", []):
        found = _rendered(folder / name, found)
    for each in kustomization.get("patches", []):
        [target] = _targets(found, each["target"])
        for step in yaml.safe_load(each["patch"]):
            _apply(target, step)
    return found


def _targets(found: list[Manifest], wanted: dict[str, str]) -> Iterator[Manifest]:
    return (each for each in found if (each["kind"], each["metadata"]["name"]) == (wanted["kind"], wanted["name"]))


def _apply(target: Any, step: dict[str, Any]) -> None:
    """One step of a JSON patch (RFC 6902); what it names must be there, unless it adds it."""
    *way, last = [part.replace("~1", "/").replace("~0", "~") for part in step["path"].strip("/").split("/")]
    for part in way:
        target = target[int(part)] if isinstance(target, list) else target[part]
    assert (last in target) == (step["op"] != "add"), step
    if step["op"] == "remove":
        del target[last]
    else:
        target[last] = step["value"]
