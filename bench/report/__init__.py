"""The document of results.py as text, as a picture, and in the documentation."""
