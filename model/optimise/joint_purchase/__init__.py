"""The wards' joint purchase: `plan` before bids, `clear` them, `share` the saving, `verify` from the files."""
