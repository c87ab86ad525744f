"""`wheelcheck init`: bring an existing project to the release flow of this one, without overwriting a line of it.

`survey` finds out what the project is, `render` says what it needs, `changes` shows and writes it.
"""
