"""The whole app on one page, what its functions are granted, and the least-privilege policy for deploying it."""
