"""Posting a message, following it, logs, dead letters, and Slack's side of it all."""
