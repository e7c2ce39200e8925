"""The tests: folders mirror engine/ and adapters/, cases/ is data, guards/ watches the house rules."""
