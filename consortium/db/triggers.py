"""Triggers by which the database itself refuses to change what is final (追記のみの表).

Only migrations call this. Released migrations rest on it, so never change what a function here
makes: add another one. A batch rebuild on SQLite drops the triggers of its table without a word;
the revision that rebuilds calls the function again.
"""

MESSAGE = "final, never changed"

# The refusal counts as a broken constraint on both databases.
POSTGRESQL_FUNCTION = f"""
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: {MESSAGE}', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""
DROP_POSTGRESQL_FUNCTION = "DROP FUNCTION refuse_change()"


def append_only(dialect: str, table: str, *keys: tuple[str, ...]) -> list[str]:
    """Refuse UPDATE, DELETE, TRUNCATE, and the SQLite INSERT OR REPLACE on any of its keys."""
    if dialect == "postgresql":
        return [
            _postgresql(table, "update", "UPDATE", "ROW"),
            _postgresql(table, "delete", "DELETE", "ROW"),
            _postgresql(table, "truncate", "TRUNCATE", "STATEMENT"),
        ]
    same_key = " OR ".join(
        "(" + " AND ".join(f"{column} = NEW.{column}" for column in key) + ")" for key in keys
    )
    replaces = f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same_key})"  # noqa: S608 -- names of ours
    return [
        _sqlite(table, "update", "UPDATE"),
        _sqlite(table, "delete", "DELETE"),
        _sqlite(table, "replace", "INSERT", replaces),
    ]


def frozen_in_states(
    dialect: str, table: str, states: tuple[str, ...], columns: tuple[str, ...]
) -> list[str]:
    """Refuse DELETE, and UPDATE of the named columns, once a row has one of the states."""
    words = ", ".join(f"'{state}'" for state in states)
    update = f"UPDATE OF {', '.join(columns)}"
    if dialect == "postgresql":
        when = f"WHEN (OLD.state IN ({words}))"
        return [
            _postgresql(table, "update", update, "ROW", when),
            _postgresql(table, "delete", "DELETE", "ROW", when),
            _postgresql(table, "truncate", "TRUNCATE", "STATEMENT"),
        ]
    when = f"WHEN OLD.state IN ({words})"
    return [_sqlite(table, "update", update, when), _sqlite(table, "delete", "DELETE", when)]


def _sqlite(table: str, name: str, action: str, when: str = "") -> str:
    return (
        f"CREATE TRIGGER {table}_refuse_{name} BEFORE {action} ON {table} {when} "
        f"BEGIN SELECT RAISE(ABORT, '{table}: {MESSAGE}'); END"
    )


def _postgresql(table: str, name: str, action: str, each: str, when: str = "") -> str:
    return (
        f"CREATE TRIGGER {table}_refuse_{name} BEFORE {action} ON {table} "
        f"FOR EACH {each} {when} EXECUTE FUNCTION refuse_change()"
    )
