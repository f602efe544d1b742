"""Places, children, parents, uploads, import issues and school moves.

It announces placed and changed children, and copied parents, by signals; who acts on them is not
its concern.
"""
