"""The nouns, errors and ports of PIXL. Imports nothing of ours and does no I/O."""
