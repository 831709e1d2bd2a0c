"""Walk through an application as a browser does."""

from io import BytesIO

from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from tests.unit.webapp.hall import CITIZEN, KEY, PDF

APPLICANT = {"f.phone": "13877700001", "f.agent_name": "陆志成"}
SITE = {"f.site": "三海街道江南路", "f.built": "no"}
AMOUNT = {"f.amount": "12.5"}


def files(name="申请书.pdf", content=PDF):
    return {"u.request": (BytesIO(content), name)}


def upload(browser, where, data):
    """Post files, encoded in memory: the test client would leave its temporary file open."""
    parts = {name: FileStorage(*value) if isinstance(value, tuple) else value for name, value in data.items()}
    boundary, body = encode_multipart(parts)
    return browser.post(where, data=body, content_type=f'multipart/form-data; boundary="{boundary}"')


def begin(browser):
    """A new draft; the address of its first page."""
    return browser.post(f"/apply/{KEY}").location


def apply(hall, user=CITIZEN):
    """From the guide to the receipt; the browser that did it."""
    browser = hall.client(user)
    where = begin(browser)
    for page in (APPLICANT, SITE, AMOUNT, files(), {"declare": "yes"}):
        answer = browser.post(where, data=page)
        assert answer.status_code == 302, answer.get_data(as_text=True)
        where = answer.location
    return browser
