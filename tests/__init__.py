"""The tests mirror the package; stages.py and host.py are the part of manage.py that runs them."""
