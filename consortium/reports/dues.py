"""What a statement says of money beyond the shares (納付・精算の内容), frozen with its document.

Each part is there only where it is so; a document without any reads and writes as before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from consortium.domain.fiscalyear.instalment import Instalments


@dataclass(frozen=True, slots=True)
class Due:
    """One instalment of a member as printed (期別納付の一行), in yen."""

    no: int
    due_on: date
    amount: int
    #: 文書番号 of the notice sent before, empty for this one and those to come
    sent_as: str = ""


@dataclass(frozen=True, slots=True)
class Asking:
    """What a notice asks for (納入依頼の内容): one instalment of every member named."""

    no: int
    #: edition of the run whose amounts are cut; the notice counts its own
    run_edition: int
    #: 団体コード → all its instalments in order
    dues: Mapping[str, tuple[Due, ...]]
    #: how the plan cuts a contribution; None where it goes by category, or is in one part
    cut: Instalments | None = None

    def due(self, code: str) -> Due:
        """Give the instalment asked for (今回の期); KeyError for a member not asked."""
        return self.dues[code][self.no - 1]

    @property
    def name(self) -> str:
        """Name the instalment (期別), e.g. 第1期."""
        return instalment_name(self.no)


@dataclass(frozen=True, slots=True)
class Before:
    """What was issued for the year before (変更前の額), in yen."""

    #: stage and edition in words, e.g. 当初　第1版
    title: str
    #: 団体コード → yen; a member that was not in it is left out
    amounts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class SettleLine:
    """One line of a 精算書 (精算書の一行), in yen; without a number: an item gone since."""

    no: int | None
    name: str
    paid: int
    final: int
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Settling:
    """A member's settlement as issued (精算の内容), in yen."""

    #: their sums are `paid` and `final`
    lines: tuple[SettleLine, ...]
    paid: int
    final: int
    #: refund, additional, credit or none (精算の処理)
    disposition: str

    @property
    def difference(self) -> int:
        """Final less paid: negative where the member gets money back (過不足額)."""
        return self.final - self.paid

    @property
    def heading(self) -> str:
        """Name what the difference is (還付額・追加納入額・過不足額)."""
        if not self.difference:
            return "過不足額"
        return "還付額" if self.difference < 0 else "追加納入額"

    @property
    def sentence(self) -> str:
        """Say the difference in one sentence (精算の文)."""
        return f"{self.heading}　{abs(self.difference):,}円" if self.difference else "過不足なし"


def instalment_name(no: int) -> str:
    """Name an instalment (期別).

    >>> instalment_name(2)
    '第2期'
    """
    return f"第{no}期"


def write(
    asking: Asking | None, before: Before | None, settling: Mapping[str, Settling]
) -> dict[str, Any]:
    """Give what is there as plain values."""
    plain: dict[str, Any] = {}
    if asking is not None:
        plain["asking"] = {
            "no": asking.no,
            "run_edition": asking.run_edition,
            "dues": {
                code: [[d.no, d.due_on.isoformat(), d.amount, d.sent_as] for d in row]
                for code, row in sorted(asking.dues.items())
            },
            **({} if asking.cut is None else {"cut": _write_cut(asking.cut)}),
        }
    if before is not None:
        plain["before"] = {"title": before.title, "amounts": dict(sorted(before.amounts.items()))}
    if settling:
        plain["settling"] = {
            code: {
                "lines": [[x.no, x.name, x.paid, x.final, x.remark] for x in each.lines],
                "paid": each.paid,
                "final": each.final,
                "disposition": each.disposition,
            }
            for code, each in sorted(settling.items())
        }
    return plain


def read_asking(plain: Mapping[str, Any]) -> Asking | None:
    """Read what a notice asks for; None for a document that is no notice."""
    found = plain.get("asking")
    if found is None:
        return None
    dues = {
        code: tuple(
            Due(no, date.fromisoformat(due_on), amount, sent_as)
            for no, due_on, amount, sent_as in row
        )
        for code, row in found["dues"].items()
    }
    return Asking(found["no"], found["run_edition"], dues, _read_cut(found.get("cut")))


def _write_cut(cut: Instalments) -> list[Any]:
    percents = [f"{each.numerator}/{each.denominator}" for each in cut.percents]
    return [percents, cut.unit, cut.mode]


def _read_cut(plain: list[Any] | None) -> Instalments | None:
    if plain is None:
        return None
    percents, unit, mode = plain
    return Instalments(tuple(Fraction(each) for each in percents), unit, mode)


def read_before(plain: Mapping[str, Any]) -> Before | None:
    """Read what was issued before; None for a first one."""
    found = plain.get("before")
    return None if found is None else Before(found["title"], dict(found["amounts"]))


def read_settling(plain: Mapping[str, Any]) -> dict[str, Settling]:
    """Read the settlement of each member; empty where there is none."""
    return {
        code: Settling(
            tuple(SettleLine(*line) for line in each["lines"]),
            each["paid"],
            each["final"],
            each["disposition"],
        )
        for code, each in plain.get("settling", {}).items()
    }
