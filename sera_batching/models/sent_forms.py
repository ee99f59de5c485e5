from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone


class SentForm(models.Model):
    """A form that was carried out, by its token: submitted again, it does nothing.

    Written in the same transaction as the action, so that one exists if and only if the other does.
    """

    token = models.UUIDField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    address = models.CharField(max_length=500)
    """The page that shows what it did."""
    sent_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)

    class Meta:
        default_permissions = ()
        indexes: ClassVar = [models.Index(fields=["sent_at"], name="sent_form_by_moment")]

    def __str__(self) -> str:
        return f"{self.token} by {self.user_id}"
