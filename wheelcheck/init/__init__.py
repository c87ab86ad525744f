"""`wheelcheck init`: give an existing project this release flow, without overwriting a line of it.

`survey` finds out what the project is; `plan` says what would be written.
"""
