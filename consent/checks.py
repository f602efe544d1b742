"""What an operator must know about consent before going live."""

from django.core import checks

from consent import questions


@checks.register(checks.Tags.security, deploy=True)
def health_questions_are_approved(app_configs, **kwargs) -> list[checks.Warning]:
    """One warning for each current set of health questions that nobody approved."""
    programmes = {question_set.programme for question_set in questions.QUESTION_SETS}
    return [
        checks.Warning(
            f"The health questions for {question_set.name} (version {question_set.version}) have "
            "no clinical approval.",
            hint="Have them approved, then set approved_on in consent/questions/.",
            id="consent.W001",
        )
        for programme in sorted(programmes)
        for is_own in (False, True)
        for question_set in questions.current_sets(programme, is_own=is_own)
        if question_set.approved_on is None
    ]
