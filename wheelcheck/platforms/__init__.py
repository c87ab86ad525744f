"""Platforms: CPUs, platform tags, manylinux policies, hints in paths, extension module names."""
