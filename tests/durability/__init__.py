"""What holds when the process dies, the disk is full or the file is damaged: `python -m tests.durability`.

A kill is a crash of the process, not a power cut: what was handed to the kernel is still written. Samples of
all of it run with the other tests; the command runs the whole and prints the tables.
"""
