"""What colleagues do with a task: remarks, urgings, copies, questions, grants; timers that can be held."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "grants",
        sa.Column("grant_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("principal_id", sa.String(), nullable=False),
        sa.Column("principal_name", sa.String(), nullable=False),
        sa.Column("agent_id", sa.String(), nullable=False),
        sa.Column("agent_name", sa.String(), nullable=False),
        sa.Column("groups", sa.Text(), nullable=False),
        sa.Column("items", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("basis", sa.Text(), nullable=True),
        sa.Column("given_by", sa.String(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("task_id", sa.String(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("grant_id", name=op.f("pk_grants")),
    )
    op.create_index(
        "ix_grants_agent",
        "grants",
        ["agent_id", "starts_at"],
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_index("ix_grants_principal", "grants", ["principal_id", "starts_at"])
    op.create_index(
        "ix_grants_task",
        "grants",
        ["task_id"],
        sqlite_where=sa.text("task_id IS NOT NULL"),
        postgresql_where=sa.text("task_id IS NOT NULL"),
    )
    op.create_table(
        "copies",
        sa.Column("copy_id", sa.String(), nullable=False),
        sa.Column("case_no", sa.String(), nullable=False),
        sa.Column("item_name", sa.String(), nullable=False),
        sa.Column("task_id", sa.String(), nullable=True),
        sa.Column("step", sa.String(), nullable=True),
        sa.Column("to_id", sa.String(), nullable=False),
        sa.Column("to_name", sa.String(), nullable=False),
        sa.Column("from_id", sa.String(), nullable=False),
        sa.Column("from_name", sa.String(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_no"], ["cases.case_no"], name=op.f("fk_copies_case_no"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("copy_id", name=op.f("pk_copies")),
    )
    op.create_index("ix_copies_case", "copies", ["case_no"])
    op.create_index("ix_copies_to", "copies", ["to_id", "sent_at", "copy_id"])
    op.create_table(
        "questions",
        sa.Column("question_id", sa.String(), nullable=False),
        sa.Column("case_no", sa.String(), nullable=False),
        sa.Column("item_name", sa.String(), nullable=False),
        sa.Column("task_id", sa.String(), nullable=True),
        sa.Column("step", sa.String(), nullable=True),
        sa.Column("to_id", sa.String(), nullable=False),
        sa.Column("to_name", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("asked_by_id", sa.String(), nullable=False),
        sa.Column("asked_by_name", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by_id", sa.String(), nullable=True),
        sa.Column("answered_by_name", sa.String(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_no"], ["cases.case_no"], name=op.f("fk_questions_case_no"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("question_id", name=op.f("pk_questions")),
    )
    op.create_index("ix_questions_case", "questions", ["case_no", "asked_at"])
    op.create_index(
        "ix_questions_open",
        "questions",
        ["to_id", "asked_at", "question_id"],
        sqlite_where=sa.text("answered_at IS NULL"),
        postgresql_where=sa.text("answered_at IS NULL"),
    )
    op.create_table(
        "remarks",
        sa.Column("remark_id", sa.String(), nullable=False),
        sa.Column("case_no", sa.String(), nullable=False),
        sa.Column("task_id", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by_id", sa.String(), nullable=False),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_no"], ["cases.case_no"], name=op.f("fk_remarks_case_no"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("remark_id", name=op.f("pk_remarks")),
    )
    op.create_index("ix_remarks_case", "remarks", ["case_no", "at"])
    op.create_table(
        "urges",
        sa.Column("case_no", sa.String(), nullable=False),
        sa.Column("by_id", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_no"], ["cases.case_no"], name=op.f("fk_urges_case_no"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("case_no", "by_id", "day", name=op.f("pk_urges")),
    )
    op.add_column("tasks", sa.Column("principal_id", sa.String(), nullable=True))
    op.add_column("tasks", sa.Column("principal_name", sa.String(), nullable=True))
    op.add_column("tasks", sa.Column("grant_id", sa.String(), nullable=True))
    op.add_column("tasks", sa.Column("delegated", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("tasks", sa.Column("urged_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("timers", sa.Column("started_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("timers", sa.Column("held", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(
        "ix_tasks_delegated",
        "tasks",
        ["principal_id"],
        sqlite_where=sa.text("delegated"),
        postgresql_where=sa.text("delegated"),
    )


def downgrade() -> None:
    op.drop_index("ix_tasks_delegated", table_name="tasks")
    op.drop_column("timers", "held")
    op.drop_column("timers", "started_at")
    op.drop_column("tasks", "urged_at")
    op.drop_column("tasks", "delegated")
    op.drop_column("tasks", "grant_id")
    op.drop_column("tasks", "principal_name")
    op.drop_column("tasks", "principal_id")
    op.drop_table("urges")
    op.drop_table("remarks")
    op.drop_table("questions")
    op.drop_table("copies")
    op.drop_table("grants")
