"""A second opinion: random histories, judged by a model that was written from the design alone."""
