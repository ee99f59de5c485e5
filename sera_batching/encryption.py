"""Secrets at rest: encrypted with a key that is not in the database (ADR 17).

The key comes from SECRET_KEY. While SECRET_KEY is changed, the old one stands in
SECRET_KEY_FALLBACKS and still decrypts; `rotate_secrets` encrypts everything anew.
"""

import base64
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from sera_batching.exceptions import Refused

_PURPOSE: Final = b"sera_batching.integrations.webhook_secrets"
"""Keeps this key apart from whatever else is derived from SECRET_KEY."""


def encrypt(text: str) -> str:
    """Return a secret encrypted with the newest key."""
    return _keys().encrypt(text.encode()).decode()


def decrypt(encrypted: str) -> str:
    """Return the secret; Refused when neither SECRET_KEY nor a fallback opens it."""
    try:
        return _keys().decrypt(encrypted.encode()).decode()
    except InvalidToken:
        raise Refused(
            "The secret was encrypted with another SECRET_KEY. Put that key into "
            "SECRET_KEY_FALLBACKS, or make a new secret."
        ) from None


def rotate(encrypted: str) -> str:
    """Return the same secret, encrypted with the newest key; Refused as `decrypt`."""
    return encrypt(decrypt(encrypted))


def _keys() -> MultiFernet:
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_derive(secret)) for secret in secrets])


def _derive(secret: str) -> bytes:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret.encode())
    return base64.urlsafe_b64encode(derived)
