"""A training script, its data and a small sweep, so that a newcomer sees real runs within seconds.

This room is a guest in the house: it knows the public face (`import mlver_tui`) and the standard library, as a
user's own script would, and nothing else.

`penguins.csv` is the Palmer Archipelago penguin table: 344 adult penguins of three species, measured near Palmer
Station, Antarctica, 2007–2009. Collected by Kristen Gorman and the Palmer Station LTER program, tidied by Allison
Horst, Alison Hill and Kristen Gorman (the `palmerpenguins` package), and dedicated to the public domain (CC0 1.0).
First published in Gorman, Williams and Fraser (2014), PLoS ONE 9(3): e90081, doi:10.1371/journal.pone.0090081.
"""
