"""The cheapest way to a target: `problem` to `step` to `search`, confirmed in `pathway` by the march."""
