"""Bounds that the print implies: a solver proposes them, SQL proves them."""
