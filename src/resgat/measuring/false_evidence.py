"""Does a method claim a region where nothing was altered?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from resgat.measuring.subjects import REAL_TRACKS, Subjects

#: A method claims a region from so much evidence on as it has in this share of the fakes.
CLAIMED = 0.95

#: The track on which nothing was altered.
_UNALTERED = "D"


def false_evidence(
    region: NDArray[np.floating], subjects: Subjects, counts: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return 1 for each face of track D on which a method claims a region, and 0 where it does not.

    A method claims a region of a face if its largest value reaches what 95 % of the fakes reach,
    among those that count if any does: its own threshold for fakes, in its own unit. A face that is
    just at the threshold counts in part, so that with ties, too, 95 % of the fakes are claimed.

    Range 0 to 1, lower is better, chance 0.95: a map that looks the same whether something was
    altered or not, or that never says anything. A map that says nothing holds no evidence, 0. It
    claims nothing, and rightly, unless the method is silent on one fake in twenty, too. The
    threshold is of the fakes that the method was asked about, fewer for a dear one, and is taken as
    it is: it takes no part in an interval.

    Args:
        region: What the method says of regions, + for "fake".
        subjects: Those that it was asked about.
        counts: Whether they are of the verified set.

    Returns:
        nan for a face of another track, and everywhere if there is no fake.

    Shape:
        region: (n, 8)
        counts, returns: (n,)

    Source:
        Ours; false alarms where 95 % are found, as in Liang, Li and Srikant 2018 (arXiv
        1706.02690).
    """
    tracks = np.asarray(subjects.track)
    fakes = ~np.isin(tracks, REAL_TRACKS)
    judged = fakes & counts if (fakes & counts).any() else fakes
    found = np.full(len(subjects), np.nan)
    if judged.any():
        most = region.max(1).astype(np.float64)
        reached, missed = most[judged], int(round((1 - CLAIMED) * judged.sum(), 6))
        threshold = np.sort(reached)[missed]
        wanted = CLAIMED * len(reached) - (reached > threshold).sum()
        of_tied = min(wanted / (reached == threshold).sum(), 1.0)
        unaltered = most[tracks == _UNALTERED]
        found[tracks == _UNALTERED] = np.where(
            unaltered == threshold, of_tied, unaltered > threshold
        )
    return found
