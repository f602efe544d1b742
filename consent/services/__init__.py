"""What staff do about consent: ask parents, and record what they answered."""
