"""`flask statement pdf`: a PDF of a document of the register (文書のPDF)."""

from pathlib import Path

import click
from flask import current_app

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import BadInputError
from consortium.domain.fiscalyear.run import STAGES
from consortium.usecases import printing, register_check


@click.group("statement")
def statement_command() -> None:
    """発行した文書をPDFにします。"""


@statement_command.command("pdf")
@click.argument("number", required=False, default="")
@click.option("--file", "file", default="", help="ファイル名（.xlsx、発行台帳に表示される名前）")
@click.option("--year", type=click.IntRange(1989, 2999), help="年度（西暦）")
@click.option("--stage", type=click.Choice(list(STAGES.values())), help="段階")
@click.option("--town", default="", help="団体コードか団体名。書かなければ負担金総括表")
@click.option("--output", type=click.Path(path_type=Path), help="書き込むファイル")
@click.option("--consortium", help="協議会の略称（複数あるとき）")
def pdf(  # noqa: PLR0913 -- one parameter for each option of the command
    number: str,
    file: str,
    year: int | None,
    stage: str | None,
    town: str,
    output: Path | None,
    consortium: str | None,
) -> None:
    """発行した文書を、LibreOffice でPDFにします。

    NUMBER は文書番号（共ク第12号、または 12）です。--file でも、--year・--stage・--town でも
    指定できます。同じ名前のファイルがあれば、上書きせずに断ります。
    """
    fiscal_year = FiscalYear(year) if year is not None else None
    key = next((key for key, label in STAGES.items() if label == stage), "")
    wanted = printing.Wanted(number, file, fiscal_year, key, town)
    owners = register_check.owners(consortium)
    printed = printing.print_document(owners, wanted, current_app.config["FILES_DIR"])
    target = output or Path(printed.file_name)
    _write(target, printed.content)
    click.echo(f"{printed.title} を {target} に書き出しました。")


def _write(target: Path, content: bytes) -> None:
    """Write a new file; one that is there stays as it is."""
    try:
        with target.open("xb") as stream:
            stream.write(content)
    except FileExistsError:
        raise BadInputError(
            "PDFを書き込もうとしました。",
            f"「{target}」はもうあります。",
            "--output に別の名前を書くか、あるファイルを移してください。",
            path="--output",
        ) from None
    except OSError as error:
        raise BadInputError(
            "PDFを書き込もうとしました。",
            f"「{target}」に書き込めません（{error.strerror}）。",
            "書き込める場所を指定してください。",
            path="--output",
        ) from error
