"""The contract of a resource (base.py), one file for each kind, and what several kinds share."""
