"""The rooms. They do not know each other; a flow joins them."""
