"""What is done about incidents: where they stand in the diagram, when a timer is tried again, who settled them."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_COLUMNS = {
    "node_id": sa.String(),
    "retry_at": sa.DateTime(timezone=True),
    "settled_at": sa.DateTime(timezone=True),
    "settled_by": sa.String(),
    "settled_by_name": sa.String(),
    "remark": sa.Text(),
}


def upgrade() -> None:
    for name, kind in _COLUMNS.items():
        op.add_column("incidents", sa.Column(name, kind, nullable=True))
    for name, column, where in (
        ("ix_incidents_open", "last_at", sa.text("settled_at IS NULL")),
        ("ix_incidents_settled", "settled_at", sa.text("settled_at IS NOT NULL")),
    ):
        columns = [column, "case_no", "ref"]
        op.create_index(name, "incidents", columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    op.drop_index("ix_incidents_settled", "incidents")
    op.drop_index("ix_incidents_open", "incidents")
    for name in reversed(_COLUMNS):
        op.drop_column("incidents", name)
