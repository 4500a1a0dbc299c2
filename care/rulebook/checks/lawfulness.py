"""Lawfulness: whether advertising carries what the law asks where the company trades, and can be sent at all."""

from collections.abc import Iterator, Mapping

from care.domain.catalogue import Company
from care.domain.errors import CareError
from care.domain.policy import Policy, Rule, packs_for
from care.domain.routes import route_of
from care.rulebook.findings import Findings, Placed
from care.rulebook.inventory import Inventory, Wording
from care.rulebook.names import Known

_WAY_OUT = "unsubscribe_url"
_SUBJECT = "Subject:"


def check_lawfulness(
    known: Known, written: Mapping[tuple[str, str], Placed], inventory: Inventory, findings: Findings
) -> None:
    """Note J054, every file of a marketing template that lacks what a policy pack asks, and J056.

    Args:
        written: Where each channel of each template stands in the catalogue.
    """
    templates, company = known.catalogue.templates, known.catalogue.company
    advertising = [key for key in written if key[0] in templates and templates[key[0]].purpose == "marketing"]
    if not advertising or "company" in known.unsure:
        return
    _check_routes(advertising, written, company, findings)
    packs = sorted(packs_for(company, known.policies), key=lambda pack: pack.everywhere)
    told: set[str] = set()
    for template, channel in advertising:
        at = written[template, channel]
        rules = [(pack, rule) for pack in packs for rule in pack.rules_for(channel, "marketing")]
        try:
            wordings = list(inventory.wordings(channel, template))
        except CareError:
            continue  # a file that cannot be read is told where its values are checked
        if wordings:
            _check_company([rule for _, rule in rules], company, at, told, findings)
        for wording in wordings:
            _check_file(wording, rules, company, at, findings)


def _check_routes(
    advertising: list[tuple[str, str]], written: Mapping[tuple[str, str], Placed], company: Company, findings: Findings
) -> None:
    """Advertising by SMS where no gateway takes it for one customer at a time."""
    if route_of(company.sms_route, "marketing").advertises:
        return
    for template, channel in advertising:
        if channel == "sms":
            message = f"{template} is advertising, and the shop's SMS gateways take none for one customer at a time"
            findings.add("J056", written[template, channel], message, "take sms out of its channels")


def _check_company(rules: list[Rule], company: Company, at: Placed, told: set[str], findings: Findings) -> None:
    """What a message must show and nobody has written down."""
    lacking = [name for rule in rules for name in rule.identify if not getattr(company, name) and name not in told]
    for name in dict.fromkeys(lacking):
        message = f"advertising must show the company's {name}, which the catalogue does not give"
        findings.add("J054", at, message, f"add '{name}: …' under 'company:'")
    told.update(lacking)


def _check_file(
    wording: Wording, rules: list[tuple[Policy, Rule]], company: Company, at: Placed, findings: Findings
) -> None:
    asked: set[str] = set()
    for pack, rule in rules:
        lacks = [lack for lack in _lacks(wording, rule, company) if lack not in asked]
        asked.update(lacks)
        if lacks:
            message = f"{wording.file} is advertising: {pack.where} it must {', and '.join(lacks)}"
            findings.add("J054", at, message, _law(pack, rule))


def _lacks(wording: Wording, rule: Rule, company: Company) -> Iterator[str]:
    """What a file must do and does not, as words after "must"."""
    if rule.label is not None and not wording.file.endswith(".html"):
        subject = rule.label.where == "start of the subject"
        begins = [_subject(text) if subject else text for text in wording.begins]
        if not all(text.startswith(rule.label.any_of) for text in begins):
            yield f"begin {'its subject ' if subject else ''}with {' or '.join(rule.label.any_of)}"
    if rule.opt_out is not None:
        if _WAY_OUT not in wording.shows:
            yield f"say how to stop it ({{{{ {_WAY_OUT} }}}})"
        elif rule.opt_out.where == "end of the text" and wording.ends != {_WAY_OUT}:
            yield f"end with the way to stop it ({{{{ {_WAY_OUT} }}}})"
    hidden = [name for name in rule.identify if not _shows(wording, name, company)]
    if hidden:
        yield f"show {', '.join(f'company.{name}' for name in hidden)}"
    if rule.identify_one_of and not any(_shows(wording, name, company) for name in rule.identify_one_of):
        yield f"show {' or '.join(f'company.{name}' for name in rule.identify_one_of)}"


def _subject(text: str) -> str:
    return text.removeprefix(_SUBJECT).lstrip()


def _shows(wording: Wording, name: str, company: Company) -> bool:
    """Whether a value of the company's is shown, or written out."""
    value = getattr(company, name)
    return f"company.{name}" in wording.shows or (bool(value) and value in wording.text)


def _law(pack: Policy, rule: Rule) -> str:
    bases = [pack.bases[name] for name in rule.basis]
    return "; ".join(basis.law + (" (believed: check its text)" if basis.believed else "") for basis in bases)
