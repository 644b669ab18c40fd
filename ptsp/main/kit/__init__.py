"""The conformance kit: somebody's real system, called as we would call it, and a report of what to change."""
