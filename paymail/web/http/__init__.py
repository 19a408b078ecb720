"""What all of the web has in common as HTTP: dependencies, limits, errors, headers, the description."""
