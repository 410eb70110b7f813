from django.contrib.admin.apps import AdminConfig


class SettingsAdminConfig(AdminConfig):
    default_site = "integrations.admin.site.SettingsSite"

    def ready(self) -> None:
        # Before anybody asks for the site: it lives in a package that registers at it, and asked
        # for first, Django would make it twice and lose what was registered in between.
        import integrations.admin  # noqa: F401
        from config import checks  # noqa: F401  registers them

        super().ready()
