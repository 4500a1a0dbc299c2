"""Packing: payloads are small and say the same words again and again, so they are packed with those words in mind.

What customers carry through Temporal is mostly names of fields (``activities.contract``): a state in which nothing but
one wait is known packs to a fifth, and without known words to a half.
"""

import zlib

# Under this name for good: whoever sleeps was packed with exactly these words. Better ones get a name of their own.
_FIRST = "words-1"
_WORDS = {
    _FIRST: (
        b'"template":"","channels":["email","sms"],"purpose":"marketing","wanted_at":"202,"not_before":null,"held":"",'
        b'"attempts":0,"offer":"","values":{},"asks":"csat"nps"ces"{"id":"e_/send:/survey:/1:sms","outcome":"sent",'
        b'"reason":"","code":"","until":null,"values":{},"kind":"settled"}{"key":":0","customer":"c_","state":null,'
        b'"happenings":[{"id":"i_","kind":"heard"}],"now":"202"skipped""deferred""ticket":"t_","queue":"","about":"",'
        b'[{"key":"e_/send:/1:email","customer":"c_","enrolment":"e_","journey":"","plan":"","step":"send:",'
        b'"template":"","channel":"sms","purpose":"care","at":"202,"expires_at":"202,"part":"","offer":"",'
        b'"offer_expires_at":null,"survey":"","values":{},"kind":"send"}],"paused":false},"consumed":["i_"],"orders":['
        b'\n\x16\n\x08encoding\x12\njson/plain\x12"i_"\n\x16\n\x08encoding\x12\njson/plain\x12\x1a"i_'
        b'\n\x16\n\x08encoding\x12\njson/plain\x12L{"customer":"c_","state":null,"inbox":[],"wake_at":null}'
        b'\n\x16\n\x08encoding\x12\njson/plain\x12\x96\x04{"state":{"customer":"c_","last":"202Z","enrolments":['
        b'{"id":"e_","journey":"","plan":"","entered_at":"202Z","event_id":"i_","order_id":"","at":["send:"wait:"],'
        b'"doing":"wait","since":"202Z","until":"202Z","remind_at":null,"wish":null,"answers":{},"ticket":"",'
        b'"values":{},"visits":{},"passes":{},"moving":null,"passed":[],"thawed":null,"lag":0,"asked":"",'
        b'"publication":1}],"in_flight":[],"paused":false},"consumed":["i_"],"orders":[],"wake_at":"202Z","freed":[]}'
    )
}
_PLAIN = "zlib"
# Bytes that it takes to say how something was packed.
_NAMED = 24
# For some hundred bytes; a window as large as zlib's own would cost more to lay out than to fill.
_WINDOW, _MEMORY = 12, 5


def pack(plain: bytes) -> tuple[bytes, str]:
    """Make bytes smaller.

    Returns:
        The packed bytes and the name of how, or the bytes as they were and an empty name when that is no gain.
    """
    packer = zlib.compressobj(zlib.Z_DEFAULT_COMPRESSION, zlib.DEFLATED, _WINDOW, _MEMORY, zdict=_WORDS[_FIRST])
    packed = packer.compress(plain) + packer.flush()
    return (packed, _FIRST) if len(packed) + _NAMED < len(plain) else (plain, "")


def unpack(packed: bytes, how: str) -> bytes:
    """What ``pack`` was given.

    Raises:
        ValueError: It is damaged, or packed in a way this version does not know.
    """
    if how not in (_PLAIN, *_WORDS):
        raise ValueError(f"packed as {how!r}, which this version does not know")
    unpacker = zlib.decompressobj(zdict=_WORDS[how]) if how in _WORDS else zlib.decompressobj()
    try:
        found = unpacker.decompress(packed) + unpacker.flush()
    except zlib.error as damage:
        raise ValueError(str(damage)) from None
    if not unpacker.eof:
        raise ValueError("it is cut off")
    return found
