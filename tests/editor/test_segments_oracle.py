"""SMS segments against Twilio's own calculator, the npm package sms-segments-calculator."""

import json
import random  # noqa: TID251 (drawn by a seed, the same on every run)
import shutil
import subprocess

import pytest

from care.domain.segments import segments
from tests.editor.server import from_npm

MANY = 2_500
VIETNAMESE = "aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệghiìỉĩíịklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvxyỳỷỹýỵ ĐẮỸ"
PLAIN = "abcdefghijklmnopqrstuvwxyz ABCXYZ 0123456789.,:!?/-()&%#@$£¥èéùìòÇØøÅåΔΦ_äöñüà§¿¡"
EXTENDED = "^{}[]~|\\€"
EMOJI = ("😀", "🎁", "❤️", "👍🏽", "👩‍👧‍👦", "🇻🇳", "✅")
SCRIPT = """
const { SegmentedMessage } = require(process.argv[1]);
const texts = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const counted = texts.map(text => {
  const message = new SegmentedMessage(text);
  return [message.getEncodingName(), message.segmentsCount];
});
process.stdout.write(JSON.stringify(counted));
"""


@pytest.fixture(scope="module")
def texts() -> list[str]:
    chance = random.Random(20261122)
    kinds = (PLAIN, PLAIN + EXTENDED, EXTENDED, VIETNAMESE, VIETNAMESE + PLAIN, (*VIETNAMESE, *EMOJI))
    edges = (1, 69, 70, 71, 133, 134, 135, 152, 153, 154, 159, 160, 161, 306, 307, 459, 460)
    drawn = []
    for _ in range(MANY):
        length = chance.choice(edges) if chance.random() < 0.5 else chance.randrange(1, 700)
        drawn.append("".join(chance.choice(chance.choice(kinds[:1] + kinds)) for _ in range(length)))
        letters = chance.choice(kinds)
        drawn.append("".join(chance.choice(letters) for _ in range(length)))
    return drawn


@pytest.fixture(scope="module")
def counted(texts: list[str]) -> list[tuple[str, int]]:
    node = shutil.which("node")
    assert node, "this test needs node: install it, then run 'npm ci' in tests/editor"
    module = from_npm("sms-segments-calculator", "dist", "index.js")
    told = subprocess.run([node, "-e", SCRIPT, str(module)], input=json.dumps(texts), capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    return [(encoding, parts) for encoding, parts in json.loads(told.stdout)]


def test_five_thousand_texts_take_the_segments_that_twilio_counts(
    texts: list[str], counted: list[tuple[str, int]]
) -> None:
    """The only difference: Twilio keeps the parts of one emoji in one segment, which no handset needs."""
    different = []
    for text, (encoding, parts) in zip(texts, counted, strict=True):
        ours = segments(text)
        assert ours.encoding == encoding, text
        if ours.parts != parts:
            different.append(text)
    assert len(texts) == 2 * MANY
    assert all(any(joined in text for joined in EMOJI[2:6]) for text in different)
    assert len(different) < MANY / 20
