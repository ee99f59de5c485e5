"""What an accountant wants to know beside the batches: reads over documents and items."""
