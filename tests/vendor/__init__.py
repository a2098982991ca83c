"""Databases as the vendor's own install scripts make them, and readings of them from outside.

Nothing here uses the product's code: the tests may not judge the product by itself.
"""
