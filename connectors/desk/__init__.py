"""An agency whose officers answer in our own pages."""
