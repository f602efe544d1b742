from django.apps import AppConfig


class ConsentConfig(AppConfig):
    name = "consent"

    def ready(self) -> None:
        from cohorts import consequences

        # Checks and receivers register themselves.
        from consent import (  # noqa: F401
            checks,
            facts,
            messages,
            of_operators,
            receivers,
            reply_guard,
            unknown_contact,
        )
        from consent.correction_guard import correction_guard
        from consent.guard import guard
        from consent.of_dates import asked_because_of_dates, due_then, letters_of_jobs
        from consent.of_files import asked_because_of_file
        from consent.of_mailings import of_asking, of_correction, of_reminders, of_visit
        from consent.reminder_guard import reminder_guard
        from consent.replies import TEMPLATES
        from consent.selectors.gillick import memberships_with_assessments
        from consent.services import asking, correcting, reminding
        from consent.triage_guard import triage_guard
        from notifications import outbox, readdressing, resending
        from sessions_app import asking as school_asking
        from sessions_app import mailing_examples, memberships, of_programmes, statuses
        from sessions_app.invitations import mailings
        from sessions_app.models import Mailing

        statuses.register_facts(facts.status_facts)
        memberships.register_anchor(memberships_with_assessments)
        for template in messages.ASKING:
            outbox.register_guard(template, guard)
        outbox.register_guard(messages.SESSION_REMINDER, reminder_guard)
        outbox.register_guard(messages.VISIT_OFF, correction_guard)
        for template in messages.TRIAGE.values():
            outbox.register_guard(template, triage_guard)
        consequences.register(asked_because_of_file)
        of_programmes.register(of_operators.at_schools)
        mailings.register_letters(Mailing.Kind.REMINDERS, asking.letters_of)
        mailings.register_letters(Mailing.Kind.ASKING, letters_of_jobs, coming=due_then)
        mailings.register_letters(Mailing.Kind.VISIT, reminding.letters_of)
        mailings.register_letters(Mailing.Kind.CORRECTION, correcting.letters_of)
        mailing_examples.register(Mailing.Kind.REMINDERS, of_reminders)
        mailing_examples.register(Mailing.Kind.ASKING, of_asking)
        mailing_examples.register(Mailing.Kind.VISIT, of_visit)
        mailing_examples.register(Mailing.Kind.CORRECTION, of_correction)
        school_asking.register_outlook(asked_because_of_dates)
        outbox.register_guard(unknown_contact.TEMPLATE, unknown_contact.guard)
        for template in TEMPLATES:
            outbox.register_guard(template, reply_guard.guard)
            resending.goes_where_it_was_typed(template)
            readdressing.register_staying(template, reply_guard.goes_where_it_was_given)
