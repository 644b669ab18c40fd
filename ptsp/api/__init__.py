"""JSON in and out: applicants and the public under /api/v1, agencies under /agency, banks under /snap."""
