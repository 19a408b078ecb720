"""Files that staff gave: kept, checked, confirmed and imported, and erased after that."""
