"""The checker: does what is stored hold together?

Six invariants hold after every act and after every fault, each a file here:

1. every unfinished case has an open task, a pending timer or a visible incident (:mod:`.waiting`);
2. at most one decision per task (:mod:`.decisions`);
3. engine state and the tables agree (:mod:`.agreement`);
4. the history has no gaps and its hashes verify (:mod:`.trail`);
5. one alarm per case, deadline and level (:mod:`.cards`);
6. every acknowledged write survives, a refused one changes nothing: what of it shows afterwards (:mod:`.writes`,
   :mod:`.dates`, :mod:`.receipts`, :mod:`.contents`).

The checks are pure: they get records and give violations.  Reading is the store's part (:class:`.ports.Records`).
"""

from engine.doctor.examine import ALL, TRAIL, Examination, Tally
from engine.doctor.output import line, report, summary
from engine.doctor.subject import INVARIANTS, CaseFile, Subject, Unreadable, Violation

__all__ = [
    "ALL",
    "INVARIANTS",
    "TRAIL",
    "CaseFile",
    "Examination",
    "Subject",
    "Tally",
    "Unreadable",
    "Violation",
    "line",
    "report",
    "summary",
]
