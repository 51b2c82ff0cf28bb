"""What measures speed, always of two ways side by side in one run; never part of the tests."""
