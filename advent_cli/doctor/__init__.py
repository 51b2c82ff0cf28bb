"""`advent doctor`: each check finds its facts and judges them in one file. Changes nothing."""
