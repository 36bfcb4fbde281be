"""How objects look: one file per family of objects, each turning one into a bundle of renderings.

Knows libraries only through `sys.modules`: an object of a library exists only where the library is imported.
"""
