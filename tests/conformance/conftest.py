"""The package gives most tests 5 seconds, which a busy machine may need for little: they get a minute."""

import pytest


def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.timeout(60), append=False)


def pytest_configure(config):
    config.addinivalue_line("markers", "timeout(seconds): kept by pytest-timeout, where that is installed")
