"""Indexes for the live board of supervision."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_INDEXES = (
    ("ix_cases_accepted", "cases", ["owner_org", "accepted_at", "case_no"], "accepted_at IS NOT NULL"),
    ("ix_cases_concluded", "cases", ["owner_org", "concluded_at", "case_no"], "concluded_at IS NOT NULL"),
    ("ix_cases_open", "cases", ["owner_org", "item_key", "case_no"], "concluded_at IS NULL"),
    ("ix_cases_carded", "cases", ["owner_org", "case_no"], "card > 0 AND clock = 'running'"),
    ("ix_tasks_held", "tasks", ["org", "item_key", "case_no", "item_name"], "urgent_at IS NOT NULL"),
    ("ix_tasks_carded", "tasks", ["org", "case_no"], "card > 0 AND urgent_at IS NOT NULL"),
)


def upgrade() -> None:
    for name, table, columns, where in _INDEXES:
        op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def downgrade() -> None:
    for name, table, _, _ in reversed(_INDEXES):
        op.drop_index(name, table_name=table)
