"""The checks of the checks: the source document, and keying errors."""
