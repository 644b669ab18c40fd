"""The pages for people: offices, published standards, submitting, tracking, verifying."""

from ptsp.web.doors import register_pages
from ptsp.web.office import Office

__all__ = ["Office", "register_pages"]
