"""An older agency that has to be polled: forms in, plain text out."""
