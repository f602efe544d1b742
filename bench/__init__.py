"""How fast the hard parts are, each against a floor measured in the same run. `make bench` runs it.

A ratio of 1 means: as fast as the floor, which no code of ours could beat.
"""
