"""Which precision answers which request, which stay loaded, and where they run. Pure: values in, a decision out."""
