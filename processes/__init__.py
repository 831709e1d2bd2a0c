"""The life of a definition: read, lint, publish."""
