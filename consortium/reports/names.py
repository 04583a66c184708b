"""What a file is called when it is downloaded (表示名); on disk it has none of this."""

import re
import unicodedata
from datetime import date
from typing import NamedTuple

from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.calendar.wareki import fiscal_year_code, wareki, wareki_month
from consortium.reports.dues import instalment_name
from consortium.reports.registry import REPORTS
from consortium.reports.wording import STAGES, quarter_name

_REFUSED = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]')
_LONGEST = 100
#: Key and title of the zip of a year (年度アーカイブ).
ARCHIVE, ARCHIVE_TITLE = "archive", "年度アーカイブ"


class FileLabel(NamedTuple):
    """What the names of a file say: key of the 帳票, year, stage or period, member, edition."""

    report: str
    fiscal_year: FiscalYear
    code: str
    name: str
    edition: int
    #: key of the stage; left out of the name for 当初
    stage: str = ""
    month: Month | None = None
    #: number of the instalment; None for the whole year (期別)
    instalment: int | None = None
    suffix: str = ".xlsx"
    #: number of the quarter (四半期)
    quarter: int | None = None
    #: Monday of the week (週)
    monday: date | None = None


def display_name(label: FileLabel) -> str:
    """Give the Japanese file name (表示名).

    >>> display_name(FileLabel("statement", FiscalYear(2025), "023817", "板柳町", 1, "final"))
    'R07_負担金明細書_確定_023817_板柳町_第1版.xlsx'
    """
    parts = [
        fiscal_year_code(label.fiscal_year),
        title_of_report(label.report),
        "" if label.stage in ("", "planned") else STAGES[label.stage].label,
        f"{wareki_month(label.month)}分" if label.month else "",
        instalment_name(label.instalment) if label.instalment else "",
        quarter_name(label.quarter) if label.quarter else "",
        f"{wareki(label.monday)}からの週" if label.monday else "",
        label.code,
        label.name,
        f"第{label.edition}版",
    ]
    return file_name("_".join(part for part in parts if part), label.suffix)


def title_of_report(key: str) -> str:
    """Give the Japanese title of a 帳票 by its key (帳票名); the archive is a zip of others."""
    return ARCHIVE_TITLE if key == ARCHIVE else REPORTS[key].title


def file_name(stem: str, suffix: str) -> str:
    """Give a name that every system accepts: no reserved signs, not too long (ファイル名)."""
    clean = _REFUSED.sub("", unicodedata.normalize("NFC", stem))
    return clean[: _LONGEST - len(suffix)] + suffix


def ascii_name(label: FileLabel) -> str:
    """Give the file name for programs that know no Japanese.

    >>> ascii_name(FileLabel("statement", FiscalYear(2025), "023817", "板柳町", 1, "final"))
    'statement_FY2025_final_023817_v1.xlsx'
    """
    parts = [
        label.report,
        f"FY{label.fiscal_year.start_year}",
        "" if label.stage == "planned" else label.stage,
        str(label.month) if label.month else "",
        f"q{label.instalment}" if label.instalment else "",
        f"Q{label.quarter}" if label.quarter else "",
        label.monday.strftime("%G-W%V") if label.monday else "",
        label.code,
        f"v{label.edition}",
    ]
    return "_".join(part for part in parts if part) + label.suffix
