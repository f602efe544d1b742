"""What people do with places, children and files: one verb each, one transaction each."""
