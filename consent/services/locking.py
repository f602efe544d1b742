"""One writer at a time for the consent of a child."""

from cohorts.models import Child


def locked_child(child_id: int) -> Child:
    """The child, locked until the transaction ends against others who ask or record.

    Rows may still come to refer to the child meanwhile.
    """
    return Child.objects.select_for_update(no_key=True).get(pk=child_id)
