"""A file that writes to many families is checked first, and imported once a person agreed."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import call_command

from calendars.clock import LONDON
from cohorts import consequences
from cohorts.consequences import Line, Writing
from cohorts.models import Child, Parent, Upload
from cohorts.services import confirming, uploads
from cohorts.tasks import wipe_old_content
from cohorts.upload_kinds import kind_of
from consent.models import ConsentRequest
from consent.services import asking
from notifications.models import Message
from sessions_app import invitations
from sessions_app.models import Invitation, Mailing, Session, SessionDate
from sessions_app.rules import CALL_BACK_WITHIN, HELD_FROM
from tests import factories
from tests.cohorts.conftest import NOW, as_csv, child_row, pupils
from tests.conftest import signed_in
from tests.pages import count_queries, page

COHORT = Upload.Kind.COHORT
Status = Upload.Status
LATER = NOW + timedelta(hours=1)
AT_FOUR = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)


def unreachable(size, **cells):
    """So many children whose parents nobody can write to."""
    return [row | {"PARENT_1_EMAIL": ""} for row in pupils(size, **cells)]


def writing(**families):
    lines = [Line(when.replace("_", " "), size) for when, size in families.items()]
    return Writing(what="Invitations", page="/", lines=lines)


@pytest.mark.parametrize(
    ("found", "agreed", "goes_beyond"),
    [
        ([writing(now=25)], [writing(now=25)], False),
        ([writing(now=24)], [writing(now=25)], False),
        ([], [writing(now=25)], False),
        ([writing(now=26)], [writing(now=25)], True),
        ([writing(now=25)], [writing(on_Monday=25)], True),
        ([writing(on_Monday=25)], [writing(now=25)], True),
        ([writing(now=25)], [], True),
        ([writing(now=25), writing(on_Monday=1)], [writing(now=25)], True),
    ],
)
def test_agreement_covers_as_many_at_the_same_time_and_no_more(found, agreed, goes_beyond):
    assert consequences.goes_beyond(found, agreed) == goes_beyond


def test_what_waits_for_somebody_is_no_writing():
    waits = Writing("Invitations", "/", [Line("once dated", 40, is_sure=False)])
    assert not consequences.goes_beyond([waits], [])
    assert consequences.families([waits]) == 0


def test_what_is_kept_reads_as_it_was():
    kept = [writing(now=25)]
    assert consequences.from_json(consequences.as_json(kept)) == kept
    assert consequences.from_json(None) == []
    [earlier] = consequences.as_json(kept)
    assert consequences.from_json([earlier | {"is_many": True}]) == kept


@pytest.mark.django_db
class TestUploads:
    @pytest.fixture(autouse=True)
    def places(self, alder, birch, clinic, time_machine):
        """Two schools, and a clinic on 7 December whose invitations go from 16 November."""
        time_machine.move_to(NOW)
        self.clinic = clinic
        self.schedule(date(2026, 12, 7), invitations_on=date(2026, 11, 16))

    def schedule(self, *days, invitations_on):
        SessionDate.objects.filter(session=self.clinic).delete()
        for day in days:
            SessionDate.objects.create(session=self.clinic, value=day)
        Session.objects.filter(pk=self.clinic.pk).update(invitations_on=invitations_on)

    @pytest.fixture
    def upload(self, organisation, nurse):
        def upload(*rows, by=nurse, now=NOW):
            started = uploads.start_upload(
                organisation=organisation,
                kind=kind_of(COHORT),
                file_name="roll.csv",
                content=as_csv(list(rows)),
                by=by,
                now=now,
            )
            return self.run(started, now=now)

        return upload

    def run(self, upload, now=NOW):
        uploads.run_upload(upload_id=upload.pk, now=now)
        upload.refresh_from_db()
        return upload

    def confirm(self, upload, by, now=NOW):
        return confirming.confirm_upload(
            upload_id=upload.pk, checked_at=upload.checked_at, by=by, now=now
        )

    def test_few_families_are_written_to_at_once_as_ever(self, upload):
        done = upload(*pupils(HELD_FROM - 1))
        assert done.status == Status.COMPLETED
        assert Message.objects.count() == HELD_FROM - 1
        assert consequences.families(consequences.from_json(done.writings)) == HELD_FROM - 1

    def test_many_families_wait_and_nothing_is_saved(self, upload):
        waiting = upload(*pupils(HELD_FROM))
        assert (waiting.status, waiting.finished_at) == (Status.CHECKED, None)
        assert waiting.counts["new"] == HELD_FROM
        assert not Child.objects.exists()
        assert not Message.objects.exists()
        assert not Mailing.objects.exists()
        uploads.run_upload(upload_id=waiting.pk, now=NOW)
        assert uploads.restart_stale_uploads(now=NOW + timedelta(hours=1)) == 0
        assert not Child.objects.exists(), "nobody but a person begins it again"

    def test_what_is_foretold_is_what_is_sent(self, upload, nurse):
        rows = pupils(HELD_FROM) + [child_row(SCHOOL_URN="888888", FIRST_NAME="Noa")]
        waiting = upload(*rows)
        [foretold] = consequences.from_json(waiting.writings)
        assert foretold.lines == [Line("now", HELD_FROM)]
        assert foretold.left_out == [["No contact details", 1]]
        assert (foretold.emails, foretold.texts) == (HELD_FROM, 0)
        assert self.confirm(waiting, nurse)
        done = self.run(waiting)
        assert done.status == Status.COMPLETED
        assert Child.objects.count() == HELD_FROM + 1
        assert Message.objects.count() == foretold.emails
        assert consequences.from_json(done.writings) == [foretold]

    def test_whoever_confirms_can_call_it_back(self, upload, administrator):
        waiting = upload(*pupils(HELD_FROM))
        assert self.confirm(waiting, administrator)
        self.run(waiting)
        mailing = Mailing.objects.get()
        assert mailing.queued_by == administrator
        assert mailing.is_held(NOW)
        assert set(Invitation.objects.values_list("planned_by", flat=True)) == {administrator.pk}

    def test_the_two_minutes_begin_when_a_long_import_ends(
        self, upload, nurse, time_machine, monkeypatch
    ):
        waiting = upload(*pupils(HELD_FROM))
        assert self.confirm(waiting, nurse)
        foretold, end = consequences.foretold, NOW + timedelta(seconds=90)

        def take_long(**about):
            time_machine.move_to(end, tick=False)
            return foretold(**about)

        monkeypatch.setattr(consequences, "foretold", take_long)
        assert self.run(waiting).status == Status.COMPLETED
        goes_at = end + CALL_BACK_WITHIN
        assert Mailing.objects.get().goes_at == goes_at
        assert set(Message.objects.values_list("due_at", flat=True)) == {goes_at}

    def test_those_who_are_written_to_on_a_later_day_count_too(self, upload):
        self.schedule(date(2027, 1, 11), invitations_on=date(2026, 12, 21))
        waiting = upload(*pupils(HELD_FROM))
        assert waiting.status == Status.CHECKED
        [foretold] = consequences.from_json(waiting.writings)
        assert foretold.lines == [Line("on Monday 21 December 2026", HELD_FROM)]
        assert (foretold.emails, foretold.is_held) == (0, False)

    def test_nobody_is_asked_while_the_clinic_has_no_date(self, upload):
        self.schedule(invitations_on=None)
        done = upload(*pupils(HELD_FROM))
        assert done.status == Status.COMPLETED
        [kept] = consequences.from_json(done.writings)
        assert kept.lines == [Line("once there is a clinic date to book", HELD_FROM, is_sure=False)]

    def test_requests_that_jobs_send_to_a_school_count_too(self, upload, organisation, alder):
        self.ask_at_alder(organisation, alder)
        waiting = upload(*pupils(HELD_FROM, SCHOOL_URN="140001"))
        assert waiting.status == Status.CHECKED
        [foretold] = consequences.from_json(waiting.writings)
        assert foretold.what == "Requests for consent at schools"
        assert foretold.lines == [Line("on Monday 23 November 2026, from 4pm", HELD_FROM)]

    def ask_at_alder(self, organisation, alder):
        """Alder is visited on 14 December, and its parents are asked since 20 November."""
        session = factories.SessionFactory(
            organisation=organisation, location=alder, dates=[date(2026, 12, 14)]
        )
        Session.objects.filter(pk=session.pk).update(consent_requests_on=date(2026, 11, 20))

    def test_families_of_every_kind_of_message_count_together(self, upload, organisation, alder):
        self.ask_at_alder(organisation, alder)
        invited = pupils(HELD_FROM - 2)
        asked = pupils(1, start=100, SCHOOL_URN="140001")
        few = upload(*invited, *asked)
        assert few.status == Status.COMPLETED
        assert consequences.families(consequences.from_json(few.writings)) == HELD_FROM - 1
        invited = pupils(HELD_FROM - 1, start=200)
        asked = pupils(1, start=300, SCHOOL_URN="140001")
        many = upload(*invited, *asked, now=LATER)
        assert many.status == Status.CHECKED
        sizes = [one.families for one in consequences.from_json(many.writings)]
        assert sorted(sizes) == [1, HELD_FROM - 1]

    def test_a_file_in_august_tells_of_requests_that_go_on_1_september(
        self, upload, nurse, organisation, alder, time_machine
    ):
        august = datetime(2026, 8, 20, 9, 0, tzinfo=UTC)
        time_machine.move_to(august)
        self.schedule(invitations_on=None)
        session = factories.SessionFactory(
            organisation=organisation, location=alder, dates=[date(2026, 9, 15)]
        )
        Session.objects.filter(pk=session.pk).update(consent_requests_on=date(2026, 8, 25))
        rows = pupils(HELD_FROM, SCHOOL_URN="140001", DATE_OF_BIRTH="14/03/2013")
        waiting = upload(*rows, now=august)
        assert waiting.status == Status.CHECKED
        clinic, foretold = consequences.from_json(waiting.writings)
        assert clinic.families == 0, "the ending year's, which has no dates"
        assert foretold.lines == [Line("on Tuesday 1 September 2026, from 4pm", HELD_FROM)]
        assert self.confirm(waiting, nurse, now=august)
        assert self.run(waiting, now=august).status == Status.COMPLETED
        assert asking.plan_each(now=datetime(2026, 8, 31, 16, 0, tzinfo=LONDON)) == 0
        assert asking.plan_each(now=datetime(2026, 9, 1, 16, 0, tzinfo=LONDON)) == HELD_FROM

    def test_requests_to_members_whom_the_file_makes_reachable_count_too(
        self, upload, nurse, organisation, alder
    ):
        self.ask_at_alder(organisation, alder)
        first = upload(*unreachable(HELD_FROM, SCHOOL_URN="140001"))
        assert first.status == Status.COMPLETED
        waiting = upload(*pupils(HELD_FROM, SCHOOL_URN="140001"), now=LATER)
        assert waiting.status == Status.CHECKED
        [foretold] = consequences.from_json(waiting.writings)
        assert foretold.lines == [Line("on Monday 23 November 2026, from 4pm", HELD_FROM)]
        assert self.confirm(waiting, nurse, now=LATER)
        assert self.run(waiting, now=LATER).status == Status.COMPLETED
        assert asking.plan_each(now=AT_FOUR) == HELD_FROM

    def test_i14_requests_that_failed_and_go_to_addresses_of_the_file_count_too(
        self, upload, nurse, organisation, alder
    ):
        self.ask_at_alder(organisation, alder)
        waiting = upload(*pupils(HELD_FROM, SCHOOL_URN="140001"))
        assert self.confirm(waiting, nurse)
        self.run(waiting)
        assert asking.plan_each(now=AT_FOUR) == HELD_FROM
        Message.objects.update(status=Message.Status.FAILED, accepted_at=AT_FOUR)
        Parent.objects.update(email_failed_at=AT_FOUR)
        a_week_later = NOW + timedelta(days=7)
        again = upload(
            *[
                row | {"PARENT_1_EMAIL": f"new-{row['PARENT_1_EMAIL']}"}
                for row in pupils(HELD_FROM, SCHOOL_URN="140001")
            ],
            now=a_week_later,
        )
        assert again.status == Status.CHECKED
        [foretold] = consequences.from_json(again.writings)
        assert foretold.lines == [Line("on Monday 30 November 2026, from 4pm", HELD_FROM)]
        assert ConsentRequest.objects.filter(withheld_at__isnull=True).count() == HELD_FROM
        assert self.confirm(again, nurse, now=a_week_later)
        assert self.run(again, now=a_week_later).status == Status.COMPLETED
        assert ConsentRequest.objects.filter(withheld_at__isnull=True).count() == HELD_FROM
        assert asking.plan_each(now=AT_FOUR + timedelta(days=7)) == HELD_FROM

    def test_later_invitations_to_members_whom_the_file_makes_reachable_count_too(self, upload):
        self.schedule(date(2027, 1, 11), invitations_on=date(2026, 12, 21))
        assert upload(*unreachable(HELD_FROM)).status == Status.COMPLETED
        waiting = upload(*pupils(HELD_FROM), now=LATER)
        assert waiting.status == Status.CHECKED
        [foretold] = consequences.from_json(waiting.writings)
        assert foretold.lines == [Line("on Monday 21 December 2026", HELD_FROM)]

    def test_who_was_called_back_or_written_to_is_not_foretold_again(self, upload, nurse):
        waiting = upload(*pupils(HELD_FROM))
        assert self.confirm(waiting, nurse)
        self.run(waiting)
        with_phones = [row | {"PARENT_1_PHONE": "07700900123"} for row in pupils(HELD_FROM)]
        invitations.call_back(mailing_id=Mailing.objects.get().pk, by=nurse, now=NOW)
        done = upload(*with_phones, now=LATER)
        assert (done.status, done.writings) == (Status.COMPLETED, [])
        assert done.counts["updated"] == HELD_FROM

    def test_a_person_is_asked_again_if_more_would_be_sent(self, upload, nurse):
        self.schedule(date(2027, 1, 11), invitations_on=date(2026, 12, 21))
        waiting = upload(*pupils(HELD_FROM))
        assert self.confirm(waiting, nurse)
        self.schedule(date(2026, 12, 7), invitations_on=date(2026, 11, 16))
        again = self.run(waiting, now=NOW + timedelta(minutes=1))
        assert (again.status, again.asked_again) == (Status.CHECKED, True)
        assert (again.confirmed_at, again.confirmed_by) == (None, None)
        assert not Child.objects.exists()
        assert self.confirm(again, nurse)
        assert self.run(again).status == Status.COMPLETED

    def test_fewer_than_was_agreed_needs_no_second_question(self, upload, nurse):
        waiting = upload(*pupils(HELD_FROM))
        assert self.confirm(waiting, nurse)
        self.schedule(invitations_on=None)
        assert self.run(waiting).status == Status.COMPLETED
        assert not Message.objects.exists()

    def test_a_row_that_went_wrong_meanwhile_refuses_the_file(self, upload, nurse, alder):
        waiting = upload(*pupils(HELD_FROM), child_row())
        assert self.confirm(waiting, nurse)
        alder.status = "closed"
        alder.save()
        assert self.run(waiting).status == Status.INVALID
        assert not Child.objects.exists()

    def test_the_first_of_two_people_decides(self, upload, nurse, administrator):
        waiting = upload(*pupils(HELD_FROM))
        shown = {"upload_id": waiting.pk, "checked_at": waiting.checked_at, "now": NOW}
        assert confirming.confirm_upload(**shown, by=nurse)
        assert not confirming.confirm_upload(**shown, by=administrator)
        assert not confirming.discard_upload(**shown, by=administrator)
        assert self.run(waiting).confirmed_by == nurse

    def test_what_was_shown_before_another_check_confirms_nothing(self, upload, nurse):
        waiting = upload(*pupils(HELD_FROM))
        earlier = waiting.checked_at - timedelta(minutes=1)
        assert not confirming.confirm_upload(
            upload_id=waiting.pk, checked_at=earlier, by=nurse, now=NOW
        )

    def test_a_waiting_file_is_not_taken_twice(self, upload):
        assert upload(*pupils(HELD_FROM)).pk == upload(*pupils(HELD_FROM)).pk

    def test_nobody_confirms_for_a_week(self, upload, nurse, time_machine):
        waiting = upload(*pupils(HELD_FROM))
        late = NOW + confirming.CONFIRM_WITHIN + timedelta(seconds=1)
        assert not self.confirm(waiting, nurse, now=late)
        time_machine.move_to(NOW + confirming.CONFIRM_WITHIN)
        wipe_old_content()
        assert Upload.objects.get().status == Status.CHECKED
        time_machine.move_to(late)
        wipe_old_content()
        left = Upload.objects.get()
        assert (left.status, left.content) == (Status.DISCARDED, None)
        assert "Nobody confirmed it within 7 days" in left.failure

    def test_the_page_says_all_of_it_and_confirms(self, upload, nurse, nurse_client):
        waiting = upload(*pupils(HELD_FROM), child_row(SCHOOL_URN="888888", FIRST_NAME="Noa"))
        assert "1 to review" in page(nurse_client.get("/")).text
        address = nurse_client.get(f"/uploads/{waiting.public_id}/")["Location"]
        shown = page(nurse_client.get(address))
        assert "now: the parents of 21 children" in shown.text
        assert "21 emails and no text messages" in shown.text
        assert "two minutes after the file is imported" in shown.text
        assert "Dear parent" in shown.text or "Sam" in shown.text
        assert shown.summary["New children"] == "22"
        assert ["No contact details", "1"] in shown.rows
        assert "Import and write to 21 families" in shown.text
        response = nurse_client.post(address, shown.values)
        going = page(nurse_client.get(response["Location"]))
        assert "Confirmed" in going.banner
        assert "Processing" in going.text
        self.run(waiting)
        done = page(nurse_client.get(response["Location"]))
        assert done.summary["Confirmed by"] == "Nadia Nurse"
        link = "Call them back, or see what became of them"
        assert f"{link}: Invitations to the community clinic, 2026/27" in done.links
        assert "when the file was imported: the parents of 21 children" in done.text
        assert "will be sent at" in done.text and "two minutes" not in done.text
        Mailing.objects.update(goes_at=NOW - timedelta(seconds=1))
        over = page(nurse_client.get(response["Location"]))
        assert "nobody did: none sent so far and 21 still to be sent." in over.text
        sent = Message.objects.filter(template="clinic_initial_invitation")
        sent.update(status="delivered", accepted_at=NOW + timedelta(minutes=3))
        held_back, failed, unclear = sent[:3]
        Message.objects.filter(pk=unclear.pk).update(status="parked", accepted_at=None)
        Message.objects.filter(pk=held_back.pk).update(status="withheld", accepted_at=None)
        Message.objects.filter(pk=failed.pk).update(status="failed")
        some = page(nurse_client.get(response["Location"]))
        assert "21 emails and no text messages could be called back until" in some.text
        assert "and nobody did: 19 sent, 1 not sent and 1 with an unclear outcome." in some.text
        sent.update(status="delivered", accepted_at=NOW + timedelta(minutes=3))
        sent = page(nurse_client.get(response["Location"]))
        assert (
            "21 emails and no text messages were sent from 23 November 2026 at 9:33am" in sent.text
        )
        assert "Nobody called them back." in sent.text and "two minutes" not in sent.text
        assert "See what became of them: Invitations to the community clinic, 2026/27" in sent.links
        Mailing.objects.update(called_back_at=NOW, called_back_by=nurse)
        back = page(nurse_client.get(response["Location"]))
        assert "no text messages were called back by Nadia Nurse on" in back.text
        twice = page(nurse_client.post(address, shown.values, follow=True))
        assert "does not wait any more" in twice.banner

    def test_the_page_discards(self, upload, nurse_client):
        waiting = upload(*pupils(HELD_FROM))
        address = f"/uploads/{waiting.public_id}/check/"
        values = page(nurse_client.get(address)).values
        for bad in ({}, {"checked_at": "yesterday"}, {"checked_at": "2026-11-23T09:30:00"}):
            refused = nurse_client.post(f"/uploads/{waiting.public_id}/discard/", bad, follow=True)
            assert "does not wait any more" in page(refused).banner
        done = nurse_client.post(f"/uploads/{waiting.public_id}/discard/", values, follow=True)
        assert "Nadia Nurse discarded it" in page(done).text
        assert Upload.objects.get().content is None
        assert not Child.objects.exists()

    def test_the_page_of_a_check_costs_the_same_for_every_size(self, upload, nurse):
        client = signed_in(nurse)
        small = upload(*pupils(HELD_FROM))
        few = count_queries(lambda: client.get(f"/uploads/{small.public_id}/check/"))
        large = upload(*pupils(2 * HELD_FROM, start=500))
        many = count_queries(lambda: client.get(f"/uploads/{large.public_id}/check/"))
        assert few == many

    def test_the_command_prints_the_same_and_asks_nobody(self, organisation, tmp_path, capsys):
        file = tmp_path / "roll.csv"
        file.write_bytes(as_csv([*pupils(HELD_FROM), child_row(SCHOOL_URN="888888")]))
        call_command("import_cohort", str(file), organisation="RYG", dry_run=True)
        printed = capsys.readouterr().out
        assert "Invitations to the community clinic, 2026/27" in printed
        assert "now: parents of 21 children" in printed
        assert "21 emails and no text messages" in printed
        assert "1 child, no contact details" in printed
        assert not Child.objects.exists()
        call_command("import_cohort", str(file), organisation="RYG")
        assert "now: parents of 21 children" in capsys.readouterr().out
        assert Message.objects.count() == HELD_FROM
