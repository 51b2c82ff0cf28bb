"""The word counts in the table: read, export and import them, and wait until they settle."""
