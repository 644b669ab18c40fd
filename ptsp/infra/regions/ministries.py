"""Ministries that offices lie under without being offices here, by a short code of ours: no public list has codes.

The names are those in general use; the regulation that lists the ministries was not read.
"""

from collections.abc import Mapping
from typing import Final

MINISTRIES: Final[Mapping[str, str]] = {
    "kemendagri": "Kementerian Dalam Negeri",
    "kemlu": "Kementerian Luar Negeri",
}
