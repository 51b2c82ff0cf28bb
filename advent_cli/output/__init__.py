"""Everything a person or a script sees. The only package that imports rich; it calls nothing and decides nothing."""
