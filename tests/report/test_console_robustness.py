import io

from rich.console import Console

from resgat.report.console_robustness import areas_table
from resgat.report.terminal import print_table
from resgat.robustness.curves import AreaRow


def test_each_corruption_has_a_line_with_its_mean_and_its_drop() -> None:
    areas = [
        AreaRow("jpeg", "video", 0.9, 0.85, 0.95, 0.05, 0.02, 0.08, ""),
        AreaRow("jpeg", "frame", 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, ""),
        AreaRow("blur", "video", 0.8, None, None, 0.15, None, None, "too few groups"),
        AreaRow("noise", "video", None, None, None, None, None, None, "one class"),
    ]
    out = io.StringIO()
    print_table(areas_table(areas), Console(file=out))
    lines = [line.split("|") for line in out.getvalue().splitlines() if "|" in line]
    cells = [[cell.strip() for cell in line] for line in lines]
    assert cells == [
        ["corruption (video level)", "mean AUC [95 % CI]", "drop from clean [95 % CI]"],
        ["jpeg", "0.900 [0.850, 0.950]", "0.050 [0.020, 0.080]"],
        ["blur", "0.800", "0.150"],
        ["noise", "-", "-"],
    ]
