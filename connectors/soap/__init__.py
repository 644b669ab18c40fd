"""An older licensing system that speaks SOAP and knows no keys."""
