"""How the command line speaks: in Chinese, and what the core refuses in the core's own words."""

from __future__ import annotations

from typing import Any

import click

from engine.errors import YichuangError

FORMAT = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="输出的格式。"
)


class Refusal(click.ClickException):
    """What the core refuses, in its own words."""

    def __init__(self, error: YichuangError) -> None:
        place = f"（{error.place}）" if error.place else ""
        lines = [f"{error.message}{place}", *(f"  {problem}" for problem in getattr(error, "problems", ()))]
        super().__init__("\n".join(lines))

    def show(self, file: Any = None) -> None:
        click.echo(f"错误：{self.message}", err=True)


class Chinese(click.Command):
    """A command whose own option speaks Chinese too."""

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "显示这段说明。"
        return option


class Commands(Chinese, click.Group):
    """A group of such commands."""

    command_class = Chinese
    group_class = type

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except YichuangError as error:
            raise Refusal(error) from error
