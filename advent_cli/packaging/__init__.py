"""The zip of a function and the packages that it needs. Knows neither AWS nor config.yaml."""
