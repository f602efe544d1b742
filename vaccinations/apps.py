from django.apps import AppConfig


class VaccinationsConfig(AppConfig):
    name = "vaccinations"

    def ready(self):
        from sessions_app import memberships, statuses
        from vaccinations import facts

        statuses.register_facts("vaccination", facts.vaccination_facts)
        memberships.register_anchor(facts.memberships_with_records)
