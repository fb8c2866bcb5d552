"""One format a module: bytes in, Report out."""
