"""The same bundle of eight tasks done by us and by other engines, measured in the same way."""
