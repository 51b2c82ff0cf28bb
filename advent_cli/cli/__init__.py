"""One file for each command, and the code they share. The only package that imports click."""
