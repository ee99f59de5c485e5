"""Reports: reads over documents and items."""
