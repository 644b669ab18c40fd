"""The outcome is in the data: a marker that makes any fake agency say no, so that trials need no hooks."""

import re

_MARK = re.compile(r"uji:tolak(?::([a-z][a-z0-9_]*))?(?![a-z0-9_:])")


def asks_for_rejection(written: str, *, agency: str) -> bool:
    """Whether a text holds `uji:tolak` (every agency) or `uji:tolak:<agency>`.

    The place for it is the applicant's address, such as "Jl. Contoh 9 uji:tolak:public_works".
    """
    return any(named in ("", agency) for named in _MARK.findall(written))
