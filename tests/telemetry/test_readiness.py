"""Probes are answered soon, whatever a part does."""

import asyncio

from care.health.readiness import NotReady, Part, Readiness


async def fine() -> None:
    pass


async def wrong() -> None:
    raise NotReady("it is empty")


async def test_only_what_is_needed_makes_a_process_not_ready() -> None:
    degraded = await Readiness((Part("store", fine), Part("sweep", wrong, needed=False))).look()
    assert (degraded.ready, degraded.status, degraded.missing) == (True, "degraded", "sweep: it is empty")
    missing = await Readiness((Part("store", wrong), Part("sweep", fine, needed=False))).look()
    assert (missing.ready, missing.status) == (False, "unavailable")


async def test_a_part_that_hangs_is_given_up_soon_and_not_asked_again_meanwhile() -> None:
    asked, going_on = [], asyncio.Event()

    async def hangs() -> None:
        asked.append(1)
        await going_on.wait()

    readiness = Readiness((Part("store", hangs),), patience=0.05)
    first = await readiness.look()
    readiness._report = None  # As if the answer had grown old.
    again = await readiness.look()
    assert [report.missing for report in (first, again)] == ["store: no answer within 0.05 seconds"] * 2
    assert len(asked) == 1
    going_on.set()
    await asyncio.sleep(0)
    readiness._report = None
    assert (await readiness.look()).ready


async def test_whatever_breaks_is_told_without_foreign_words() -> None:
    async def breaks() -> None:
        raise ValueError("lan@example.vn")

    report = await Readiness((Part("store", breaks),)).look()
    assert report.missing == "store: ValueError"


async def test_many_probes_at_once_ask_once() -> None:
    asked = []

    async def counts() -> None:
        asked.append(1)
        await asyncio.sleep(0)

    readiness = Readiness((Part("store", counts),))
    await asyncio.gather(*(readiness.look() for _ in range(20)))
    assert len(asked) == 1
