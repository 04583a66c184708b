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


def frozen_with_parent(
    dialect: str, table: str, parent: str, key: str, states: tuple[str, ...]
) -> list[str]:
    """Refuse to add, change, delete rows whose parent has one of the states (発行済みの行)."""
    words = ", ".join(f"'{state}'" for state in states)
    frozen = (
        f"EXISTS (SELECT 1 FROM {parent} p"  # noqa: S608 -- names of ours
        f" WHERE p.id = {{row}}.{key} AND p.state IN ({words}))"
    )
    old, new = frozen.format(row="OLD"), frozen.format(row="NEW")
    if dialect == "sqlite":
        return [
            _sqlite(table, "insert", "INSERT", f"WHEN {new}"),
            _sqlite(table, "update", "UPDATE", f"WHEN {old} OR {new}"),
            _sqlite(table, "delete", "DELETE", f"WHEN {old}"),
        ]
    refuse = f"RAISE EXCEPTION '{table}: {MESSAGE}' USING ERRCODE = 'restrict_violation';"
    return [
        *_looking_on_postgresql(table, f"{table}_refuse_frozen", old, new, refuse),
        _postgresql(table, "truncate", "TRUNCATE", "STATEMENT"),
    ]


def drop_frozen_with_parent(dialect: str, table: str) -> list[str]:
    """Take the triggers of `frozen_with_parent` away again."""
    if dialect == "postgresql":
        return [
            f"DROP TRIGGER {table}_refuse_frozen ON {table}",
            f"DROP TRIGGER {table}_refuse_truncate ON {table}",
            f"DROP FUNCTION {table}_refuse_frozen()",
        ]
    return [f"DROP TRIGGER {table}_refuse_{each}" for each in ("insert", "update", "delete")]


def final_once(
    dialect: str, table: str, ended: str, *, replaces: str = "{table}.id = NEW.id"
) -> list[str]:
    """Refuse DELETE, and UPDATE once a condition on the row, with `{row}`, is met (終わった行)."""
    when = f"WHEN ({ended.format(row='OLD')})"
    if dialect == "postgresql":
        return [
            _postgresql(table, "update", "UPDATE", "ROW", when),
            _postgresql(table, "delete", "DELETE", "ROW"),
            _postgresql(table, "truncate", "TRUNCATE", "STATEMENT"),
        ]
    found = replaces.format(table=table)
    same = f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {found})"  # noqa: S608 -- names of ours
    return [
        _sqlite(table, "update", "UPDATE", when),
        _sqlite(table, "delete", "DELETE"),
        _sqlite(table, "replace", "INSERT", same),
    ]


# ---- years under 本締め --------------------------------------------------------------------------

CLOSED = "the fiscal year is closed"

#: True while a 本締め of a consortium and year is in force and no granted 再開 lifts it.
_IN_FORCE = (
    "EXISTS (SELECT 1 FROM year_closing c WHERE c.kind = 'hard' AND c.ended_at IS NULL"
    " AND c.consortium_id = {owner} AND c.fiscal_year_start = {year}"
    " AND NOT EXISTS (SELECT 1 FROM year_reopening r WHERE r.closing_id = c.id"
    " AND r.granted_at IS NOT NULL AND r.ended_at IS NULL))"
)

# VOLATILE, as by default: it has to see what others committed after the statement began.
_YEAR_IS_CLOSED = f"""
CREATE FUNCTION year_is_closed(owner text, year integer) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RETURN {_IN_FORCE.format(owner="owner", year="year")};
END $$
"""
_REFUSE_WHILE_CLOSED = f"""
CREATE FUNCTION refuse_while_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM year_closing WHERE kind = 'hard' AND ended_at IS NULL) THEN
        RAISE EXCEPTION '%: {CLOSED}', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$
"""  # noqa: S608 -- a sentence of ours
POSTGRESQL_CLOSED_FUNCTIONS = (_YEAR_IS_CLOSED, _REFUSE_WHILE_CLOSED)
DROP_POSTGRESQL_CLOSED_FUNCTIONS = (
    "DROP FUNCTION refuse_while_closed()",
    "DROP FUNCTION year_is_closed(text, integer)",
)


def year_of_parent(parent: str, key: str) -> str:
    """Say that a row belongs to the fiscal year of its parent (親の年度)."""
    year = "SELECT p.fiscal_year_start"
    return f"({year} FROM {parent} p WHERE p.id = {{row}}.{key})"


def year_of_grandparent(parent: str, key: str, grandparent: str, parent_key: str) -> str:
    """Say that a row belongs to the fiscal year of its parent's parent (親の親の年度)."""
    return (
        f"(SELECT g.fiscal_year_start FROM {parent} p JOIN {grandparent} g"  # noqa: S608 -- ours
        f" ON g.id = p.{parent_key} WHERE p.id = {{row}}.{key})"
    )


def year_of_month(dialect: str, column: str) -> str:
    """Say that a row belongs to the fiscal year of a month, written as its first day (月の年度)."""
    if dialect == "postgresql":
        return f"EXTRACT(YEAR FROM {{row}}.{column} - INTERVAL '3 months')::integer"
    return f"CAST(strftime('%Y', {{row}}.{column}, '-3 months') AS INTEGER)"


def closed_year(
    dialect: str,
    table: str,
    year_column: str = "fiscal_year_start",
    *,
    year: str = "",
    unless: str = "",
) -> list[str]:
    """Refuse INSERT, UPDATE and DELETE of rows of a fiscal year under 本締め.

    The year is a column, or `year`, an SQL expression with `{row}` for the row. `unless` is a
    condition, with `{row}` as well, under which a row is not the year's matter.
    """
    given = year or f"{{row}}.{year_column}"
    if dialect == "postgresql":
        return _closed_on_postgresql(table, given, unless)
    return [
        _closed_on_sqlite(table, "insert", ("NEW",), given, unless),
        _closed_on_sqlite(table, "update", ("OLD", "NEW"), given, unless),
        _closed_on_sqlite(table, "delete", ("OLD",), given, unless),
    ]


def drop_closed_year(dialect: str, table: str) -> list[str]:
    """Take the triggers of `closed_year` away again."""
    if dialect == "postgresql":
        return [
            f"DROP TRIGGER {table}_closed_year ON {table}",
            f"DROP TRIGGER {table}_closed_truncate ON {table}",
            f"DROP FUNCTION {table}_closed_year()",
        ]
    return [f"DROP TRIGGER {table}_closed_{each}" for each in ("insert", "update", "delete")]


def _is_closed(row: str, year: str, unless: str, in_force: str) -> str:
    sentence = in_force.format(owner=f"{row}.consortium_id", year=year.format(row=row))
    return f"({sentence} AND NOT ({unless.format(row=row)}))" if unless else sentence


def _closed_on_sqlite(
    table: str, action: str, named: tuple[str, ...], year: str, unless: str
) -> str:
    when = " OR ".join(_is_closed(row, year, unless, _IN_FORCE) for row in named)
    return (
        f"CREATE TRIGGER {table}_closed_{action} BEFORE {action.upper()} ON {table} "
        f"WHEN {when} BEGIN SELECT RAISE(ABORT, '{table}: {CLOSED}'); END"
    )


def _closed_on_postgresql(table: str, year: str, unless: str) -> list[str]:
    old, new = (
        _is_closed(row, year, unless, "year_is_closed({owner}, {year})") for row in ("OLD", "NEW")
    )
    refuse = f"RAISE EXCEPTION '{table}: {CLOSED}' USING ERRCODE = 'restrict_violation';"
    made = _looking_on_postgresql(table, f"{table}_closed_year", old, new, refuse)
    whole = (
        f"CREATE TRIGGER {table}_closed_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_while_closed()"
    )
    return [*made, whole]


# ---- how a trigger is written --------------------------------------------------------------------


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


def _looking_on_postgresql(table: str, name: str, old: str, new: str, refuse: str) -> list[str]:
    """Make a function and its trigger: a condition of a trigger cannot look into other tables."""
    function = f"""
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        IF {old} THEN {refuse} END IF;
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    IF {new} THEN {refuse} END IF;
    RETURN NEW;
END $$
"""
    trigger = (
        f"CREATE TRIGGER {name} BEFORE INSERT OR UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {name}()"
    )
    return [function, trigger]
