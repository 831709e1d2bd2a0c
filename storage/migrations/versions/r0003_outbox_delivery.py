"""Delivery of the outbox: whose list a message stands in, when it is due, what became of it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# nobody waits for a text about last month any more: they are in the list, and that is where they were delivered; one
# statement, because PostgreSQL builds no index on a table whose rows were changed twice in the same transaction
_QUEUED_BEFORE = """
UPDATE outbox SET delivered_at = created_at, channel = 'site', reader = CASE "to" WHEN 'applicant'
    THEN (SELECT applicant_user_id FROM cases WHERE cases.case_no = outbox.case_no) ELSE address END
"""


def upgrade() -> None:
    op.add_column("outbox", sa.Column("reader", sa.String(), nullable=True))
    op.add_column("outbox", sa.Column("attempts", sa.Integer(), server_default="0", nullable=False))
    op.add_column("outbox", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("outbox", sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("outbox", sa.Column("channel", sa.String(), nullable=True))
    op.add_column("outbox", sa.Column("reason", sa.Text(), nullable=True))
    op.execute(_QUEUED_BEFORE)
    op.drop_index("ix_outbox_created", "outbox")
    _index("ix_outbox_due", "due_at", "message_id")
    _index("ix_outbox_reader", "reader", "created_at", "message_id")


def _index(name: str, *columns: str) -> None:
    where = sa.text(f"{columns[0]} IS NOT NULL")
    op.create_index(name, "outbox", list(columns), sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    op.drop_index("ix_outbox_reader", "outbox")
    op.drop_index("ix_outbox_due", "outbox")
    op.create_index("ix_outbox_created", "outbox", ["created_at", "message_id"])
    for name in ("reason", "channel", "delivered_at", "due_at", "attempts", "reader"):
        op.drop_column("outbox", name)
