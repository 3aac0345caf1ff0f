"""The programmes of the ordinance as rules that compute: facts about buildings in, obligations with reasons out."""
