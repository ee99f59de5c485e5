"""Who may do what: the table of domain.md §9, written out."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounting.bootstrap import install_defaults
from invoices.tests.factories import make_origin, make_user
from sera_batching.exceptions import NotAllowed
from sera_batching.models import Company, User
from sera_batching.roles import ROLES
from sera_batching.tests.refusals import refused

pytestmark = pytest.mark.django_db

OFFICE = {
    "invoices.view_invoice",
    "payments.view_payment",
    "accounting.view_batch",
    "payments.take_payment",
}
ACCOUNTANT = OFFICE | {
    "invoices.view_catalogue",
    "accounting.view_unbatched",
    "accounting.make_batch",
    "accounting.download_batch",
    "accounting.retry_batch",
    "accounting.mark_loaded",
    "accounting.work_follow_ups",
}
ADMIN = ACCOUNTANT | {
    "accounting.undo_batch",
    "accounting.release_batch",
    "accounting.import_feed",
    "invoices.approve_invoice",
    "invoices.edit_invoice",
    "invoices.void_invoice",
    "invoices.cancel_invoice",
    "invoices.hold_invoice",
    "invoices.change_accounting_key",
    "invoices.merge_customers",
    "invoices.change_catalogue",
    "payments.refund_payment",
    "payments.reallocate_payment",
    "payments.remove_payment",
    "payments.dispute_payment",
    "integrations.manage_tokens",
    "integrations.manage_webhooks",
    "sera_batching.change_company",
    "sera_batching.view_auditevent",
    "sera_batching.view_user",
    "sera_batching.add_user",
    "sera_batching.change_user",
}


@pytest.mark.parametrize(
    ("role", "permissions"),
    [("Office", OFFICE), ("Accountant", ACCOUNTANT), ("Admin", ADMIN), ("", set())],
)
def test_a_role_may_exactly_this(role: str, permissions: set[str]) -> None:
    assert make_user(role).get_all_permissions() == permissions


def test_there_are_three_roles() -> None:
    assert ROLES == ("Office", "Accountant", "Admin")
    assert set(Group.objects.values_list("name", flat=True)) == {"Office", "Accountant", "Admin"}


def test_every_permission_of_the_table_exists() -> None:
    existing = {
        f"{app}.{code}"
        for app, code in Permission.objects.values_list("content_type__app_label", "codename")
    }
    assert ADMIN - existing == set()


def test_an_origin_asks_its_user() -> None:
    make_origin("Accountant").require("accounting.make_batch")
    origin = make_origin("Office")
    assert origin.may("payments.take_payment")
    with refused(
        f"{origin.user} isn't allowed to do this (it requires accounting.make_batch). Ask "
        "your company's admin.",
        error=NotAllowed,
    ):
        origin.require("accounting.make_batch")


def test_the_operations_user_is_an_admin_without_a_password() -> None:
    operations = User.objects.get(username="ops")
    assert operations.get_all_permissions() == ADMIN
    assert not operations.has_usable_password()
    assert not operations.is_superuser


def test_the_defaults_are_put_right_again_and_kept_otherwise() -> None:
    office = Group.objects.get(name="Office")
    office.permissions.clear()
    office.permissions.add(Permission.objects.get(codename="undo_batch"))
    Company.objects.update(name="Elm Street Heating")
    install_defaults()
    install_defaults()
    assert make_user("Office").get_all_permissions() == OFFICE
    assert Company.current().name == "Elm Street Heating"
    assert User.objects.filter(username="ops").count() == 1


def test_a_model_that_is_not_migrated_yet_gets_no_content_type() -> None:
    """Its migration gives it one with a new name."""
    new = ContentType.objects.filter(app_label="accounting", model="unbatchedinvoice")
    new.delete()
    loader = MigrationExecutor(connection).loader
    before = loader.project_state(("accounting", "0003_unique_without_nulls"))
    install_defaults(apps=before.apps)
    assert not new.exists()
    install_defaults()
    assert new.exists()
