from django.db import models


class Fed(models.Model):
    """A record that the feed brings; remembers the last one fed, so that equal means unchanged."""

    fed_digest = models.CharField(max_length=64, blank=True, default="", editable=False)

    class Meta:
        abstract = True
