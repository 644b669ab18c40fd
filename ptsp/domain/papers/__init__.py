"""Papers of money: which signed file stands for which notice, payment or refund."""

from ptsp.domain.papers.store import add_paper, paper_by_code
from ptsp.domain.papers.types import PaperKind, PaperRow

__all__ = ["PaperKind", "PaperRow", "add_paper", "paper_by_code"]
