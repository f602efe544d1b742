from django.apps import AppConfig


class CohortsConfig(AppConfig):
    name = "cohorts"

    def ready(self) -> None:
        from cohorts import cohort_file, upload_kinds
        from cohorts.models import Upload
        from cohorts.services import child_import, issues

        upload_kinds.register(
            upload_kinds.UploadKind(
                key=Upload.Kind.COHORT,
                label=Upload.Kind.COHORT.label,
                hint="Children of your schools, home-educated children and children whose school "
                "is not known, with their parents",
                columns=cohort_file.COLUMNS,
                required_headers=cohort_file.REQUIRED_COLUMNS,
                run=child_import.run,
                count_labels={
                    "new": "New children",
                    "updated": "Children updated",
                    "unchanged": "Children unchanged",
                    "review": "Rows that need review",
                },
                review=upload_kinds.Review("Issues", "issues:list", issues.count_waiting),
            )
        )
