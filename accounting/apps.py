from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate

from sera_batching.database import triggers


class AccountingConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "accounting"

    def ready(self) -> None:
        # Importing them registers them.
        from accounting import audit_subjects, navigation, receivers, roles  # noqa: F401
        from accounting.bootstrap import install_defaults, lift_triggers
        from accounting.checks.recheck import recheck_if_outdated

        triggers.freeze("accounting.BatchItem", mutable_fields=("is_live", "is_newest"))
        triggers.freeze("accounting.BatchParty")
        triggers.freeze("accounting.PaymentRow")
        triggers.freeze("accounting.RefundUse", mutable_fields=("is_live",))
        triggers.freeze("accounting.ItemWarning")
        pre_migrate.connect(lift_triggers, sender=self)
        post_migrate.connect(install_defaults, sender=self)
        post_migrate.connect(recheck_if_outdated, sender=self)
