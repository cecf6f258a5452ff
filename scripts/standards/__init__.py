"""The warehouse in the formats of others: SDMX, CSV on the Web, JSON-LD, DCAT-US, citations."""
