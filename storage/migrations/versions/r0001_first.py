"""The first tables: cases and their work, published definitions, accounts, files."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cases",
        sa.Column("case_no", sa.String(), nullable=False),
        sa.Column("item_key", sa.String(), nullable=False),
        sa.Column("item_name", sa.String(), nullable=False),
        sa.Column("definition_id", sa.String(), nullable=False),
        sa.Column("owner_org", sa.String(), nullable=False),
        sa.Column("applicant_name", sa.Text(), nullable=False),
        sa.Column("applicant_id_number", sa.Text(), nullable=False),
        sa.Column("applicant_phone", sa.Text(), nullable=False),
        sa.Column("applicant_kind", sa.Text(), nullable=False),
        sa.Column("applicant_user_id", sa.String(), nullable=True),
        sa.Column("applicant_agent_name", sa.Text(), nullable=True),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("result", sa.String(), nullable=True),
        sa.Column("clock", sa.String(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("concluded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("promised_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("statutory_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("history_seq", sa.Integer(), nullable=False),
        sa.Column("history_hash", sa.String(), nullable=False),
        sa.Column("card", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("card_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("case_no", name=op.f("pk_cases")),
    )
    op.create_index(
        "ix_cases_applicant",
        "cases",
        ["applicant_user_id", "submitted_at", "case_no"],
        sqlite_where=sa.text("applicant_user_id IS NOT NULL"),
        postgresql_where=sa.text("applicant_user_id IS NOT NULL"),
    )
    op.create_index(
        "ix_cases_card",
        "cases",
        ["card_at", "case_no"],
        sqlite_where=sa.text("card_at IS NOT NULL"),
        postgresql_where=sa.text("card_at IS NOT NULL"),
    )
    op.create_index("ix_cases_item", "cases", ["item_key", "submitted_at", "case_no"])
    op.create_index(
        "ix_cases_running",
        "cases",
        ["definition_id"],
        sqlite_where=sa.text("concluded_at IS NULL"),
        postgresql_where=sa.text("concluded_at IS NULL"),
    )
    op.create_index("ix_cases_status", "cases", ["status", "submitted_at", "case_no"])
    op.create_index("ix_cases_submitted", "cases", ["submitted_at", "case_no"])
    op.create_table(
        "contents",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_contents")),
    )
    op.create_table(
        "drafts",
        sa.Column("draft_id", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("item_key", sa.String(), nullable=False),
        sa.Column("item_name", sa.String(), nullable=False),
        sa.Column("definition_id", sa.String(), nullable=False),
        sa.Column("values", sa.Text(), nullable=False),
        sa.Column("done", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("draft_id", name=op.f("pk_drafts")),
    )
    op.create_index("ix_drafts_owner", "drafts", ["owner", "updated_at"])
    op.create_table(
        "idempotency",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("request_hash", sa.String(), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", "user_id", name=op.f("pk_idempotency")),
    )
    op.create_index("ix_idempotency_at", "idempotency", ["at"])
    op.create_table(
        "items",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("definition_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_items")),
    )
    op.create_table(
        "numbers",
        sa.Column("series", sa.String(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", name=op.f("pk_numbers")),
    )
    op.create_table(
        "organisations",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent", sa.String(), nullable=True),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("doc_word", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["parent"],
            ["organisations.code"],
            name=op.f("fk_organisations_parent"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_organisations")),
    )
    op.create_table(
        "versions",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("definition_id", sa.String(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=True),
        sa.Column("owner_org", sa.String(), nullable=False),
        sa.Column("item_type", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("promised", sa.Text(), nullable=True),
        sa.Column("statutory", sa.Text(), nullable=True),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.String(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", "version", name=op.f("pk_versions")),
    )
    op.create_index("ix_versions_code", "versions", ["code"])
    op.create_index("ix_versions_definition", "versions", ["definition_id", "version"])
    op.create_table(
        "attachments",
        sa.Column("attachment_id", sa.String(), nullable=False),
        sa.Column("case_no", sa.String(), nullable=True),
        sa.Column("task_id", sa.String(), nullable=True),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uploaded_by", sa.String(), nullable=False),
        sa.Column("draft_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_no"], ["cases.case_no"], name=op.f("fk_attachments_case_no"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("attachment_id", name=op.f("pk_attachments")),
    )
    op.create_index("ix_attachments_case", "attachments", ["case_no", "uploaded_at"])
    op.create_index(
        "ix_attachments_draft",
        "attachments",
        ["draft_id", "uploaded_at"],
        sqlite_where=sa.text("draft_id IS NOT NULL"),
        postgresql_where=sa.text("draft_id IS NOT NULL"),
    )
    op.create_index(
        "ix_attachments_loose",
        "attachments",
        ["uploaded_at"],
        sqlite_where=sa.text("case_no IS NULL"),
        postgresql_where=sa.text("case_no IS NULL"),
    )
    op.create_index("ix_attachments_sha256", "attachments", ["sha256"])
    op.create_table(
        "case_orgs",
        sa.Column("case_no", sa.String(), nullable=False),
        sa.Column("org", sa.String(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_no"], ["cases.case_no"], name=op.f("fk_case_orgs_case_no"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("case_no", "org", name=op.f("pk_case_orgs")),
    )
    op.create_index("ix_case_orgs_org", "case_orgs", ["org", "submitted_at", "case_no"])
    op.create_table(
        "definition_files",
        sa.Column("definition_id", sa.String(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["sha256"], ["contents.sha256"], name=op.f("fk_definition_files_sha256")),
        sa.PrimaryKeyConstraint("definition_id", "path", name=op.f("pk_definition_files")),
    )
    op.create_table(
        "forms",
        sa.Column("case_no", sa.String(), nullable=False),
        sa.Column("node_id", sa.String(), nullable=False),
        sa.Column("task_id", sa.String(), nullable=False),
        sa.Column("values", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_no"], ["cases.case_no"], name=op.f("fk_forms_case_no"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("case_no", "node_id", "task_id", name=op.f("pk_forms")),
    )
    op.create_table(
        "history",
        sa.Column("case_no", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("actor_id", sa.String(), nullable=False),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("org", sa.String(), nullable=True),
        sa.Column("node_id", sa.String(), nullable=True),
        sa.Column("task_id", sa.String(), nullable=True),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_no"], ["cases.case_no"], name=op.f("fk_history_case_no"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("case_no", "seq", name=op.f("pk_history")),
    )
    op.create_table(
        "notices",
        sa.Column("notice_id", sa.String(), nullable=False),
        sa.Column("case_no", sa.String(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("node_id", sa.String(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_no"], ["cases.case_no"], name=op.f("fk_notices_case_no"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("notice_id", name=op.f("pk_notices")),
    )
    op.create_index("ix_notices_case", "notices", ["case_no", "issued_at"])
    op.create_index("ix_notices_number", "notices", ["number"])
    op.create_table(
        "outbox",
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("case_no", sa.String(), nullable=False),
        sa.Column("to", sa.String(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_no"], ["cases.case_no"], name=op.f("fk_outbox_case_no"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_outbox")),
    )
    op.create_index("ix_outbox_case", "outbox", ["case_no"])
    op.create_index("ix_outbox_created", "outbox", ["created_at", "message_id"])
    op.create_table(
        "spans",
        sa.Column("span_id", sa.String(), nullable=False),
        sa.Column("case_no", sa.String(), nullable=False),
        sa.Column("node_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("party", sa.String(), nullable=False),
        sa.Column("basis", sa.String(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_no"], ["cases.case_no"], name=op.f("fk_spans_case_no"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("span_id", name=op.f("pk_spans")),
    )
    op.create_index("ix_spans_case", "spans", ["case_no", "started_at"])
    op.create_table(
        "tasks",
        sa.Column("task_id", sa.String(), nullable=False),
        sa.Column("case_no", sa.String(), nullable=False),
        sa.Column("item_key", sa.String(), nullable=False),
        sa.Column("item_name", sa.String(), nullable=False),
        sa.Column("applicant_name", sa.Text(), nullable=False),
        sa.Column("node_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=True),
        sa.Column("group", sa.String(), nullable=False),
        sa.Column("org", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("assignee_id", sa.String(), nullable=True),
        sa.Column("assignee_name", sa.String(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("case_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("outcome_name", sa.String(), nullable=True),
        sa.Column("opinion", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("idle", sa.Boolean(), nullable=False),
        sa.Column("urgent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("card", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("card_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("search", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_no"], ["cases.case_no"], name=op.f("fk_tasks_case_no"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_tasks")),
    )
    op.create_index(
        "ix_tasks_card",
        "tasks",
        ["card_at", "task_id"],
        sqlite_where=sa.text("card_at IS NOT NULL"),
        postgresql_where=sa.text("card_at IS NOT NULL"),
    )
    op.create_index("ix_tasks_case", "tasks", ["case_no", "node_id"])
    op.create_index(
        "ix_tasks_choices",
        "tasks",
        ["group", "item_key", "item_name", "name"],
        sqlite_where=sa.text("urgent_at IS NOT NULL"),
        postgresql_where=sa.text("urgent_at IS NOT NULL"),
    )
    op.create_index(
        "ix_tasks_claimable",
        "tasks",
        ["group", "idle", "urgent_at", "task_id"],
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_index(
        "ix_tasks_done",
        "tasks",
        ["assignee_id", "done_at", "task_id"],
        sqlite_where=sa.text("status = 'done'"),
        postgresql_where=sa.text("status = 'done'"),
    )
    op.create_index(
        "ix_tasks_inbox",
        "tasks",
        ["group", "idle", "urgent_at", "task_id", "status", "paused"],
        sqlite_where=sa.text("urgent_at IS NOT NULL"),
        postgresql_where=sa.text("urgent_at IS NOT NULL"),
    )
    op.create_index(
        "ix_tasks_live",
        "tasks",
        ["case_no"],
        sqlite_where=sa.text("urgent_at IS NOT NULL"),
        postgresql_where=sa.text("urgent_at IS NOT NULL"),
    )
    op.create_index(
        "ix_tasks_mine",
        "tasks",
        ["assignee_id", "idle", "urgent_at", "task_id"],
        sqlite_where=sa.text("status = 'claimed'"),
        postgresql_where=sa.text("status = 'claimed'"),
    )
    op.create_table(
        "timers",
        sa.Column("timer_id", sa.String(), nullable=False),
        sa.Column("case_no", sa.String(), nullable=False),
        sa.Column("node_id", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_no"], ["cases.case_no"], name=op.f("fk_timers_case_no"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("timer_id", name=op.f("pk_timers")),
    )
    op.create_index("ix_timers_case", "timers", ["case_no"])
    op.create_index("ix_timers_due", "timers", ["due_at", "timer_id"])
    op.create_table(
        "users",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("org", sa.String(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("session_epoch", sa.Integer(), nullable=False),
        sa.Column("failed_logins", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id_number", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("applicant_kind", sa.String(), nullable=True),
        sa.Column("last_login_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["org"], ["organisations.code"], name=op.f("fk_users_org"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_users")),
        sa.UniqueConstraint("username", name=op.f("uq_users_username")),
    )
    op.create_table(
        "warnings",
        sa.Column("case_no", sa.String(), nullable=False),
        sa.Column("deadline", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("org", sa.String(), nullable=True),
        sa.Column("assignee_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_no"], ["cases.case_no"], name=op.f("fk_warnings_case_no"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("case_no", "deadline", "level", name=op.f("pk_warnings")),
    )
    op.create_index("ix_warnings_raised", "warnings", ["raised_at"])
    op.create_table(
        "memberships",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("group", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_memberships_user_id")),
        sa.PrimaryKeyConstraint("user_id", "group", name=op.f("pk_memberships")),
    )
    op.create_table(
        "tokens",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_tokens_user_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_tokens")),
    )
    op.create_index("ix_tokens_user", "tokens", ["user_id"])


def downgrade() -> None:
    op.drop_table("tokens")
    op.drop_table("memberships")
    op.drop_table("warnings")
    op.drop_table("users")
    op.drop_table("timers")
    op.drop_table("tasks")
    op.drop_table("spans")
    op.drop_table("outbox")
    op.drop_table("notices")
    op.drop_table("history")
    op.drop_table("forms")
    op.drop_table("definition_files")
    op.drop_table("case_orgs")
    op.drop_table("attachments")
    op.drop_table("versions")
    op.drop_table("organisations")
    op.drop_table("numbers")
    op.drop_table("items")
    op.drop_table("idempotency")
    op.drop_table("drafts")
    op.drop_table("contents")
    op.drop_table("cases")
