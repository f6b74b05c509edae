"""Data sources: what nft lists of a host, whoever made it. Counts and times that run are left out, but of counters."""
