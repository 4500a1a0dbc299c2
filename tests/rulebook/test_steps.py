"""Steps: every verb with every companion, and how a step gets its id."""

from collections.abc import Callable

import pytest

from care.domain.conditions import FieldTest
from care.domain.conditions import Test as Asked
from care.domain.moments import Duration, UntilDay, UntilMoment
from care.domain.steps import Branch, Exit, OfferStep, Rule, Send, Step, Survey, Ticket, Wait, WaitFor
from care.rulebook.workspace import Workspace
from tests.rulebook.folders import told

Example = Callable[..., Workspace]
SEND = "  - send: thank_you\n    by: email\n"
SURVEY = "  - survey: csat\n    ask: csat_washing_machine\n    by: email\n    up_to: 1 day\n"
VIP = FieldTest("customer.type", Asked("is", ("vip",), "vip"))


def plan_steps(workspace: Workspace, path: str = "steps") -> tuple[Step, ...]:
    assert workspace.rulebook is not None, workspace.problems
    return workspace.rulebook.entering["example"].plan.paths[path]


def days(count: int) -> Duration:
    return Duration(count * 86_400, False, f"{count} day{'' if count == 1 else 's'}")


STEPS: list[tuple[str, Step]] = [
    (
        "- send: thank_you\n  by: email",
        Send("send:thank_you", 5, "thank_you", ("email",)),
    ),
    (
        "- id: hello\n  send: thank_you\n  by: sms\n  fallback: [email]\n  with: {greeting: Xin  chào}\n"
        "  expires: 2 days\n  only_if: {customer.type: vip}",
        Send("hello", 6, "thank_you", ("sms", "email"), {"greeting": "Xin chào"}, days(2), VIP),
    ),
    (
        "- survey: csat\n  ask: csat_washing_machine\n  by: email then sms\n  up_to: 7 days\n  remind: after 2 days",
        Survey("survey:csat", 5, "csat", "csat_washing_machine", ("email", "sms"), days(7), days(2)),
    ),
    (
        "- offer: stand_and_cover\n  by: email\n  valid_for: 14 days",
        OfferStep("offer:stand_and_cover", 5, "stand_and_cover", ("email",), days(14)),
    ),
    (
        "- ticket: care_team\n  about: Gọi cho {{ customer.name }}\n  priority: high\n  sla: 4 business hours\n"
        "  up_to: 7 days\n  escalate_to: service_leads",
        Ticket(
            "ticket:care_team",
            5,
            "care_team",
            "Gọi cho {{ customer.name }}",
            days(7),
            "high",
            Duration(14_400, True, "4 business hours"),
            "service_leads",
        ),
    ),
    (
        "- ticket: care_team\n  up_to: 7 days",
        Ticket("ticket:care_team", 5, "care_team", "", days(7)),
    ),
    (
        "- wait: until day 7  at 09:00\n  if_past: exit",
        Wait("wait:until day 7 at 09:00", 5, UntilDay(7, 540), "until day 7 at 09:00", "exit"),
    ),
    (
        "- wait: until 1 day before appointment.at\n  if_past: continue",
        Wait(
            "wait:until 1 day before appointment.at",
            5,
            UntilMoment("appointment.at", -86_400),
            "until 1 day before appointment.at",
        ),
    ),
    (
        "- wait_for: appointment.booked\n  when: {customer.type: vip}\n  of: customer\n  up_to: 14 days\n"
        "  otherwise: exit",
        WaitFor("wait_for:appointment.booked", 5, "appointment.booked", days(14), VIP, "customer", "exit"),
    ),
    (
        "- branch:\n    - when: {customer.type: vip}\n      then: exit\n    - otherwise: continue",
        Branch("branch", 5, (Rule(VIP, "exit", 6), Rule(None, "continue", 8))),
    ),
    (
        "- exit: nothing more to say\n  only_if: {customer.type: vip}",
        Exit("exit:nothing more to say", 5, "nothing more to say", VIP),
    ),
]


@pytest.mark.parametrize(("text", "step"), STEPS, ids=lambda value: getattr(value, "verb", None))
def test_a_step_becomes_what_the_planner_walks(text: str, step: Step, example: Example) -> None:
    indented = "".join(f"  {line}\n" for line in text.splitlines())
    assert plan_steps(example(indented)) == (step,)


def test_a_wait_may_skip_to_a_path(example: Example) -> None:
    steps = "  - wait: until day 7\n    if_past: skip to late\npaths:\n  late:\n    - exit: too late\n"
    (step,) = plan_steps(example(steps))
    assert isinstance(step, Wait)
    assert step.if_past == "late"


def test_a_second_step_of_the_same_kind_needs_a_name_but_an_exit_does_not(example: Example) -> None:
    steps = "  - wait: 2 days\n  - id: again\n    wait: 2 days\n"
    assert [step.id for step in plan_steps(example(steps))] == ["wait:2 days", "again"]


def test_exits_for_one_reason_are_numbered(example: Example) -> None:
    leave = "- exit: done/over\n      only_if: {customer.type: vip}\n"
    steps = f"  {leave}  {leave}  {leave}".replace("      only_if", "    only_if")
    assert [step.id for step in plan_steps(example(steps))] == [
        "exit:done-over",
        "exit:done-over#2",
        "exit:done-over#3",
    ]


def test_two_steps_of_one_name_are_told_with_both_lines(example: Example) -> None:
    workspace = example("  - id: one\n    wait: 2 days\n  - id: one\n    wait: 3 days\n")
    assert told(workspace) == ["J002:7:9"]
    assert workspace.problems[0].message == "two steps are called 'one' (line 6 and line 7); one must be named with id:"


@pytest.mark.parametrize(
    ("steps", "problems"),
    [
        ("  - send thank_you\n", ["J012:5:5"]),
        ("  - [send]\n", ["J012:5:5"]),
        ("  - id: nothing\n", ["J003:5:5"]),
        ("  - send: thank_you\n    by: email\n    survey: csat\n", ["J003:7:5"]),
        ("  - send: [thank_you]\n    by: email\n", ["J012:5:11"]),
        ("  - send:\n    by: email\n", ["J012:5:5"]),
        (f"{SEND}    with: {{Total: 5, name: '{{{{ a }}}}', list: [a]}}\n", ["J012:7:12", "J012:7:28", "J012:7:45"]),
        ("  - send: thank_you\n    by: email\n    fallback: email\n", ["J002:7:15"]),
        ("  - send: thank_you\n    by: email\n    id: Thank You\n", ["J012:7:9"]),
        ("  - survey: cast\n    ask: csat_washing_machine\n    by: email\n    up_to: 1 day\n", ["J011:5:13"]),
        (f"{SURVEY}    remind: 2 days\n", ["J012:9:13"]),
        ("  - offer: stand_and_cover\n    by: email\n    valid_for: 4 business hours\n", ["J012:7:16"]),
        ("  - wait: 3 days\n    if_past: exit\n", ["J003:6:5"]),
        ("  - wait: until day 3\n    if_past: late\n", ["J012:6:14"]),
        ("  - wait: until day 3\n    if_past: skip to late\n", ["J010:6:14"]),
        ("  - wait_for: order.paid\n    up_to: 1 day\n    of: everybody\n", ["J011:7:9"]),
        ("  - branch: []\n  - wait: 1 day\n", []),
        ("  - branch: exit\n", ["J012:5:13"]),
        ("  - branch:\n      - when: {customer.type: vip}\n        then: nowhere\n", ["J022:5:5", "J010:7:15"]),
        ("  - branch:\n      - when: {customer.type: vip}\n        than: exit\n", ["J003:7:9"]),
    ],
)  # fmt: skip
def test_a_step_that_cannot_be_read_is_told_at_its_place(steps: str, problems: list[str], example: Example) -> None:
    assert told(example(steps)) == problems


def test_a_companion_with_a_dash_of_its_own_is_sent_back_to_its_step(example: Example) -> None:
    (_, problem) = example("  - send: thank_you\n  - by: email\n").problems
    assert (problem.line, problem.message) == (6, "'by' is not a step")
    assert problem.hint.startswith("it belongs to the step above: write it without '- '")


def test_a_misspelt_path_is_not_told_as_unused_too(example: Example) -> None:
    workspace = example("  - branch:\n      - otherwise: call_bak\npaths:\n  call_back:\n    - exit: called\n")
    assert [(problem.code, problem.hint) for problem in workspace.problems] == [("J010", "did you mean 'call_back'?")]
