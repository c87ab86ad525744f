"""The builder: from sources to binaries, a staged tree, wheels and an sdist; needs `wheelcheck[build]`.

Deciding is separated from running: modules return argv, environments and paths, `run` starts every process, and
`pipeline.Build` holds the steps that the command line calls.
"""
