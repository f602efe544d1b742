"""Addresses of /uploads/, /issues/ and /school-moves/."""
