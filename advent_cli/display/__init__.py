"""Who listens to a run, and how things look; decides nothing."""
