"""What click says of a command line it cannot read, in Japanese (使い方の誤り)."""

import re

import click

from consortium.intake.keys import visible

_HELP = "使い方は --help で確かめられます。"
_UNKNOWN_COMMAND = re.compile(r"No such command '(?P<name>.+?)'")
_EXTRA = re.compile(r"unexpected extra arguments? \((?P<name>.+)\)")
_VALUE = re.compile(r"'(?P<name>.+?)' is not")
_NO_VALUE = re.compile(r"Option '(?P<name>.+?)' requires")


def in_japanese(error: click.UsageError) -> str:
    """Say in one line what is wrong with what was typed, and where the usage stands."""
    return visible(f"{_found(error)}{_HELP}")


def _found(error: click.UsageError) -> str:
    said = error.format_message()
    if isinstance(error, click.MissingParameter):
        return f"{_parameter(error)}が指定されていません。"
    if isinstance(error, click.NoSuchOption):
        return f"「{error.option_name}」という指定はありません。"
    if isinstance(error, click.BadParameter):
        return _unreadable(error)
    for pattern, sentence in (
        (_UNKNOWN_COMMAND, "「{}」というコマンドはありません。"),
        (_EXTRA, "余分な指定「{}」があります。"),
        (_NO_VALUE, "「{}」の値が指定されていません。"),
    ):
        found = pattern.search(said)
        if found:
            return sentence.format(found["name"])
    return f"指定を読み取れません（{said}）。"


def _unreadable(error: click.BadParameter) -> str:
    kind = error.param.type if error.param is not None else None
    if isinstance(kind, click.Choice):
        choices = "・".join(str(each) for each in kind.choices)
        return f"{_parameter(error)}は、{choices}のいずれかを書いてください。"
    # A type of ours, or a callback, says it in Japanese; click's own reasons are English.
    if not error.message.isascii():
        return error.message
    value = _VALUE.match(error.message)
    named = f"「{value['name']}」" if value else ""
    return f"{_parameter(error)}の値{named}を読み取れません。"


def _parameter(error: click.BadParameter) -> str:
    """Name the option or argument as it is typed (指定の名前)."""
    if isinstance(error.param, click.Option):
        return f"「{error.param.opts[0]}」"
    if error.param is not None:
        return f"「{error.param.human_readable_name}」"
    return f"「{error.param_hint}」" if error.param_hint else "値"
