"""`manage.py undo_match CHILD [RESPONSE --by EMAIL --reason TEXT]`: undo what no team can."""

from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from calendars import clock
from cohorts.models import Child
from consent.models import OnlineResponse, Triage
from consent.online_models import DETAILS_LENGTH
from consent.selectors.undoing import Hanging, hanging_on
from consent.services import unmatching
from govuk.filters import count, govuk_date
from sessions_app.rules import join_words


class Command(BaseCommand):
    help = (
        "Undo the match of an online response with a child whom it is not about, where no team can "
        "open the response, since the child is in another organisation's cohort now. With the "
        "child alone it lists the responses that are matched. It prints no names."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("child", help="as in the address of the child record: /children/…/")
        parser.add_argument("response", nargs="?", help="one of those that are listed without it")
        parser.add_argument(
            "--by", metavar="EMAIL", default="", help="the user who asks for it, and answers for it"
        )
        parser.add_argument(
            "--reason", default="", help="how they know: teams read it. Name nobody here"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="change nothing, only print what would follow"
        )

    def handle(
        self,
        *,
        child: str,
        response: str | None,
        by: str,
        reason: str,
        dry_run: bool,
        **options,
    ) -> None:
        about = Child.objects.filter(public_id=_uuid(child)).first()
        if about is None:
            raise CommandError(f"There is no child with the id {child}")
        if response is None:
            self._list(about)
            return
        found = (
            OnlineResponse.objects.select_related("session")
            .filter(public_id=_uuid(response), child=about)
            .first()
        )
        if found is None:
            raise CommandError(f"No response {response} is matched with this child")
        if dry_run:
            self._report(hanging_on(found, about, today=clock.today()))
            self.stdout.write("Nothing was changed: this was a dry run")
            return
        user = User.objects.filter(email=by.strip().lower(), is_active=True).first()
        if user is None:
            raise CommandError("--by must be the email address of a user who can sign in")
        reason = reason.strip()
        if not reason or len(reason) > DETAILS_LENGTH:
            raise CommandError(f"--reason must be given, in {DETAILS_LENGTH} characters or fewer")
        try:
            hanging = unmatching.undo_match(
                response_id=found.pk, child=about, reason=reason, by=user, now=clock.now()
            )
        except unmatching.NotMatched:
            raise CommandError("The match was undone meanwhile") from None
        self._report(hanging)
        self.stdout.write(
            "Undone: the response waits in Unmatched responses of the organisation that got it"
        )

    def _list(self, child: Child) -> None:
        matched = (
            child.online_responses.select_related("organisation")
            .prefetch_related("decisions__programme")
            .order_by("matched_at", "pk")
        )
        for response in matched:
            programmes = join_words(sorted(one.programme.name for one in response.decisions.all()))
            self.stdout.write(
                f"{response.public_id}  {programmes}, answered on "
                f"{govuk_date(response.recorded_at)} to {response.organisation.ods_code}, matched "
                f"on {govuk_date(response.matched_at)}"
            )
        if not matched:
            self.stdout.write("No online response is matched with this child")

    def _report(self, hanging: Hanging) -> None:
        """What follows, as the page of a team says it, without names."""
        self.stdout.write(f"It answers for {hanging.programmes}")
        for triage in hanging.lost:
            self.stdout.write(f"Ends: {_of(triage)}")
        for triage in hanging.again:
            self.stdout.write(f"Counts again: {_of(triage)}")
        for triage in hanging.standing:
            self.stdout.write(f"Look at, it stays until a nurse decides again: {_of(triage)}")
        for triage in hanging.ended:
            self.stdout.write(f"Look at, it ended with the match, a nurse decides: {_of(triage)}")
        if hanging.leaving is not None:
            self.stdout.write("The parent whom the match added leaves the child record")
        elif hanging.staying:
            self.stdout.write("Look at: the parent who answered stays on the child record")
        if hanging.move is not None:
            self.stdout.write("The school move that it raised is dropped")
        if hanging.moved is not None:
            self.stdout.write("Look at: the child’s school was changed because of it")
        if hanging.vaccinated:
            self.stdout.write(f"Look at: recorded as vaccinated ({hanging.vaccinated_against})")
        if hanging.made_record:
            self.stdout.write("Look at: the child record was created from it, and stays")
        for sent, what in (
            (hanging.letters, "went to the family of another child"),
            (hanging.warnings, "told the parents that somebody else answered"),
        ):
            if sent:
                self.stdout.write(f"Look at: {count(len(sent), 'message')} {what}")


def _of(triage: Triage) -> str:
    return (
        f"{triage.programme.name}, {triage.get_outcome_display()}, "
        f"{govuk_date(triage.performed_at)}"
    )


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise CommandError(f"“{text}” is no id, such as 8a4b…: copy it whole") from None
