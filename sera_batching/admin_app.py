"""Django's admin as an installed app: apart from the site, which needs the models to be loaded."""

from django.contrib.admin.apps import AdminConfig


class SeraAdminConfig(AdminConfig):
    """Django's admin, with our site as the one where apps register."""

    default_site = "sera_batching.admin_site.SeraAdminSite"
