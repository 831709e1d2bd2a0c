"""What a clerk and the posts he holds have been told."""

from __future__ import annotations

from flask import render_template

from webapp.identity import actor
from webapp.inbox.blueprint import work
from webapp.messages import messages_for


@work.get("/messages")
def messages() -> str:
    who = actor()
    rows, next_cursor = messages_for(who.groups | {who.user_id}, "work.case")
    return render_template("work/messages.html", rows=rows, next_cursor=next_cursor)
