import io

import pytest
from rich.console import Console

from resgat.data.audit.verdict import Check, Verdict
from resgat.report.audit import audit_table
from resgat.report.terminal import print_table


@pytest.mark.parametrize("verdict", Verdict)
def test_one_row_per_check(verdict: Verdict) -> None:
    file = io.StringIO()
    print_table(audit_table([Check("crop_specs", verdict, "all [b]fine[/b]")]), Console(file=file))
    *_, row = file.getvalue().splitlines()
    assert [cell.strip() for cell in row.split("|")] == [
        "crop specs",
        verdict.value,
        "all [b]fine[/b]",
    ]
