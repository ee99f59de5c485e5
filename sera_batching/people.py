"""Services that change the application's users and their roles."""

from dataclasses import asdict, dataclass
from typing import Any, Final

from django.contrib.auth.models import Group
from django.contrib.auth.tokens import default_token_generator
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from sera_batching import audit
from sera_batching.exceptions import Conflict, Refused
from sera_batching.models import User
from sera_batching.models.users import OPERATIONS_USERNAME
from sera_batching.origin import Origin

CHANGE: Final = "sera_batching.change_user"
TAKEN: Final = "There is already a user “{}”."


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonValues:
    """What an admin enters about a person; `role` is the name of a group, or nothing."""

    username: str
    first_name: str
    last_name: str
    email: str
    role: str
    is_active: bool = True


def list_people() -> QuerySet[User]:
    """Return all people by user name, with their roles; without the operations user."""
    people = User.objects.exclude(username=OPERATIONS_USERNAME)
    return people.prefetch_related("groups").order_by("username")


def role_of(person: User) -> str:
    """Return the name of a person's role, empty for none; reads what was prefetched."""
    return ", ".join(group.name for group in person.groups.all())


def add_person(*, values: PersonValues, origin: Origin) -> User:
    """Add a person, who sets a password by the link of `password_link`.

    Raises NotAllowed, Refused for an unknown role, Conflict when the user name is taken.
    """
    origin.require("sera_batching.add_user")
    person = User()
    person.set_unusable_password()
    return _write(person, values, action="user.added", origin=origin)


def change_person(*, person: User, values: PersonValues, origin: Origin) -> User:
    """Write a person's facts, role and whether they may sign in; equal values change nothing.

    A person who is deactivated is signed out everywhere. Raises NotAllowed, Conflict when the user
    name is taken, and Refused where the last person who manages users would be lost.
    """
    origin.require(CHANGE)
    return _write(person, values, action="user.changed", origin=origin)


def reset_password(*, person: User, origin: Origin) -> User:
    """Disable the password and end the person's sessions; a link sets a new one.

    Raises NotAllowed, and Refused for oneself, a superuser and the operations user.
    """
    origin.require(CHANGE)
    with transaction.atomic():
        person = _locked(person, origin=origin)
        if person.pk == origin.user.pk:
            raise Refused("Change your own password from the menu under your name.")
        person.set_unusable_password()
        person.save(update_fields=["password"])
        audit.record(origin=origin, action="user.password_reset", target=person)
    return person


def password_link(person: User) -> dict[str, str]:
    """Return the parts of the URL where a person sets a password.

    It works once, within PASSWORD_RESET_TIMEOUT seconds, until the password changes.
    """
    return {
        "uidb64": urlsafe_base64_encode(force_bytes(person.pk)),
        "token": default_token_generator.make_token(person),
    }


def _locked(person: User, *, origin: Origin) -> User:
    person = User.objects.select_for_update().get(pk=person.pk)
    if person.username == OPERATIONS_USERNAME:
        raise Refused("Commands run as ops, so that user can't be changed.")
    if person.is_superuser and not origin.user.is_superuser:
        raise Refused("Only a superuser can change a superuser.")
    return person


def _write(person: User, values: PersonValues, *, action: str, origin: Origin) -> User:
    try:
        with transaction.atomic():
            # Lock all of them, so that two admins cannot take each other's role away at once.
            roles = {group.name: group for group in Group.objects.select_for_update()}
            if values.role and values.role not in roles:
                raise Refused(f"There is no role “{values.role}”.")
            if person.pk is not None:
                person = _locked(person, origin=origin)
            _require_free_name(values.username, person)
            before, after = _facts(person), asdict(values)
            if person.pk is not None and before == after:
                return person
            for name in ("username", "first_name", "last_name", "email", "is_active"):
                setattr(person, name, after[name])
            person.save()
            person.groups.set([roles[values.role]] if values.role else [])
            _require_somebody_left()
            changed = {name for name in after if before.get(name) != after[name]}
            audit.record(
                origin=origin,
                action=action,
                target=person,
                before={name: before[name] for name in changed if name in before},
                after={name: after[name] for name in changed},
            )
    except IntegrityError as error:
        raise Conflict(TAKEN.format(values.username)) from error
    return person


def _require_free_name(username: str, person: User) -> None:
    """Refuse a name that differs from another person's only in case: people would mix them up."""
    if User.objects.filter(username__iexact=username).exclude(pk=person.pk).exists():
        raise Conflict(TAKEN.format(username))


def _facts(person: User) -> dict[str, Any]:
    if person.pk is None:
        return {}
    return {
        "username": person.username,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": person.email,
        "role": role_of(person),
        "is_active": person.is_active,
    }


def _require_somebody_left() -> None:
    """Refuse a change after which nobody could manage users any more."""
    managers = User.objects.filter(
        is_active=True, groups__permissions__codename="change_user"
    ).exclude(username=OPERATIONS_USERNAME)
    superusers = User.objects.filter(is_active=True, is_superuser=True)
    if not managers.exists() and not superusers.exists():
        raise Refused(
            "At least one person must be able to manage users. Give someone else the role first."
        )
