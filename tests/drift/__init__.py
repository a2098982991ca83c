"""A generator of drift: random databases that are not quite a release, and what an upgrade may make of them."""
