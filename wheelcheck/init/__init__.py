"""`wheelcheck init`: give an existing project the gate, or the whole release flow, without overwriting a line of it.

`plan` says what would be written; `survey` finds out for it, before a whole release, what the project is.
"""
