from django.apps import AppConfig


class ConsentConfig(AppConfig):
    name = "consent"

    def ready(self) -> None:
        from consent import checks, facts  # noqa: F401 (checks register themselves)
        from sessions_app import statuses

        statuses.register_facts("consent", facts.consent_facts)
        statuses.register_facts("triage", facts.triage_facts)
