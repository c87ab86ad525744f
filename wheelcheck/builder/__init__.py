"""The bench: from sources to binaries, a staged tree, wheels and an sdist, with `wheelcheck[build]` installed.

Deciding is separated from running: modules return argv, environments and paths, `process` alone starts anything, and
`bench.Build` strings the stages together for a noxfile.
"""
