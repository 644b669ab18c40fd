"""JSON in and out: applicants and the public under /api/v1, agencies and banks under /agency."""
