"""Signing in."""

from govuk.fields import EmailField, PasswordField
from govuk.forms import GovukForm


class SignInForm(GovukForm):
    email = EmailField(label="Email address", max_length=320, govuk={"autocomplete": "username"})
    password = PasswordField(label="Password", max_length=128)
