"""The pages for people: offices, published standards, submitting, tracking, verifying."""

from ptsp.web.doors import register_pages
from ptsp.web.office import Office, VerifiedPermit

__all__ = ["Office", "VerifiedPermit", "register_pages"]
