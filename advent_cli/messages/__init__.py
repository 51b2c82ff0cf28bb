"""Posting a message and tracing it, function logs, dead letters, and Slack's side: its requests and its setup."""
