"""The counts in the table: reading, exporting, importing, and waiting until they settle."""
