"""The made-up organisations, people and children of a local run. Never part of production."""
