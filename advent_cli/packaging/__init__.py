"""The zip of a function, and the packages it needs. Knows neither AWS nor config.yaml."""
