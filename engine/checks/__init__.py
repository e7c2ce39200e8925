"""The checks of a pack of flows, one family a file.

`pack` calls them all. `facts` works out what is known where, and types every expression and text by it (the
rules are in `engine.typing_rules`); `visits`, `audiences` and `questions` look at single steps, `graph`,
`circles` and `solved` at where steps lead, `private` at what is shown to whom, `unused` at what is left over,
and `allowances` at what an author has allowed. All ask and report to `checking`; `shortest` and
`visited_first` help.
"""
