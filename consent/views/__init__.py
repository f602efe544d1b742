"""The consent pages of a session, and the page behind the link that parents get."""
