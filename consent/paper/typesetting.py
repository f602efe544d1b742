"""A paper form as a PDF to the PDF/UA standard: tagged, with its title and language."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import typst

from consent.paper.content import PaperForm

TEMPLATE = Path(__file__).with_name("form.typ")
# One form is always the same file, whenever it is made.
TIMESTAMP = datetime(2026, 1, 1, tzinfo=UTC)


def as_pdf(form: PaperForm) -> bytes:
    """The form to be printed. Words are handed over as data: none of them is read as markup."""
    return typst.compile(
        TEMPLATE.read_bytes(),
        sys_inputs={"form": json.dumps(asdict(form))},
        ignore_system_fonts=True,
        pdf_standards="ua-1",
        timestamp=TIMESTAMP,
    )
