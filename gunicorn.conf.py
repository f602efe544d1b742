"""How gunicorn serves Mavis, in a local run and in production; options on its command line win."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

try:
    from mavis.settings.base import LOGGING
except ImproperlyConfigured as refusal:
    sys.exit(str(refusal))

# Where the processes of this server share how long requests take (`mavis/timing.py`). The library
# looks for it when it is imported, and the application is imported once, below: so this file, which
# SIGHUP has read again, keeps the folder. A server that was killed left its own, named by its
# process id.
SHARED, DURATIONS = "PROMETHEUS_MULTIPROC_DIR", "mavis-durations-"
here = Path(os.environ.get(SHARED, ""))
if not here.name.startswith(f"{DURATIONS}{os.getpid()}-"):
    here = Path(tempfile.mkdtemp(prefix=f"{DURATIONS}{os.getpid()}-"))
    os.environ[SHARED] = str(here)


def is_left(folder: Path) -> bool:
    """Whether the server that made such a folder has ended."""
    try:
        owner = int(folder.name.removeprefix(DURATIONS).partition("-")[0])
        if owner == os.getpid():
            # In a container every server has the same process id.
            return folder != here
        os.kill(owner, 0)
    except (ProcessLookupError, ValueError, OverflowError):
        return True
    except PermissionError:
        pass  # Somebody else's, and alive.
    return False


for one in filter(is_left, Path(tempfile.gettempdir()).glob(f"{DURATIONS}*-*")):
    shutil.rmtree(one, ignore_errors=True)

wsgi_app = "mavis.wsgi"
worker_class = "gthread"
workers = 2
threads = 4
# Loaded once and shared: it opens no connection before it serves.
preload_app = True
timeout = 60
graceful_timeout = 20
# A worker that is busy must not look dead because its heartbeat file is on a slow disk.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108
control_socket_disable = True
accesslog = "-"
# Lines like all others. Paths come without their query (`mavis/logs.py`): what people search for
# stays out of the logs.
logconfig_dict = LOGGING | {
    "loggers": LOGGING["loggers"]
    | {
        name: {"level": "INFO", "handlers": ["console"], "propagate": False}
        for name in ("gunicorn.error", "gunicorn.access")
    }
}


def on_exit(server: object) -> None:
    """The figures begin anew with the next start, as Prometheus expects."""
    shutil.rmtree(os.environ[SHARED], ignore_errors=True)
