"""The local stack behind the Makefile: everything that Mavis needs, without any set-up.

`bootstrap.py` is plain standard library and runs before anything is installed; it installs what
is locked and hands over to `python -m mavis.local`. Nothing here is used in production.
"""
