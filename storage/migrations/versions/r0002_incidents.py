"""Incidents: acts that the engine could not carry out."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "incidents",
        sa.Column("case_no", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_no"],
            ["cases.case_no"],
            name=op.f("fk_incidents_case_no"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("case_no", "ref", name=op.f("pk_incidents")),
    )


def downgrade() -> None:
    op.drop_table("incidents")
