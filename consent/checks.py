"""What an operator must know about consent before going live."""

from django.core import checks

from consent import questions


@checks.register(checks.Tags.security, deploy=True)
def health_questions_are_approved(app_configs, **kwargs) -> list[checks.Warning]:
    """One warning for each programme whose current health questions nobody approved."""
    current = {
        question_set.programme: questions.current_set(question_set.programme)
        for question_set in questions.QUESTION_SETS
    }
    return [
        checks.Warning(
            f"The health questions for {programme} (version {question_set.version}) have no "
            "clinical approval.",
            hint="Have them approved, then set approved_on in consent/questions.py.",
            id="consent.W001",
        )
        for programme, question_set in current.items()
        if question_set.approved_on is None
    ]
