from django.apps import AppConfig


class GovukConfig(AppConfig):
    name = "govuk"

    def ready(self) -> None:
        from govuk import checks  # noqa: F401 - registers itself
