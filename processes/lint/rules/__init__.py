"""The rules: each module defines one."""
