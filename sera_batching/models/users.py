from typing import Final

from django.contrib.auth.models import AbstractUser

OPERATIONS_USERNAME: Final = "ops"
"""Who acts when a command names nobody: an admin without a usable password (operations.md)."""


class User(AbstractUser):
    """A person, or the operations user; what they may do comes from their groups."""

    class Meta(AbstractUser.Meta):
        pass
