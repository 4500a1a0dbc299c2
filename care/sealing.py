"""Sealing: AES-256-GCM, with data keys that are themselves kept sealed under a master key made from a secret.

What is sealed is a random nonce of 96 bits and the ciphertext with its tag. Each sealed thing is bound to a name
(the additional authenticated data), so that it cannot be passed off as another.
"""

import hashlib
import hmac
import os
from base64 import b64decode, b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from care.domain.errors import CareError

KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16


class BrokenSealError(CareError):
    """What was sealed is damaged, was sealed under another key, or bears another name."""


class SealingKey:
    """A key of 256 bits, ready to seal with; it seals at most 2**32 things safely.

    Attributes:
        id: What sealed things name it by.
    """

    __slots__ = ("_cipher", "_name", "id")

    def __init__(self, id: str, key: bytes) -> None:
        self.id = id
        self._name = id.encode()
        self._cipher = AESGCM(key)

    def seal(self, plain: bytes, name: bytes = b"") -> bytes:
        """Seal under this key and a name."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, self._name + name)

    def open(self, sealed: bytes, name: bytes = b"") -> bytes:
        """What was sealed under this key and name.

        Raises:
            BrokenSealError: It was not.
        """
        if len(sealed) < _NONCE_BYTES + _TAG_BYTES:
            raise BrokenSealError(f"what was sealed under {self.id!r} is cut off")
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], self._name + name)
        except InvalidTag:
            raise BrokenSealError(f"what was sealed under {self.id!r} is damaged, or was sealed otherwise") from None


def master_key(secret: str) -> SealingKey:
    """The key that wraps data keys, made from a secret; its id tells nobody what the secret is."""
    key = hmac.digest(secret.encode(), b"aftercare master key", hashlib.sha256)
    return SealingKey(hmac.new(key, b"aftercare master id", hashlib.sha256).hexdigest()[:16], key)


def new_key() -> bytes:
    """A random key of 256 bits."""
    return os.urandom(KEY_BYTES)


def wrap(master: SealingKey, id: str, key: bytes) -> str:
    """A data key as it is kept: sealed under a master key and its own id, in base64."""
    return b64encode(master.seal(key, id.encode())).decode()


def unwrap(master: SealingKey, id: str, wrapped: str) -> bytes:
    """The data key that ``wrap`` wrapped.

    Raises:
        BrokenSealError: It was wrapped otherwise, or is damaged.
    """
    return master.open(b64decode(wrapped), id.encode())
