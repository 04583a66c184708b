"""The portal a command works on (対象のポータル)."""

from flask import Flask, current_app


def portal() -> Flask:
    """Give the application itself, for threads and servers, to which its proxy means nothing."""
    return current_app._get_current_object()  # type: ignore[attr-defined,no-any-return]  # Flask's own way to it, unknown to the stub
