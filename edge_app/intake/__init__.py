"""Files in: scan, settle, spool, watch, read."""
