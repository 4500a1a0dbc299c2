"""What the kills did, counted at the peer: a table of channel and phase."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field

from tests.kill_matrix.cases import BEFORE_IT_LEAVES, ROUTES, Trial

ASKED = frozenset(route.name for route in ROUTES if route.asked)
_EARLY = frozenset(f"wire: {point}" for point in BEFORE_IT_LEAVES)


@dataclass(slots=True)
class Row:
    """What became of the messages whose sender was killed in one phase of one channel.

    Attributes:
        sent: Settled as sent, and received once.
        unknown: Nobody knows, where nobody can.
        lost: Settled as sent, or not at all, and never received; or given up though nothing was wrong.
        doubled: Received more than once.
        evasive: ``unknown`` though it could have been known.
    """

    kills: int = 0
    sent: int = 0
    unknown: int = 0
    lost: int = 0
    doubled: int = 0
    evasive: int = 0


@dataclass(slots=True)
class Verdict:
    """The table, and what is wrong in words."""

    rows: dict[tuple[str, str], Row] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    @property
    def total(self) -> Row:
        """All rows together."""
        names = list(Row.__dataclass_fields__)
        return Row(**{name: sum(getattr(row, name) for row in self.rows.values()) for name in names})

    def as_json(self) -> dict[str, object]:
        """The same as plain JSON."""
        rows = [{"channel": route, "phase": phase, **asdict(row)} for (route, phase), row in sorted(self.rows.items())]
        return {"rows": rows, "total": asdict(self.total), "faults": self.faults}


def judge(trials: Iterable[Trial], received: Mapping[str, int]) -> Verdict:
    """Count what became of every message.

    A trial counts in the phase of the kill that left it in doubt, else of its first; every kill counts where it fell.

    Args:
        received: Marker to how often the peer has the message.
    """
    verdict = Verdict()
    for trial in trials:
        for phase, _ in trial.kills:
            verdict.rows.setdefault((trial.route, phase), Row()).kills += 1
        for marker in trial.earlier:
            if received.get(marker, 0) != 1:
                verdict.faults.append(f"{trial.route}: {marker}, sent before, was received {received.get(marker, 0)}×")
        if not trial.kills:
            continue
        doubtful = _in_doubt(trial)
        row = verdict.rows[trial.route, doubtful[0] if doubtful else trial.kills[0][0]]
        became = _became(trial, received.get(trial.marker, 0))
        setattr(row, became, getattr(row, became) + 1)
        if became in ("lost", "doubled", "evasive"):
            verdict.faults.append(f"{became}: {trial}, received {received.get(trial.marker, 0)}×")
        if any(phase in _EARLY and claimed == "transmitting" for phase, claimed in trial.kills):
            verdict.faults.append(f"marked as leaving before it could: {trial}")
    return verdict


def _became(trial: Trial, received: int) -> str:
    if received > 1:
        return "doubled"
    if trial.outcome == "unknown" and trial.phase == "unknown":
        return "unknown" if _in_doubt(trial) and trial.route not in ASKED else "evasive"
    settled = trial.outcome == "sent" and trial.phase == "sent"
    return "sent" if settled and received == 1 else "lost"


def _in_doubt(trial: Trial) -> list[str]:
    """The kills that came after the mark: right before its first byte, so that it may have left without a trace."""
    return [phase for phase, claimed in trial.kills if claimed == "transmitting" and phase not in _EARLY]
