"""Writing very many new rows at once."""

from collections.abc import Sequence

from django.db import connection, models
from psycopg import sql


def copy_in(model: type[models.Model], rows: Sequence[models.Model]) -> None:
    """Save the unsaved rows through COPY and give each its id. Sends no signals."""
    fields = model._meta.concrete_fields
    table = sql.Identifier(model._meta.db_table)
    columns = sql.SQL(", ").join(sql.Identifier(field.column) for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, len(rows)],
        )
        for row, (number,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = number
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(table, columns)
        with cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row([field.pre_save(row, add=True) for field in fields])
