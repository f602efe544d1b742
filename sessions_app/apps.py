from django.apps import AppConfig


class SessionsConfig(AppConfig):
    name = "sessions_app"
    verbose_name = "Sessions"

    def ready(self) -> None:
        from accounts import foretelling
        from accounts.models import Organisation
        from cohorts import consequences
        from cohorts.services.school_moves import register_clinic_question, register_invitation
        from notifications import outbox
        from sessions_app import (
            dates_changed,
            of_programmes,
            receivers,  # noqa: F401 connects them
        )
        from sessions_app.clinic_choice import days_at_school, invitation_after_move
        from sessions_app.invitations import messages, of_operators
        from sessions_app.invitations.guard import guard
        from sessions_app.invitations.of_files import fates_of_file, invited_by_file

        for template in (messages.FIRST, messages.LATER):
            outbox.register_guard(template, guard)
        outbox.register_guard(dates_changed.TEMPLATE, dates_changed.guard)
        register_clinic_question(days_at_school)
        register_invitation(invitation_after_move)
        consequences.register(invited_by_file)
        consequences.register_fates(fates_of_file)
        foretelling.register(Organisation, of_operators.of_settings)
        of_programmes.register(of_operators.in_clinics)
