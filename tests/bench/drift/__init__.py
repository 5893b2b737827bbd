"""How often placing is right, open, or wrong when the code has changed since the profile."""
