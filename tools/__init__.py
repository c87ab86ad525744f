"""Chores of this repository: documents, measurements, releases to measure on. Nothing here ships."""
