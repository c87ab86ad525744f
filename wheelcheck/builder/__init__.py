"""The builder: from sources to binaries, a staged tree, an sdist and wheels. It needs `wheelcheck[build]`.

Modules decide what to run and return it as a value (argv, environment, folder); only `run` starts processes.
`pipeline.Build` has the steps in their order.
"""
