"""Who acts, and from where; passed to every service."""

from dataclasses import dataclass, replace
from typing import Self

from sera_batching.exceptions import NotAllowed
from sera_batching.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The acting user and where the request came from; stored with revisions and audit events."""

    user: User
    channel: str = "command"
    """page, command, feed, api or task."""
    source: str = ""
    """For the feed: file and line, such as "march.jsonl:12"."""
    request_id: str = ""
    address: str = ""

    @property
    def is_feed(self) -> bool:
        """A feed writes one audit row per transaction, not per document (feed.md)."""
        return self.channel == "feed"

    def at(self, source: str) -> Self:
        """Return the same origin at another place of its source."""
        return replace(self, source=source)

    def may(self, permission: str) -> bool:
        """Return whether the acting user has a permission such as "accounting.make_batch"."""
        return self.user.has_perm(permission)

    def require(self, permission: str) -> None:
        """Raise NotAllowed unless the acting user has the permission (domain.md §9)."""
        if not self.may(permission):
            raise NotAllowed(
                f"{self.user} isn't allowed to do this (it requires {permission}). Ask your "
                "company's admin."
            )
