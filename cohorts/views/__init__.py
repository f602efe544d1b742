"""Pages about files, import issues and school moves."""
