"""Measurements of the tool, each against a bare query or another tool in the same run; none is a test."""
