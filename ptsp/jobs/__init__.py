"""The way in for queues: what a worker does when the doorbell rings."""
