"""What customers write back: stops in every spelling, scores in every wording, and what only looks like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care.domain.metrics import SCALES
from care.inbound.scores import Answer, answer
from care.inbound.words import plain, unmarked, wish

STOPS = (
    *("STOP", "stop", "Stop.", "  STOP!! ", "\nstop\n", "«stop»", "ＳＴＯＰ"),
    *("QUIT", "END", "REVOKE", "OPT OUT", "opt-out", "OPTOUT", "CANCEL", "UNSUBSCRIBE", "StopAll", "STOP ALL"),
    *("ARRET", "Arrêt", "arrete", "STOPP", "abmelden", "ALTO", "baja", "td"),
    *("TC", "tc", "TC QC", "TC DIENMAY", "tc 9241", "TC QC 199", "Tu choi", "TỪ CHỐI", "từ chối", "TU CHOI QC"),
    *("DUNG", "dung", "Dừng", "dừng.", "HUY", "Hủy", "huỷ", "ngưng", "ngừng", "Hủy nhận tin", "huy dang ky"),
    "tu\u031b\u0300 cho\u0302\u0301i",  # Từ chối with its marks apart, as some phones send it.
)
PERHAPS = (
    *("please stop", "STOP please", "stop texting me", "Stop sending me these messages!", "no more texts", "stop it"),
    *("don't text me", "Do not contact me again", "please remove me", "Take me off your list", "unsubscribe me please"),
    *("Leave me alone", "wrong number", "delete my number", "stop the spam"),
    *("đừng nhắn nữa", "Đừng nhắn tin cho tôi nữa", "dung nhan nua", "đừng gửi tin cho tôi", "ngừng gửi quảng cáo"),
    *("tôi không muốn nhận tin nữa", "khong muon nhan tin", "đừng làm phiền", "xóa số tôi đi", "nhầm số rồi bạn ơi"),
    *("đừng gọi nữa", "hủy nhận tin này", "dung lam phien", "anh không có nhu cầu nhận quảng cáo"),
)
STARTS = ("START", "start", "Unstop", "bắt đầu", "BAT DAU", "nhận lại")
# None of these asks for an end, though each holds a word that alone would.
OTHER = (
    *("Đúng", "đúng rồi", "dùng tốt", "Dũng", "hủy đơn hàng", "huy don hang giup em", "cancel my order", "the end"),
    *("từ chối nhận hàng", "tu choi nhan hang", "dừng gửi hàng", "đừng gửi hàng nữa", "không nhận được tin", "tốt"),
    *("Đúng, gửi cho tôi nữa", "shop không gửi nữa à", "don't call before 5pm", "start date?", "stopped working"),
    *("", "   ", "?", "cảm ơn shop", "5", "my number is 0912", "tcb chuyển khoản rồi nhé shop", "em hủy lịch hẹn nhé"),
)


@pytest.mark.parametrize("text", STOPS)
def test_a_stop_is_heard_in_every_spelling(text: str) -> None:
    assert wish(text) == "stop"


@pytest.mark.parametrize("text", PERHAPS)
def test_a_stop_in_a_sentence_is_heard_with_less_certainty(text: str) -> None:
    assert wish(text) == "perhaps stop"


@pytest.mark.parametrize("text", STARTS)
def test_a_start_is_heard(text: str) -> None:
    assert wish(text) == "start"


@pytest.mark.parametrize("text", OTHER)
def test_other_words_end_nothing(text: str) -> None:
    assert wish(text) == ""


@given(st.sampled_from(STOPS), st.sampled_from(["", " ", ".", "!", "\n"]), st.booleans())
def test_case_and_punctuation_change_no_stop(text: str, sign: str, upper: bool) -> None:
    assert wish(f"{sign}{text.upper() if upper else text.lower()}{sign}") == "stop"


@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    assert wish(text) in ("stop", "perhaps stop", "start", "")
    assert plain(plain(text)) == plain(text)
    for survey, scale in SCALES.items():
        given_ = answer(text, survey)
        assert given_ is None or given_.score in scale


def test_a_d_with_a_stroke_loses_it_with_the_other_marks() -> None:
    assert unmarked("Đừng đúng, Đặng Thị Ngọc Ưng") == "Dung dung, Dang Thi Ngoc Ung"


CSAT: tuple[tuple[str, int, str], ...] = (
    ("5", 5, ""),
    (" 5. ", 5, ""),
    ("５", 5, ""),
    ("5️⃣", 5, ""),
    ("(4)", 4, ""),
    ("5 sao", 5, ""),
    ("5sao", 5, ""),
    ("5 SAO!", 5, ""),
    ("năm", 5, ""),
    ("Năm sao", 5, ""),
    ("nam", 5, ""),
    ("NAM SAO", 5, ""),
    ("bốn", 4, ""),
    ("bon diem", 4, ""),
    ("tư", 4, ""),
    ("ba", 3, ""),
    ("hai sao thôi", 2, ""),
    ("một", 1, ""),
    ("mot sao", 1, ""),
    ("5 stars", 5, ""),
    ("five", 5, ""),
    ("Four stars!", 4, ""),
    ("4/5", 4, ""),
    ("4 / 5", 4, ""),
    ("⭐⭐⭐⭐", 4, ""),
    ("5⭐", 5, ""),
    ("4d", 4, ""),
    ("4đ", 4, ""),
    ("cho 5 điểm", 5, ""),
    ("em chấm 3", 3, ""),
    ("Dạ 5 ạ", 5, ""),
    ("I'd give it a 4", 4, ""),
    ("4 giao hàng chậm", 4, "giao hàng chậm"),
    ("4, giao chậm", 4, "giao chậm"),
    ("3 \n máy kêu to", 3, "máy kêu to"),
    ("5 sao nhân viên dễ thương", 5, "nhân viên dễ thương"),
    ("1 sao, 2 ngày mới giao", 1, "2 ngày mới giao"),
    ("ba, hơi ồn", 3, "hơi ồn"),
    ("2/5 - Giao sai màu", 2, "Giao sai màu"),
    ("4 stars. Slow delivery", 4, "Slow delivery"),
    ("5 Tốt lắm!", 5, "Tốt lắm!"),
)
NPS: tuple[tuple[str, int, str], ...] = (
    ("10", 10, ""),
    ("mười", 10, ""),
    ("muoi", 10, ""),
    ("ten", 10, ""),
    ("8/10", 8, ""),
    ("tám", 8, ""),
    ("tam", 8, ""),
    ("bảy", 7, ""),
    ("bẩy", 7, ""),
    ("sáu điểm", 6, ""),
    ("chin", 9, ""),
    ("0", 0, ""),
    ("zero", 0, ""),
    ("9 rất hài lòng", 9, "rất hài lòng"),
)
NO_SCORE = (
    *("", "?", "tốt", "ok", "👍", "0", "6", "10", "11", "055", "-1", "+5", "4.5", "4,5", "4-5", "4 or 5", "5 5", "5k"),
    *("5%", "số 5", "4/10", "tám", "tam", "tạm", "tạm được", "muối", "nấm", "nắm", "không", "khong"),
    *("2 ngày rồi chưa thấy hàng", "5 phút nữa gọi lại", "3 cái bị hỏng", "2 lần rồi", "năm nay tôi bận", "4 hay 5"),
    *("ba tôi không thích", "một lần nữa", "5 sao 1 sao", "1 trong 2 cái hỏng và 5", "2 days late", "0912345678"),
    *("⭐⭐⭐⭐⭐⭐", "5tr", "sau khi mua máy hỏng", "nam giới", "gọi lại cho tôi lúc 5 giờ"),
)


@pytest.mark.parametrize(("text", "score", "comment"), CSAT)
def test_a_score_from_one_to_five_is_read_as_people_type_it(text: str, score: int, comment: str) -> None:
    assert answer(text, "csat") == Answer(score, comment)


@pytest.mark.parametrize(("text", "score", "comment"), NPS)
def test_a_score_up_to_ten_is_read_as_people_type_it(text: str, score: int, comment: str) -> None:
    assert answer(text, "nps") == Answer(score, comment)


@pytest.mark.parametrize("text", NO_SCORE)
def test_what_may_mean_anything_else_is_no_score(text: str) -> None:
    assert answer(text, "csat") is None


@pytest.mark.parametrize(("text", "survey"), [("5 sao", "nps"), ("⭐⭐⭐⭐", "ces"), ("4/5", "nps"), ("8", "ces")])
def test_an_answer_on_another_scale_is_no_score(text: str, survey: str) -> None:
    assert answer(text, survey) is None
