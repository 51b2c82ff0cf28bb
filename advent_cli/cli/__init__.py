"""One file for each command, and what they share. The only package that imports click."""
