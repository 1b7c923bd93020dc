"""Words by which a text gives away that it was written by somebody who looks at a system from outside."""

import re

#: What an officer of the system would not write of its own places.
OUTSIDE = re.compile(
    r"requester|FOI list|general knowledge|inferred|by inference|worked out|\bguess|this file|placemap|hence [ABC]\b"
    r"|\bgrade [ABC]\b|archived|docslib|\bheadings or addresses\b|title not in|stand-in|to be confirmed|confirm with"
    r"|\b(?:not|never|nothing|none|cannot|could not|in vain|without)\b[^.]{0,40}\b(?:found|read|stated?|known|draws?|listed?)\b"
    r"|\bno\b[^.]{0,30}\b(?:sources?|text|list|paper|document|page)\b|\bsearche[sd]\b|\bsources? (?:says?|states?|conflict)"
    r"|\btaken (?:to be|as|from)\b|\bprobably\b|\bapparently\b|\bseems?\b|\bthought to\b|\bremembered\b|\bclaims?\b",
    re.IGNORECASE,
)
