"""Which submissions have unusual code in common: copydetect's fingerprints, an index of them, a page (extra `similar`)."""
