"""A second opinion: random histories, compared with a model written only from the design."""
