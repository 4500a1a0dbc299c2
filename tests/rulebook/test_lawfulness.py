"""Advertising and the law: J054, and the policy packs it is held against."""

from pathlib import Path

import pytest
from pydantic import TypeAdapter

from care.domain.catalogue import Company, Window
from care.domain.policy import Implied, Policy, Rule, Sender, packs_for
from care.rendering import TemplateInventory
from care.rulebook.policies import shipped
from care.rulebook.problems import Problem
from tests.rulebook.folders import EXAMPLES, a_journey, loaded

HANOI = {
    "name": "An Nhà",
    "address": "12 phố Mẫu",
    "phone": "1900 0000",
    "email": "a@shop.example",
    "website": "https://shop.example",
    "timezone": "Asia/Ho_Chi_Minh",
}
CATALOG = (EXAMPLES / "catalog.yaml").read_text(encoding="utf-8")
REST = CATALOG[CATALOG.index("fields:") : CATALOG.index("templates:")]
ALL = "".join(f" {{{{ company.{name} }}}}" for name in ("name", "address", "phone", "email", "website"))
OUT = "{{ unsubscribe_url }}"
LAWFUL = {
    "email/deal.vi.txt": f"Subject: [QC] Giảm giá\n\nChào{ALL} {OUT}",
    "sms/deal.vi.txt": f"[QC] Giảm giá. Từ chối: {OUT}",
}


def problems(tmp_path: Path, files: dict[str, str], purpose: str = "marketing", **company: str) -> list[Problem]:
    """The problems of a catalogue with one template, ``deal``, as it is worded, and a company somewhere."""
    for name, text in (LAWFUL | files).items():
        (tmp_path / "templates" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "templates" / name).write_text(text, encoding="utf-8")
    settings = "".join(f"  {name}: {value!r}\n" for name, value in (HANOI | company).items() if value)
    template = f"templates:\n  deal: {{channels: [email, sms], purpose: {purpose}}}\n"
    catalog = f"company:\n{settings}{REST}{template}queues: [care_team]\n"
    journey = a_journey("  - send: deal\n    by: email\n    fallback: sms\n")
    inventory = TemplateInventory(tmp_path / "templates")
    found = loaded(tmp_path, inventory, catalog=catalog, example=journey).problems
    assert {problem.code for problem in found} <= {"J054"}
    assert {problem.severity for problem in found} <= {"error"}
    return list(found)


def told(tmp_path: Path, files: dict[str, str], **company: str) -> list[str]:
    return [problem.message for problem in problems(tmp_path, files, **company)]


def test_advertising_with_all_the_law_asks_passes(tmp_path: Path) -> None:
    assert told(tmp_path, {}) == []


def test_only_advertising_is_asked(tmp_path: Path) -> None:
    assert problems(tmp_path, {"email/deal.vi.txt": "Subject: Chào\n\nChào", "sms/deal.vi.txt": "Chào"}, "care") == []


@pytest.mark.parametrize(
    ("file", "text", "lack"),
    [
        ("sms/deal.vi.txt", f"Giảm giá. Từ chối: {OUT}", "begin with [QC] or [AD]"),
        ("sms/deal.vi.txt", f"Chào {{{{ customer.name }}}} [QC] {OUT}", "begin with [QC] or [AD]"),
        (
            "sms/deal.vi.txt",
            f"{{% if order.total > 5 %}}[QC] A{{% else %}}B{{% endif %}} {OUT}",
            "begin with [QC] or [AD]",
        ),
        ("sms/deal.vi.txt", "[QC] Giảm giá", "say how to stop it ({{ unsubscribe_url }})"),
        ("sms/deal.vi.txt", f"[QC] Từ chối: {OUT}. Hẹn gặp lại", "end with the way to stop it ({{ unsubscribe_url }})"),
        ("email/deal.vi.txt", f"Subject: Giảm giá\n\n[QC]{ALL} {OUT}", "begin its subject with [QC] or [AD]"),
        ("email/deal.vi.txt", f"Subject: [AD] Giảm\n\n{ALL}", "say how to stop it ({{ unsubscribe_url }})"),
        (
            "email/deal.vi.html",
            f"<p>{{{{ company.name }}}} {OUT}</p>",
            "show company.phone, company.email, company.address, company.website",
        ),
    ],
)
def test_what_a_file_lacks_is_told_in_the_catalogue(file: str, text: str, lack: str, tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, {file: text})
    assert problem.message == f"templates/{file} is advertising: in Vietnam it must {lack}"
    assert (problem.file, problem.code) == ("catalog.yaml", "J054")
    assert problem.column == (21 if file.startswith("email") else 28)
    assert "Decree 91/2020/ND-CP" in problem.hint


@pytest.mark.parametrize(
    "text",
    [
        f"{{% set x = 1 %}}\n[AD] Giảm giá. Từ chối: {OUT}.",
        f"{{# a note #}}[QC] A {{{{ order.id }}}} ({OUT}).",
        f"{{% if order.total > 5 %}}[QC] A{{% else %}}[AD] B{{% endif %}} {OUT}",
        f"[QC] A {{% if order.total > 5 %}}{OUT}{{% else %}}{{{{ unsubscribe_url | lower }}}}{{% endif %}}",
    ],
)
def test_a_label_and_a_way_out_are_seen_in_many_forms(text: str, tmp_path: Path) -> None:
    assert told(tmp_path, {"sms/deal.vi.txt": text}) == []


def test_what_a_language_includes_is_what_counts(tmp_path: Path) -> None:
    layout = (
        '{% if language == "vi" %}{% include "layouts/vi.txt" %}{% else %}{% include "layouts/en.txt" %}{% endif %}'
    )
    files = {
        "layouts/footer.txt": layout,
        "layouts/vi.txt": "Chào",
        "layouts/en.txt": f"{ALL} {OUT}",
        "email/deal.vi.txt": 'Subject: [QC] A\n\n{% include "layouts/footer.txt" %}',
        "email/deal.en.txt": 'Subject: [AD] A\n\n{% include "layouts/footer.txt" %}',
    }
    (message,) = told(tmp_path, files)
    assert message.startswith("templates/email/deal.vi.txt is advertising: in Vietnam it must say how to stop it")


def test_what_the_company_writes_out_is_shown(tmp_path: Path) -> None:
    written = f"Subject: [QC] A\n\nAn Nhà, 12 phố Mẫu, 1900 0000, a@shop.example, https://shop.example {OUT}"
    assert told(tmp_path, {"email/deal.vi.txt": written}) == []


def test_what_the_catalogue_does_not_give_is_told_once(tmp_path: Path) -> None:
    assert told(tmp_path, {}, address="") == [
        "advertising must show the company's address, which the catalogue does not give"
    ]


def test_elsewhere_other_laws_hold(tmp_path: Path) -> None:
    berlin = {"timezone": "Europe/Berlin", "locale": "de"}
    plain = {f"{name[:-6]}de.txt": text.replace("[QC] ", "").replace(ALL, "") for name, text in LAWFUL.items()}
    assert told(tmp_path / "eu", plain, **berlin) == []
    silent = plain | {"email/deal.de.txt": "Subject: Rabatt\n\nHallo"}
    (message,) = told(tmp_path / "silent", silent, **berlin)
    assert message == (
        "templates/email/deal.de.txt is advertising: in the European Union and the United Kingdom "
        "it must say how to stop it ({{ unsubscribe_url }})"
    )


def test_canada_asks_for_one_way_to_reach_the_sender(tmp_path: Path) -> None:
    text = f"Subject: Deal\n\n{{{{ company.name }}}} {{{{ company.address }}}} {OUT}"
    files = {"email/deal.en.txt": text, "sms/deal.en.txt": f"Deal from An Nhà, 12 phố Mẫu, 1900 0000: {OUT}"}
    found = told(tmp_path, files, timezone="America/Toronto", locale="en-CA")
    assert found == [
        "templates/email/deal.en.txt is advertising: in Canada it must show company.phone or company.email or "
        "company.website",
        "templates/sms/deal.vi.txt is advertising: in Canada it must show company.name, company.address, and show "
        "company.phone or company.email or company.website",
    ]


@pytest.mark.parametrize(
    ("company", "names"),
    [
        (Company(), ["vietnam"]),
        (Company(timezone="UTC", locale="en"), []),
        (Company(timezone="UTC", locale="vi"), ["vietnam"]),
        (Company(timezone="UTC", locale="en", phone="+84 24 1234"), ["vietnam"]),
        (Company(timezone="America/Indiana/Knox", locale="en"), ["united_states"]),
        (Company(timezone="America/Toronto", locale="en-US"), ["canada", "united_states"]),
        (Company(timezone="Europe/London", locale="vi"), ["europe", "vietnam"]),
        (Company(timezone="Europe/Moscow", locale="ru"), []),
    ],
)
def test_where_a_company_trades_is_told_by_its_zone_its_language_and_its_phone(
    company: Company, names: list[str]
) -> None:
    assert [pack.name for pack in packs_for(company, shipped()) if not pack.everywhere] == names


def rules() -> list[tuple[Policy, Rule]]:
    return [(pack, rule) for pack in shipped() for rule in pack.rules]


def test_every_rule_has_a_basis_with_its_source() -> None:
    for pack, rule in rules():
        assert rule.basis
        assert all(pack.bases[name].source.startswith("http") for name in rule.basis)
    used = {(pack.name, name) for pack, rule in rules() for name in rule.basis}
    assert {(pack.name, name) for pack in shipped() for name in pack.bases} - used == {("vietnam", "data_deadlines")}


def test_the_windows_and_caps_are_those_of_the_law() -> None:
    by_sms = {
        pack.name: pack.rules_for("sms", "marketing")[0] for pack in shipped() if pack.rules_for("sms", "marketing")
    }
    assert by_sms["vietnam"].window == (Window(7 * 60, 22 * 60),) * 7
    assert by_sms["vietnam"].cap is not None
    assert (by_sms["vietnam"].cap.count, by_sms["vietnam"].cap.seconds) == (3, 86_400)
    assert by_sms["vietnam"].sender == Sender(True, 11)
    texas = next(region for region in by_sms["united_states"].regions if region.name == "Texas")
    assert texas.window == (*(Window(9 * 60, 21 * 60),) * 6, Window(12 * 60, 21 * 60))
    assert by_sms["europe"].window is None
    assert by_sms["canada"].implied == Implied(24, 6)


def test_what_is_only_believed_says_so() -> None:
    vietnam = next(pack for pack in shipped() if pack.name == "vietnam")
    assert [name for name, basis in vietnam.bases.items() if basis.believed] == ["decree_91_email"]


def test_every_pack_says_only_what_a_policy_can_say() -> None:
    adapter = TypeAdapter(tuple[Policy, ...])
    assert adapter.validate_python(adapter.dump_python(shipped())) == shipped()


def test_advertising_by_sms_over_gateways_for_care_alone_is_refused(tmp_path: Path) -> None:
    template = "templates:\n  deal: {channels: [email, sms], purpose: marketing}\n"
    catalog = f"company:\n  name: An Nhà\n  timezone: UTC\n  locale: nb\n  sms_route: vietnam_care\n{REST}{template}"
    for name in LAWFUL:
        (tmp_path / "templates" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "templates" / name).write_text(f"Subject: x\n\nChào{ALL} {OUT}", encoding="utf-8")
    journey = a_journey("  - send: deal\n    by: email\n")
    inventory = TemplateInventory(tmp_path / "templates")

    def found(text: str) -> list[tuple[str, int, int]]:
        folder = tmp_path / str(len([*tmp_path.iterdir()]))
        folder.mkdir()
        problems = loaded(folder, inventory, catalog=f"{text}queues: [care_team]\n", example=journey).problems
        return [(problem.code, problem.line, problem.column) for problem in problems if problem.code == "J056"]

    line = catalog.splitlines().index("  deal: {channels: [email, sms], purpose: marketing}") + 1
    assert found(catalog) == [("J056", line, 28)]
    for fine in ("vietnam", "international"):
        assert found(catalog.replace("vietnam_care", fine)) == []
    assert found(catalog.replace("purpose: marketing", "purpose: care")) == []
