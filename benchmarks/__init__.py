"""What is measured; never a test."""
