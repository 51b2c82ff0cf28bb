"""What stands in the way: each check asks and judges in one place. Changes nothing."""
