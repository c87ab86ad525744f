"""What the field calls platforms: CPUs, tags, policies, path hints, extension module names."""
