"""How much of the flows conversations have touched: counting, tables, and reports by coverage.py."""
