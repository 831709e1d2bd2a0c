"""What is done about yellow and red cards."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("warnings", sa.Column("status", sa.String(), nullable=False, server_default="raised"))
    op.add_column("warnings", sa.Column("version", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("ix_warnings_org", "warnings", ["org", "raised_at", "case_no", "deadline", "level"])
    op.create_table(
        "warning_acts",
        sa.Column("case_no", sa.String(), nullable=False),
        sa.Column("deadline", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(), nullable=False),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("org", sa.String(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_no"], ["cases.case_no"], name=op.f("fk_warning_acts_case_no"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("case_no", "deadline", "level", "seq", name=op.f("pk_warning_acts")),
    )


def downgrade() -> None:
    op.drop_table("warning_acts")
    op.drop_index("ix_warnings_org", table_name="warnings")
    op.drop_column("warnings", "version")
    op.drop_column("warnings", "status")
