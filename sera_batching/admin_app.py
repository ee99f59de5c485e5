"""Django's admin as an installed app; separate from the site, which needs loaded models."""

from django.contrib.admin.apps import AdminConfig


class SeraAdminConfig(AdminConfig):
    """Django's admin with our site as its default."""

    default_site = "sera_batching.admin_site.SeraAdminSite"
