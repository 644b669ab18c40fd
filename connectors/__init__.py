"""Connectors, one folder each. The platform finds them by their manifests and never imports them by name."""
