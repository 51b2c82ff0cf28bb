"""Inspecting a stack again and again, for `status --watch`. Draws nothing."""
