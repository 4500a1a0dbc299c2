"""Whether nobody could know what became of a message: the wire and the faults must say why."""

from datetime import timedelta

from care.store.claims import Claim
from tests.chaos.evidence import LAG, word_of
from tests.chaos.faults import EVERYTHING, Fault, Kind
from tests.chaos.installation import WORKERS
from tests.chaos.run import Ran
from tests.chaos.sightings import Sighting

# After this a claim's instants may be late: whole seconds, and the time an answer takes to be written down.
_SLACK = timedelta(seconds=2)
# As long as a worker that holds an answer tries to write it down.
_WRITING = timedelta(seconds=90)
_YES = (250, 201)
_STOPS: tuple[Kind, ...] = ("kill", "stall")
_BREAKS: tuple[Kind, ...] = ("cut", "hang")
_STORE = ("postgres", "store")


class Proofs:
    """Knows the faults and the sightings of a run."""

    def __init__(self, ran: Ran) -> None:
        self._ran = ran
        self._faults = [fault for fault in ran.faults if fault.began is not None and fault.ended is not None]

    def why(self, claim: Claim) -> str:
        """Why nobody could know; empty when somebody could."""
        seen = self._seen(claim)
        if not seen:
            if self._dropped(claim):
                return "the connection broke under its first byte"
            stopped = self._met(claim, WORKERS, _STOPS)
            return f"its sender stopped before the first byte: {stopped.kind} a worker" if stopped is not None else ""
        answered = [each for each in seen if each.answer]
        if not answered:
            return "no answer came back over the wire"
        last = answered[-1]
        if last.answer not in _YES:
            return "" if last.answer < 500 else "the peer failed while it had the message"
        if self._met(claim, (_link(claim),), _BREAKS, since=last) is not None:
            return "the answer was lost with its connection"
        stopped = self._met(claim, WORKERS, _STOPS, since=last) or self._met(claim, _STORE, None, since=last)
        return (
            f"the answer came, and who had it could not write it down: {stopped.kind} {_part(stopped)}"
            if stopped
            else ""
        )

    def story(self, claim: Claim) -> str:
        """What was seen of a message that was called unknown without need."""
        seen = ", ".join(
            f"handed over {each.began:%H:%M:%S.%f}, whole {each.whole:%H:%M:%S.%f}, answer {each.answer}"
            if each.whole is not None
            else f"begun {each.began:%H:%M:%S.%f}"
            for each in self._seen(claim)
        )
        marked = f"{claim.transmitting_at:%H:%M:%S}" if claim.transmitting_at is not None else "never"
        settled = f"{claim.settled_at:%H:%M:%S}" if claim.settled_at is not None else "never"
        return f"marked {marked}, settled {settled} ({claim.code}); on the wire: {seen or 'nothing'}; {word_of(claim)}"

    def _seen(self, claim: Claim) -> list[Sighting]:
        return list(self._ran.evidence.sighted.get(self._ran.evidence.name_of(claim), ()))

    def _dropped(self, claim: Claim) -> bool:
        """Whether its link lost a connection between the mark and the settling."""
        begins, ends = claim.transmitting_at, claim.settled_at or self._ran.ended
        dropped = self._ran.installed.links[_link(claim)].dropped
        return begins is not None and any(begins - _SLACK <= at <= ends + _SLACK + LAG for at in dropped)

    def _met(
        self, claim: Claim, targets: tuple[str, ...], kinds: tuple[Kind, ...] | None, since: Sighting | None = None
    ) -> Fault | None:
        """A fault of these kinds (any unless given) that lay between the mark, or an answer, and the settling."""
        begins = since.answered if since is not None else claim.transmitting_at
        ends = claim.settled_at or self._ran.ended
        if begins is None:
            return None
        # A claim may have been settled by a worker whose clock was wrong.
        ends = min(max(ends, begins), begins + _WRITING)
        for fault in self._faults:
            assert fault.began is not None
            assert fault.ended is not None
            touches = fault.began <= ends + _SLACK and fault.ended >= begins - _SLACK
            whom = fault.target in targets or (fault.target == EVERYTHING and fault.kind in _STOPS)
            if touches and whom and (kinds is None or fault.kind in kinds):
                return fault
        return None


def _link(claim: Claim) -> str:
    return "relay" if claim.channel == "email" else "gateway"


def _part(fault: Fault) -> str:
    return "a worker" if fault.target in WORKERS else fault.target
