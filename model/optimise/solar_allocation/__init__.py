"""Which of a supplier's houses get how many panels: `method` solves, `answer` tells, `verify` looks a second time."""
