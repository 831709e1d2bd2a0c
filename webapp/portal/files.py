"""Uploaded files, given back only to those whom they concern, and only as a download."""

from __future__ import annotations

from io import BytesIO

from flask import send_file
from werkzeug.wrappers import Response

from engine.errors import UnknownAttachment
from engine.views import Attachment
from webapp.casework import may_open
from webapp.identity import account
from webapp.portal import bp
from webapp.services import services


@bp.get("/files/<attachment_id>")
def file(attachment_id: str) -> Response:
    """UnknownAttachment to everybody whom the file does not concern, so that ids cannot be tried out."""
    found = services().files.get(attachment_id)
    if found is None or not _concerns(found):
        raise UnknownAttachment
    content = BytesIO(services().files.content(found))
    response = send_file(content, found.media_type, as_attachment=True, download_name=found.filename, max_age=0)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _concerns(found: Attachment) -> bool:
    user = account()
    if found.case_no is None:
        return user is not None and found.uploaded_by == user.user_id
    view = services().cases.view(found.case_no)
    return view is not None and may_open(view)
