"""SQLAlchemy tables, repositories, queries, unit of work, migrations, file store."""
