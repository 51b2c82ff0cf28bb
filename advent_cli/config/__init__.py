"""config.yaml as checked, typed settings, or an error with line and column. Makes no call."""
