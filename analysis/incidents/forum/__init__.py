"""Incidents of a forum: its acts, the rules by which they are found, and the words of an incident."""
