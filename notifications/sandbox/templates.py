"""The service's templates: read from a folder, kept in versions. Source: Notify §9."""

import logging
import re
import time
import uuid
from dataclasses import dataclass, replace
from pathlib import Path

from notifications.sandbox.store import Store

logger = logging.getLogger(__name__)

CHANNEL_OF_SUFFIX = {"email": "email", "text": "sms"}
FILE_NAME = re.compile(r"(?P<name>.+)\.(?P<suffix>email|text)\.md")
FRONT_MATTER = re.compile(r"\A---\n(?P<head>.*?)^---\n+(?P<body>.*)\Z", re.DOTALL | re.MULTILINE)
STALE_AFTER_S = 2.0


class TemplateError(Exception):
    """A template file cannot be used; the message says which and why."""


@dataclass(frozen=True)
class Template:
    id: str
    service_id: str
    channel: str
    name: str
    subject: str
    body: str
    version: int = 1
    created_at: int = 0
    updated_at: int | None = None
    archived: bool = False
    from_file: bool = False


def template_id(namespace: uuid.UUID, file_stem: str) -> str:
    """The id of the template `<name>.<email|text>`."""
    return str(uuid.uuid5(namespace, file_stem))


def parse(path: Path, *, service_id: str, namespace: uuid.UUID) -> Template:
    """One template file: a front matter with `title` and `subject`, then the body."""
    file_name = FILE_NAME.fullmatch(path.name)
    if not file_name:
        raise TemplateError(f"{path.name} is not named <name>.<email|text>.md")
    try:
        text = FRONT_MATTER.match(path.read_text(encoding="utf-8").replace("\r\n", "\n"))
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateError(f"{path.name} cannot be read as UTF-8 text") from error
    if not text:
        raise TemplateError(f"{path.name} has no front matter between two lines of ---")
    lines = (line.partition(":") for line in text["head"].splitlines())
    head = {name.strip(): value.strip() for name, _, value in lines}
    channel = CHANNEL_OF_SUFFIX[file_name["suffix"]]
    if channel == "email" and not head.get("subject"):
        raise TemplateError(f"{path.name} has no subject")
    stem = f"{file_name['name']}.{file_name['suffix']}"
    return Template(
        id=template_id(namespace, stem),
        service_id=service_id,
        channel=channel,
        name=head.get("title") or file_name["name"],
        subject=head.get("subject", ""),
        body=text["body"].rstrip("\n"),
        from_file=True,
    )


class Templates:
    """Every template of every service; files are read again when they change.

    What is served may be `stale_after_s` out of date, as it may at Notify.
    """

    def __init__(
        self,
        store: Store,
        *,
        folder: Path,
        service_id: str,
        namespace: uuid.UUID,
        stale_after_s: float = STALE_AFTER_S,
    ) -> None:
        self._stale_after_s = stale_after_s
        self._store = store
        self._folder = folder
        self._service_id = service_id
        self._namespace = namespace
        self._seen: dict[Path, tuple[int, str]] = {}
        self._looked_at = float("-inf")
        self._latest: dict[str, Template] = {
            each.id: each for each in (Template(**row) for row in store.latest_templates())
        }

    def load(self, now: int) -> None:
        """Take in every file that is new or changed; what lost its file is archived.

        Raises TemplateError for a file that cannot be used.
        """
        found = set()
        for path in sorted(self._folder.glob("*.md")):
            changed_at = path.stat().st_mtime_ns
            if self._seen.get(path, (0, ""))[0] != changed_at:
                template = parse(path, service_id=self._service_id, namespace=self._namespace)
                self.save(template, now)
                self._seen[path] = changed_at, template.id
            found.add(self._seen[path][1])
        for template in list(self._latest.values()):
            if template.from_file and not template.archived and template.id not in found:
                self.save(replace(template, archived=True), now)

    def refresh(self, now: int) -> None:
        """Take in what changed on disk, unless just done; a bad file waits for its repair."""
        if time.monotonic() - self._looked_at < self._stale_after_s:
            return
        self._looked_at = time.monotonic()
        try:
            self.load(now)
        except TemplateError as problem:
            logger.warning("A template stays as it was: %s", problem)

    def save(self, template: Template, now: int) -> Template:
        """Keep a template: as version 1 or, if its text is another, as the next version."""
        known = self._latest.get(template.id)
        if known and _content(known) == _content(template):
            return known
        saved = replace(
            template,
            version=known.version + 1 if known else 1,
            created_at=known.created_at if known else now,
            updated_at=now if known else None,
        )
        self._store.add_template(vars(saved))
        self._latest[saved.id] = saved
        return saved

    def get(self, service_id: str, template_id: str) -> Template | None:
        """The newest version, archived or not; another service's does not exist."""
        template = self._latest.get(template_id)
        return template if template and template.service_id == service_id else None

    def version(self, service_id: str, template_id: str, version: int) -> Template | None:
        if not self.get(service_id, template_id):
            return None
        row = self._store.template_version(template_id, version)
        return Template(**row) if row else None

    def live(self, service_id: str, channel: str | None = None) -> list[Template]:
        """The service's templates that are not archived, by name."""
        found = [
            each
            for each in self._latest.values()
            if each.service_id == service_id
            and not each.archived
            and channel in (None, each.channel)
        ]
        return sorted(found, key=lambda each: each.name)

    def names(self) -> dict[str, str]:
        return {each.id: each.name for each in self._latest.values()}


def _content(template: Template) -> tuple[str, str, str, bool]:
    return template.name, template.subject, template.body, template.archived
