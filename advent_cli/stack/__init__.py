"""The whole app on one page, what its functions are granted, and the least policy of whoever deploys it."""
