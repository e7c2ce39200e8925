"""The README's pictures of the console, taken from the program on a real pseudo-terminal."""
