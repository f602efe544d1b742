#!/usr/bin/env python
"""Django's command line for Mavis."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mavis.settings.base")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    from mavis.local.environment import join_local_run

    join_local_run()
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as refusal:
        sys.exit(str(refusal))
    except OperationalError as error:
        # The server never said a code: there was no connection.
        if getattr(error.__cause__, "sqlstate", None):
            raise
        sys.exit("The database does not answer. Start make run beside this, or set DATABASE_URL.")
