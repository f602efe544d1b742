"""All settings, read from the environment through one typed reader.

With no variables set they describe the local stack. With ENVIRONMENT=production the service
refuses to start without its secrets. `.env.example` lists every variable; a test compares.
"""

import uuid
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ImproperlyConfigured

from mavis.settings.reader import LOG_LEVELS, Reader, read_file

BASE_DIR = Path(__file__).resolve().parent.parent.parent

env = Reader()
read_file(env, BASE_DIR / ".env")

ENVIRONMENT = env.one_of("ENVIRONMENT", ("local", "production"), default="local")
IS_LOCAL = ENVIRONMENT == "local"


def required_in_production(name: str, local: Any, read: Callable[..., Any] = env.str) -> Any:
    """The variable's value; only a local run may leave it out."""
    return read(name, default=local) if IS_LOCAL else read(name)


DEBUG = env.bool("DEBUG", default=False)
if DEBUG and not IS_LOCAL:
    raise ImproperlyConfigured("DEBUG shows the inside of the service: a local run only.")
SECRET_KEY = required_in_production("SECRET_KEY", "local-only-not-a-secret-" + "0" * 40)
ALLOWED_HOSTS = required_in_production("ALLOWED_HOSTS", ["*"], env.list)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# The address parents' links begin with, without a final slash.
SITE_URL = required_in_production("SITE_URL", "http://localhost:8000", env.address)
# How many proxies of ours stand before the web server: who sends a request is read from what
# the outermost of them wrote.
PROXIES_IN_FRONT = env.int("PROXIES_IN_FRONT", default=0 if IS_LOCAL else 1)
LOG_LEVEL = env.one_of("LOG_LEVEL", LOG_LEVELS, default="INFO")

MAVIS_TODAY: date | None = env.day("MAVIS_TODAY", default=None)
if MAVIS_TODAY and not IS_LOCAL:
    raise ImproperlyConfigured("MAVIS_TODAY moves the clock of a local run only.")
STARTED_ON = datetime.now(ZoneInfo("Europe/London")).date()
# The clock of a rehearsal: it showed CLOCK_FROM at the real instant CLOCK_SINCE and runs
# CLOCK_SPEED times as fast, the same in every process.
CLOCK_FROM: datetime | None = env.instant("CLOCK_FROM", default=None)
CLOCK_SINCE: datetime | None = env.instant("CLOCK_SINCE", default=CLOCK_FROM)
CLOCK_SPEED = env.float("CLOCK_SPEED", default=1)
if (CLOCK_FROM or CLOCK_SINCE or CLOCK_SPEED != 1) and not IS_LOCAL:
    raise ImproperlyConfigured("CLOCK_FROM and CLOCK_SPEED are for rehearsals on one machine only.")
if CLOCK_FROM is None and (CLOCK_SINCE or CLOCK_SPEED != 1):
    raise ImproperlyConfigured("CLOCK_FROM must be set when CLOCK_SINCE or CLOCK_SPEED is.")
if CLOCK_SPEED < 1:
    raise ImproperlyConfigured("CLOCK_SPEED must be 1 or more.")

INSTALLED_APPS = [
    # Before Django's admin, whose frame it changes.
    "accounts",
    "accounts.apps.OperatorsAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_linear_migrations",
    "govuk",
    "heartbeats",
    "programmes",
    "cohorts",
    "activity",
    "notifications",
    "sessions_app",
    "consent",
    "vaccinations",
    "records",
    "mavis",
]

MIDDLEWARE = [
    "mavis.middleware.ForMachines",
    "mavis.middleware.Timing",
    "django.middleware.security.SecurityMiddleware",
    "mavis.middleware.ContentSecurityPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "accounts.middleware.SignInRequired",
    "mavis.middleware.PageForWrongMethod",
]

ROOT_URLCONF = "mavis.urls"
WSGI_APPLICATION = "mavis.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "govuk.jinja.environment",
            "context_processors": ["mavis.frame.page_frame"],
        },
    },
    {
        # Django's admin only.
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    },
]

DATABASES = {
    "default": required_in_production(
        "DATABASE_URL", "postgresql://postgres@localhost:5432/mavis", env.postgresql
    )
    | {
        "CONN_MAX_AGE": env.int("DATABASE_CONN_MAX_AGE", default=60),
        "CONN_HEALTH_CHECKS": True,
    }
}
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
# Compiling a page's query takes longer than asking it (docs/decisions/0073).
DATABASES["default"]["OPTIONS"].setdefault("options", "-c jit=off")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = required_in_production("REDIS_URL", "redis://localhost:6379/0", env.redis)

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "home"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# A person is signed out after 15 minutes without a request and after 12 hours in any case.
SESSION_COOKIE_AGE = 15 * 60
SESSION_SAVE_EVERY_REQUEST = True
SIGNED_IN_AT_MOST_SECONDS = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = not IS_LOCAL
CSRF_COOKIE_SECURE = not IS_LOCAL
CSRF_FAILURE_VIEW = "mavis.views.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = None if IS_LOCAL else ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = not IS_LOCAL
# Notify's receipts never follow a redirect.
SECURE_REDIRECT_EXEMPT = [r"^notify/"]
SECURE_HSTS_SECONDS = 0 if IS_LOCAL else 365 * 24 * 60 * 60
# What other services below our domain do is not ours to promise.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
X_FRAME_OPTIONS = "DENY"

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
USE_I18N = False
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static" / "build"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "mavis",
    }
}

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = TIME_ZONE
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_ACKS_LATE = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# What beat missed by more seconds than this, the schedule `catch-up` sends (`heartbeats.rules`): it
# knows from the database what was missed, also where beat has lost its file.
CELERY_BEAT_CRON_STARTING_DEADLINE = 5 * 60
# A worker waits for a broker however long it is gone; by default it ends after some 45 minutes.
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# Whoever publishes a task is told at once that the broker is down: a page must not wait for it.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.1, "interval_max": 0.1}
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "interval_step": 0,
    **CELERY_TASK_PUBLISH_RETRY_POLICY,
}

# GOV.UK Notify; a local run talks to the sandbox, whose keys and template ids are fixed.
NOTIFY_BASE_URL = required_in_production("NOTIFY_BASE_URL", "http://127.0.0.1:8001", env.address)
NOTIFY_API_KEY = required_in_production(
    "NOTIFY_API_KEY",
    "sandbox_live-5a4db0c5-0000-4000-8000-000000000001-5a4db0c5-0000-4000-8000-0000000000a1",
)
NOTIFY_KEY_TYPE = env.one_of("NOTIFY_KEY_TYPE", ("live", "team", "test"), default="live")
# Notify fills its bucket of 999 with 50 tokens a second. We take 49, and never more than 200 at
# once: so the bucket stays nearly full, and what is left covers everything that could empty it. A
# clock may run 2% wrong; a Redis that forgot what was taken costs 200, four times over before the
# bucket is empty; requests that a stall holds back and lets go together are far fewer than 799.
NOTIFY_RATE_PER_SECOND = env.float("NOTIFY_RATE_PER_SECOND", default=49)
NOTIFY_RATE_BURST = env.int("NOTIFY_RATE_BURST", default=200)
if not (NOTIFY_RATE_PER_SECOND > 0 and 1 <= NOTIFY_RATE_BURST <= 200):
    raise ImproperlyConfigured(
        "NOTIFY_RATE_PER_SECOND must be above 0 and NOTIFY_RATE_BURST between 1 and 200"
    )
# What Notify takes in a day, and how much of it mailings leave for replies and late joiners.
NOTIFY_DAILY_EMAILS = env.int("NOTIFY_DAILY_EMAILS", default=250_000)
NOTIFY_DAILY_TEXTS = env.int("NOTIFY_DAILY_TEXTS", default=250_000)
NOTIFY_DAILY_KEPT_FOR_URGENT = env.int("NOTIFY_DAILY_KEPT_FOR_URGENT", default=5_000)
if not 0 <= NOTIFY_DAILY_KEPT_FOR_URGENT < min(NOTIFY_DAILY_EMAILS, NOTIFY_DAILY_TEXTS):
    raise ImproperlyConfigured(
        "NOTIFY_DAILY_KEPT_FOR_URGENT must be 0 or more, and less than NOTIFY_DAILY_EMAILS and "
        "NOTIFY_DAILY_TEXTS"
    )
# Requests to Notify that one sending process may have open at once; threads start as needed. With
# answers after a quarter of a second, 256 are twice what 500 messages a second need.
NOTIFY_SENDER_THREADS = env.int("NOTIFY_SENDER_THREADS", default=256)
# What Notify sends with delivery receipts: the current token, and the previous one while it is
# being replaced.
NOTIFY_CALLBACK_TOKENS = required_in_production(
    "NOTIFY_CALLBACK_TOKENS", ["local-receipts-token"], env.list
)
# For how long a delivery receipt is kept once it has been applied.
RECEIPTS_KEPT_DAYS = env.int("RECEIPTS_KEPT_DAYS", default=90)
if RECEIPTS_KEPT_DAYS < 8:
    raise ImproperlyConfigured("RECEIPTS_KEPT_DAYS must be 8 or more: Notify keeps them for 7.")
# What may read /metrics and /watchz: the current token, and the previous one while it is being
# replaced. Without one, neither exists.
WATCH_TOKENS = env.list("WATCH_TOKENS", default=["local-watch-token"] if IS_LOCAL else [])
# How log lines look: pairs for people, JSON for machines.
LOG_FORMAT = env.one_of("LOG_FORMAT", ("pairs", "json"), default="pairs" if IS_LOCAL else "json")
# The id of each message's template at Notify: NOTIFY_TEMPLATE_<NAME>_<CHANNEL>.
NOTIFY_SANDBOX_NAMESPACE = uuid.UUID("5a4db0c5-0000-4000-8000-00000000a5e5")
NOTIFY_TEMPLATE_IDS = {
    path.stem: required_in_production(
        "NOTIFY_TEMPLATE_" + path.stem.replace(".", "_").upper(),
        str(uuid.uuid5(NOTIFY_SANDBOX_NAMESPACE, path.stem)),
    )
    for path in sorted((BASE_DIR / "notifications" / "wording").glob("*.md"))
}

# One line an event. What an exception says may hold a person's details, so outside a local run
# only its kind and place are written.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "pairs": {"()": "mavis.logs.PairsFormatter", "tells_messages": IS_LOCAL},
        "json": {"()": "mavis.logs.JsonFormatter", "tells_messages": IS_LOCAL},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    # Django's own handlers would write a second line, and mail administrators. At its finest level
    # it would write down statements with their values.
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "django.db.backends": {"level": "INFO"},
    },
}

TEST_RUNNER = "django.test.runner.DiscoverRunner"
