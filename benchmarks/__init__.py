"""Speed measurements; each compares two ways to do something within one run. Not part of the tests."""
