"""Secrets at rest: encrypted with a key that is not in the database (ADR 17).

The key comes from SECRET_KEY. While SECRET_KEY is changed, the old one stands in
SECRET_KEY_FALLBACKS and still decrypts; `rotate_secrets` encrypts everything anew.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from sera_batching.exceptions import Refused


class Cipher:
    """Encrypts the secrets of one purpose, with a key apart from all else that is derived."""

    def __init__(self, purpose: str) -> None:
        """Take the purpose as text, which must stay the same: the key is derived from it."""
        self._purpose = purpose.encode()

    def encrypt(self, text: str) -> str:
        """Return a secret encrypted with the newest key."""
        return self._keys().encrypt(text.encode()).decode()

    def decrypt(self, encrypted: str) -> str:
        """Return the secret; Refused when neither SECRET_KEY nor a fallback opens it."""
        try:
            return self._keys().decrypt(encrypted.encode()).decode()
        except InvalidToken:
            raise Refused(
                "The secret was encrypted with another SECRET_KEY. Put that key into "
                "SECRET_KEY_FALLBACKS, or make a new secret."
            ) from None

    def rotate(self, encrypted: str) -> str:
        """Return the same secret, encrypted with the newest key; Refused as `decrypt`."""
        return self.encrypt(self.decrypt(encrypted))

    def _keys(self) -> MultiFernet:
        secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
        return MultiFernet([Fernet(self._derive(secret)) for secret in secrets])

    def _derive(self, secret: str) -> bytes:
        derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=self._purpose)
        return base64.urlsafe_b64encode(derivation.derive(secret.encode()))
