"""How fast unstuck is, each figure beside its limit measured in the same run: `python -m tests.bench`.

Nothing is asserted here: a slow or busy machine gives other figures, and no test fails for it.
"""
