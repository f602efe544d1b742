"""Settings: `base` reads the environment, `test` overrides what a structure needs."""
