"""Everything a person or a script sees. The only package that imports rich; it makes no call and decides nothing."""
