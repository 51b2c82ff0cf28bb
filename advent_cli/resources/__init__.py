"""The contract of a resource (base.py), one file for each kind, and one for each service whose kinds share code."""
