import asyncio
import re
from collections.abc import Callable

import pytest

from activities.channels.smtp_conversation import SmtpServer
from activities.channels.smtp_pool import Pool
from tests.integration.sending.leaving import at_once
from tests.integration.sending.mail_out import a_channel, a_message
from tests.integration.sending.scripted_smtp import HANG_UP, SILENCE, ScriptedServer, scripted_server

ONE = {"connections": 1}
OK = "250 2.1.0 OK"
DIALOGUE = re.compile(r"(EHLO )((NOOP |RSET )?MAIL RCPT DATA )*(QUIT )?")


async def until(met: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not met():
            await asyncio.sleep(0.01)


def verbs(heard: list[str]) -> list[str]:
    return [line.partition(" ")[0] for line in heard]


def recipients(server: ScriptedServer) -> list[str]:
    return [line[len("RCPT TO:<") : -1] for line in server.heard_verb("RCPT")]


async def test_messages_share_a_connection_and_it_is_ended_politely() -> None:
    async with scripted_server() as server, a_channel(server.port) as channel:
        for number in range(5):
            assert (await channel.deliver(a_message(f"lan{number}@example.vn"), at_once)).outcome == "sent"
        await channel.close()
        await until(lambda: not server.open)
    assert [verbs(heard) for heard in server.connections] == [["EHLO", *["MAIL", "RCPT", "DATA"] * 5, "QUIT"]]


async def test_many_at_once_share_a_few_connections_and_no_connection_has_two_owners() -> None:
    async with scripted_server(delay=0.002) as server:
        async with a_channel(server.port, connections=3, timeout=10, dot_timeout=10) as channel:
            people = [f"lan{number}@example.vn" for number in range(60)]
            messages = [a_message(to, key=f"k{to}") for to in people]
            for batch in (messages[:30], messages[30:]):
                outcomes = await asyncio.gather(*(channel.deliver(message, at_once) for message in batch))
                assert {delivery.outcome for delivery in outcomes} == {"sent"}
                assert server.open == 3
        await until(lambda: not server.open)
    assert len(server.connections) == 3
    assert sorted(recipients(server)) == sorted(people)
    for heard in server.connections:
        assert DIALOGUE.fullmatch("".join(f"{verb} " for verb in verbs(heard))), heard
    for content in server.messages:
        to = re.search(rb"^To: (.+)\r$", content, re.MULTILINE)
        assert to is not None
        assert f"Message-ID: <{a_message(key=f'k{to[1].decode()}').reference}@".encode() in content


async def test_a_connection_is_replaced_after_its_number_of_messages_and_when_it_is_old() -> None:
    async with scripted_server() as server:
        async with a_channel(server.port, longest=2) as channel:
            for _ in range(5):
                assert (await channel.deliver(a_message(), at_once)).outcome == "sent"
        assert [len(heard) for heard in server.connections] == [8, 8, 5]
    async with scripted_server() as server:
        async with a_channel(server.port, oldest=0) as channel:
            for _ in range(3):
                assert (await channel.deliver(a_message(), at_once)).outcome == "sent"
        assert len(server.connections) == 3


async def test_a_connection_nobody_needs_is_closed_before_the_server_would_close_it() -> None:
    async with scripted_server() as server, a_channel(server.port, idle=0.01) as channel:
        await channel.deliver(a_message(), at_once)
        await until(lambda: not server.open)
        assert verbs(server.heard)[-1] == "QUIT"
        assert (await channel.deliver(a_message(), at_once)).outcome == "sent"


async def test_a_connection_that_was_quiet_for_a_while_is_asked_whether_it_still_stands() -> None:
    async with scripted_server() as server:
        async with a_channel(server.port, trusted=0) as channel:
            for _ in range(2):
                assert (await channel.deliver(a_message(), at_once)).outcome == "sent"
        [heard] = server.connections
    assert verbs(heard)[3:6] == ["DATA", "NOOP", "MAIL"]


@pytest.mark.parametrize("how", [HANG_UP, SILENCE, "421 4.4.2 Idle too long", "502 No", "malformed"])
async def test_a_connection_that_does_not_answer_for_itself_is_replaced_unseen(how: str) -> None:
    async with scripted_server(NOOP=how) as server, a_channel(server.port, trusted=0) as channel:
        for _ in range(2):
            assert (await channel.deliver(a_message(), at_once)).outcome == "sent"
        assert len(server.connections) == len(server.messages) == 2


@pytest.mark.parametrize("how", [HANG_UP, SILENCE, "421 4.4.2 Idle too long", "malformed"])
async def test_a_connection_that_died_before_the_sender_was_named_is_replaced_unseen_once(how: str) -> None:
    async with scripted_server(MAIL=[OK, how, OK]) as server, a_channel(server.port) as channel:
        for _ in range(2):
            assert (await channel.deliver(a_message(), at_once)).outcome == "sent"
        assert len(server.connections) == len(server.messages) == 2
    async with scripted_server(MAIL=[OK, how]) as server, a_channel(server.port) as channel:
        assert (await channel.deliver(a_message(), at_once)).outcome == "sent"
        assert (await channel.deliver(a_message(), at_once)).outcome == "retry"
        assert len(server.heard_verb("MAIL")) == 3


async def test_a_server_that_hung_up_between_two_messages_is_called_again() -> None:
    async with scripted_server() as server, a_channel(server.port) as channel:
        await channel.deliver(a_message(), at_once)
        server.hang_up()
        await until(lambda: not server.open)
        assert (await channel.deliver(a_message(), at_once)).outcome == "sent"
        assert len(server.messages) == 2


@pytest.mark.parametrize("how", [HANG_UP, SILENCE, "malformed"])
@pytest.mark.parametrize("verb", ["RCPT", "DATA"])
async def test_a_used_connection_that_breaks_before_the_message_leaves_it_to_be_tried_again(
    verb: str, how: str
) -> None:
    script = {verb: [OK if verb == "RCPT" else "354 Go ahead", how]}
    async with scripted_server(**script) as server, a_channel(server.port) as channel:
        assert (await channel.deliver(a_message(), at_once)).outcome == "sent"
        assert (await channel.deliver(a_message(), at_once)).outcome == "retry"
        assert len(server.messages) == 1


@pytest.mark.parametrize("how", [HANG_UP, SILENCE, "malformed"])
async def test_a_used_connection_silent_after_the_final_dot_leaves_the_outcome_open(how: str) -> None:
    async with scripted_server(dot=[OK, how]) as server, a_channel(server.port) as channel:
        assert (await channel.deliver(a_message(), at_once)).outcome == "sent"
        delivery = await channel.deliver(a_message(), at_once)
        assert (delivery.outcome, delivery.code) == ("unknown", "unanswered")
        assert len(server.messages) == 2
        assert len(server.connections) == 1


@pytest.mark.parametrize(
    ("verb", "refusal", "outcome"),
    [
        ("MAIL", "451 4.3.0 Busy", "retry"),
        ("RCPT", "550 5.1.1 Nobody", "failed"),
        ("DATA", "451 4.3.0 Busy", "retry"),
        ("dot", "554 5.7.1 Spam", "failed"),
    ],
)
async def test_after_a_refusal_the_server_forgets_before_the_next_message(
    verb: str, refusal: str, outcome: str
) -> None:
    polite = {"DATA": "354 Go ahead"}.get(verb, OK)
    async with scripted_server(**{verb: [polite, refusal, polite]}) as server:
        async with a_channel(server.port) as channel:
            assert (await channel.deliver(a_message(), at_once)).outcome == "sent"
            assert (await channel.deliver(a_message(), at_once)).outcome == outcome
            assert (await channel.deliver(a_message(), at_once)).outcome == "sent"
        [heard] = server.connections
    assert verbs(heard).count("RSET") == 1
    assert verbs(heard)[verbs(heard).index("RSET") + 1] == "MAIL"


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "dot"])
async def test_a_server_that_says_it_is_closing_is_not_spoken_to_again(verb: str) -> None:
    async with scripted_server(**{verb: ["421 4.3.2 Closing", OK]}) as server, a_channel(server.port) as channel:
        assert (await channel.deliver(a_message(), at_once)).outcome == "retry"
        assert (await channel.deliver(a_message(), at_once)).outcome == "sent"
        assert len(server.connections) == 2


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
async def test_a_server_that_answers_twice_never_has_its_answers_taken_for_others(verb: str) -> None:
    twice = f"{OK}\r\n{OK}" if verb != "DATA" else f"{OK}\r\n354 Go ahead"
    async with scripted_server(**{verb: twice}) as server, a_channel(server.port) as channel:
        for _ in range(2):
            assert (await channel.deliver(a_message(), at_once)).outcome == "retry"
    assert len(server.connections) == 2


async def test_a_login_that_was_refused_leaves_no_connection_behind() -> None:
    greeting = "250-mail.example\r\n250 AUTH PLAIN"
    script = {"EHLO": greeting, "AUTH": "535 5.7.8 Wrong"}
    async with scripted_server(**script) as server, a_channel(server.port, username="shop", password="x") as channel:
        for _ in range(2):
            assert (await channel.deliver(a_message(), at_once)).code == "provider_setup"
        assert len(server.connections) == 2
        assert not server.heard_verb("MAIL")


async def test_a_message_that_finds_no_free_connection_in_time_is_tried_again_later() -> None:
    async with scripted_server(dot=SILENCE) as server, a_channel(server.port, **ONE, patience=0.05) as channel:
        first = asyncio.create_task(channel.deliver(a_message(), at_once))
        await until(lambda: bool(server.messages))
        delivery = await channel.deliver(a_message(), at_once)
        assert (delivery.outcome, delivery.code) == ("retry", "busy")
        assert (await first).outcome == "unknown"
        assert len(server.messages) == 1


async def test_a_transactional_message_goes_before_the_others_that_wait() -> None:
    async with scripted_server(delay=0.01) as server, a_channel(server.port, **ONE, timeout=5) as channel:
        waiting = [channel.deliver(a_message(f"{n}@example.vn", purpose="marketing"), at_once) for n in range(4)]
        tasks = [asyncio.create_task(each) for each in waiting]
        await until(lambda: bool(server.heard_verb("MAIL")))
        assert (await channel.deliver(a_message("now@example.vn", purpose="transactional"), at_once)).outcome == "sent"
        await asyncio.gather(*tasks)
        assert recipients(server) == [f"{who}@example.vn" for who in ("0", "now", "1", "2", "3")]


async def test_a_delivery_that_is_called_off_gives_its_place_and_its_connection_up() -> None:
    async with scripted_server(RCPT=[SILENCE, OK]) as server, a_channel(server.port, **ONE, timeout=5) as channel:
        speaking = asyncio.create_task(channel.deliver(a_message(), at_once))
        await until(lambda: bool(server.heard_verb("RCPT")))
        waiting = asyncio.create_task(channel.deliver(a_message(), at_once))
        await asyncio.sleep(0)
        for task in (waiting, speaking):
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert (await channel.deliver(a_message(), at_once)).outcome == "sent"
        assert len(server.connections) == 2


async def test_a_place_given_to_a_message_that_is_called_off_at_that_instant_goes_to_the_next() -> None:
    pool = Pool(SmtpServer("127.0.0.1", 25, connections=1), "shop.example")
    await pool.enter(urgent=False)
    waiting = asyncio.create_task(pool.enter(urgent=False))
    await asyncio.sleep(0)
    pool.leave()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.wait_for(pool.enter(urgent=False), 1)


async def test_a_message_on_its_way_while_the_channel_closes_is_delivered_and_its_connection_ended() -> None:
    async with scripted_server(delay=0.02) as server, a_channel(server.port, timeout=5) as channel:
        delivering = asyncio.create_task(channel.deliver(a_message(), at_once))
        await until(lambda: bool(server.heard_verb("MAIL")))
        await channel.close()
        assert (await delivering).outcome == "sent"
        await until(lambda: not server.open)


async def test_a_domain_that_is_sent_to_slowly_keeps_no_connection_from_the_others() -> None:
    async with (
        scripted_server() as server,
        a_channel(server.port, **ONE, domain_rate=5, patience=0.3, timeout=5) as channel,
    ):
        deliveries = [asyncio.create_task(channel.deliver(a_message(f"{n}@slow.example"), at_once)) for n in range(2)]
        for number in range(5):
            assert (await channel.deliver(a_message(f"lan@{number}.example"), at_once)).outcome == "sent"
        urgent = await channel.deliver(a_message("now@slow.example", purpose="transactional"), at_once)
        late = await channel.deliver(a_message("late@slow.example"), at_once)
        assert (urgent.outcome, late.outcome, late.code) == ("sent", "retry", "domain_rate")
        assert [(await each).outcome for each in deliveries] == ["sent", "sent"]
        assert recipients(server)[-1] == "1@slow.example"
