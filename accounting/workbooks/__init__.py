"""The workbooks of a batch: records in, rows and files out. Pure: no clock, no database."""
