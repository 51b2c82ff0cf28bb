"""`advent doctor`: what stands in the way of the other commands, found before they stumble over it."""
