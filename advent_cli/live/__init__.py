"""Inspects a stack again and again for `status --watch`; draws nothing."""
