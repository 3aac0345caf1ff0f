"""What a person reads of a result: figures and the summary on the terminal."""
