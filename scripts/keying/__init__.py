"""Draft the sheets of a report from a document, for a person to review, and say what is left."""
