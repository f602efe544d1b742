"""Settings of the test suite: only what is a structure, never a rule."""

import os
import re

from mavis.settings.base import *  # noqa: F403
from mavis.settings.base import REDIS_URL

# Each parallel worker of the suite has a database of its own, and so has its Redis.
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
REDIS_URL = re.sub(r"(?<=/)\d+$", lambda number: str(int(number[0]) + WORKER), REDIS_URL)
CELERY_BROKER_URL = REDIS_URL
CACHES = {"default": CACHES["default"] | {"LOCATION": REDIS_URL}}  # noqa: F405

# The suite migrates one, and each worker's is a copy of it.
DATABASES["default"]["TEST"] = {"TEMPLATE": os.environ.get("TEST_DATABASE_TEMPLATE")}  # noqa: F405

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Styles are served from where they were built, not collected first.
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
