from django.db import models


class Fed(models.Model):
    """A record from the feed; remembers the last one, so that an equal record changes nothing."""

    fed_digest = models.CharField(max_length=64, blank=True, default="", editable=False)

    class Meta:
        abstract = True
