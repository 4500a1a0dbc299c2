"""The language server that editors use for YAML, spoken to over standard input and output."""

import json
import queue
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
PATIENCE = 60.0
_SETTINGS = {
    "yaml": {"schemaStore": {"enable": False}, "validate": True, "hover": True, "completion": True},
    "http": {"proxy": "", "proxyStrictSSL": False},
}


class LanguageServer:
    """One running yaml-language-server; ask it about texts that stand at a path."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self._heard: queue.Queue[dict[str, Any]] = queue.Queue()
        self._number = 0
        self._opened = 0
        self._told: dict[str, list[dict[str, Any]]] = {}
        threading.Thread(target=self._listen, daemon=True).start()

    def start(self, folder: Path) -> None:
        self._ask("initialize", {"processId": None, "rootUri": folder.as_uri(), "capabilities": _CAPABILITIES})
        self._say("initialized", {})
        self._say("workspace/didChangeConfiguration", {"settings": _SETTINGS})

    def problems(self, path: Path, text: str) -> list[str]:
        """What the server tells of a text, as ``line: message``, lines counted from 1."""
        uri = self._open(path, text)
        while uri not in self._told:
            self._hear()
        found = self._told[uri]
        return [f"{each['range']['start']['line'] + 1}: {each['message']}" for each in found]

    def completions(self, path: Path, text: str) -> dict[str, dict[str, Any]]:
        """What it offers at the ``|`` of a text, by label."""
        answer = self._at("textDocument/completion", path, text)
        return {item["label"]: item for item in answer["items"]}

    def hover(self, path: Path, text: str) -> str:
        """What it shows at the ``|`` of a text."""
        answer = self._at("textDocument/hover", path, text)
        return str(answer["contents"]["value"]) if answer else ""

    def _at(self, method: str, path: Path, text: str) -> Any:
        before, _, after = text.partition("|")
        uri = self._open(path, before + after)
        lines = before.split("\n")
        position = {"line": len(lines) - 1, "character": len(lines[-1])}
        return self._ask(method, {"textDocument": {"uri": uri}, "position": position})

    def _open(self, path: Path, text: str) -> str:
        """Open a text beside a path, under a name of its own: what is told of it is told of no other."""
        self._opened += 1
        uri = path.with_name(f"{self._opened}-{path.name}").as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._say("textDocument/didOpen", {"textDocument": document})
        return uri

    def _ask(self, method: str, params: Any) -> Any:
        self._number += 1
        number = self._number
        self._write({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        while True:
            answer = self._hear()
            if answer.get("id") == number and "method" not in answer:
                assert "error" not in answer, answer["error"]
                return answer["result"]

    def _say(self, method: str, params: Any) -> None:
        self._write({"jsonrpc": "2.0", "method": method, "params": params})

    def _write(self, message: dict[str, Any]) -> None:
        body = json.dumps(message).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _hear(self) -> dict[str, Any]:
        """The next message; what the server asks is answered, what it tells of a file is kept."""
        message = self._heard.get(timeout=PATIENCE)
        method = message.get("method")
        if method == "textDocument/publishDiagnostics":
            self._told[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif method is not None and "id" in message:
            asked = message["params"].get("items", []) if method == "workspace/configuration" else []
            result = [_SETTINGS.get(each.get("section", "")) for each in asked] or None
            self._write({"jsonrpc": "2.0", "id": message["id"], "result": result})
        return message

    def _listen(self) -> None:
        out = self._process.stdout
        assert out is not None
        while line := out.readline():
            length = 0
            while line.strip():
                name, _, value = line.decode().partition(":")
                length = int(value) if name.lower() == "content-length" else length
                line = out.readline()
            self._heard.put(json.loads(out.read(length)))


_CAPABILITIES = {
    "workspace": {"configuration": True},
    "textDocument": {
        "completion": {"completionItem": {"snippetSupport": True, "documentationFormat": ["markdown", "plaintext"]}},
        "hover": {"contentFormat": ["markdown", "plaintext"]},
        "publishDiagnostics": {},
    },
}


def from_npm(*parts: str) -> Path:
    """A file of the npm packages the tests need; they are installed when they are not there yet."""
    wanted = MODULES.joinpath(*parts)
    if not wanted.exists():
        npm = shutil.which("npm")
        assert npm, "these tests need node and npm: install them, then run 'npm ci' in tests/editor"
        done = subprocess.run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=HERE, check=False)
        assert done.returncode == 0, "npm could not install what tests/editor/package-lock.json names"
    return wanted


@contextmanager
def running(folder: Path) -> Iterator[LanguageServer]:
    """A server for a folder, until the block ends."""
    node = shutil.which("node")
    assert node, "these tests need node: install it, then run 'npm ci' in tests/editor"
    command = [node, str(from_npm("yaml-language-server", "bin", "yaml-language-server")), "--stdio"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder)
    try:
        server = LanguageServer(process)
        server.start(folder)
        yield server
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
