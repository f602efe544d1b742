"""Programmes whose vaccines are given together: parents answer for them on one form."""

from collections.abc import Collection, Sequence

# Source: consent §2.1 and §2.3 ("doubles").
TOGETHER: tuple[tuple[str, ...], ...] = (("menacwy", "td_ipv"),)
_BETWEEN = "-"


def forms_for(keys: Collection[str]) -> list[tuple[str, ...]]:
    """The programmes by the form they are answered on.

    In the order given; a shared form stands where the first of its programmes does.
    """
    forms: list[tuple[str, ...]] = []
    for key in keys:
        shared = (group for group in TOGETHER if key in group and set(group) <= set(keys))
        form = next(shared, (key,))
        if form not in forms:
            forms.append(form)
    return forms


def name_in_address(keys: Sequence[str]) -> str:
    """How a link names the programmes of its form, such as hpv or menacwy-td_ipv."""
    return _BETWEEN.join(keys)


def named_in_address(text: str) -> tuple[str, ...]:
    """The keys that a link names; several must be programmes that share a form, else none."""
    keys = tuple(text.split(_BETWEEN))
    return keys if len(keys) == 1 or keys in TOGETHER else ()
