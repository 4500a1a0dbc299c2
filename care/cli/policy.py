"""`care policy`: what the law asks of a message, customer by customer, and the packs it is read from."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from care.cli.screen import print_json, print_table, screen
from care.domain.errors import CareError

if TYPE_CHECKING:
    from datetime import datetime

    from care.domain.customers import Facts
    from care.domain.policy import Policy
    from care.domain.rulebook import Rulebook
    from care.domain.ruling import Ruling

app = typer.Typer(no_args_is_help=True, help="What the law asks of a message to a customer, and where that is written.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Channel = Literal["email", "sms", "zalo"]
Purpose = Literal["marketing", "care", "transactional"]
Said = Literal["none", "given", "written", "soft", "withdrawn"]


class PolicyError(CareError):
    """A question about policies cannot be answered; the message says what to give."""


@app.command("list")
def list_packs(as_json: AsJson = False) -> None:
    """List the policy packs that hold with the rules folder."""
    from care.cli.policy_view import plain_policy

    packs = _rulebook().policies
    if as_json:
        print_json([plain_policy(pack) for pack in packs])
        return
    rows = [(pack.name, pack.title, _kinds(pack), str(max(b.noted for b in pack.bases.values()))) for pack in packs]
    print_table("Policy packs", ("name", "place", "rules for", "noted"), rows)


@app.command()
def show(name: Annotated[str, typer.Argument(help="Name of a pack.")], as_json: AsJson = False) -> None:
    """Show all that a pack holds, with its sources."""
    from care.cli.policy_view import plain_policy, policy_rows

    packs = {pack.name: pack for pack in _rulebook().policies}
    if name not in packs:
        raise PolicyError(f"there is no policy pack {name!r}; there are: {', '.join(packs)}")
    if as_json:
        print_json(plain_policy(packs[name]))
    else:
        print_table(packs[name].title, ("", ""), policy_rows(packs[name]))


@app.command()
def explain(  # noqa: PLR0913 - a command has one parameter for each option
    customer: Annotated[str, typer.Argument(help="Id, e-mail, phone or order; nothing for a made-up person.")] = "",
    channel: Annotated[Channel, typer.Option(help="Over which channel.")] = "sms",
    purpose: Annotated[Purpose, typer.Option(help="What the message is for.")] = "marketing",
    at: Annotated[str, typer.Option(help="When, on the customer's clock: 2026-11-22 21:30; now unless given.")] = "",
    phone: Annotated[str, typer.Option(help="Made up: a phone number with its country, +84…")] = "",
    country: Annotated[str, typer.Option(help="Made up: the country of an address.")] = "",
    region: Annotated[str, typer.Option(help="Made up: the state or province of an address.")] = "",
    tz: Annotated[str, typer.Option(help="Made up: the time zone.")] = "",
    locale: Annotated[str, typer.Option(help="Made up: the language, such as vi or en-US.")] = "",
    consent: Annotated[Said, typer.Option(help="Made up: what was said of marketing.")] = "given",
    bought: Annotated[str, typer.Option(help="Made up: the day of the last purchase.")] = "",
    as_json: AsJson = False,
) -> None:
    """Explain what holds of a message to a customer, and why: packs, window, cap, consent, label, sender, sources."""
    from care.cli.policy_person import made_up, moment

    given = {"phone": phone, "country": country, "region": region, "tz": tz, "locale": locale, "bought": bought}
    if customer and any(given.values()):
        raise PolicyError("name a customer, or make one up with --phone, --country, --tz and so on, not both")
    if customer:
        ruling = _of_customer(customer, channel, purpose, at)
    else:
        rulebook = _rulebook()
        facts = made_up(consent=consent, **given)
        ruling = _ruled(facts, rulebook, channel, purpose, moment(at, facts, rulebook))
    if as_json:
        from care.cli.policy_view import plain_ruling

        print_json(plain_ruling(ruling))
    else:
        _print(ruling, customer or "a made-up person")


def _of_customer(customer: str, channel: Channel, purpose: Purpose, at: str) -> "Ruling":
    from care.cli.customers import one_customer
    from care.cli.opening import existing_store
    from care.cli.policy_person import moment
    from care.settings import load_settings
    from care.store import facts, plans
    from care.store.engine import reading

    with reading(existing_store(load_settings())) as conn:
        person = one_customer(conn, customer)
        rulebook = plans.load_rulebook(conn)
        known = facts.load(conn, person.key, None, rulebook, moment("", None, rulebook))
        when = moment(at, known, rulebook)
        return _ruled(facts.load(conn, person.key, None, rulebook, when), rulebook, channel, purpose, when)


def _ruled(facts: "Facts", rulebook: "Rulebook", channel: Channel, purpose: Purpose, at: "datetime") -> "Ruling":
    from care.domain.ruling import ruling_on

    return ruling_on(facts, rulebook, channel, purpose, at)


def _rulebook() -> "Rulebook":
    """The draft in the rules folder; where there is none, a company without rules and the packs that come with us."""
    from care.cli.rule_files import checked
    from care.domain.catalogue import Catalogue, Company
    from care.domain.rulebook import Rulebook
    from care.rulebook.policies import shipped
    from care.rulebook.workspace import CATALOG
    from care.settings import load_settings

    settings = load_settings()
    if not (settings.rules_dir / CATALOG).exists():
        return Rulebook(Catalogue(Company(), {}, (), {}, {}, {}), (), {}, {}, policies=shipped())
    return checked(settings)[0]


def _kinds(pack: "Policy") -> str:
    from care.domain.citing import kind_words

    return ", ".join(kind_words(rule) for rule in pack.rules)


def _print(ruling: "Ruling", who: str) -> None:
    from care.cli.policy_view import applied_rows, ruling_rows

    print_table(f"{ruling.purpose} by {ruling.channel} to {who}", ("", ""), ruling_rows(ruling))
    if not ruling.demands.applied:
        screen().print("no policy pack asks anything of it")
    for of in ruling.demands.applied:
        print_table(of.policy.title, ("", ""), applied_rows(of))
