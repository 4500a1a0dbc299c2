from sqlalchemy import Engine

from care.store import answers, effects, offers
from care.store.engine import writing
from tests.integration.store.telling import NOON, a_message, enrol, lan, minutes, tell

SURVEY = "e_1/ask/1"


def test_every_answer_is_kept_and_the_last_one_to_a_question_counts(store: Engine) -> None:
    with writing(store) as conn:
        customer = lan(conn)
        tell(conn, "csat.answered", 1, data={"score": 2, "survey": SURVEY, "comment": "Ồn quá"})
        tell(conn, "csat.answered", 9, data={"score": 4, "survey": SURVEY})
        tell(conn, "csat.answered", 5, data={"score": 5})
        tell(conn, "nps.answered", 6, data={"score": 9, "survey": SURVEY})
        given = answers.listing(conn, customer)
        assert answers.counting(conn) == {"csat": [5, 4], "nps": [9]}
    assert [(answer.survey, answer.score, answer.counts) for answer in given] == [
        ("csat", 2, False),
        ("csat", 5, True),
        ("nps", 9, True),
        ("csat", 4, True),
    ]
    assert (given[0].comment, given[0].about) == ("Ồn quá", SURVEY)


def test_the_same_answer_heard_twice_is_kept_once(store: Engine) -> None:
    with writing(store) as conn:
        row = tell(conn, "ces.answered", 1, data={"score": 7}, order={"id": "DH-1", "total": 5})
        effects.apply(conn, row, NOON)
        (answer,) = answers.listing(conn, row.customer)
    assert (answer.score, answer.order_id, answer.at) == (7, "DH-1", minutes(1))


def test_an_offer_gets_its_code_once(store: Engine) -> None:
    with writing(store) as conn:
        customer = lan(conn)
        enrol(conn, customer)
        order = a_message(customer, offer="gift", offer_expires_at=minutes(500))
        code = offers.make(conn, order, "GIFT-{unique}")
        assert offers.make(conn, a_message(customer, channel="sms", offer="gift"), "GIFT-{unique}") == code
        other = offers.make(conn, a_message(customer, "two", offer="gift"), "GIFT-{unique}")
        first, second = offers.listing(conn, customer)
    assert code.startswith("GIFT-")
    assert len(code) == len("GIFT-") + 8
    assert code != other
    assert {first.key, second.key} == {"e_1/hello/1", "e_1/two/1"}
    assert (first.offer, first.order_id, first.expires_at) == ("gift", "DH-1", minutes(500))


def test_a_code_is_redeemed_by_its_customer_however_it_is_typed(store: Engine) -> None:
    with writing(store) as conn:
        customer = lan(conn)
        code = offers.make(conn, a_message(customer, offer="gift"), "GIFT-{unique}")
        tell(conn, "offer.redeemed", 5, data={"code": code}, customer={"id": "someone else"})
        tell(conn, "offer.redeemed", 6, data={"code": "WRONG"})
        assert offers.listing(conn, customer)[0].redeemed_at is None
        row = tell(conn, "offer.redeemed", 7, data={"code": f" {code.lower()} "})
        effects.apply(conn, row, minutes(8))
        assert offers.listing(conn, customer)[0].redeemed_at == minutes(7)


def test_a_code_that_many_offers_share_is_redeemed_one_offer_at_a_time(store: Engine) -> None:
    with writing(store) as conn:
        customer = lan(conn)
        for number, step in enumerate(("one", "two")):
            offers.make(conn, a_message(customer, step, offer="stand", at=number), "STAND10")
        row = tell(conn, "offer.redeemed", 7, data={"code": "STAND10"})
        effects.apply(conn, row, minutes(8))
        assert [made.redeemed_at for made in offers.listing(conn, customer)] == [minutes(7), None]
        tell(conn, "offer.redeemed", 9, data={"code": "STAND10"})
        assert [made.redeemed_at for made in offers.listing(conn, customer)] == [minutes(7), minutes(9)]
