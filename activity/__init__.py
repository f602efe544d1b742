"""The append-only activity log: what happened to a child, when and by whom."""
