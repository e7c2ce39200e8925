"""What the checks find when one thing in a real flow is changed: `python -m tests.mutations`.

A flow is read, one thing in it is changed, and the flows are checked again; the change is found if there is a
finding that was not there before. What stays unfound is for replays and for people to see.
"""
