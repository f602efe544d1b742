"""Invitations to community clinics: planning them, telling what will happen, and the last look
before one is sent.
"""

from sessions_app.invitations.mailings import (
    CallingBackRefused,
    call_back,
    called_back_children,
    free,
    hold_anew,
    release,
)
from sessions_app.invitations.outlooks import (
    Outlook,
    Preview,
    State,
    in_state,
    outlooks,
    preview,
    preview_joining,
    preview_without_clinic,
    with_state,
)
from sessions_app.invitations.overdue import overdue, plan_overdue
from sessions_app.invitations.planning import catch_up, plan, plan_each, plan_first, plan_later

__all__ = [
    "CallingBackRefused",
    "Outlook",
    "Preview",
    "State",
    "call_back",
    "called_back_children",
    "catch_up",
    "free",
    "hold_anew",
    "in_state",
    "outlooks",
    "overdue",
    "plan",
    "plan_each",
    "plan_first",
    "plan_later",
    "plan_overdue",
    "preview",
    "preview_joining",
    "preview_without_clinic",
    "release",
    "with_state",
]
