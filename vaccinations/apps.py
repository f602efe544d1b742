from django.apps import AppConfig


class VaccinationsConfig(AppConfig):
    name = "vaccinations"

    def ready(self) -> None:
        from cohorts import upload_kinds
        from cohorts.models import Upload
        from consent import doses
        from sessions_app import memberships, statuses
        from vaccinations import facts
        from vaccinations.history import columns, importing, issues

        statuses.register_facts(facts.status_facts)
        doses.register(
            doses.Source(facts.last_doses, facts.next_doses_from, facts.partial_histories)
        )
        memberships.register_anchor(facts.memberships_with_records)
        upload_kinds.register(
            upload_kinds.UploadKind(
                key=Upload.Kind.HISTORY,
                label=Upload.Kind.HISTORY.label,
                hint="Vaccinations that were given, or not given, before children came to Mavis",
                columns=columns.COLUMNS,
                required_headers=columns.REQUIRED_COLUMNS,
                run=importing.run,
                count_labels={
                    "new": "New vaccination records",
                    "unchanged": "Vaccination records already in Mavis",
                    "review": "Rows that need review",
                },
                review=upload_kinds.Review(
                    "Vaccination issues", "vaccinations:issues", issues.count_waiting
                ),
            )
        )
