"""What the law wants in a message is added where its template does not show it, and nothing twice."""

import pytest

from care.domain.catalogue import Company
from care.domain.law import Demands, Law
from care.domain.places import Where
from care.imprints import UnlawfulMessage, imprinted, refused_sender
from care.rendering import Rendered
from care.rulebook.policies import shipped

SHOP = Company(
    name="An Nhà",
    address="12 phố Mẫu, Hà Nội",
    phone="1900 0000",
    email="cskh@shop.example",
    website="https://shop.example",
)
URL = "https://shop.example/u/token"
LAW = Law(shipped(), SHOP)


def demands(country: str, channel: str, purpose: str = "marketing") -> Demands:
    return LAW.demands(Where(countries=(country,)), channel, purpose)


def sms(text: str, country: str = "VN", locale: str = "vi", company: Company = SHOP, purpose: str = "marketing") -> str:
    asked = demands(country, "sms", purpose)
    return imprinted(Rendered("", text, ""), "sms", asked, company, URL, locale).text


def mail(text: str, html: str = "", country: str = "VN", locale: str = "vi", company: Company = SHOP) -> Rendered:
    return imprinted(Rendered("Quà", text, html), "email", demands(country, "email"), company, URL, locale)


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("Giảm 10%", f"[QC] Giảm 10% Từ chối: {URL}"),
        (f"[QC] Giảm 10%. Từ chối: {URL}", f"[QC] Giảm 10%. Từ chối: {URL}"),
        (f"[AD] Giảm 10%. Từ chối: {URL}.", f"[AD] Giảm 10%. Từ chối: {URL}."),
        (f"[QC] {URL} để từ chối, mã QUA", f"[QC] {URL} để từ chối, mã QUA Từ chối: {URL}"),
        (f"Giảm [QC] {URL}", f"[QC] Giảm [QC] {URL}"),
        ("  \n", "  \n"),
    ],
)
def test_advertising_by_sms_to_vietnam_begins_with_its_label_and_ends_with_the_way_out(text: str, sent: str) -> None:
    assert sms(text) == sent
    assert sms(sent) == sent


def test_the_companys_own_answer_ends_an_sms_in_the_readers_language() -> None:
    company = Company(sms_opt_out="TC to 1900 1234")
    assert sms("Giảm", company=company) == "[QC] Giảm Từ chối: soạn TC gửi 1900 1234"
    assert sms("Deal", locale="en-GB", company=company) == "[QC] Deal Opt out: text TC to 1900 1234"
    written = "[QC] Giảm. Từ chối: soạn TC gửi 19001234"
    assert sms(written, company=company) == written


def test_nothing_is_added_where_no_law_asks() -> None:
    assert sms("Deal", country="JP") == "Deal"
    assert sms("Chào", purpose="care") == "Chào"
    assert imprinted(Rendered("1", "a: b", ""), "zalo", demands("VN", "zalo"), SHOP, URL, "vi").text == "a: b"


def test_an_sms_to_canada_says_who_sends_it() -> None:
    assert sms("Deal", country="CA", locale="en") == f"Deal An Nhà, 12 phố Mẫu, Hà Nội, 1900 0000. Opt out: {URL}"
    whole = f"An Nhà, 12 phố Mẫu, Hà Nội, 19000000: deal. {URL}"
    assert sms(whole, country="CA", locale="en") == whole


def test_an_email_to_vietnam_gets_its_label_the_company_and_the_way_out() -> None:
    sent = mail("Chào Lan\n", "<html><body><p>Chào Lan</p></body></html>")
    assert sent.subject == "[QC] Quà"
    assert sent.text == (
        "Chào Lan\n\n--\nAn Nhà\n1900 0000\ncskh@shop.example\n12 phố Mẫu, Hà Nội\nhttps://shop.example\n"
        f"Không muốn nhận thư nữa? Hủy tại đây: {URL}\n"
    )
    assert sent.html.endswith("</a></p>\n</body></html>")
    assert sent.html.count(f'<a href="{URL}">') == 1
    assert mail(sent.text, sent.html)._replace(subject="[QC] Quà") == sent


def test_a_footer_that_shows_all_of_it_in_its_own_way_is_left_alone() -> None:
    text = f"Chào\n\nAn Nhà\n12 phố Mẫu, Hà Nội\nĐT 1900 0000 · cskh@shop.example · shop.example\n{URL}\n"
    html = (
        '<p>An Nhà<br>12 phố Mẫu, Hà Nội <a href="tel:19000000">19000000</a> <a href="mailto:cskh@shop.example">thư</a>'
        f' <a href="https://shop.example">web</a> <a href="{URL}">hủy</a></p>'
    )
    sent = mail(text, html)
    assert (sent.text, sent.html) == (text, html)


def test_only_what_is_missing_is_added_with_the_way_out_below_it() -> None:
    lines = f"Deal\n\nAn Nhà, 12 phố Mẫu, Hà Nội\n{URL}"
    assert mail(lines, country="US", locale="en").text == lines
    added = mail(lines.replace("12 phố Mẫu, Hà Nội", ""), country="US", locale="en").text
    assert added.endswith(f"--\n12 phố Mẫu, Hà Nội\nNo longer want these e-mails? Unsubscribe here: {URL}\n")


def test_html_without_a_body_is_added_to_at_its_end_and_escaped() -> None:
    company = Company(
        name="Đồ <nhà> & vườn", address="x", phone="1900 0000", email="a@b.example", website="https://x.example"
    )
    html = mail("Chào", "<p>Chào</p>", company=company).html
    assert html.startswith("<p>Chào</p><p style=")
    assert "Đồ &lt;nhà&gt; &amp; vườn" in html


def test_what_nobody_knows_of_the_company_is_told_and_nothing_leaves() -> None:
    with pytest.raises(UnlawfulMessage) as told:
        mail("Chào", company=Company(name="An Nhà", phone="1900 0000"))
    assert told.value.code == "policy_identity"
    assert str(told.value) == (
        "Vietnam: advertising must show the company's email, which the catalogue does not give (Decree 91/2020)"
    )
    with pytest.raises(UnlawfulMessage, match="company's phone or email or website"):
        sms("Deal", country="CA", company=Company(name="An Nhà", address="12 phố Mẫu"))


@pytest.mark.parametrize(
    ("senders", "why"),
    [
        ({"esms": "ANNHA"}, ""),
        ({}, ""),
        ({"esms": "DIENMAYANNHA"}, "esms sends as 'DIENMAYANNHA', which is longer than 11 characters"),
        ({"esms": "ANNHA", "twilio": "+84901234567"}, "twilio sends from the number +84901234567"),
        ({"speedsms": ""}, "speedsms sends from a plain number"),
    ],
)
def test_advertising_by_sms_to_vietnam_comes_from_a_name(senders: dict[str, str], why: str) -> None:
    told = refused_sender(demands("VN", "sms"), senders)
    assert told.endswith(why)
    assert told.startswith("Vietnam: advertising by SMS must come from a registered name (Decree 91/2020)") == bool(why)
    assert refused_sender(demands("VN", "sms", "care"), senders) == ""
    assert refused_sender(demands("JP", "sms"), senders) == ""
