"""Sessions that make inputs at random, let a judge that is not ours say what is due, and compare: `nox -s fuzz`.

Every input is made from a session's name, a seed and a number alone, so that a failure is three words to repeat.
"""
