"""The errors that services raise; `str(error)` is a sentence that a user can read."""


class DomainError(Exception):
    """A request that cannot be carried out; nothing has been changed."""


class Refused(DomainError):
    """A rule of the domain refuses it; the message says which rule and what to do."""


class NotAllowed(DomainError):
    """The acting user lacks the permission."""


class Conflict(DomainError):
    """Somebody else was first, or something depends on what was to be changed."""


class ServiceDown(DomainError):
    """A service that this needs (database, broker, storage) does not answer."""
