"""YAML and JSON as plain values (YAMLの読取り): the only reader of YAML that comes from outside.

No references, no tags, no key twice; numbers in a notation that could be misread are left as they
stand (`Unread`).
"""

import re
import unicodedata
from collections.abc import Callable

import yaml

from consortium.intake.keys import Unread, refuse

#: Larger files are no cases; refused before they are parsed (bytes).
MAX_BYTES = 1_000_000


class _Loader(yaml.SafeLoader):
    """A YAML loader that refuses references; it composes nodes, `_plain` makes values of them."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse references (&, *): a small file could unfold into a huge one."""
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]  # untyped in its stubs
            line = event.start_mark.line + 1
            raise refuse("", f"{line}行目に参照（*）があります。", "参照を使わずに書いてください。")
        return super().compose_node(parent, index)


def parse(content: bytes) -> object:
    """Turn the bytes of a YAML or JSON file into plain values (算定ケースの読取り).

    Raises: BadInputError naming the line or the key.
    """
    if len(content) > MAX_BYTES:
        raise refuse("", "1MBを超えています。", "算定ケースのファイルか確認してください。")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise refuse("", "UTF-8の文字ではありません。", "UTF-8で保存し直してください。") from None
    try:
        root = _compose(text)
        return _plain(root, "") if root else None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{mark.line + 1}行目を" if mark else ""
        todo = "インデントと記号を確認してください。"
        raise refuse("", f"{where}YAML・JSONとして読めません。", todo) from None
    except RecursionError:
        raise refuse("", "入れ子が深すぎます。", "括弧の対応を確認してください。") from None


def _compose(text: str) -> yaml.Node | None:
    """Read the structure without making values of it."""
    loader = _Loader(text)
    try:
        return loader.get_single_node()
    finally:
        loader.dispose()


def _plain(node: yaml.Node, path: str) -> object:
    """Make the value of a node: a text, a whole number, true or false, a list, keys and values.

    YAML reads 022021 as octal, 1:30 as 90 and 1.5 as binary: those are left as they stand.
    """
    kind = node.tag.removeprefix("tag:yaml.org,2002:")
    if isinstance(node, yaml.MappingNode) and kind == "map":
        return _plain_mapping(node, path)
    if isinstance(node, yaml.SequenceNode) and kind == "seq":
        return [_plain(child, f"{path}[{i}]") for i, child in enumerate(node.value)]
    if isinstance(node, yaml.ScalarNode) and kind in _SCALARS:
        return _SCALARS[kind](node.value)
    line = node.start_mark.line + 1
    todo = "文字、整数、true・false、並び、キーと値だけで書いてください。"
    raise refuse(path, f"{line}行目に扱わない書き方（{kind}）があります。", todo)


def _plain_mapping(node: yaml.MappingNode, path: str) -> dict[str, object]:
    """Make keys and values; a key must be text and stand there once."""
    result: dict[str, object] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = _plain(key_node, path)
        if not isinstance(key, str):
            todo = '団体コードなどのキーは引用符で囲んでください（例 "022021"）。'
            raise refuse(path, f"{line}行目のキーが文字ではありません。", todo)
        below = f"{path}.{key}" if path else key
        if key in result:
            found = f"{line}行目で同じキーが二度使われています。"
            raise refuse(below, found, "一つにしてください。")
        result[key] = _plain(value_node, below)
    return result


def _integer(text: str) -> object:
    return int(text) if _INTEGER.fullmatch(text) else Unread("整数", text)


_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,29})")
_SCALARS: dict[str, Callable[[str], object]] = {
    "str": lambda text: unicodedata.normalize("NFC", text),
    "timestamp": str,  # parse_date() reads it where a day is meant
    "null": lambda _: None,
    "bool": lambda text: text.lower() in ("true", "yes", "on"),
    "int": _integer,
    "float": lambda text: Unread("小数", text),
}
