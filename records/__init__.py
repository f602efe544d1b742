"""The pages about a child: the list, the record and the activity log."""
