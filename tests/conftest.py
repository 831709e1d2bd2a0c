"""What every test stands on."""

from hypothesis import settings

pytest_plugins = ("tests.databases",)

# a slow machine is no failure: speed is measured by `make bench`
settings.register_profile("yichuang", deadline=None)
settings.load_profile("yichuang")
