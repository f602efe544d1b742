"""Consent forms on paper: the same questions as online, as a PDF that can be read aloud.

Source: consent §2.5 and §6; `docs/decisions/0055-paper-forms.md`.
"""

from consent.paper.content import PaperForm, form_for
from consent.paper.typesetting import as_pdf

__all__ = ["PaperForm", "as_pdf", "form_for"]
