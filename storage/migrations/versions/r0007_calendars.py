"""Calendars as data: published years, what offices say of days, their hours, and every change."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar_years",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_calendar_years")),
    )
    op.create_table(
        "calendar_published",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["year"], ["calendar_years.year"], name=op.f("fk_calendar_published_year")),
        sa.PrimaryKeyConstraint("year", "day", name=op.f("pk_calendar_published")),
    )
    op.create_table(
        "calendar_days",
        sa.Column("org", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("org", "day", name=op.f("pk_calendar_days")),
    )
    op.create_table(
        "calendar_hours",
        sa.Column("org", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("opening", sa.String(), nullable=False),
        sa.Column("closing", sa.String(), nullable=False),
        sa.Column("noon_from", sa.String(), nullable=True),
        sa.Column("noon_until", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("org", "since", name=op.f("pk_calendar_hours")),
    )
    op.create_table(
        "calendar_changes",
        sa.Column("change_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("org", sa.String(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("by_id", sa.String(), nullable=False),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_calendar_changes")),
    )
    op.create_table(
        "calendar_jobs",
        sa.Column("change_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["change_id"], ["calendar_changes.change_id"], name=op.f("fk_calendar_jobs_change_id")),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_calendar_jobs")),
    )
    op.create_index(
        "ix_calendar_jobs_open",
        "calendar_jobs",
        ["ready_at"],
        sqlite_where=sa.text("finished_at IS NULL"),
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.create_table(
        "calendar_touched",
        sa.Column("change_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("case_no", sa.String(), nullable=False),
        sa.Column("taken_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["change_id"], ["calendar_jobs.change_id"], name=op.f("fk_calendar_touched_change_id")),
        sa.PrimaryKeyConstraint("change_id", "case_no", name=op.f("pk_calendar_touched")),
    )


def downgrade() -> None:
    op.drop_table("calendar_touched")
    op.drop_table("calendar_jobs")
    op.drop_table("calendar_changes")
    op.drop_table("calendar_hours")
    op.drop_table("calendar_days")
    op.drop_table("calendar_published")
    op.drop_table("calendar_years")
