"""Benchmarks, each runnable alone (`python -m bench.NAME`), all by `python -m bench`.

A figure is a ratio: our work and a plain reference for it, taken in turns within one run on one machine. A ratio can
be compared between machines; milliseconds cannot, and are printed for orientation only.
"""
