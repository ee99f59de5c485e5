"""The API under /api/v1/: bearer tokens in, JSON out, errors as RFC 9457 problems."""
