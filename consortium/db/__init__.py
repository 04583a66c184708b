"""The database (データベース): the only package that knows SQLAlchemy.

- `models`: every table, one sentence a column; written in `tables/`, split by subject
- `types`: whole yen, exact fractions, municipality codes, instants in UTC
- `engine`: `db`, the connection settings and who may write
- `unit`: `reading()` and `writing()`: the only place that begins, ends and audits
- `audit`: the hash chain of what was done (操作記録)
- `errors`: a broken constraint becomes a named refusal
- `files`: produced files, written once
"""
