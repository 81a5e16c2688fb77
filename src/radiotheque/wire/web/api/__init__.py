"""The JSON API: whatever a screen shows or does, a script can ask for here."""
