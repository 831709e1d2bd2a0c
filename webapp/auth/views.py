"""Pages of the account: sign in, sign out, register, change the password."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.errors import AccountLocked, BadCredentials, InvalidValue
from engine.views import User
from webapp.auth import passwords, session
from webapp.auth.door import local_path
from webapp.auth.posts import posts_of
from webapp.auth.registration import Registration
from webapp.auth.signin import LOCKED_FOR, sign_in
from webapp.config import web_config
from webapp.formatting import clock_time
from webapp.identity import account
from webapp.security import GUESSING, limiter
from webapp.services import services

blueprint = Blueprint("auth", __name__)

#: tab of the sign-in page → what one signs in with
NAMES = {"person": "手机号", "organisation": "统一社会信用代码", "staff": "工作人员账号"}


@blueprint.get("/login")
def login() -> str | Response:
    user = account()
    if user is not None:
        return redirect(local_path(request.args.get("next")) or _home(user))
    return _login_page({})


@blueprint.post("/login", endpoint="login_post")
@limiter.limit(GUESSING)
def login_post() -> str | Response | tuple[str, int]:
    name, password = request.form.get("username", "").strip(), request.form.get("password", "")
    if not name or not password:
        empty = {"username": f"请填写{NAMES[_tab()]}。"} if not name else {"password": "请填写密码。"}
        return _login_page(empty), 422
    try:
        user = sign_in(services().accounts, services().clock, name, password)
    except AccountLocked as error:
        until = clock_time(error.details["until"])
        minutes = int(LOCKED_FOR.total_seconds() // 60)
        return _login_page({"username": f"密码连续输错 5 次，账号已锁定 {minutes} 分钟，{until} 以后可以再试。"}), 429
    except BadCredentials as error:
        return _login_page({"password": error.message}), 401
    session.begin(user)
    return redirect(local_path(request.form.get("next")) or _home(user))


@blueprint.post("/logout")
def logout() -> Response:
    session.end()
    flash("您已退出。", "done")
    return redirect(url_for("portal.home"))


@blueprint.get("/register")
def register() -> str | Response:
    user = account()
    return redirect(_home(user)) if user else _register_page(Registration.blank(request.args.get("as")), {})


@blueprint.post("/register", endpoint="register_post")
@limiter.limit(GUESSING)
def register_post() -> str | Response | tuple[str, int]:
    asked = Registration.read(request.form)
    problems = asked.problems()
    if not problems:
        user = asked.account()
        try:
            services().accounts.add(user)
        except InvalidValue:
            problems = {asked.name_field: f"这个{NAMES[asked.kind]}已经注册过，请直接登录。"}
        else:
            session.begin(user)
            flash("注册成功，您已登录。", "done")
            return redirect(local_path(request.form.get("next")) or _home(user))
    return _register_page(asked, problems), 422


@blueprint.get("/me")
def me() -> str:
    return _me_page({})


@blueprint.post("/me", endpoint="me_post")
@limiter.limit(GUESSING)
def me_post() -> str | Response | tuple[str, int]:
    user = account()
    assert user is not None  # the door lets nobody else in
    current, new, again = (request.form.get(key, "") for key in ("current", "new", "again"))
    problems: dict[str, str] = {}
    if not passwords.verify(user.password_hash, current):
        problems["current"] = "现在的密码不正确。"
    elif weak := passwords.problems(new, (user.username, user.phone, user.id_number)):
        problems["new"] = weak[0]
    elif new == current:
        problems["new"] = "新密码不能与现在的密码相同。"
    elif new != again:
        problems["again"] = "两次填写的新密码不一致。"
    if problems:
        return _me_page(problems), 422
    services().accounts.set_password(user.user_id, passwords.hash_password(new))
    renewed = services().accounts.by_id(user.user_id)
    assert renewed is not None
    session.renew(renewed)
    flash("密码已更改，其他设备上的登录已全部退出。", "done")
    return redirect(url_for("auth.me"))


def _tab() -> str:
    tab = request.values.get("as", "person")
    return tab if tab in NAMES else "person"


def _home(user: User) -> str:
    return url_for("work.inbox") if user.kind == "staff" else url_for("portal.my")


def _login_page(problems: dict[str, str]) -> str:
    return render_template(
        "auth/login.html",
        problems=problems,
        tab=_tab(),
        names=NAMES,
        username=request.form.get("username", ""),
        next=local_path(request.values.get("next")),
        why=request.args.get("why"),
        demo=web_config().demo,
    )


def _register_page(asked: Registration, problems: dict[str, str]) -> str:
    return render_template(
        "auth/register.html", asked=asked, problems=problems, next=local_path(request.values.get("next"))
    )


def _me_page(problems: dict[str, str]) -> str:
    user = account()
    assert user is not None
    directory = services().directory
    shell = "work/base.html" if user.kind == "staff" else "portal/base.html"
    organisation = directory.organisation(user.org) if user.org else None
    return render_template(
        "auth/me.html", user=user, organisation=organisation, roles=posts_of(user), problems=problems, shell=shell
    )
