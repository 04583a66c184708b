"""These tests need numpy: only the environment of the national path has it."""

import importlib.util

import pytest

if importlib.util.find_spec("numpy") is None:
    raise pytest.UsageError(
        "全国試算の試験は .venv-national で行います: python3 manage.py test --only national"
    )
