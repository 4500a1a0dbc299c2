"""A hostile template reads nothing, writes nothing and stops in time; an honest one hardly notices."""

from pathlib import Path
from time import thread_time

import pytest

from care.rendering import Renderer, RenderError

IN_TIME = 1.0
CONTEXT = {
    "customer": {"name": "Lan", "tags": ["a", "b"]},
    "survey": {"links": [{"score": score, "url": f"https://x.example/{score}"} for score in range(1, 6)]},
    "company": {"name": "An Nhà", "locale": "vi"},
}

ESCAPES = [
    "{{ ''.__class__ }}",
    "{{ ''['__class__'] }}",
    "{{ ''|attr('__class__') }}",
    "{{ ''|attr('_'*2 ~ 'class' ~ '_'*2) }}",
    "{{ ().__class__.__bases__[0].__subclasses__() }}",
    "{{ [].__class__.__base__ }}",
    "{{ {}.__class__.__mro__ }}",
    "{{ customer.__class__ }}",
    "{{ customer['__class__'] }}",
    "{{ customer._values }}",
    "{{ customer['_values'] }}",
    "{{ customer.keys() }}",
    "{{ customer['keys']() }}",
    "{{ self.__init__.__globals__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ self }}",
    "{{ config }}",
    "{{ config.items() }}",
    "{{ request.application.__globals__ }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ joiner.__init__.__globals__ }}",
    "{{ lipsum.__globals__['os'].popen('id').read() }}",
    "{{ lipsum(10000) }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ namespace.mro() }}",
    "{{ dict.mro() }}",
    "{{ dict.__base__ }}",
    "{{ range.__class__ }}",
    "{{ get_flashed_messages.__globals__ }}",
    "{{ url_for.__globals__ }}",
    "{{ '{0.__class__}'.format(customer) }}",
    "{{ '{0.__class__.__init__.__globals__}'.format(survey) }}",
    "{{ '{a.__class__}'.format_map({'a': customer}) }}",
    "{{ '%s'.__mod__(customer) }}",
    "{{ '%(x)s' % customer }}",
    "{{ customer | pprint }}",
    "{{ customer | tojson }}",
    "{{ customer | string }}",
    "{{ [customer] | join }}{{ [customer] }}",
    "{{ survey.links | map(attribute='__class__') | list | join }}",
    "{{ [''] | map('attr', '__class__') | list | join }}",
    "{{ ['x'] | map('format', '{0.__class__}') | list | join }}",
    "{{ survey.links | groupby('__class__') }}",
    "{{ survey.links | sort(attribute='__class__') | first }}{{ ''.x }}",
    "{{ survey.links | selectattr('__class__') | list | first | string }}",
    "{{ survey.links.append(1) }}",
    "{{ survey.links.__setitem__(0, 1) }}",
    "{{ customer.tags.pop() }}",
    "{{ {'onclick': 'x'} | xmlattr }}",
    "{% macro m() %}{% endmacro %}{{ m.__globals__ }}",
    "{% macro m() %}{% endmacro %}{{ m._func }}",
    "{% macro m() %}{% endmacro %}{{ m._environment.loader }}",
    "{% for x in [1] %}{{ loop.__init__.__globals__ }}{% endfor %}",
    "{% for x in [1] %}{{ loop._iterable }}{% endfor %}",
    "{% for x in [1] %}{{ loop }}{% endfor %}",
    "{% set x = namespace() %}{{ x.__class__ }}",
    "{% set x = namespace() %}{% set x.__class__ = 1 %}{{ x.__init__ }}",
    "{% set customer.name = 'Minh' %}",
    "{{ x.__class__ }}",
    "{{ (x | default(self)).__dict__ }}",
    "{% include '../secret.txt' %}",
    "{% include 'layouts/../../secret.txt' %}",
    "{% include '/etc/hostname' %}",
    "{% include ['../secret.txt', '/etc/hostname'] %}",
    "{% include '..' ~ '/secret.txt' %}",
    "{% import '../secret.txt' as secret %}",
    "{% extends '/etc/hostname' %}",
    "{% from 'link.txt' import secret %}",
    "{% include 'link.txt' %}",
    "{% include 'folder/secret.txt' %}",
    "{% include 'sms\\..\\..\\secret.txt' %}",
    "{% do customer.clear() %}",
    "{% debug %}",
]

GREEDY = [
    "{% for a in range(10**9) %}{% endfor %}",
    "{% for a in range(999) %}{% for b in range(999) %}{% for c in range(999) %}{% endfor %}{% endfor %}{% endfor %}",
    "{% for a in range(9999) %}{% for b in range(9999) if false %}{% endfor %}{% endfor %}",
    "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}",
    "{% for a in range(9999) %}" + "{{ range(9999) | sum }}" * 20 + "{% endfor %}",
    "{% for a in range(9999) %}{{ range(9999) | map('string') | list | length }}{% endfor %}",
    "{% for a in range(9999) %}{{ 'x' * 999 }}{% endfor %}",
    "{{ 'a' * 10**9 }}",
    "{{ 10**9 * 'a' }}",
    "{{ [0] * 10**9 }}",
    "{{ 'a' * 99999 * 99999 }}",
    "{{ 9**(9**9) }}",
    "{{ 9**9999 }}",
    "{% set n = namespace(x=3) %}{% for a in range(99) %}{% set n.x = n.x * n.x %}{% endfor %}",
    "{% set n = namespace(x='aa') %}{% for a in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
    "{% set n = namespace(x='aa') %}{% for a in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}",
    "{% set n = namespace(x=[1]) %}{% for a in range(99) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x | length }}",
    "{% set n = namespace(x=[1]) %}{% for a in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}",
    "{% set n = namespace(x=(1,)) %}{% for a in range(99) %}{% set n.x = (n.x, n.x) %}{% endfor %}",
    "{% set n = namespace(x={}) %}{% for a in range(99) %}{% set n.x = {1: n.x, 2: n.x} %}{% endfor %}",
    "{% set n = namespace(x={}) %}{% for a in range(99) %}{% set n.x = dict(a=n.x, b=n.x) %}{% endfor %}",
    "{% set n = namespace() %}{% set n.x = n %}{{ n }}",
    "{% set a = namespace() %}{% set b = namespace(x=a, y=a) %}{{ b | string }}",
    "{% set x %}aaaaaaaaaa{% endset %}" + "{% set x %}{{ x }}{{ x }}{% endset %}" * 40 + "{{ x }}",
    "{% set x = 'aaaaaaaaaa' %}" + "{% set x = x ~ x %}" * 40 + "{{ x | length }}",
    "{% macro m(n) %}{{ m(n + 1) }}{% endmacro %}{{ m(0) }}",
    "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}",
    "{% macro m() %}{{ caller() }}{% endmacro %}{% macro r() %}{% call m() %}{{r()}}{% endcall %}{% endmacro %}{{r()}}",
    "{% for x in [[1], [2]] recursive %}{{ loop([[1], [2]]) }}{% endfor %}",
    "{% include 'sms/note.vi.txt' %}",
    "{% include 'sms/note.vi.txt' %}{% include 'sms/note.vi.txt' %}",
    "{% import 'sms/note.vi.txt' as x %}",
    "{% extends 'sms/note.vi.txt' %}",
    "{% block a %}{{ self.a() }}{{ self.a() }}{% endblock %}",
    "{{ 'x' | center(10**9) }}",
    "{{ 'x' | center(1000000000) }}",
    "{{ 'x'.center(1000000000) }}",
    "{{ 'x'.ljust(1000000000) }}",
    "{{ 'x'.zfill(1000000000) }}",
    "{{ '\\t'.expandtabs(1000000000) }}",
    "{{ 'x\\nx' | indent(1000000000) }}",
    "{{ 'x\\nx' | indent('x' * 9999) | indent('x' * 99999) | indent('x' * 99999) }}",
    "{{ '%1000000000d' | format(1) }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ '%*d' % (1000000000, 1) }}",
    "{{ '{:1000000000}'.format(1) }}",
    "{{ '{0:{1}}'.format(1, 1000000000) }}",
    "{{ 'aaaaaaaaaa' | replace('', 'b' * 99999) }}",
    "{{ (range(9999) | list) | join('b' * 9999) }}",
    "{{ [1] | batch(1000000000, 'x') | list }}",
    "{{ [1] | slice(1000000000) | list }}",
    "{{ 1.5 | round(1000000000, 'ceil') }}",
    "{{ [[1]] | sum(start=[]) }}",
    "{{ ('a' * 99999).split('a') | length }}{% for x in range(9999) %}{{ ('a' * 99999).split('b') }}{% endfor %}",
    "{% set b = 'a' * 99999 %}{% for x in range(9999) %}{% if b == b ~ 'x' %}{% endif %}{% endfor %}",
    "{% set b = range(9999) | list %}{% for x in range(9999) %}{% set c = b[:] %}{% endfor %}",
    "{% set b = range(9999) | list %}{% for x in range(9999) %}{% if -1 in b %}{% endif %}{% endfor %}",
    "{% set b = range(9999) | list %}{% for x in range(9999) %}{% if b is in [b] %}{% endif %}{% endfor %}",
    "{{ " + "(" * 5_000 + "1" + ")" * 5_000 + " }}",
    "{{ " + "-" * 20_000 + "1 }}",
    "{{ 1" + " + 1" * 20_000 + " }}",
    "{{ a" + ".a" * 20_000 + " }}",
    "{% if 1 %}" * 5_000 + "{% endif %}" * 5_000,
    "{% for x in [1] %}" * 30 + "{% endfor %}" * 30,
    "{{ x }}" * 15_000,
    "{{ 1 }}" * 14_000,
    "a" * 200_000,
    "{#" * 40_000,
    "{% raw %}" * 10_000,
    "{{ '" + "\\\\" * 40_000,
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "templates" / "sms").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "templates" / "link.txt").symlink_to(tmp_path / "secret.txt")
    (tmp_path / "templates" / "folder").symlink_to(tmp_path)
    return tmp_path / "templates"


def attacked(folder: Path, source: str) -> str:
    (folder / "sms" / "note.vi.txt").write_text(source, encoding="utf-8")
    return Renderer(folder).message("sms", "note", "vi", CONTEXT).text


@pytest.mark.parametrize("source", ESCAPES)
def test_no_template_gets_at_anything_but_its_values(folder: Path, source: str) -> None:
    with pytest.raises(RenderError, match=r"note\.vi\.txt"):
        attacked(folder, source)
    assert sorted(path.name for path in folder.parent.iterdir()) == ["secret.txt", "templates"]


@pytest.mark.parametrize("source", GREEDY, ids=lambda source: source[:60])
def test_a_greedy_template_ends_in_time(folder: Path, source: str) -> None:
    started = thread_time()
    with pytest.raises(RenderError):
        attacked(folder, source)
    assert thread_time() - started < IN_TIME


@pytest.mark.parametrize(
    ("source", "limit"),
    [
        ("{% for a in range(999) %}{% for b in range(999) %}{% endfor %}{% endfor %}", "more than 300,000 steps"),
        ("{% for a in range(9999) %}" + "x" * 200 + "{% endfor %}", "more than 1,000,000 letters"),
        ("{{ 'a' * 10**9 }}", "more than 200,000 letters"),
        ("{{ range(10**6) | list }}", "more than 10,000 numbers"),
        ("{{ 9**99999 }}", "more than 4,096 bits"),
        ("{{ '' | center(9999) }}", "more than 1,000"),
        ("{% include 'sms/note.vi.txt' %}", "calls or includes itself too deeply"),
        ("a" * 100_001, "longer than 100,000 letters"),
    ],
)
def test_the_limit_is_named(folder: Path, source: str, limit: str) -> None:
    with pytest.raises(RenderError, match=limit):
        attacked(folder, source)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{% for x in range(100) %}{{ x }}{% endfor %}", "".join(map(str, range(100)))),
        ("{% for link in survey.links %}{{ loop.index }}/{{ loop.length }};{% endfor %}", "1/5;2/5;3/5;4/5;5/5;"),
        ("{{ survey.links | map(attribute='score') | join(', ') }}", "1, 2, 3, 4, 5"),
        ("{{ survey.links | selectattr('score', 'gt', 3) | map(attribute='score') | list | length }}", "2"),
        ("{{ customer.name.upper() }} {{ customer.name | lower }} {{ 'a-' * 3 }}", "LAN lan a-a-a-"),
        ("{% set n = namespace(sum=0) %}{% for x in [1, 2] %}{% set n.sum = n.sum + x %}{% endfor %}{{ n.sum }}", "3"),
        ("{% macro m(x) %}<{{ x }}{{ caller() if caller is defined }}>{% endmacro %}{{ m(1) }}", "<1>"),
        ("{% macro m(x) %}<{{ x }}{{ caller() }}>{% endmacro %}{% call m(2) %}!{% endcall %}", "<2!>"),
        ("{% set names = {'a': 'A'} %}{{ names['a'] }}{{ names.a }}{{ names.get('b', 'B') }}", "AAB"),
        ("{% for k, v in {'a': 'A', 'b': 'B'}.items() %}{{ k }}{{ v }}{% endfor %}", "aAbB"),
        ("{{ 7 // 2 }} {{ 7 % 2 }} {{ 2 ** 10 }} {{ 1 + 1.5 }} {{ 7 / 2 }}", "3 1 1024 2.5 3.5"),
        ("{{ nothing | default('x', true) }}{{ customer.nothing | default('y') }}", "xy"),
        ("{% filter upper %}a{{ 'b' }}{% endfilter %}{% with a = 1 %}{{ a }}{% endwith %}", "AB1"),
        ("{% for x in [1, [2, [3]]] recursive %}{{ loop(x) if x is iterable else x }}{% endfor %}", "123"),
        ("{{ (1, 2) == (1, 2) }} {{ 'a' in 'abc' }} {{ [1, 2, 3][1:] | join }} {{ 'abc'[0] }}", "True True 23 a"),
    ],
)
def test_what_messages_need_still_works(folder: Path, source: str, text: str) -> None:
    assert attacked(folder, source) == text


def test_the_next_rendering_begins_with_a_fresh_meter(folder: Path) -> None:
    (folder / "sms" / "note.vi.txt").write_text(
        "{% for a in range(99) %}{% for b in range(99) %}{{ b }}{% endfor %}{% endfor %}"
    )
    renderer = Renderer(folder)
    for _ in range(20):
        renderer.message("sms", "note", "vi", CONTEXT)
