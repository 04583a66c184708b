"""All files that went out together (一度の発行のすべてのファイル)."""

from sqlalchemy.orm import Session

from consortium.db.models import ReportFile, ReportRun
from consortium.db.store.registers import Download, download_of, select_downloads


def files_of_issue(session: Session, consortium_id: str, report_id: str) -> list[Download]:
    """Give the published files of one issue, the lead city's first, then by 団体コード (一式).

    Empty for what is not there or not published.
    """
    query = select_downloads(consortium_id).where(ReportRun.id == report_id)
    return [download_of(row) for row in session.execute(query.order_by(ReportFile.slot))]
