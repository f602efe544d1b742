"""The upload of vaccination history: reading a file, finding the children, storing the records."""
