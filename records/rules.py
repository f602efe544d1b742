"""What the Children page says in words."""


def list_heading(count: int, *, query: str, missing_nhs_number: bool) -> str:
    """What the list shows, in words: 2 children matching “cas” without an NHS number."""
    size = f"{count:,}" if count else "No"
    parts = [f"{size} {'child' if count == 1 else 'children'}"]
    if query:
        parts.append(f"matching “{query}”")
    if missing_nhs_number:
        parts.append("without an NHS number")
    return " ".join(parts)
