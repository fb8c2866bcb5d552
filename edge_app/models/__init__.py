"""Model files: from a name in the catalogue to checked files on disk."""
